"""The full check over everything, beside SQL written by hand that reads and compares the same columns."""

from __future__ import annotations

import time

import asyncpg

from benchmarks import staff
from benchmarks.line import Line
from benchmarks.measure import Figure, alternate, milliseconds
from benchmarks.operations import ended
from benchmarks.stage import Stage

_CODES = ["base_code", "implementing_body", "handling_item"]
_MATTER = ["name", "implementation_code", "level", "state", "basis_digest"]


def _equal(source: str, target: str, same: list[str], pairs: dict[str, str], where: str = "") -> str:
    """Pairs of a rule that differ, and sources without a counterpart."""
    differs = " OR ".join(
        f"s.{name} IS DISTINCT FROM t.{other}" for name, other in ({n: n for n in same} | pairs).items()
    )
    on = " AND ".join(f"t.{name} = s.{name}" for name in ("region_code", *_CODES))
    return f"""
        SELECT count(*) FILTER (WHERE t.id IS NULL) AS missing, count(*) FILTER (WHERE t.id IS NOT NULL AND ({differs}))
        FROM qingdan.item AS s JOIN qingdan.list AS l ON l.kind = '{target}' AND l.region_code = s.region_code
        LEFT JOIN qingdan.item AS t ON t.kind = '{target}' AND {on}{where}
        WHERE s.kind = '{source}' AND s.state <> 'cancelled'"""


def _content(source: str, target: str, pairs: dict[str, str]) -> str:
    """Pairs whose elements differ that only the versions hold."""
    on = " AND ".join(f"t.{name} = s.{name}" for name in ("region_code", *_CODES))
    differs = " OR ".join(
        f"to_jsonb(s.{name}) IS DISTINCT FROM v.elements -> '{other}'" for name, other in pairs.items()
    )
    return f"""
        SELECT 0, count(*) FILTER (WHERE {differs})
        FROM qingdan.item AS s JOIN qingdan.item AS t ON t.kind = '{target}' AND {on}
        JOIN qingdan.item_version AS v ON v.item_id = t.id AND v.number = t.version
        WHERE s.kind = '{source}' AND s.state <> 'cancelled'"""


_SUPERIOR = """
        SELECT 0, count(*) FROM qingdan.item AS t JOIN qingdan.region AS r ON r.code = t.region_code
        LEFT JOIN qingdan.item AS s ON s.kind = '{source}' AND s.{key} = t.{key} AND s.state = 'in_use'
            AND s.region_code = ANY (r.ancestors)
        WHERE t.kind = 'permit' AND t.state <> 'cancelled' AND {wrong}"""

# One statement a rule, as the product has: K01, K02, K04, K09, K10, K12, K20, K22.
STATEMENTS = (
    _equal("permit", "power", _MATTER, {}, " AND t.item_type = '01'"),
    _equal("power", "catalogue", [*_MATTER, "item_type"], {}),
    _equal("catalogue", "implementation", [*_MATTER, "item_type"], {}),
    _equal("permit", "follow_up_supervision", [], {"name": "permit_name"}),
    _content("permit", "follow_up_supervision", {"state": "permit_state"}),
    _equal("permit", "internet_supervision", ["state"], {"name": "permit_name"}),
    _content("permit", "internet_supervision", {"implementing_body": "supervising_body"}),
    _equal("permit", "investment_approval", ["name", "implementation_code", "level", "state"], {}),
    _SUPERIOR.format(
        source="base_catalogue",
        key="main_code",
        wrong="NOT coalesce(string_to_array(t.level, ',') <@ string_to_array(s.level, ','), false)",
    ),
    _SUPERIOR.format(source="permit", key="base_code", wrong="s.burden_digest <> t.burden_digest"),
)


async def by_hand(stage: Stage) -> float:
    """Seconds of the hand-written statements."""
    connection = await asyncpg.connect(stage.url)
    try:
        started = time.perf_counter()
        found = [row for statement in STATEMENTS for row in await connection.fetch(statement)]
        took = time.perf_counter() - started
    finally:
        await connection.close()
    if any(missing or different for missing, different in found):
        raise RuntimeError(f"the hand-written check finds contradictions in a sound corpus: {found}")
    return took


async def by_product(stage: Stage) -> float:
    """Seconds from the request until the operation has ended."""
    async with Line(stage.system.ports["catalog"], staff.tokens(stage)["administrator"]) as line:
        started = time.perf_counter()
        answer = (await line.post("/catalog/v1/check", {})).expect(202)
        done = await ended(stage, line, answer.headers["location"])
        took = time.perf_counter() - started
    if done["result"]["open"]:
        raise RuntimeError(f"the check finds contradictions in a sound corpus: {str(done['result'])[:2000]}")
    return took


async def measure(stage: Stage, entries: int) -> Figure:
    """The figure of the full check."""

    async def ours() -> float:
        return await by_product(stage)

    async def limit() -> float:
        return await by_hand(stage)

    pairs = await alternate(ours, limit)
    middle = sorted(pairs.ours)[len(pairs.ours) // 2]
    return Figure(
        name=f"full check over {entries:,} entries",
        ours=milliseconds(middle),
        limit=milliseconds(sorted(pairs.limit)[len(pairs.limit) // 2]),
        ratio=pairs.ratio,
        target="at most 3 times hand-written SQL, 60 s or less",
        met=pairs.ratio <= 3 and middle <= 60,
        note=f"rounds {pairs.spread}",
    )
