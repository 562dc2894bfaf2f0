"""One request is one transaction: opened, authorised, answered, committed with its events - in this order."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from enum import Enum
from typing import Annotated, Any

import asyncpg
from fastapi import APIRouter, Depends, params
from fastapi.dependencies.models import Dependant
from fastapi.openapi.models import OAuthFlowClientCredentials, OAuthFlows
from fastapi.routing import APIRoute
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, OAuth2
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.requests import Request
from starlette.responses import Response

from shared import problems, telemetry
from shared.http import documents, idempotency, queries, reading
from shared.identity.principal import Principal
from shared.identity.scopes import SCOPES
from shared.ledger.failure import sql_state
from shared.ledger.transaction import Transaction

_bearer = HTTPBearer(auto_error=False, description="Access token of POST /catalog/v1/tokens")
TOKEN_ENDPOINT = "/catalog/v1/oauth/token"
_client = OAuth2(
    scheme_name="ServiceClient",
    flows=OAuthFlows(clientCredentials=OAuthFlowClientCredentials(tokenUrl=TOKEN_ENDPOINT, scopes=SCOPES)),
    description="Access token of a service client (RFC 6749 section 4.4)",
    auto_error=False,
)
_SAFE = ("GET", "HEAD", "OPTIONS")
_STATUSES = (400, 401, 403, 404, 409, 412, 413, 415, 422, 428, 429, 503)

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class TransactionalRoute(APIRoute):
    """Runs each handler in one transaction that is committed before the answer is sent."""

    def principal(self, request: Request) -> Principal | None:
        """Who asks, from the bearer token; None without one. Raises Unauthenticated."""
        return _principal(request)

    def get_route_handler(self) -> Handler:
        """The handler FastAPI made, inside a transaction."""
        inner = super().get_route_handler()
        operation = self.operation_id or self.name
        known = queries.names_of(self.dependant)
        closed = _asks_who(self.dependant)
        json = self.body_field is not None and not isinstance(self.body_field.field_info, params.Form)
        raw = self.body_field is None and bool(set(self.methods or ()) - set(_SAFE))

        async def handle(request: Request) -> Response:
            state = request.app.state
            principal = request.state.principal = _admitted(self.principal(request), closed=closed)
            queries.check(request, known)
            if json or raw or _is_keyed(request, principal):
                await reading.read_body(request, json=json)
            async with state.engine.connect() as connection:
                if request.method in _SAFE:
                    await connection.execution_options(postgresql_readonly=True)
                async with connection.begin():
                    tx = Transaction(
                        connection,
                        service=state.service,
                        actor=principal.actor if principal else "anonymous",
                        request_id=request.state.request_id,
                    )
                    request.state.transaction = tx
                    response = await _decision(request, tx, principal, operation, inner)
                    if request.method not in _SAFE:
                        await tx.write_events()
                        telemetry.crash_point("before-commit")
            if request.method not in _SAFE:
                telemetry.crash_point("after-business-commit")
            return response

        async def guarded(request: Request) -> Response:
            try:
                return await handle(reading.StrictRequest(request.scope, request.receive))
            except (StatementError, PoolTimeoutError, OSError) as error:
                raise _as_problem(error) from error

        return guarded


async def _decision(
    request: Request, tx: Transaction, principal: Principal | None, operation: str, inner: Handler
) -> Response:
    """The answer, or the problem document of a refusal whose effect stays."""
    try:
        return await _answer(request, tx, principal, operation, inner)
    except problems.Problem as problem:
        if not problem.decided:
            raise
        response = documents.problem_response(problem, request.url.path)
        if problem.status == 409:
            await _remember(request, tx, response)
        return response


def _admitted(principal: Principal | None, *, closed: bool) -> Principal | None:
    """Who asks; refused before the body is read, so that nobody's is kept in memory. Raises Unauthenticated."""
    return signed_in_as(principal) if closed else principal


def _asks_who(dependant: Dependant) -> bool:
    """True when a route is for nobody who is not signed in: `staff` and `caller` depend on `somebody`."""
    return dependant.call is somebody or any(_asks_who(inner) for inner in dependant.dependencies)


def _is_keyed(request: Request, principal: Principal | None) -> bool:
    return principal is not None and request.method == "POST" and "idempotency-key" in request.headers


async def _answer(
    request: Request, tx: Transaction, principal: Principal | None, operation: str, inner: Handler
) -> Response:
    if principal is not None and _is_keyed(request, principal):
        asked = idempotency.fingerprint(request, await request.body())
        key = idempotency.key_of(principal.actor, operation, request.headers["idempotency-key"], asked)
        request.state.idempotency_key = key
        earlier = await idempotency.earlier_answer(tx, key)
        if earlier is not None:
            return earlier
    response = await inner(request)
    if response.status_code < 300:
        await _remember(request, tx, response)
    return response


async def _remember(request: Request, tx: Transaction, response: Response) -> None:
    key: idempotency.Key | None = getattr(request.state, "idempotency_key", None)
    if key is not None and hasattr(response, "body"):
        await idempotency.remember(tx, key, response)


def _principal(request: Request) -> Principal | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if not scheme:
        return None
    if scheme.lower() != "bearer" or not token:
        raise problems.Unauthenticated("请使用 Bearer 凭证登录。", headers={"WWW-Authenticate": "Bearer"})
    principal: Principal = request.app.state.verifier.verify(token.strip())
    return principal


def _as_problem(error: StatementError | PoolTimeoutError | OSError) -> Exception:
    """Database refusals that are the caller's doing, told as problems; everything else stays what it is."""
    if isinstance(error, (PoolTimeoutError, ConnectionError, TimeoutError)):
        return problems.Unavailable("数据库繁忙或正在恢复，请稍后重试。", headers={"Retry-After": "1"})
    if isinstance(error, OSError):
        return error
    if not isinstance(error, DBAPIError):
        # The value could not even be sent: a lone surrogate, an integer without end, nesting without end.
        return problems.Invalid("内容无法保存，请检查字符、数值和嵌套层数。", code="unstorable")
    state = sql_state(error) or ""
    if state in ("22021", "22P05") or "can't encode" in str(error) or "surrogates" in str(error):
        return problems.Invalid("文本中含有数据库不接受的字符（如空字符），请删除后重试。", code="bad_character")
    if state.startswith("22"):
        return problems.Invalid("数值或文本超出允许范围，请检查后重试。", code="value_out_of_range")
    if isinstance(error, IntegrityError):
        return problems.Conflict("与已有数据重复，或所引用的数据不存在，请刷新后重试。", code="integrity_conflict")
    if state in ("40001", "40P01", "55P03") or state.startswith(("57", "53", "08")) or _is_broken(error):
        return problems.Unavailable("数据库繁忙或正在恢复，请稍后重试。", headers={"Retry-After": "1"})
    return error


def _is_broken(error: DBAPIError) -> bool:
    """True when the connection went away, or the driver lost its place because it was going."""
    cause = error.orig.__cause__ if error.orig else None
    return error.connection_invalidated or isinstance(cause, asyncpg.InternalClientError)


# Coroutines although they wait for nothing: what is not one, the framework runs in a thread.
async def unit(request: Request) -> Transaction:
    """The transaction of this request."""
    tx: Transaction = request.state.transaction
    return tx


async def anyone(
    request: Request, _credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Principal | None:
    """Who is asking; None when not signed in."""
    principal: Principal | None = request.state.principal
    return principal


def signed_in_as(principal: Principal | None) -> Principal:
    """The one who is asking. Raises problems.Unauthenticated when it is nobody."""
    if principal is None:
        raise problems.Unauthenticated("请先登录后再操作。", headers={"WWW-Authenticate": "Bearer"})
    return principal


async def somebody(principal: Annotated[Principal | None, Depends(anyone)]) -> Principal:
    """Who is asking, a person or a service client.

    Raises
    ------
    problems.Unauthenticated
        Not signed in (ZL-46: no anonymous submission).
    """
    return signed_in_as(principal)


async def staff(principal: Annotated[Principal, Depends(somebody)]) -> Principal:
    """The person who is asking.

    Raises
    ------
    problems.Unauthenticated
    problems.Forbidden
        A service client: what it may do is on other routes, named by its scopes.
    """
    if principal.client:
        raise problems.Forbidden("该操作仅限工作人员办理，接入系统不能调用。", code="staff_only")
    return principal


async def caller(
    principal: Annotated[Principal, Depends(somebody)], _token: Annotated[str | None, Depends(_client)]
) -> Principal:
    """The person or service client that is asking; the route says which scope a client needs, which role a person."""
    return principal


Unit = Annotated[Transaction, Depends(unit)]
Anyone = Annotated[Principal | None, Depends(anyone)]
Staff = Annotated[Principal, Depends(staff)]
Caller = Annotated[Principal, Depends(caller)]


def transactional_router(
    *, prefix: str, tags: list[str | Enum], route_class: type[TransactionalRoute] = TransactionalRoute
) -> APIRouter:
    """A router whose routes run in transactions and document the problems they may answer with."""
    return APIRouter(prefix=prefix, tags=tags, route_class=route_class, responses=documents.responses(*_STATUSES))
