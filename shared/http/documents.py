"""Problem documents (RFC 9457): how errors leave the house."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from shared import problems, telemetry
from shared.http import messages
from shared.http.known_fields import known_fields

log = telemetry.get_logger(__name__)
MEDIA_TYPE = "application/problem+json"
# More places help nobody, and an answer must not be larger than what it answers.
MOST_PLACES = 100


class ErrorPlace(BaseModel):
    """One place in the request that is wrong."""

    pointer: str = Field(examples=["/changes/0/elements/name"])
    code: str = Field(examples=["required"])
    message: str = Field(examples=["必填"])


class ProblemDocument(BaseModel):
    """RFC 9457 problem document; `code` is stable, `title` and `detail` are Chinese."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(examples=["about:blank"])
    title: str = Field(examples=["内容有误"])
    status: int = Field(examples=[422])
    code: str = Field(examples=["invalid"])
    detail: str = Field(examples=["请求中有 1 处内容有误。"])
    instance: str = Field(examples=["/catalog/v1/items"])
    errors: list[ErrorPlace] = Field(default_factory=list)


_TITLES = {
    cls.status: cls.title
    for cls in (
        problems.BadRequest,
        problems.Unauthenticated,
        problems.Forbidden,
        problems.NotFound,
        problems.Conflict,
        problems.Gone,
        problems.PreconditionFailed,
        problems.TooLarge,
        problems.Invalid,
        problems.PreconditionRequired,
        problems.TooMany,
        problems.Unavailable,
    )
} | {405: "方法不被允许", 406: "无法提供所需格式", 415: "内容类型不受支持", 500: "服务内部错误"}
_CODES = {404: "not_found", 405: "method_not_allowed", 406: "not_acceptable", 415: "unsupported_media_type"}

_DETAILS = {
    404: "没有这个地址，请检查路径。",
    405: "该地址不支持此方法，支持的方法见 Allow 头。",
    415: "请以 application/json 提交内容（Content-Type 头）。",
}


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """OpenAPI descriptions of the problem documents a route may answer with."""
    return {
        status: {
            "description": _TITLES[status],
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}},
        }
        for status in statuses
    }


def problem_response(problem: problems.Problem, instance: str) -> Response:
    """The response for a problem of ours."""
    return _document(
        status=problem.status,
        title=problem.title,
        code=problem.code,
        detail=problem.detail,
        instance=instance,
        errors=[{"pointer": e.pointer, "code": e.code, "message": e.message} for e in problem.errors],
        headers=problem.headers,
        extra=problem.extra,
    )


async def on_problem(request: Request, error: Exception) -> Response:
    """Handler for problems raised anywhere below a route."""
    assert isinstance(error, problems.Problem)
    return problem_response(error, request.url.path)


async def on_http_error(request: Request, error: Exception) -> Response:
    """Handler for what the framework refuses: unknown paths, wrong methods."""
    assert isinstance(error, HTTPException)
    return _document(
        status=error.status_code,
        title=_TITLES.get(error.status_code, "请求失败"),
        code=_CODES.get(error.status_code, "http_error"),
        detail=_DETAILS.get(error.status_code, "请求无法处理，请检查请求方法、内容类型与内容格式。"),
        instance=request.url.path,
        headers=dict(error.headers or {}),
    )


async def on_invalid_request(request: Request, error: Exception) -> Response:
    """Handler for bodies and parameters that do not fit their schema."""
    assert isinstance(error, RequestValidationError)
    field = getattr(request.scope.get("route"), "body_field", None)
    body = field.field_info.annotation if field is not None else None
    places = [_place(entry, body) for entry in error.errors()]
    unreadable = any(place["code"] == "json_invalid" for place in places)
    return _document(
        status=400 if unreadable else 422,
        title=_TITLES[400] if unreadable else _TITLES[422],
        code="malformed_json" if unreadable else "invalid",
        detail="请求内容不是有效的 JSON。"
        if unreadable
        else f"请求中有 {len(places)} 处内容有误，请按提示修改后重试。",
        instance=request.url.path,
        errors=places[:MOST_PLACES],
    )


async def on_unexpected(request: Request, error: Exception) -> Response:
    """Last resort: log the whole story, tell the caller only that it was our fault."""
    number = str(getattr(request.state, "request_id", "-"))
    log.error("unexpected error", path=request.url.path, error=str(error)[:500], exc_info=error, request_id=number)
    return _document(
        status=500,
        title=_TITLES[500],
        code="internal_error",
        detail=f"系统出现意外错误，已记录。请稍后重试；如仍失败，请将请求编号 {number} 告知运维人员。",
        instance=request.url.path,
        headers={"X-Request-Id": number},
    )


def _document(
    *,
    status: int,
    title: str,
    code: str,
    detail: str,
    instance: str,
    errors: Sequence[dict[str, str]] = (),
    headers: dict[str, str] | None = None,
    extra: dict[str, Any] | None = None,
) -> Response:
    body = {"type": "about:blank", "title": title, "status": status, "code": code, "detail": detail}
    body |= {"instance": instance, "errors": list(errors)} | (extra or {})
    return Response(orjson.dumps(body, default=str), status_code=status, media_type=MEDIA_TYPE, headers=headers)


def _place(entry: dict[str, Any], body: Any) -> dict[str, str]:
    where, *rest = [str(part) for part in entry["loc"]] or ["body"]
    path = "/".join(part.replace("~", "~0").replace("/", "~1") for part in rest)
    code, context = str(entry["type"]), entry.get("ctx") or {}
    if code == "extra_forbidden" and where == "body":
        context = {"known": known_fields(body, entry["loc"][1:-1])}
    # The empty pointer is the whole body (RFC 6901).
    pointer = (f"/{path}" if path else "") if where == "body" else f"{where}/{path}"
    return {"pointer": pointer, "code": code, "message": messages.message(code, context)}
