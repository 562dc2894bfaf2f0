"""Reading what a public request asks for: strict, and every refusal names the place and the remedy. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import unquote_to_bytes
from uuid import UUID

# A UUID like any other, read from its text and written to Postgres seven times as fast.
from asyncpg.pgproto.pgproto import UUID as WireUUID

from shared import problems
from shared.http import queries
from shared.http.pages import decode_cursor, encode_cursor

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CODE = re.compile(r"[0-9A-Za-z-]{1,50}")
# As wide as a `sequence` of the feed, so that it can be sent back as it stands.
_NUMBER = re.compile(r"[0-9]{1,20}")
LONGEST_TEXT = 200
MOST_SEQUENCE = 2**63 - 1
# A base code has 12 characters; everything else given as a code is an implementation code (31, 33, or a local one).
BASE_CODE_LENGTH = 12
STATES = ("in_use", "suspended", "cancelled")


def item_id(value: str, name: str) -> UUID:
    """An id from the path. Raises problems.Invalid."""
    if _UUID.fullmatch(value) is None:
        raise refuse(f"path/{name}", "uuid_parsing", "应为 UUID，例如 01890a5d-ac96-774b-bcce-b302099a8057")
    return WireUUID(value)


def code(value: str) -> str:
    """A code from the path. Raises problems.Invalid."""
    if _CODE.fullmatch(value) is None:
        raise refuse("path/code", "code_format", "编码只能由 1 至 50 位字母、数字和连字符组成")
    return value.upper()


def query(raw: bytes, known: Collection[str]) -> dict[str, str]:
    """The query string. Raises problems.Invalid: broken text, unknown names, one name given twice."""
    found: dict[str, str] = {}
    repeated: list[str] = []
    for pair in raw.split(b"&") if raw else ():
        raw_name, _, value = pair.partition(b"=")
        name = _decoded(raw_name)
        if name in found and name in known:
            repeated.append(name)
        found[name] = _decoded(value)
    queries.refuse_unknown(found, known)
    queries.refuse_repeated(repeated)
    return found


def number(given: Mapping[str, str], name: str, *, default: int, least: int, most: int) -> int:
    """A whole number of the query. Raises problems.Invalid."""
    value = given.get(name)
    if value is None:
        return default
    if _NUMBER.fullmatch(value) is None or not least <= int(value) <= most:
        raise refuse(f"query/{name}", "number_range", f"应为 {least} 至 {most} 的整数")
    return int(value)


def words(given: Mapping[str, str], name: str) -> str | None:
    """A text of the query; None when missing or empty. Raises problems.Invalid."""
    value = given.get(name)
    if not value:
        return None
    if len(value) > LONGEST_TEXT:
        raise refuse(f"query/{name}", "string_too_long", f"最多 {LONGEST_TEXT} 个字符")
    return value


def day(given: Mapping[str, str], name: str) -> date | None:
    """A day of the query, written out. Raises problems.Invalid."""
    value = given.get(name)
    if not value:
        return None
    try:
        if _DAY.fullmatch(value) is None:
            raise ValueError
        return date.fromisoformat(value)
    except ValueError:
        raise refuse(f"query/{name}", "date_format", "应为日期（YYYY-MM-DD）") from None


def choice(given: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str | None:
    """One of some words. Raises problems.Invalid."""
    value = given.get(name)
    if value is None or value in allowed:
        return value
    raise refuse(f"query/{name}", "literal_error", f"取值应为 {'、'.join(allowed)} 之一")


@dataclass(frozen=True)
class Place:
    """Where a walk through pages is: which revision it shows, and after which item it goes on."""

    revision: int
    after: UUID

    def encode(self) -> str:
        """As an opaque cursor."""
        return encode_cursor([self.revision, str(self.after)])


def place(given: Mapping[str, str]) -> Place | None:
    """The cursor of the query. Raises problems.Invalid."""
    cursor = given.get("cursor")
    if not cursor:
        return None
    revision, after = decode_cursor(cursor, 2)
    usable = isinstance(revision, int) and 0 < revision < 2**31 and isinstance(after, str) and _UUID.fullmatch(after)
    if not usable:
        raise refuse("query/cursor", "bad_cursor", "翻页标记无效，请从第一页重新开始")
    return Place(revision, UUID(after))


def pattern(wanted: str | None) -> str | None:
    """A search word as a LIKE pattern that matches it literally."""
    if wanted is None:
        return None
    escaped = wanted.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def refuse(pointer: str, kind: str, message: str) -> problems.Invalid:
    """The problem of one wrong parameter."""
    return problems.Invalid(f"请求参数有误：{message}。", errors=[problems.FieldError(pointer, kind, message)])


def _decoded(raw: bytes) -> str:
    try:
        text = unquote_to_bytes(raw.replace(b"+", b" ")).decode()
    except UnicodeDecodeError as error:
        raise refuse("query", "encoding", "查询参数应为 UTF-8 编码") from error
    if "\0" in text:
        raise refuse("query", "bad_character", "查询参数中含有空字符，请删除")
    return text
