"""1,000 permits in one adjustment until 6,000 entries are consistent and published."""

from __future__ import annotations

import asyncio
import time

from sqlalchemy import text

from benchmarks import growth, limits, staff
from benchmarks.entries import KINDS
from benchmarks.line import Line
from benchmarks.measure import Figure, Pairs, alternate, milliseconds
from benchmarks.staff import Prepared
from benchmarks.stage import Stage

PATIENCE = 300.0
LOOK_SECONDS = 0.005

# Entries of the seven lists that show the new name in the catalog and in public, in the same version.
_CONSISTENT = text(
    """
    SELECT count(*)
    FROM unnest(CAST(:items AS uuid[]), CAST(:names AS text[])) AS n(id, name)
    JOIN qingdan.item AS i ON i.id = n.id AND n.name = CASE WHEN i.kind IN ('follow_up_supervision',
        'internet_supervision') THEN i.permit_name ELSE i.name END
    JOIN qingdan.published_item AS p ON p.list_id = i.list_id AND p.item_id = i.id AND p.to_revision IS NULL
        AND p.version = i.version
    """
)


class Editions:
    """Each round takes another name: the edition before must not look like the one that is waited for."""

    def __init__(self, first: int) -> None:
        self._next = first

    def take(self) -> int:
        """The next edition."""
        self._next += 1
        return self._next


async def ours(stage: Stage, edition: int) -> float:
    """Seconds from the decision until the last of all entries is public and consistent."""
    prepared = await staff.prepare_one(stage, stage.corpus.matters, edition)
    last = prepared.matters[-1].items["implementation"]
    name = prepared.name[prepared.matters[-1].number].encode()
    async with staff.decider(stage) as decider, Line(stage.system.ports["publish"]) as reader:
        started = time.perf_counter()
        await staff.decide(decider, prepared)
        async with asyncio.timeout(PATIENCE):
            while True:
                shown = (await reader.get(f"/publish/v1/items/{last}")).expect(200)
                if name in shown.body and await _consistent(stage, prepared) == len(prepared.matters) * len(KINDS):
                    break
                await asyncio.sleep(LOOK_SECONDS)
        took = time.perf_counter() - started
    await settled(stage)
    return took


async def _consistent(stage: Stage, prepared: Prepared) -> int:
    items = [matter.items[kind] for matter in prepared.matters for kind in KINDS]
    names = [prepared.name[matter.number] for matter in prepared.matters for _ in KINDS]
    async with stage.engine.connect() as connection:
        return int((await connection.execute(_CONSISTENT, {"items": items, "names": names})).scalar_one())


async def settled(stage: Stage) -> None:
    """Wait until every consumer has taken everything, so that the next round starts at rest."""
    behind = text(
        "SELECT count(*) FROM qingdan.consumer AS c CROSS JOIN qingdan.log_head AS h WHERE c.position < h.position"
    )
    async with asyncio.timeout(PATIENCE):
        while True:
            async with stage.engine.connect() as connection:
                if not (await connection.execute(behind)).scalar_one():
                    return
            await asyncio.sleep(0.05)


async def measure(stage: Stage, editions: Editions) -> Pairs:
    """Rounds of the product and of the limit program on the same permits, of whatever size the corpus is by now.

    Each size begins alike: at rest, after a checkpoint, with a round of both that does not count. It is the one that
    finds its pages cold, writes the first image of each to the log, and fills what room earlier rows left.
    """

    async def product() -> float:
        return await ours(stage, editions.take())

    async def limit() -> float:
        return await limits.at_once(stage, stage.corpus.matters, editions.take())

    await growth.settle(stage.url)
    await product()
    await limit()
    return await alternate(product, limit)


def figure(stage: Stage, pairs: Pairs) -> Figure:
    """The figure of the small corpus."""
    count = len(stage.corpus.matters)
    middle = sorted(pairs.ours)[len(pairs.ours) // 2]
    return Figure(
        name=f"{count:,} permits in one adjustment until {count * 6:,} entries are consistent and published",
        ours=milliseconds(middle),
        limit=milliseconds(sorted(pairs.limit)[len(pairs.limit) // 2]),
        ratio=pairs.ratio,
        target="at most 3 times the limit program",
        met=pairs.ratio <= 3,
        note=f"rounds {pairs.spread}; {count * 7 / middle:,.0f} entries/s",
    )


def growth_figure(small: Pairs, grown: Pairs, entries: int, most: float) -> Figure:
    """The figure of a grown corpus, beside that of the small one."""
    before, after = (sorted(pairs.ours)[len(pairs.ours) // 2] for pairs in (small, grown))
    limit = sorted(grown.limit)[len(grown.limit) // 2]
    return Figure(
        name=f"the same among {entries:,} other entries",
        ours=milliseconds(after),
        limit=f"{milliseconds(before)} (small corpus); limit program {milliseconds(limit)}",
        ratio=after / before,
        target=f"at most {most} times the small corpus",
        met=after / before <= most,
        note=f"{grown.ratio:.2f} times the limit program of this size",
    )


__all__ = ["Editions", "figure", "growth_figure", "measure", "settled"]
