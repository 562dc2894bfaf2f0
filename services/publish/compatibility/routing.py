"""A route of the layer: the signature is checked first, every answer is an envelope."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Header
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Message

from services.publish.app_keys import rules, service
from services.publish.app_keys.service import SignedBy
from services.publish.compatibility import envelope
from shared import problems
from shared.http import documents
from shared.http.routing import Handler, TransactionalRoute
from shared.identity.principal import Principal
from shared.identity.scopes import SIGNED_API


class SignedRoute(TransactionalRoute):
    """Who asks is who has signed; what is refused is told inside an answer of 200.

    What nobody has foreseen stays an HTTP 500: a caller shall try again, not read an error as data.
    """

    def principal(self, request: Request) -> Principal | None:
        """The service client whose key has signed."""
        by: SignedBy = request.state.signed_by
        return by.principal

    def get_route_handler(self) -> Handler:
        """The handler of the core, behind the signature."""
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                return await inner(await _authenticated(request))
            except problems.Problem as problem:
                return envelope.refusal(documents.problem_response(problem, request.url.path))
            except RequestValidationError as error:
                return envelope.refusal(await documents.on_invalid_request(request, error))
            except HTTPException as error:
                return envelope.refusal(await documents.on_http_error(request, error))

        return handle


async def _authenticated(request: Request) -> Request:
    """The request, to be read again from its beginning, with who has signed it.

    Raises
    ------
    problems.BadRequest, problems.Unauthenticated, problems.TooMany, problems.Forbidden
    """
    given = rules.read(request.headers)
    try:
        body = await request.body()
    except ClientDisconnect as error:
        raise problems.BadRequest("请求内容未传完。", code="interrupted") from error
    by = await service.authenticate(
        request.app.state.engine, method=request.method, path=_path(request), query=request.scope["query_string"],
        body=body, given=given,
    )  # fmt: skip
    by.principal.require_scope(SIGNED_API)
    request.state.signed_by = by

    async def again() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return Request(request.scope, again)


def _path(request: Request) -> bytes:
    """The path as it stands in the request line; servers that do not keep it give it unescaped."""
    raw: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    return raw.partition(b"?")[0]


async def signed_by(
    request: Request,
    _key: Annotated[str, Header(alias="appKey", description="The key", examples=["qdk_5TzU0mQX1s2v"])],
    _timestamp: Annotated[str, Header(alias="timestamp", description="Milliseconds", examples=["1795392000000"])],
    _nonce: Annotated[str, Header(alias="nonce", description="Never twice", examples=["5f1c0e3a9b7d4c21"])],
    _sign: Annotated[str, Header(alias="sign", description="HMAC in hexadecimal", examples=["91d9…254a"])],
) -> SignedBy:
    """Who has signed the request."""
    by: SignedBy = request.state.signed_by
    return by


By = Annotated[SignedBy, Depends(signed_by)]
