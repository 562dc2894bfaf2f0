"""The corpus: 1,000 permits and what six other lists say about them, in force and published as the product does it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from benchmarks import entries
from benchmarks.entries import DERIVED, KINDS, Organ
from services.catalog.items.repository import Entries, create_items
from shared import clock
from shared.codes import credit_code
from shared.identifiers import new_id
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction, begin

ORGANS = 20
NATION, PROVINCE, CITY, COUNTY = "000000000000", "440000000000", "449000000000", "449001000000"
REGIONS: tuple[tuple[Any, ...], ...] = (
    (NATION, "中华人民共和国", "nation", None, []),
    (PROVINCE, "测算省", "province", NATION, [NATION]),
    (CITY, "测算市", "city", PROVINCE, [PROVINCE, NATION]),
    (COUNTY, "测算县", "county", CITY, [CITY, PROVINCE, NATION]),
)
DECISION = {"meeting": "测算县人民政府第1次常务会议", "date": "2026-01-05", "number": "测府〔2026〕1号"}
ACTOR = "system:benchmark"
# Entries a statement creates: what the product's own import takes.
CHUNK = 2_000
PUBLICATION_SECONDS = 120.0


@dataclass(frozen=True)
class Matter:
    """A permit, its counterparts by kind of list, and the organ that exercises it."""

    number: int
    organ: Organ
    items: Mapping[str, UUID]

    @property
    def permit(self) -> UUID:
        """The entry everything follows from."""
        return self.items["permit"]

    @property
    def derived(self) -> list[UUID]:
        """The entries of the six other lists."""
        return [self.items[kind] for kind in DERIVED]


@dataclass(frozen=True)
class Corpus:
    """What was built: lists by kind, organs, matters."""

    lists: Mapping[str, UUID]
    organs: Sequence[Organ]
    matters: Sequence[Matter]


def organs_of(region_code: str, count: int = ORGANS, *, start: int = 0) -> list[Organ]:
    """Organs of a region with sound credit codes; `start` keeps those of two regions apart."""
    made = []
    for number in range(count):
        code = credit_code.generate(
            authority="1", category="1", region=region_code[:6], organisation_body=f"{start + number:08d}"
        )
        made.append(Organ(new_id(), f"测算县第{start + number + 1}局", code.value))
    return made


async def build(engine: AsyncEngine, matters: int = 1_000) -> Corpus:
    """Register, create, enact; returns when everything is published."""
    organs = organs_of(COUNTY)
    async with engine.begin() as connection:
        await insert_regions(connection, REGIONS)
        await insert_organs(connection, organs, COUNTY)
        lists = await insert_lists(connection, COUNTY, organs, KINDS)
        lists |= await insert_lists(connection, PROVINCE, organs, ("base_catalogue",))
    made = [
        Matter(number, organs[number % len(organs)], {kind: new_id() for kind in KINDS}) for number in range(matters)
    ]
    now = clock.now()
    rows = [(new_id(), lists["base_catalogue"], entries.of_base_catalogue(matter.number)) for matter in made]
    for matter in made:
        said = entries.of_matter(matter.number, matter.organ)
        rows += [(matter.items[kind], lists[kind], said[kind]) for kind in KINDS]
    for first in range(0, len(rows), CHUNK):
        async with begin(engine, service="catalog", actor=ACTOR) as tx:
            await _create(tx, rows[first : first + CHUNK], now)
    await _enact(engine, lists)
    await published(engine, list(lists.values()))
    async with engine.connect() as connection:
        await (await connection.execution_options(isolation_level="AUTOCOMMIT")).execute(text("ANALYZE"))
    return Corpus(lists, organs, made)


async def _create(tx: Transaction, rows: Sequence[tuple[UUID, UUID, dict[str, Any]]], now: datetime) -> None:
    wanted = Entries(
        item_ids=[row[0] for row in rows],
        list_ids=[row[1] for row in rows],
        elements=[row[2] for row in rows],
        effective_ats=[now] * len(rows),
    )
    await create_items(tx.connection, wanted)


async def _enact(engine: AsyncEngine, lists: Mapping[str, UUID]) -> None:
    """What the catalog does when a list is enacted: state, decision, event."""
    async with begin(engine, service="catalog", actor=ACTOR) as tx:
        await tx.connection.execute(
            text(
                "UPDATE qingdan.list SET state = 'in_force', enacted_at = :now, version = version + 1,"
                " decision = CAST(:decision AS jsonb) WHERE id = ANY (CAST(:lists AS uuid[]))"
            ),
            {"decision": orjson.dumps(DECISION).decode(), "now": tx.now, "lists": list(lists.values())},
        )
        for kind, list_id in lists.items():
            event = NewEvent(
                type="list.enacted", list_id=list_id, list_kind=kind, effective_at=tx.now, refs={"decision": DECISION},
                region_code=PROVINCE if kind == "base_catalogue" else COUNTY,
            )  # fmt: skip
            tx.append(event)


async def published(engine: AsyncEngine, lists: Sequence[UUID], seconds: float = PUBLICATION_SECONDS) -> None:
    """Wait until the lists are public.

    Raises
    ------
    TimeoutError
        The publication does not come.
    """
    wanted = text("SELECT count(*) FROM qingdan.published_list WHERE list_id = ANY (CAST(:lists AS uuid[]))")
    end = time.monotonic() + seconds
    while True:
        async with engine.connect() as connection:
            if (await connection.execute(wanted, {"lists": list(lists)})).scalar_one() == len(lists):
                return
        if time.monotonic() > end:
            raise TimeoutError(f"the lists of the corpus were not published within {seconds:.0f} s")
        await asyncio.sleep(0.1)


async def insert_regions(connection: AsyncConnection, regions: Sequence[tuple[Any, ...]]) -> None:
    """Register regions: (code, name, level, parent, ancestors)."""
    statement = text(
        "INSERT INTO qingdan.region (code, name, level, kind, parent_code, ancestors)"
        " VALUES (:code, :name, :level, 'administrative', :parent, :ancestors) ON CONFLICT DO NOTHING"
    )
    names = ("code", "name", "level", "parent", "ancestors")
    await connection.execute(statement, [dict(zip(names, region, strict=True)) for region in regions])


async def insert_organs(connection: AsyncConnection, organs: Sequence[Organ], region_code: str) -> None:
    """Register organs of a region."""
    statement = text(
        "INSERT INTO qingdan.organ (id, name, credit_code, credit_code_check, kind, region_code)"
        " VALUES (:id, :name, :code, 'ok', 'department', :region)"
    )
    rows = [{"id": organ.id, "name": organ.name, "code": organ.credit_code, "region": region_code} for organ in organs]
    await connection.execute(statement, rows)


async def insert_lists(
    connection: AsyncConnection, region_code: str, organs: Sequence[Organ], kinds: Sequence[str]
) -> dict[str, UUID]:
    """Open lists of the kinds in a region, with all the organs as members."""
    lists = {kind: new_id() for kind in kinds}
    await connection.execute(
        text(
            "INSERT INTO qingdan.list (id, kind, region_code, title, lead_organ_id)"
            " VALUES (:id, :kind, :region, :title, :lead)"
        ),
        [
            {"id": id_, "kind": kind, "region": region_code, "title": f"测算清单 {kind}", "lead": organs[0].id}
            for kind, id_ in lists.items()
        ],
    )
    await connection.execute(
        text("INSERT INTO qingdan.list_member (list_id, organ_id) VALUES (:list, :organ)"),
        [{"list": id_, "organ": organ.id} for id_ in lists.values() for organ in organs],
    )
    return lists
