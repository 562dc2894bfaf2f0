"""A full push of 100,000 entries to the simulated platform, beside a bare httpx loop that sends the same bytes."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from uuid import UUID

import httpx
import orjson
from sqlalchemy import text

from benchmarks.corpus import COUNTY
from benchmarks.measure import Figure, alternate
from benchmarks.stage import Stage
from services.publish.platform import rules
from services.publish.platform.mapping import built_in
from services.publish.platform.peers import repository as peers
from services.publish.platform.rules import Queued
from shared import clock
from shared.identifiers import new_id
from shared.ledger.transaction import begin
from shared.system import ROOT

ENTRIES = 100_000
SMALL_ENTRIES = 2_000
BATCH = 500
PATIENCE = 1_800.0
LOOK_SECONDS = 0.05
TARGET = "-"

# Copies of an entry of the corpus under ids of their own, with their lines in the feed.
_PUBLISH = text(
    """
    WITH numbered AS MATERIALIZED (
        SELECT gen_random_uuid() AS id, n,
               (SELECT coalesce(max(sequence), 0) FROM qingdan.feed_entry) + n AS sequence
        FROM generate_series(1, CAST(:count AS int)) AS n
    ), list AS (
        INSERT INTO qingdan.published_list (list_id, kind, region_code, title, revision, hash, entries, published_at)
        VALUES (:list, :kind, :region, '测算', 1, '', :count, clock_timestamp())
    ), item AS (
        INSERT INTO qingdan.published_item
        SELECT :list, n.id, 1, NULL, p.version, p.bucket, p.name, p.base_code, p.implementation_code, p.item_type,
               p.state, p.level, p.organ_id, p.body, p.row, p.hash, p.effective_from
        FROM numbered AS n CROSS JOIN (
            SELECT * FROM qingdan.published_item WHERE list_id = :source AND to_revision IS NULL LIMIT 1) AS p
    )
    INSERT INTO qingdan.feed_entry (sequence, id, position, type, list_kind, list_id, item_id, version, revision,
                                    changed, cause_id)
    SELECT n.sequence, n.id, 0, 'item.created', :kind, :list, n.id, 1, 1, '{}', n.id FROM numbered AS n
    """
)
_WITHDRAW = (
    text("DELETE FROM qingdan.published_item WHERE list_id = :list"),
    text("DELETE FROM qingdan.published_search WHERE list_id = :list"),  # nobody tells the search of them
    text("DELETE FROM qingdan.published_list WHERE list_id = :list"),
    text("UPDATE qingdan.peer SET state = 'paused'"),
)
_ACCEPTED = text("SELECT count(*) FROM qingdan.peer_row WHERE peer_id = :peer AND state = 'accepted'")
_BODIES = text("SELECT item_id, body FROM qingdan.published_item WHERE list_id = :list ORDER BY item_id")


async def measure(on: Stage) -> list[Figure]:
    """The figure."""
    count = SMALL_ENTRIES if on.small else ENTRIES
    list_id, kind = new_id(), "benchmark_push"
    given = {
        "count": count,
        "list": list_id,
        "kind": kind,
        "region": COUNTY,
        "source": on.corpus.lists["implementation"],
    }
    async with on.engine.begin() as connection:
        await connection.execute(_PUBLISH, given)
    try:
        requests = await _requests(on, list_id)
        pairs = await alternate(lambda: _ours(on, kind, count), lambda: _limit(requests), 1)
    finally:
        async with on.engine.begin() as connection:
            for statement in _WITHDRAW:
                await connection.execute(statement, {"list": list_id} if "list" in str(statement) else {})
    best, bare = min(pairs.ours), min(pairs.limit)
    return [
        Figure(
            name=f"full push of {count:,} entries to a platform",
            ours=f"{count / best:,.0f} entries/s ({len(requests)} batches, {best:.1f} s)",
            limit=f"{count / bare:,.0f} entries/s (httpx, the same bytes)",
            target=TARGET,
            met=None,
            ratio=pairs.ratio,
            note=f"rounds {pairs.spread}; the platform stores and checks each row in both programs",
        )
    ]


async def _ours(on: Stage, kind: str, count: int) -> float:
    """Seconds from the registration of a peer until the last verdict is saved."""
    with tempfile.TemporaryDirectory() as folder, _platform(Path(folder)) as url:
        peer_id = new_id()
        row = {
            "id": peer_id, "code": f"bench-{peer_id.hex[-12:]}", "name": "测算平台", "base_url": url,
            "source_code": "1", "region_codes": [COUNTY], "list_kinds": [kind],
            "mapping": built_in().model_dump(mode="json"), "credential": None, "mirror_list_id": None,
            "batch_size": BATCH, "created_by": "system:benchmark",
        }  # fmt: skip
        started = time.perf_counter()
        async with begin(on.engine, service="publish", actor="system:benchmark") as tx:
            await peers.add(tx.connection, row)
        async with asyncio.timeout(PATIENCE):
            while True:
                if await _accepted(on, peer_id) == count:
                    break
                await asyncio.sleep(LOOK_SECONDS)
        took = time.perf_counter() - started
        async with on.engine.begin() as connection:
            await connection.execute(_WITHDRAW[-1])
        return took


async def _accepted(on: Stage, peer_id: UUID) -> int:
    async with on.engine.connect() as connection:
        return int((await connection.execute(_ACCEPTED, {"peer": peer_id})).scalar_one())


async def _requests(on: Stage, list_id: UUID) -> list[bytes]:
    """The bodies of all batches, made before the clock runs."""
    async with on.engine.connect() as connection:
        found = (await connection.execute(_BODIES, {"list": list_id})).all()
    queued = [Queued(row.item_id, 1, new_id(), "I", orjson.loads(row.body)) for row in found]
    requests, number = [], None
    for start in range(0, len(queued), BATCH):
        number = rules.next_batch_number(clock.now().date(), number)
        rows, _ = rules.wire(queued[start : start + BATCH], built_in(), clock.now())
        requests.append(orjson.dumps({"DATA_SOURCE": "1", "CD_BATCH": number, "list": rows}))
    return requests


async def _limit(requests: Sequence[bytes]) -> float:
    """Seconds to send the same bytes one request after another."""
    with tempfile.TemporaryDirectory() as folder, _platform(Path(folder)) as url:
        async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=60) as client:
            started = time.perf_counter()
            for body in requests:
                answer = await client.post("/items:batch", content=body)
                assert answer.json()["STATUS"]["CODE"] == "00"
            return time.perf_counter() - started


@contextlib.contextmanager
def _platform(folder: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "deploy.simulator.platform", "--storage", str(folder / "platform.sqlite")]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
