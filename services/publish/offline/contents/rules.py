"""Entries as packages carry them, and as the mirrored list takes them; acknowledgements line by line. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from services.publish.offline.rules import BadPackage

EVENTS, LISTS, ACKNOWLEDGEMENT = "events.jsonl", "lists.jsonl", "acknowledgement.jsonl"
LIST_FOLDER = "lists/"
WITHDRAWN = "cn.qingdan.item.withdrawn.v1"
# What a mirror shows of an entry that its source has withdrawn: nothing, and to the staff alone.
GONE: Mapping[str, Any] = {"name": "（来源已不再公开）", "state": "cancelled", "audience": "staff"}
UNKNOWN_ORGAN = "“{name}”（{code}）未在本系统登记，请登记该机关后请对方导出全量包"


@dataclass(frozen=True)
class Carried:
    """An entry of a package.

    Attributes
    ----------
    body : the public body at the source; None when it is no longer public.
    """

    item_id: UUID
    list_id: UUID
    version: int
    body: Mapping[str, Any] | None


@dataclass(frozen=True)
class Answer:
    """What a receiver says of an entry: accepted or rejected, and why."""

    item_id: UUID
    list_id: UUID
    version: int
    state: str
    code: str | None
    message: str | None


def lines(rows: Iterable[bytes]) -> bytes:
    """A file of JSON Lines."""
    return b"".join(row + b"\n" for row in rows)


def rows_of(content: bytes) -> list[bytes]:
    """The rows of a file of JSON Lines: as many as a manifest counts, whatever else a reader takes for a line's end."""
    *rows, rest = content.split(b"\n")
    return [*rows, rest] if rest else rows


def carried(files: Mapping[str, bytes]) -> dict[UUID, Carried]:
    """The newest that a package says of each entry.

    Raises
    ------
    BadPackage
    """
    found: dict[UUID, Carried] = {}
    for name, content in sorted(files.items()):
        for number, line in enumerate(rows_of(content), start=1):
            if name == LISTS:
                continue
            try:
                one = _of_event(_document(line)) if name == EVENTS else _of_body(_document(line))
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                raise BadPackage("bad_line", f"{name} 第 {number} 行无法识别，未导入", f"/{name}/{number}") from error
            if one is not None:
                found[one.item_id] = one
    return found


def _document(line: bytes) -> dict[str, Any]:
    told = orjson.loads(line)
    if not isinstance(told, dict) or b"\\u0000" in line:
        raise TypeError("no object that can be stored")
    return told


def _of_event(told: Mapping[str, Any]) -> Carried | None:
    """An event of the feed; None when it is about a list."""
    list_id = UUID(str(told["source"]).rpartition("/")[2])
    item_id = UUID(str(told["subject"]).rpartition("/")[2])
    if told["type"] == WITHDRAWN:
        return Carried(item_id, list_id, 0, None)
    data = told["data"]
    return _of_body(data["item"]) if "item" in data else None


def _of_body(body: Mapping[str, Any]) -> Carried:
    version = body["version"]
    if type(version) is not int or not 0 < version < 2**31 or not isinstance(body["elements"], dict):
        raise TypeError("no entry")
    return Carried(UUID(str(body["id"])), UUID(str(body["list_id"])), version, body)


def organ_codes(entries: Iterable[Carried]) -> set[str]:
    """Credit codes of the organs that entries name."""
    return {
        organ["credit_code"]
        for one in entries if one.body is not None
        for value in one.body["elements"].values()
        for organ in _organs(value)
    }  # fmt: skip


def _organs(value: Any) -> list[Mapping[str, Any]]:
    parts = value if isinstance(value, list) else [value]
    return [part for part in parts if isinstance(part, dict) and part.keys() == {"name", "credit_code"}
            and isinstance(part["credit_code"], str)]  # fmt: skip


def inward(one: Carried, organs: Mapping[str, UUID]) -> tuple[dict[str, Any] | None, str | None]:
    """What the mirrored list is to say of an entry; None, and why, when it cannot.

    Parameters
    ----------
    organs : ids here by credit code.
    """
    if one.body is None:
        return dict(GONE), None
    elements: dict[str, Any] = {}
    for name, value in one.body["elements"].items():
        found = _organs(value)
        unknown = next((organ for organ in found if organ["credit_code"] not in organs), None)
        if unknown is not None:
            told = UNKNOWN_ORGAN.format(name=str(unknown["name"])[:50], code=unknown["credit_code"][:50])
            return None, f"{name}：{told}"
        ids = [str(organs[organ["credit_code"]]) for organ in found]
        if not found:
            elements[name] = value
        elif isinstance(value, list):
            elements[name] = ids
        else:
            elements[name] = ids[0]
    # Said each time, since an entry may come back that was withdrawn.
    return elements | {"audience": "public"}, None


def answers(content: bytes) -> list[Answer]:
    """The lines of an acknowledgement.

    Raises
    ------
    BadPackage
    """
    found = []
    for number, line in enumerate(rows_of(content), start=1):
        try:
            told = _document(line)
            one = Answer(UUID(told["item_id"]), UUID(told["list_id"]), told["version"], told["state"], told.get("code"),
                         told.get("message"))  # fmt: skip
            sound = type(one.version) is int and 0 <= one.version < 2**31 and one.state in ("accepted", "rejected")
            if not sound or not all(part is None or isinstance(part, str) for part in (one.code, one.message)):
                raise TypeError("no answer")
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            place = f"/{ACKNOWLEDGEMENT}/{number}"
            raise BadPackage("bad_line", f"{ACKNOWLEDGEMENT} 第 {number} 行无法识别，未导入", place) from error
        found.append(one)
    return found


def answer_lines(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """An acknowledgement."""
    names = ("item_id", "list_id", "version", "state", "code", "message")
    return lines(orjson.dumps({name: row[name] for name in names}) for row in rows)
