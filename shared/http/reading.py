"""Reading request bodies: strict JSON, before the transaction is opened."""

from __future__ import annotations

import contextlib
from typing import Any

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from shared import problems

# Deeper than any document of ours; serialisers and jsonb have limits of their own, far beyond this one.
DEEPEST = 50
_ESCAPED_NUL = b"\\u0000"


class StrictRequest(Request):
    """A request whose JSON is what RFC 8259 and Postgres agree on.

    orjson refuses lone surrogates, NaN and bottomless nesting, which Python's own parser lets through.
    """

    async def json(self) -> Any:
        """The parsed body.

        Raises
        ------
        problems.Invalid
            NUL in a text, or nested too deeply; names the place.
        """
        if hasattr(self, "_json"):
            return self._json
        body = await self.body()
        value = orjson.loads(body)
        if _ESCAPED_NUL in body or body.count(b"[") + body.count(b"{") > DEEPEST:
            refuse_unstorable(value)
        self._json = value
        return value


def refuse_unstorable(value: Any) -> None:
    """Refuse what jsonb or the serialisers cannot hold.

    Raises
    ------
    problems.Invalid
    """
    waiting: list[tuple[Any, str, int]] = [(value, "", 1)]
    while waiting:
        node, pointer, depth = waiting.pop()
        if isinstance(node, (dict, list)):
            if depth > DEEPEST:
                raise _refused(pointer, "too_deep", f"嵌套超过 {DEEPEST} 层")
            named = node.items() if isinstance(node, dict) else enumerate(node)
            for name, inner in named:
                place = f"{pointer}/{_escaped(str(name))}"
                if "\0" in str(name):
                    raise _refused(place.replace("\0", "␀"), "bad_character", "名称中含有空字符")
                waiting.append((inner, place, depth + 1))
        elif isinstance(node, str) and "\0" in node:
            raise _refused(pointer, "bad_character", "含有空字符（U+0000），请删除")


async def read_body(request: Request, *, json: bool) -> None:
    """Take in the whole body, so that a slow sender holds neither a connection nor a transaction.

    Text that is no JSON at all is left to the framework, which says at which character.

    Raises
    ------
    problems.Invalid
        JSON that cannot be stored.
    problems.BadRequest
        The sender went away half-way.
    HTTPException
        415: the route wants JSON and was sent something else.
    """
    try:
        body = await request.body()
    except ClientDisconnect as error:
        raise problems.BadRequest("请求内容未传完。", code="interrupted") from error
    if json and body:
        if not _says_json(request):
            raise HTTPException(415)
        with contextlib.suppress(orjson.JSONDecodeError):
            await request.json()


def _says_json(request: Request) -> bool:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _refused(pointer: str, code: str, message: str) -> problems.Invalid:
    return problems.Invalid(
        f"请求内容无法保存：{message}。", code=code, errors=[problems.FieldError(pointer, code, message)]
    )
