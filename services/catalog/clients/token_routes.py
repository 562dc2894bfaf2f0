"""The token endpoint (RFC 6749) and the metadata that leads to it (RFC 8414): in the forms the standards fix."""

from __future__ import annotations

from typing import Any

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from services.catalog.clients import issuing, token_request
from services.catalog.clients.schemas import AccessToken, ServerMetadata, TokenRefusal
from services.catalog.clients.token_request import TokenRefused
from shared.http.documents import responses
from shared.http.routing import TOKEN_ENDPOINT, TransactionalRoute, Unit, transactional_router
from shared.identity.principal import Principal
from shared.identity.scopes import SCOPES
from shared.identity.tokens import TokenIssuer

# RFC 6749 section 5.1: what carries a token is kept by nobody on the way.
_NOT_KEPT = {"Cache-Control": "no-store", "Pragma": "no-cache"}
_CHALLENGE = {"WWW-Authenticate": 'Basic realm="qingdan", charset="UTF-8"'}
_PREFIX, _, _PATH = TOKEN_ENDPOINT.rpartition("/")


class CredentialRoute(TransactionalRoute):
    """The Authorization header carries a client's own credentials here, no token."""

    def principal(self, request: Request) -> Principal | None:
        """Nobody yet."""
        return None


_REFUSAL = {"application/json": {"schema": {"$ref": "#/components/schemas/TokenRefusal"}}}
_REFUSALS: dict[int | str, dict[str, Any]] = {
    400: {
        "model": TokenRefusal,
        "description": "invalid_request, invalid_scope, unsupported_grant_type",
        "content": _REFUSAL | responses(400)[400]["content"],
    },
    401: {
        "model": TokenRefusal,
        "description": "invalid_client",
        "content": _REFUSAL,
        "headers": {"WWW-Authenticate": {"schema": {"type": "string"}, "description": "Challenge: Basic"}},
    },
}
_TEXT = {"type": "string"}
_FORM = {
    "type": "object",
    "properties": {
        "grant_type": {"type": "string", "enum": [token_request.GRANT_TYPE]},
        "scope": {"type": "string", "description": "A subset of the registered scopes, separated by spaces"},
        "client_id": _TEXT,
        "client_secret": _TEXT,
    },
    "required": ["grant_type"],
    "example": {"grant_type": token_request.GRANT_TYPE, "scope": "subscriptions"},
}

router = transactional_router(prefix=_PREFIX, tags=["service clients"], route_class=CredentialRoute)
metadata_router = APIRouter(tags=["service clients"], responses=responses(400, 413, 422))


@router.post(
    f"/{_PATH}", operation_id="issue_client_token", summary="An access token for a service client",
    response_model=AccessToken, responses=_REFUSALS,
    openapi_extra={
        "requestBody": {"required": True, "content": {token_request.CONTENT_TYPE: {"schema": _FORM}}},
        "security": [{"ClientCredentials": []}, {}],
    },
)  # fmt: skip
async def issue_client_token(request: Request, tx: Unit) -> Response:
    """OAuth 2.0 client credentials: id and secret by HTTP Basic or in the body, not both."""
    issuer: TokenIssuer = request.app.state.issuer
    kind, authorization = request.headers.get("content-type"), request.headers.getlist("authorization")
    try:
        principal = await issuing.authorise(tx, token_request.read(await request.body(), kind, authorization))
    except TokenRefused as refused:
        told = TokenRefusal(error=refused.error, error_description=refused.description)
        return _answer(told, refused.status, _CHALLENGE if refused.status == 401 else {})
    return _answer(
        AccessToken(access_token=issuer.issue(principal, tx.now), token_type="Bearer", expires_in=issuer.minutes * 60,
                    scope=" ".join(sorted(principal.scopes)))
    )  # fmt: skip


@metadata_router.get(
    "/.well-known/oauth-authorization-server", operation_id="get_authorization_server_metadata",
    summary="Where and how service clients get tokens",
)  # fmt: skip
async def get_authorization_server_metadata(request: Request) -> ServerMetadata:
    """Metadata of the authorization server (RFC 8414)."""
    place = request.app.state.settings.public_url or str(request.base_url).rstrip("/")
    return ServerMetadata(
        issuer=place,
        token_endpoint=place + TOKEN_ENDPOINT,
        token_endpoint_auth_methods_supported=["client_secret_basic", "client_secret_post"],
        grant_types_supported=[token_request.GRANT_TYPE],
        response_types_supported=[],
        scopes_supported=sorted(SCOPES),
    )


def describe_credentials(schema: dict[str, Any]) -> None:
    """Add to an OpenAPI document how clients say who they are at the token endpoint."""
    schema["components"].setdefault("securitySchemes", {})["ClientCredentials"] = {
        "type": "http",
        "scheme": "basic",
        "description": "client_id and client_secret (RFC 6749 section 2.3.1)",
    }


def _answer(model: AccessToken | TokenRefusal, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(
        orjson.dumps(model.model_dump()), status, headers=_NOT_KEPT | (headers or {}), media_type="application/json"
    )
