"""`{code, msg, data}`: 0 and what was asked for, or what is wrong - the same problem the core would tell. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Generic, Literal, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

WELL: Final = 0
# What a program has to tell apart; every other problem is its HTTP status and two zeros.
NUMBERS: Mapping[str, int] = {
    "bad_signature_headers": 40001,
    "bad_signature": 40101,
    "timestamp_out_of_tolerance": 40102,
    "nonce_replayed": 40103,
    "insufficient_scope": 40301,
    "not_a_platform": 40302,
}
# What of a problem document is said elsewhere in the envelope, or says nothing here.
_SAID = frozenset({"type", "title", "status", "detail", "instance"})
_HEADERS = ("retry-after",)

T = TypeVar("T")


class Envelope(BaseModel, Generic[T]):
    """What was asked for; `code` is 0."""

    code: Literal[0] = Field(default=WELL, examples=[0])
    msg: str = Field(default="成功", examples=["成功"])
    data: T


class Place(BaseModel):
    """One place in the request that is wrong."""

    pointer: str = Field(examples=["header/sign"])
    code: str = Field(examples=["format"])
    message: str = Field(examples=["应为 64 位十六进制签名"])


class Problem(BaseModel):
    """The problem the core would tell, and what belongs to it."""

    model_config = ConfigDict(extra="allow")

    code: str = Field(description="Stable English name", examples=["nonce_replayed"])
    errors: list[Place] = Field(default_factory=list)


class Refusal(BaseModel):
    """What is wrong instead; HTTP says 200 all the same."""

    code: int = Field(ge=1, description="What is wrong (docs/signed-api.md)", examples=[40103])
    msg: str = Field(examples=["nonce 已使用过，请为每次请求生成新的 nonce 并重新签名。"])
    data: Problem


def well(data: bytes) -> Response:
    """An answer around a document as it is stored."""
    return Response(b'{"code":0,"msg":"\xe6\x88\x90\xe5\x8a\x9f","data":' + data + b"}", media_type="application/json")


def refusal(problem: Response) -> Response:
    """A problem document as an envelope: HTTP 200 and the number inside, as platforms expect."""
    told: dict[str, Any] = orjson.loads(problem.body)
    number = NUMBERS.get(told["code"], told["status"] * 100)
    data = {name: value for name, value in told.items() if name not in _SAID}
    headers = {name: problem.headers[name] for name in _HEADERS if name in problem.headers}
    body = orjson.dumps({"code": number, "msg": told["detail"], "data": data})
    return Response(body, media_type="application/json", headers=headers)
