"""Use cases of annexes: what goes into one, who is told of it, and the columns of a kind."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.catalog.annexes import repository
from services.catalog.annexes.rules import Wish, check_layout
from services.catalog.annexes.schemas import AnnexUnit, AnnexUnits, NewLayout
from services.catalog.kinds import repository as kind_rows
from services.catalog.kinds import service as kinds
from services.catalog.lists import service as lists
from services.catalog.organs import repository as organ_rows
from services.catalog.records import Record
from services.catalog.regions import service as regions
from shared import problems, visibility
from shared.annex.layout import NO_UNIT, columns_of, shown
from shared.annex.offer import cover_of, file_name, mark_of
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction
from shared.visibility import Entry, ListFacts, Profile

# Entries a page: a few hundred kilobytes on their way, whatever the list.
PAGE = 500
Progress = Callable[[int], Awaitable[None]]


# Differences in these alone are none the public could see; publication makes no revision of them.
_BOOKKEEPING = ("version", "effective_from", "transitional_rule")


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where the rows of an annex are read: a published revision, or the list at an instant."""

    at: datetime
    revision: int | None
    facts: ListFacts
    profile: Profile


@dataclass(frozen=True, kw_only=True)
class Content:
    """What an annex shows: its rows' order is known, their content is read page by page while it is written.

    Attributes
    ----------
    hash : of the published revision it shows, hexadecimal; empty: a draft.
    """

    name: str
    task: dict[str, Any]
    order: Sequence[Row[Any]]
    source: Source
    hash: str


async def content(
    connection: AsyncConnection, list_id: UUID, wish: Wish, now: datetime, *, most: int | None = None
) -> Content:
    """What an annex of a list shows: only what everybody may see, since an annex is made to be published.

    The list as it stands is shown as the revision in force while both say the same, with the mark of that revision;
    else the cover says that it is a draft. Of more than `most` entries only so many are in its order.

    Raises
    ------
    problems.NotFound
        No such list, revision, edition or unit in it.
    """
    row = await lists.get(connection, list_id)
    at, revision = wish.as_of or now, await revision_of(connection, list_id, wish)
    facts, profile, columns, elements = await _shape(connection, row)
    source = Source(at=at, revision=revision["revision"] if revision else None, facts=facts, profile=profile)
    order = await _order(connection, source, wish, most=most)
    if revision is None and (most is None or len(order) < most):
        revision = await _in_force(connection, source)
        if revision is not None:
            source = replace(source, revision=revision["revision"])
            order = await _order(connection, source, wish, most=most)
    if wish.unit is not None and not order:
        raise problems.NotFound("清单中没有该单位的事项，请核对单位。", code="unit_not_in_list")
    [lead] = await organ_rows.by_ids(connection, [row["lead_organ_id"]])
    unit = (order[0].unit or NO_UNIT) if wish.unit is not None else ""
    cover = cover_of(row, issuer=lead["name"], at=at, revision=revision, edition=wish.edition, unit=unit)
    if revision is not None:
        cover = replace(cover, mark=mark_of(list_id, revision["revision"], revision["hash"]))
    task = {"format": wish.format, "split": wish.by_unit, "cover": asdict(cover),
            "columns": [column.as_dict() for column in columns], "elements": elements}  # fmt: skip
    return Content(
        name=file_name(cover, wish.suffix), task=task, order=order, source=source,
        hash=revision["hash"] if revision is not None else "",
    )  # fmt: skip


async def _order(
    connection: AsyncConnection, source: Source, wish: Wish, *, most: int | None
) -> Sequence[Row[Any]]:  # fmt: skip
    list_id, unit = source.facts.id, wish.unit
    if source.revision is not None:
        return await repository.revision_order(connection, list_id, revision=source.revision, unit=unit, most=most)
    units = _units(source.profile)
    return await repository.current_order(connection, list_id, at=source.at, units=units, unit=unit, most=most)


async def _in_force(connection: AsyncConnection, source: Source) -> Record | None:
    """The revision in force at the instant, if the list said the same to the public then."""
    found = await repository.in_force(connection, source.facts.id, at=source.at)
    if found is None or found["alone"] or len(found["versioned"]) > PAGE:
        return None
    stands = await _said(connection, source, found["versioned"])
    shown = await _said(connection, replace(source, revision=found["revision"]), found["versioned"])
    return found if stands == shown else None


async def _said(connection: AsyncConnection, source: Source, ids: Sequence[UUID]) -> dict[UUID, Any]:
    """What entries say to the public, numbering and dates aside."""
    bodies = await _bodies(connection, source, ids) if ids else {}
    return {
        item_id: {key: value for key, value in orjson.loads(orjson.dumps(body)).items() if key not in _BOOKKEEPING}
        for item_id, body in bodies.items()
    }  # fmt: skip


def _units(profile: Profile) -> bool:
    """Whether the public may know whose entries are: names of files and the order of rows would tell, too."""
    return "implementing_body" not in profile.hidden


async def units(connection: AsyncConnection, list_id: UUID, wish: Wish, now: datetime) -> AnnexUnits:
    """The parts of a list, or all of it as one where the public may not know whose entries are. Raises NotFound."""
    _, profile, *_ = await _shape(connection, await lists.get(connection, list_id))
    found = await revision_of(connection, list_id, wish)
    number = found["revision"] if found is not None else None
    rows = await repository.units(connection, list_id, at=wish.as_of or now, units=_units(profile), revision=number)
    items = [AnnexUnit(organ_id=row.organ_id, name=row.unit, entries=row.entries) for row in rows]
    total = sum(row.entries for row in rows)
    return AnnexUnits(list_id=list_id, entries=total, as_of=wish.as_of, revision=number, items=items)


async def revision_of(connection: AsyncConnection, list_id: UUID, wish: Wish) -> Record | None:
    """The published revision that is meant; None for the list as it stands. Raises NotFound."""
    if not wish.published:
        return None
    found = await repository.revision_of(connection, list_id, revision=wish.revision, edition=wish.edition)
    if found is None:
        raise problems.NotFound("该清单没有公布过所指的修订或版次。", code="revision_not_found")
    return found


async def _shape(connection: AsyncConnection, row: Record) -> tuple[ListFacts, Profile, list[Any], dict[str, Any]]:
    """How the list is named in public, what of it is hidden, and the columns that are left."""
    chain = await regions.chain(connection, row["region_code"])
    rows = [one for one in await kind_rows.profiles(connection, [row["kind"]])
            if one["region_code"] is None or one["region_code"] in chain]  # fmt: skip
    # Of profiles that differ the one that hides wins, and a coming one hides at once: as publication does it.
    counting = await repository.counting(connection, row["kind"], chain, kinds.today())
    profile = Profile.of(element for elements in counting for element in elements)
    chosen = (await kinds.profile_set(connection, row["kind"], chain)).choose(None)
    every = {element["key"]: element for one in rows for element in one["elements"]}
    own = {element["key"]: element for one in rows if one["number"] == chosen.number for element in one["elements"]}
    elements = shown((every | own).values(), profile.hidden)
    layout = await repository.layout(connection, row["kind"])
    kind = await kinds.get(connection, row["kind"])
    region = await regions.get(connection, row["region_code"])
    facts = ListFacts(row["id"], row["kind"], kind["title"], row["title"], row["region_code"], region["name"])
    return facts, profile, columns_of(layout["columns"] if layout is not None else None, elements), elements


async def pages(engine: AsyncEngine, of: Content, progress: Progress | None = None) -> AsyncIterator[bytes]:
    """The rows for the writer. Versions never change, so pages of one instant fit together without one transaction."""
    for begin in range(0, len(of.order), PAGE):
        part = of.order[begin : begin + PAGE]
        async with engine.connect() as connection:
            bodies = await _bodies(connection, of.source, [one.id for one in part])
        rows = [{"unit": one.unit, "body": bodies[one.id]} for one in part if one.id in bodies]
        yield orjson.dumps(rows)
        if progress is not None:
            await progress(begin + len(part))


async def _bodies(connection: AsyncConnection, of: Source, ids: Sequence[UUID]) -> dict[UUID, Any]:
    if of.revision is not None:
        rows = await repository.revision_bodies(connection, of.facts.id, ids, revision=of.revision)
        # What was withdrawn from the public afterwards is gone from earlier revisions, too.
        return {row.id: orjson.loads(row.body) for row in rows if row.body}
    rows = await repository.current_entries(connection, ids, at=of.at)
    named = {name for row in rows for name in visibility.organ_ids(row.elements, of.profile)}
    organs = {str(one["id"]): one for one in await organ_rows.by_ids(connection, [_uuid(name) for name in named])}
    found = {row.id: visibility.public_body(
        Entry(row.id, row.number, row.effective_from, row.elements,
              audience=row.elements.get("audience", "public"), organs=organs),
        of.facts, of.profile) for row in rows}  # fmt: skip
    return {item_id: body for item_id, body in found.items() if body is not None}


def _uuid(value: str) -> UUID:
    try:
        return UUID(value)
    except ValueError:
        return UUID(int=0)


async def layout_of(connection: AsyncConnection, kind: str) -> tuple[int, list[dict[str, Any]]]:
    """Version and columns of a kind's annex; version 0 is the default. Raises NotFound."""
    await kinds.get(connection, kind)
    own = await repository.layout(connection, kind)
    if own is not None:
        return own["version"], own["columns"]
    elements = await _known(connection, kind)
    return 0, [column.as_dict() for column in columns_of(None, elements)]


async def put_layout(
    tx: Transaction, principal: Principal, kind: str, request: NewLayout
) -> tuple[int, list[dict[str, Any]]]:
    """Decide on the columns of a kind's annex; the caller has compared versions.

    Raises
    ------
    problems.Forbidden
        Not an administrator of where the kind belongs.
    problems.NotFound, problems.Invalid
    """
    row = await kinds.get(tx.connection, kind)
    chain = await regions.chain(tx.connection, row["region_code"]) if row["region_code"] else []
    regions.require_administrator(principal, chain)
    columns = [column.model_dump(exclude_none=True) for column in request.columns]
    check_layout(columns, frozenset(await _known(tx.connection, kind)))
    stored = await repository.put_layout(tx.connection, kind, columns)
    tx.append(NewEvent(type="annex_layout.updated", list_kind=kind, region_code=row["region_code"],
                       elements=tuple(column["element"] for column in columns), reason=request.reason,
                       legal_basis=request.legal_basis, refs={"version": stored["version"]}))  # fmt: skip
    return stored["version"], stored["columns"]


async def _known(connection: AsyncConnection, kind: str) -> dict[str, Any]:
    """Elements of all profiles of a kind."""
    rows = await kind_rows.profiles(connection, [kind])
    return {element["key"]: element for one in rows for element in one["elements"]}
