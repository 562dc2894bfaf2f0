"""Use cases of the spreadsheets: a template to fill in, a list as it stands, the rows an import refused."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.catalog.kinds import service as kinds
from services.catalog.kinds.rules import Profile
from services.catalog.lists import service as lists
from services.catalog.records import Record
from services.catalog.regions import service as regions
from services.catalog.spreadsheets import repository
from services.catalog.spreadsheets.rules import organ_keys, organ_names
from services.catalog.spreadsheets.writer import LENGTH
from shared import problems
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.ledger.transaction import Transaction, begin
from shared.visibility import visible

_ROOT = Path(__file__).resolve().parents[3]
_FIRST = UUID(int=0)
# Rows a page: a few hundred kilobytes on their way, whatever the list.
PAGE = 500
# Organs a drop-down offers; people search a longer list by typing, and the import takes every registered name.
OFFERED = 2_000
# Each process takes a core for some seconds; who comes later waits, and after a while is told to come again.
_AT_ONCE = asyncio.Semaphore(2)
_PATIENCE = 20.0
_LONGEST = 300.0


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
    after = _FIRST
    while True:
        async with engine.connect() as connection:
            rows = await repository.entries(connection, list_id, at=at, cancelled=cancelled, after=after, size=PAGE)
        if not rows:
            return
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


async def written(folder: Path, order: Order) -> BinaryIO:
    """The file a writer process makes, open for reading and gone when it is closed.

    Raises
    ------
    problems.Unavailable
        Too many are being written.
    """
    try:
        async with asyncio.timeout(_PATIENCE):
            await _AT_ONCE.acquire()
    except TimeoutError:
        raise problems.Unavailable("正在生成的电子表格过多，请稍后再试。", code="busy") from None
    place = folder / "spool" / "sheets"
    path = place / f"{new_id()}.xlsx"
    try:
        await asyncio.to_thread(place.mkdir, parents=True, exist_ok=True)
        async with asyncio.timeout(_LONGEST):
            await _serve({**order.task, "path": str(path)}, order.pages)
        return await asyncio.to_thread(path.open, "rb")
    finally:
        path.unlink(missing_ok=True)
        _AT_ONCE.release()


async def _serve(task: Mapping[str, Any], pages: AsyncIterator[bytes]) -> None:
    path = os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH")]))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.catalog.spreadsheets.writer", stdin=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE, env={**os.environ, "PYTHONPATH": path},
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stderr is not None
    try:
        with suppress(BrokenPipeError, ConnectionResetError):
            _send(process.stdin, orjson.dumps(task))
            async for page in pages:
                _send(process.stdin, page)
                await process.stdin.drain()
            process.stdin.close()
        said = (await process.stderr.read()).decode(errors="replace")
        if await process.wait():
            raise RuntimeError(f"spreadsheet writer ended with {process.returncode}: {said[-1000:]}")
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _send(stream: asyncio.StreamWriter, frame: bytes) -> None:
    stream.write(LENGTH.pack(len(frame)) + frame)
