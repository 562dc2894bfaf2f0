"""1,000 matters a superior adds, offered to 20 counties: from the event until 20,000 claims are open."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text

from benchmarks import corpus, entries
from benchmarks.bulk import settled
from benchmarks.corpus import NATION, PROVINCE
from benchmarks.measure import Figure, alternate, milliseconds
from benchmarks.stage import Stage
from services.catalog.items.repository import Entries, create_items
from shared import clock
from shared.identifiers import new_id
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import begin

COUNTIES, MATTERS = 20, 1_000
PATIENCE = 120.0
LOOK_SECONDS = 0.01
# Numbers of matters nothing else in the run has.
FIRST = 30_000

_PLAN = text(
    "INSERT INTO qingdan.claim_plan (region_code, list_kind, source_kinds, item_types, due_days, required, active,"
    " source, set_by, set_at) SELECT unnest(CAST(:regions AS text[])), 'permit', ARRAY['base_catalogue'], ARRAY['01'],"
    " 30, true, true, 'bench', 'system:benchmark', now()"
)
_OPEN = text("SELECT count(*) FROM qingdan.claim WHERE superior_item_id = ANY (CAST(:ids AS uuid[]))")
# The limit: the same rows into the same table and indexes, with who claims what given.
_BARE = text(
    """
    INSERT INTO qingdan.claim (id, superior_item_id, superior_list_id, superior_version, list_kind, region_code,
                               organ_id, assigned_by, state, offered_at, due_at)
    SELECT gen_random_uuid(), i.id, i.list_id, i.version, 'permit', l.region_code, l.lead_organ_id, 'lead', 'offered',
           now(), now() + interval '30 days'
    FROM qingdan.item AS i CROSS JOIN qingdan.list AS l
    WHERE i.id = ANY (CAST(:ids AS uuid[])) AND l.id = ANY (CAST(:lists AS uuid[]))
    """
)


async def measure(stage: Stage) -> Figure:
    """Rounds of the product and of the bare INSERT ... SELECT."""
    numbers = iter(range(FIRST, FIRST + 100 * MATTERS, MATTERS))
    regions, lists = await _counties(stage)

    async def product() -> float:
        ids = await _added(stage, next(numbers))
        return await _offered(stage, ids)

    async def limit() -> float:
        ids = await _added(stage, next(numbers))
        started = time.perf_counter()
        async with stage.engine.begin() as connection:
            await connection.execute(_BARE, {"ids": ids, "lists": lists})
        return time.perf_counter() - started

    pairs = await alternate(product, limit)
    await _end(stage, regions)
    middle, least = (sorted(found)[len(found) // 2] for found in (pairs.ours, pairs.limit))
    return Figure(
        name=f"claims opened: {MATTERS:,} superior changes x {COUNTIES} counties",
        ours=f"{milliseconds(middle)}, {MATTERS * COUNTIES / middle:,.0f} claims/s",
        limit=f"{milliseconds(least)} (INSERT ... SELECT)",
        ratio=pairs.ratio,
        target="printed",
        met=None,
        note=f"rounds {pairs.spread}; with the log, the worker's wake-up and the look for entries that stand for them",
    )


async def _counties(stage: Stage) -> tuple[list[str], list[UUID]]:
    """Counties that compile their permit lists by a plan, without what the corpus has offered them already."""
    city = "449700000000"
    regions = [f"4497{number:02d}000000" for number in range(1, COUNTIES + 1)]
    lists: list[UUID] = []
    async with stage.engine.begin() as connection:
        await corpus.insert_regions(connection, [(city, "认领市", "city", PROVINCE, [PROVINCE, NATION])])
        for number, region in enumerate(regions):  # bounded: twenty counties
            place = (region, f"认领县{number}", "county", city, [city, PROVINCE, NATION])
            await corpus.insert_regions(connection, [place])
            made = corpus.organs_of(region, 1, start=90_000 + number)
            await corpus.insert_organs(connection, made, region)
            lists += (await corpus.insert_lists(connection, region, made, ("permit",))).values()
        await connection.execute(_PLAN, {"regions": regions})
    return regions, lists


async def _added(stage: Stage, first: int) -> list[UUID]:
    """Matters the superior's master list has from now on, in force at once."""
    ids = [new_id() for _ in range(MATTERS)]
    async with begin(stage.engine, service="catalog", actor=corpus.ACTOR) as tx:
        wanted = Entries(
            item_ids=ids,
            list_ids=[stage.corpus.lists["base_catalogue"]] * MATTERS,
            elements=[entries.of_base_catalogue(first + number) for number in range(MATTERS)],
            effective_ats=[clock.now()] * MATTERS,
        )
        await create_items(tx.connection, wanted)
    return ids


def _news(stage: Stage, ids: Sequence[UUID]) -> NewEvent:
    return NewEvent(
        type="item.created", region_code=PROVINCE, list_kind="base_catalogue",
        list_id=stage.corpus.lists["base_catalogue"], item_ids=list(ids), versions=[1] * len(ids),
    )  # fmt: skip


async def _offered(stage: Stage, ids: Sequence[UUID]) -> float:
    """Seconds from the event until all claims are open."""
    started = time.perf_counter()
    async with begin(stage.engine, service="catalog", actor=corpus.ACTOR) as tx:
        tx.append(_news(stage, ids))
    async with asyncio.timeout(PATIENCE):
        while True:
            async with stage.engine.connect() as connection:
                if (await connection.execute(_OPEN, {"ids": list(ids)})).scalar_one() == MATTERS * COUNTIES:
                    break
            await asyncio.sleep(LOOK_SECONDS)
    took = time.perf_counter() - started
    await settled(stage)
    return took


async def _end(stage: Stage, regions: Sequence[str]) -> None:
    """Nobody plans to claim anything any more: what is measured afterwards is measured as before."""
    async with stage.engine.begin() as connection:
        await connection.execute(text("DELETE FROM qingdan.claim"))
        await connection.execute(
            text("DELETE FROM qingdan.claim_plan WHERE region_code = ANY (CAST(:regions AS text[]))"),
            {"regions": list(regions)},
        )
