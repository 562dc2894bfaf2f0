"""Pages put together from stored lines: a list in one revision, and the entries that carry a code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import orjson

from services.publish.portal import parameters, repository
from services.publish.portal.parameters import Place
from services.publish.portal.reads import Reads
from services.publish.validity.rules import instant_of
from shared import clock, problems

PAGE = 50
MOST = 200
_NARROWING = frozenset({"organ", "item_type", "state", "level", "q", "service_object", "topic"})
# What the query of each page may name.
OF_LIST = _NARROWING | {"cursor", "limit", "edition", "as_of", "count"}
OF_CODE = frozenset({"cursor", "limit", "kind"})


@dataclass(frozen=True)
class ListPage:
    """A page as it is sent, the revision it shows, and the list's present state its tag is made of."""

    body: bytes
    revision: int
    current_revision: int
    current_hash: bytes


async def list_page(reads: Reads, list_id: UUID, given: Mapping[str, str]) -> ListPage:
    """A page of one revision: the cursor's, a named edition's, or the present one.

    Raises
    ------
    problems.Invalid
        A parameter is wrong.
    problems.NotFound
        No such list or edition.
    """
    place, edition = parameters.place(given), parameters.words(given, "edition")
    limit = parameters.number(given, "limit", default=PAGE, least=1, most=MOST)
    wanted = _filters(given)
    revision = place.revision if place else await _stood(reads, list_id, given)
    row = await repository.list_page(
        reads, list_id, revision=revision, edition=None if revision else edition,
        after=place.after if place else repository.FIRST, limit=limit + 1, wanted=wanted,
    )  # fmt: skip
    if row is None:
        raise problems.NotFound("没有公布过该清单，请检查清单标识。", code="list_not_published")
    if row["shown"] is None:
        raise problems.NotFound(f"该清单没有名为“{edition}”的版本。", code="edition_not_found")
    if row["hash"] is None:
        raise parameters.refuse("query/cursor", "bad_cursor", "翻页标记无效，请从第一页重新开始")
    count = None
    if parameters.choice(given, "count", ("exact",)):
        count = await repository.count(reads, list_id, row["shown"], wanted)
    lines, last = _cut(row["lines"], limit)
    head = {
        "list_id": str(list_id),
        "kind": row["kind"],
        "title": row["title"],
        "region_code": row["region_code"],
        "revision": row["shown"],
        "hash": row["hash"].hex(),
        "entries": row["entries"],
        "purged": row["purged"],
        "next": Place(row["shown"], last).encode() if last else None,
    } | ({"count": count} if count is not None else {})
    return ListPage(_body(head, lines), row["shown"], row["revision"], row["current_hash"])


async def _stood(reads: Reads, list_id: UUID, given: Mapping[str, str]) -> int | None:
    """The revision that stood on the day asked for; None when none was asked for."""
    day = parameters.day(given, "as_of")
    if day is None:
        return None
    if parameters.words(given, "edition"):
        raise parameters.refuse("query/as_of", "state_unclear", "as_of 与 edition 只能给出一个")
    _, at = instant_of(day, clock.now(), place="query/as_of")
    row = await repository.revision_at(reads, list_id, at)
    if row is None:
        raise problems.NotFound("没有公布过该清单，请检查清单标识。", code="list_not_published")
    if row["revision"] is None:
        raise problems.NotFound(f"{day} 该清单尚未公布。", code="not_published_then")
    return int(row["revision"])


def _filters(given: Mapping[str, str]) -> repository.Filters | None:
    if _NARROWING.isdisjoint(given):
        return None
    filters = repository.Filters(
        organ=parameters.words(given, "organ"),
        item_type=parameters.words(given, "item_type"),
        state=parameters.choice(given, "state", parameters.STATES),
        level=parameters.words(given, "level"),
        name=parameters.pattern(parameters.words(given, "q")),
        service_object=parameters.words(given, "service_object"),
        topic=parameters.words(given, "topic"),
    )
    return None if filters == repository.NO_FILTERS else filters


async def code_page(reads: Reads, code: str, given: Mapping[str, str]) -> tuple[bytes, bytes]:
    """Entries of all lists (or of one kind) that carry a code, and the digest their tag is made of.

    Raises
    ------
    problems.Invalid
        A parameter is wrong.
    problems.NotFound
        No published entry carries the code.
    """
    place = parameters.place(given)
    limit = parameters.number(given, "limit", default=PAGE, least=1, most=MOST)
    kind = parameters.words(given, "kind")
    after = place.after if place else repository.FIRST
    row = await repository.code_page(reads, code, kind=kind, after=after, limit=limit + 1)
    if row is None or (not row["lines"] and place is None):
        raise problems.NotFound(f"已公布的清单中没有编码为 {code} 的事项。", code="code_not_published")
    bodies, last = _cut(row["lines"], limit)
    return row["digest"], _body({"code": code, "next": Place(1, last).encode() if last else None}, bodies)


def _cut(lines: Sequence[bytes], limit: int) -> tuple[Sequence[bytes], UUID | None]:
    """The lines of the page, and the id of the last one when there are more behind it."""
    if len(lines) <= limit:
        return lines, None
    return lines[:limit], UUID(orjson.loads(lines[limit - 1])["id"])


def _body(head: Mapping[str, object], lines: Sequence[bytes]) -> bytes:
    """The head as an object that goes on with the lines as they are stored; copied once."""
    return b"".join((orjson.dumps(head)[:-1], b',"items":[', b",".join(lines), b"]}"))
