"""Appends with 8 writers: how many a second, and how long the head of the log is held at most."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from uuid import UUID

import asyncpg
import uvloop
from sqlalchemy import text

from benchmarks.measure import Figure, Pairs, alternate, milliseconds, percentile
from benchmarks.stage import Stage
from shared.database import create_engine
from shared.identifiers import new_id
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import begin

WRITERS = 8
PROCESSES = 2
# Nobody's type: consumers pass over it.
TYPE = "benchmark.appended"

_BARE = """
    INSERT INTO bench.event (id, type, service, item_ids, versions, elements, actor, refs)
    VALUES ($1, 'benchmark.appended', 'catalog', '{}', '{}', '{}', 'system:benchmark', '{}')
"""


async def measure(stage: Stage) -> Figure:
    """Our append beside the insert of the same row without a head: what the order of the log costs."""
    seconds = 1.5 if stage.small else 4.0
    holds: list[float] = []
    connection = await asyncpg.connect(stage.url)
    await connection.execute("CREATE SCHEMA IF NOT EXISTS bench")
    await connection.execute("DROP TABLE IF EXISTS bench.event")
    await connection.execute(
        "CREATE TABLE bench.event (LIKE qingdan.event INCLUDING DEFAULTS INCLUDING INDEXES);"
        "ALTER TABLE bench.event ALTER position ADD GENERATED ALWAYS AS IDENTITY"
    )

    async def ours() -> float:
        committed = await _spread(stage, "ours", seconds)
        wanted = [UUID(id_) for id_ in committed]
        rows = await connection.fetch("SELECT id, recorded_at FROM qingdan.event WHERE id = ANY ($1)", wanted)
        holds.extend(committed[str(row["id"])] - row["recorded_at"].timestamp() for row in rows)
        return len(committed) / seconds

    async def limit() -> float:
        return len(await _spread(stage, "limit", seconds)) / seconds

    try:
        pairs = await alternate(ours, limit)
    finally:
        await connection.close()
    return _figure(pairs, holds)


def _figure(pairs: Pairs, holds: list[float]) -> Figure:
    return Figure(
        name=f"appends with {WRITERS} writers",
        ours=f"{sorted(pairs.ours)[len(pairs.ours) // 2]:,.0f}/s, longest hold of the head {milliseconds(max(holds))}",
        limit=f"the same insert without a head {sorted(pairs.limit)[len(pairs.limit) // 2]:,.0f}/s",
        ratio=pairs.ratio,
        target="printed",
        met=None,
        note=f"hold p50 {milliseconds(percentile(holds, 50))}, p99 {milliseconds(percentile(holds, 99))}: "
        "from the row's own clock to the answer of the commit as the client sees it",
    )


async def _spread(stage: Stage, program: str, seconds: float) -> dict[str, float]:
    """Writers in processes of their own; for each append the instant at which its commit was answered."""
    task = {"url": stage.url, "program": program, "seconds": seconds, "writers": WRITERS // PROCESSES}
    outs = await asyncio.gather(*(_process(task) for _ in range(PROCESSES)))
    return {id_: at for out in outs for id_, at in out.items()}


async def _process(task: dict[str, object]) -> dict[str, float]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.appends", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate(json.dumps(task).encode())
    if process.returncode != 0:
        raise RuntimeError("a writer died")
    written: dict[str, float] = json.loads(out)
    return written


async def _ours(url: str, until: float, committed: dict[str, float]) -> None:
    engine = create_engine(url, role="owner", pool_size=1)
    async with engine.connect() as warm:
        await warm.execute(text("SELECT 1"))
    while time.perf_counter() < until:
        async with begin(engine, service="catalog", actor="system:benchmark") as tx:
            id_ = tx.append(NewEvent(type=TYPE))
        committed[str(id_)] = time.time()
    await engine.dispose()


async def _limit(url: str, until: float, committed: dict[str, float]) -> None:
    connection = await asyncpg.connect(url)
    statement = await connection.prepare(_BARE)
    while time.perf_counter() < until:
        id_ = new_id()
        async with connection.transaction():
            await statement.fetch(id_)
        committed[str(id_)] = time.time()
    await connection.close()


async def _write(task: dict[str, object]) -> dict[str, float]:
    committed: dict[str, float] = {}
    program = _ours if task["program"] == "ours" else _limit
    until = time.perf_counter() + float(str(task["seconds"]))
    await asyncio.gather(*(program(str(task["url"]), until, committed) for _ in range(int(str(task["writers"])))))
    return committed


if __name__ == "__main__":
    json.dump(uvloop.run(_write(json.load(sys.stdin))), sys.stdout)
