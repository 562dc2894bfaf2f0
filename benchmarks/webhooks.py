"""Webhooks: deliveries a second to one endpoint, from publication to receipt, and many subscriptions at once."""

from __future__ import annotations

import asyncio
import itertools
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import orjson
import psutil
from sqlalchemy import text

from benchmarks.measure import Figure, Pairs, alternate, milliseconds, percentile
from benchmarks.stage import Stage
from deploy.demo.receiving import ReceiverProcess
from services.publish.subscriptions.matching.service import advance
from shared import clock
from shared.database import create_engine
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.identity.tokens import TokenIssuer
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import begin
from shared.settings import Settings
from shared.webhook import signature
from shared.webhook.signature import SigningKey

API = "/publish/v1/subscriptions"
PATIENCE = 600.0
# The endpoint's concurrency of a default installation; the plain loop gets as many connections.
CONCURRENCY = 8
RATE = 50
SENDERS = "publish-senders"
# A new version of one entry, as the catalog writes it.
_CHANGE = text(
    """
    WITH next AS (
        UPDATE qingdan.item SET version = version + 1, name = :name, effective_from = :now WHERE id = :item
        RETURNING id, list_id, kind, region_code, version
    ), written AS (
        INSERT INTO qingdan.item_version (item_id, number, effective_from, elements, changed, operation)
        SELECT n.id, n.version, :now, v.elements || jsonb_build_object('name', CAST(:name AS text)), '{name}', 'modify'
        FROM next AS n JOIN qingdan.item_version AS v ON v.item_id = n.id AND v.number = n.version - 1
    ) SELECT list_id, kind, region_code, version FROM next
    """
)


@dataclass
class Bench:
    """A receiver, and a service client that subscribes."""

    stage: Stage
    receiver: ReceiverProcess
    client: httpx.AsyncClient
    names: itertools.count[int]

    async def subscription(self, *, after: int | None, paused: bool = True) -> tuple[str, str, str]:
        """Id, hook and secret of a subscription that the receiver knows the secret of."""
        hook = f"bench{next(self.names)}"
        body = {"name": hook, "endpoint": self.receiver.url(hook), "after": after, "paused": paused}
        answer = (await self.client.post(API, json=body)).raise_for_status().json()
        await asyncio.to_thread(self.receiver.tell, hook, secret=answer["secret"])
        return answer["id"], hook, answer["secret"]

    async def act(self, subscription: str, act: str) -> None:
        """A transition."""
        (await self.client.post(f"{API}/{subscription}/{act}")).raise_for_status()

    async def end(self, subscription: str) -> None:
        """Delete it."""
        (await self.client.delete(f"{API}/{subscription}")).raise_for_status()

    async def head(self) -> int:
        """The last number of the feed."""
        return int(await self.value("SELECT max(sequence) FROM qingdan.feed_entry"))

    async def value(self, sql: str) -> Any:
        """The first value of a statement of the owner's."""
        async with self.stage.engine.connect() as connection:
            return (await connection.exec_driver_sql(sql)).scalar_one()

    async def delivered(self, until: str) -> None:
        """Poll until a count of what is left is zero."""
        async with asyncio.timeout(PATIENCE):
            while await self.value(until):  # noqa: ASYNC110 - the other side is a process
                await asyncio.sleep(0.05)


async def measure(stage: Stage) -> list[Figure]:
    """The three figures of webhooks."""
    issuer = TokenIssuer(stage.place.secrets, minutes=24 * 60)
    token = issuer.issue(Principal(new_id(), "bench", "测算", None, (), True, frozenset({"subscriptions"})))
    with tempfile.TemporaryDirectory(prefix="qingdan-webhooks-") as folder:
        with ReceiverProcess(Path(folder) / "journal.jsonl") as receiver:
            async with httpx.AsyncClient(
                base_url=stage.system.url("publish"), headers={"Authorization": f"Bearer {token}"}, timeout=60,
                trust_env=False,
            ) as client:  # fmt: skip
                bench = Bench(stage, receiver, client, itertools.count())
                return [await _one_endpoint(bench), await _latency(bench), await _many(bench)]


async def _one_endpoint(bench: Bench) -> Figure:
    count = 500 if bench.stage.small else 3_000

    async def ours() -> float:
        subscription, hook, _ = await bench.subscription(after=await bench.head() - count)
        await bench.act(subscription, "resume")
        await bench.delivered(
            f"SELECT c.next_sequence <= {count} OR c.queued > d.done FROM qingdan.subscription_cursor AS c JOIN"
            f" qingdan.subscription_sending AS d USING (subscription_id) WHERE subscription_id = '{subscription}'"
        )
        await bench.end(subscription)
        return _rate(_arrivals(bench, hook, count))

    async def plain() -> float:
        subscription, hook, secret = await bench.subscription(after=None)
        await _plain_loop(bench, hook, SigningKey(signature.key_of(secret)), count)
        await bench.end(subscription)
        return _rate(_arrivals(bench, hook, count))

    pairs: Pairs = await alternate(ours, plain)
    ours_, limit = max(pairs.ours), max(pairs.limit)
    return Figure(
        "webhooks to one endpoint", f"{min(pairs.ours):.0f}-{ours_:.0f}/s",
        f"plain httpx loop {min(pairs.limit):.0f}-{limit:.0f}/s", "300/s or more", min(pairs.ours) >= 300,
        pairs.ratio, f"{count} events, {CONCURRENCY} connections, signed, verified and written down by the receiver",
    )  # fmt: skip


async def _plain_loop(bench: Bench, hook: str, key: SigningKey, count: int) -> None:
    """What somebody would write: sign a body that is there, post it with httpx, next."""
    numbers = iter(range(1, count + 1))
    body = {"specversion": "1.0", "source": "/x", "type": "x", "subject": "x", "data": {"text": "x" * 1_200}}

    async def work(client: httpx.AsyncClient) -> None:
        for number in numbers:
            event_id = str(new_id())
            raw = orjson.dumps(body | {"id": event_id, "sequence": f"{number:020d}"})
            signed = {k.decode(): v.decode() for k, v in signature.headers(event_id, clock.now(), raw, [key])}
            signed["content-type"] = "application/cloudevents+json"
            (await client.post(bench.receiver.url(hook), content=raw, headers=signed)).raise_for_status()

    async with httpx.AsyncClient(trust_env=False) as client:
        await asyncio.gather(*(work(client) for _ in range(CONCURRENCY)))


async def _latency(bench: Bench) -> Figure:
    seconds = 4 if bench.stage.small else 20
    subscription, hook, _ = await bench.subscription(after=None, paused=False)
    first = await bench.head()
    items = [matter.items["implementation"] for matter in bench.stage.corpus.matters][: RATE * seconds]
    await _publish_steadily(bench, items)
    async with asyncio.timeout(PATIENCE):
        while await bench.head() < first + len(items):  # noqa: ASYNC110 - the other side is a process
            await asyncio.sleep(0.05)
    await bench.delivered(f"SELECT count(*) FROM qingdan.delivery WHERE subscription_id = '{subscription}'")
    async with bench.stage.engine.connect() as connection:
        rows = await connection.exec_driver_sql(
            "SELECT id::text AS id, extract(epoch FROM recorded_at)::float AS at"
            f" FROM qingdan.feed_entry WHERE sequence > {first}"
        )
        published: dict[str, float] = {row.id: row.at for row in rows}
    took = [one["at"] - published[one["id"]] for one in bench.receiver.received(hook) if one.get("id") in published]
    await bench.end(subscription)
    p50, p95 = percentile(took, 50), percentile(took, 95)
    return Figure(
        f"publication to receipt at {RATE}/s", f"p50 {milliseconds(p50)}, p95 {milliseconds(p95)}", "-",
        "p95 300 ms or less", p95 <= 0.3, None, f"{len(took)} changes, each published by itself; with publication"
        " consumer, matcher and sender at work",
    )  # fmt: skip


async def _publish_steadily(bench: Bench, items: Sequence[Any]) -> None:
    """Change one entry after the other at the rate, as the catalog tells of it."""
    began = time.perf_counter()
    for number, item in enumerate(items):
        await asyncio.sleep(max(began + number / RATE - time.perf_counter(), 0))
        async with begin(bench.stage.engine, service="catalog", actor="system:benchmark") as tx:
            given = {"item": item, "name": f"测算改名{new_id().hex[-8:]}", "now": clock.now()}
            row = (await tx.connection.execute(_CHANGE, given)).one()
            tx.append(
                NewEvent(
                    type="item.updated", region_code=row.region_code, list_kind=row.kind, list_id=row.list_id,
                    item_ids=[item], versions=[row.version], elements=["name"], effective_at=clock.now(),
                )
            )  # fmt: skip


async def _many(bench: Bench) -> Figure:
    subscriptions, count = (20, 200) if bench.stage.small else (1_000, 1_000)
    system = bench.stage.system
    system.kill(SENDERS)
    head = await bench.head()
    made = [await bench.subscription(after=head - count, paused=False) for _ in range(subscriptions)]
    opened, hooks = [one[0] for one in made], {one[1] for one in made}
    matched, rounds = await _match(bench)
    numbers = await bench.value(
        "SELECT sum(cardinality(feed_sequences)) FROM qingdan.delivery_range AS r JOIN"
        " qingdan.subscription AS s ON s.id = subscription_id WHERE s.state = 'active'"
    )
    # The window holds a little less than a thousand: what is left is matched while it empties.
    started = time.perf_counter()
    system.start(SENDERS)
    await bench.delivered(
        f"SELECT count(*) FROM qingdan.subscription_cursor AS c JOIN qingdan.subscription_sending AS d"
        f" USING (subscription_id) JOIN qingdan.subscription AS s ON s.id = subscription_id"
        f" WHERE s.state = 'active' AND (c.next_sequence <= {count} OR c.queued > d.done)"
    )
    took = time.perf_counter() - started
    sender = system.processes[SENDERS].popen
    assert sender is not None
    held = psutil.Process(sender.pid).memory_info().rss
    pages = await bench.value("SELECT pg_total_relation_size('qingdan.delivery_range')")
    for subscription in opened:
        await bench.end(subscription)
    total = subscriptions * count
    got = {(one["hook"], one["sequence"]) for one in bench.receiver.received() if one["verified"]}
    if sum(hook in hooks for hook, _ in got) != total:
        raise RuntimeError(f"{total} events were acknowledged, and the receivers have written down others")
    return Figure(
        f"{subscriptions} subscriptions x {count:,} events", f"{took:.1f} s, {total / took:.0f}/s",
        "-", "-", None, None, f"matcher {matched:.2f} s in {rounds} rounds for {numbers:,} numbers; their map takes"
        f" {pages / total:.0f} bytes a number; the senders take {held / 2**20:.0f} MB",
    )  # fmt: skip


async def _match(bench: Bench) -> tuple[float, int]:
    """Seconds and rounds until the matcher has nothing left."""
    configured = Settings(database_url=bench.stage.place.database_url, secrets_dir=bench.stage.place.secrets)
    engine = create_engine(configured.service_url("publish"), role="publish")
    started, rounds = time.perf_counter(), 0
    try:
        while True:
            async with begin(engine, service="publish", actor="system:benchmark") as tx:
                _, moved, _ = await advance(tx)
            if not moved:
                return time.perf_counter() - started, rounds
            rounds += 1
    finally:
        await engine.dispose()


def _arrivals(bench: Bench, hook: str, count: int) -> list[float]:
    got = {one["sequence"]: one["at"] for one in bench.receiver.received(hook) if one["verified"]}
    if len(got) != count:
        raise RuntimeError(f"{hook} got {len(got)} of {count} events")
    return sorted(got.values())


def _rate(arrivals: Sequence[float]) -> float:
    return (len(arrivals) - 1) / (arrivals[-1] - arrivals[0])
