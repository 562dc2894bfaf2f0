"""ETags of mutable resources: the version number in quotes; a change needs If-Match."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Annotated

import orjson
from fastapi import Header
from pydantic import BaseModel
from starlette.responses import Response

from shared import problems
from shared.http.idempotency import ShownOnce

IfMatch = Annotated[
    str | None, Header(alias="If-Match", description="ETag of the version this change is based on", examples=['"1"'])
]
IfNoneMatch = Annotated[
    str | None, Header(alias="If-None-Match", description="ETag of what the caller has: 304 when nothing changed")
]


def etag(version: int) -> str:
    """The tag of a version."""
    return f'"{version}"'


def require_match(given: str | None, version: int) -> None:
    """Refuse a change that is not based on the current version.

    Raises
    ------
    problems.PreconditionRequired
        No If-Match (428).
    problems.PreconditionFailed
        Another version is current (412); `current` tells which.
    """
    if given is None:
        raise problems.PreconditionRequired(
            "修改须带 If-Match（先读取该资源取得 ETag）。", extra={"current": etag(version)}
        )
    if given.strip() not in ("*", etag(version)):
        raise problems.PreconditionFailed(
            "内容已有新版本，请重新读取后再修改。", extra={"current": etag(version), "given": given[:100]}
        )


def with_etag(model: BaseModel, version: int, *, status: int = 200) -> Response:
    """A JSON answer that carries its ETag."""
    return Response(_json(model), status_code=status, media_type="application/json", headers={"ETag": etag(version)})


def with_digest(
    content: bytes, media_type: str, if_none_match: str | None, headers: Mapping[str, str] | None = None
) -> Response:
    """Content whose ETag is its SHA-256; 304 without it when the caller has the same."""
    tag = f'"{hashlib.sha256(content).hexdigest()}"'
    known = dict(headers or {}) | {"ETag": tag}
    given = [part.strip().removeprefix("W/") for part in (if_none_match or "").split(",")]
    if tag in given or "*" in given:
        return Response(status_code=304, headers=known)
    return Response(content, media_type=media_type, headers=known)


def created(location: str, model: BaseModel, version: int | None = None, *, status: int = 201) -> Response:
    """201 with Location (and ETag where the resource has versions)."""
    headers = {"Location": location} | ({"ETag": etag(version)} if version is not None else {})
    return Response(_json(model), status_code=status, media_type="application/json", headers=headers)


def created_with_secret(location: str, model: BaseModel, field: str, version: int | None = None) -> Response:
    """201 with a secret that is shown this once: a repetition with the same Idempotency-Key shows null in its place."""
    headers = {"Location": location} | ({"ETag": etag(version)} if version is not None else {})
    kept = _json(model.model_copy(update={field: None}))
    return ShownOnce(_json(model), kept=kept, status_code=201, headers=headers)


def _json(model: BaseModel) -> bytes:
    return orjson.dumps(model.model_dump(mode="json", by_alias=True))
