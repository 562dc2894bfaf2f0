"""Use cases of the spreadsheets: a template to fill in, a list as it stands, the rows an import refused."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.catalog.kinds import service as kinds
from services.catalog.kinds.rules import Profile
from services.catalog.lists import service as lists
from services.catalog.records import Record
from services.catalog.regions import service as regions
from services.catalog.spreadsheets import repository
from services.catalog.spreadsheets.rules import organ_keys, organ_names
from shared import problems
from shared.identity.principal import Principal
from shared.ledger.transaction import Transaction, begin
from shared.visibility import visible

WRITER = "services.catalog.spreadsheets.writer"
_FIRST = UUID(int=0)
# Rows a page: a few hundred kilobytes on their way, whatever the list.
PAGE = 500
# Organs a drop-down offers; people search a longer list by typing, and the import takes every registered name.
OFFERED = 2_000
# What a sheet holds below its header.
MOST_ROWS = 1_048_575


async def profile_of(connection: AsyncConnection, kind_code: str, region_code: str | None) -> tuple[Record, Profile]:
    """A kind and its profile in a region, everywhere when None. Raises NotFound, Invalid, Conflict."""
    kind = await kinds.get(connection, kind_code)
    chain = await regions.chain(connection, region_code, "/region") if region_code else []
    return kind, (await kinds.profile_set(connection, kind_code, chain)).choose(None)


@dataclass(frozen=True)
class Order:
    """A spreadsheet to be written: what a reader calls it, the writer's task, and its rows."""

    title: str
    task: dict[str, Any]
    pages: AsyncIterator[bytes]


async def template(tx: Transaction, kind_code: str, region_code: str | None) -> Order:
    """The spreadsheet that a kind's entries are filled into.

    Raises
    ------
    problems.NotFound, problems.Invalid, problems.Conflict
    """
    kind, profile = await profile_of(tx.connection, kind_code, region_code)
    offered = await repository.own_organs(tx.connection, region_code, OFFERED) if region_code else []
    task = _task(profile, kind["title"], offered) | {"example": True}
    return Order(f"{kind['title']}模板", task, _nothing())


async def export(
    tx: Transaction, engine: AsyncEngine, who: Principal, list_id: UUID, *, as_of: datetime | None, cancelled: bool
) -> Order:
    """A list as it was at an instant; what is not public only for those with a post in the region.

    Raises
    ------
    problems.NotFound, problems.Conflict
    """
    row = await lists.get(tx.connection, list_id)
    chain = await regions.chain(tx.connection, row["region_code"])
    profile = (await kinds.profile_set(tx.connection, row["kind"], chain)).choose(None)
    organs = await repository.organs_around(tx.connection, row["region_code"])
    inside = any(grant.region_code in chain for grant in who.grants)
    hidden = [] if inside else [one.key for one in profile.elements if not visible(asdict(one), "public", "public")]
    own = await repository.own_organs(tx.connection, row["region_code"], OFFERED)
    task = _task(profile, row["title"], own) | {
        "organ_names": organ_names(organs),
        "organ_keys": organ_keys(organs, as_code=False),
        "hidden": hidden,
        "staff_entries": inside,
    }
    # Reading is a transaction that cannot write; that somebody took a list away is kept all the same.
    async with begin(engine, service="catalog", actor=who.actor, request_id=tx.request_id) as keeping:
        await keeping.audit("catalog:list:export", "done", {"list_id": str(list_id), "hidden": not inside})
    at = as_of or tx.now
    if profile.orders:
        ids = await repository.in_order(tx.connection, list_id, at=at, orders=profile.orders)
        pages = _entries_in_order(engine, ids, at=at, cancelled=cancelled)
    else:
        pages = _entries(engine, list_id, at=at, cancelled=cancelled)
    return Order(row["title"], task, pages)


def _task(profile: Profile, title: str, offered: Sequence[str]) -> dict[str, Any]:
    described = asdict(profile) | {"valid_from": profile.valid_from.isoformat()}
    return {"mode": "list", "profile": described, "title": title, "offered": list(offered), "example": False,
            "hidden": [], "staff_entries": True, "organ_names": {}, "organ_keys": {}}  # fmt: skip


async def _nothing() -> AsyncIterator[bytes]:
    empty: tuple[bytes, ...] = ()
    for page in empty:
        yield page


async def _entries(engine: AsyncEngine, list_id: UUID, *, at: datetime, cancelled: bool) -> AsyncIterator[bytes]:
    """Pages of entries; versions never change, so pages of one instant fit together without one transaction."""
    after, count = _FIRST, 0
    while True:
        async with engine.connect() as connection:
            rows = await repository.entries(connection, list_id, at=at, cancelled=cancelled, after=after, size=PAGE)
        if not rows:
            return
        count += len(rows)
        if count > MOST_ROWS:
            message = f"清单的事项超过电子表格的行数上限（{MOST_ROWS} 行），请改用开放数据下载。"
            raise problems.TooLarge(message, code="too_many_rows")
        yield _page(rows)
        after = rows[-1].id


async def _entries_in_order(
    engine: AsyncEngine, ids: Sequence[UUID], *, at: datetime, cancelled: bool
) -> AsyncIterator[bytes]:
    for start in range(0, len(ids), PAGE):
        async with engine.connect() as connection:
            yield _page(
                await repository.entries_by_id(connection, ids[start : start + PAGE], at=at, cancelled=cancelled)
            )


def _page(rows: Sequence[Any]) -> bytes:
    entries = (b'{"id":"%s","elements":%s}' % (str(row.id).encode(), row.elements.encode()) for row in rows)
    return b"[" + b",".join(entries) + b"]"
