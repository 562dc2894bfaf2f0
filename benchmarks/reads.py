"""Public reads under 16 and 64 connections, beside a bare ASGI application that sends the result of the same SELECT."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence

import httpx

from benchmarks.load import Ask, run_load
from benchmarks.measure import Figure, Pairs, alternate
from benchmarks.stage import Stage
from shared.server_process import free_port, wait_until
from shared.system import ROOT

ITEMS = 997  # distinct entries asked for; prime, so connections do not walk in step


@contextlib.contextmanager
def bare_app(stage: Stage) -> Iterator[int]:
    """The limit program as a process of its own, started like our API; yields its port."""
    port = free_port()
    command = [
        sys.executable, "-m", "uvicorn", "benchmarks.bare_app:app", "--host", "127.0.0.1", "--port", str(port),
        "--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning",
    ]  # fmt: skip
    process = subprocess.Popen(command, env={**stage.system.environment, "PYTHONPATH": str(ROOT)}, cwd=ROOT)
    item = stage.corpus.matters[0].permit

    def answers() -> bool:
        with contextlib.suppress(httpx.HTTPError):
            return httpx.get(f"http://127.0.0.1:{port}/item/{item}", trust_env=False).status_code == 200
        return False

    try:
        if not wait_until(answers, 30):
            raise RuntimeError("the bare ASGI application did not start")
        yield port
    finally:
        process.terminate()
        process.wait()


async def measure(stage: Stage) -> list[Figure]:
    """The figures of the public reads, each kind by itself and mixed."""
    items = [str(matter.items["implementation"]) for matter in stage.corpus.matters][:ITEMS]
    # Pages of 50 are read of a list's beginning: what a visitor sees first.
    lists = [str(stage.corpus.lists[kind]) for kind in ("permit", "power", "catalogue", "implementation")]
    port = stage.system.ports["publish"]
    tags = await _tags(port, items)
    with bare_app(stage) as bare:
        one = await _compare(
            stage,
            (port, [Ask(f"/publish/v1/items/{item}", item) for item in items]),
            (bare, [Ask(f"/item/{item}", item) for item in items]),
        )
        same = await _compare(
            stage,
            (port, [Ask(f"/publish/v1/items/{item}", tag=tags[item], status=304) for item in items]),
            (bare, [Ask(f"/tag/{item}", status=304) for item in items]),
        )
        page = await _compare(
            stage,
            (port, [Ask(f"/publish/v1/lists/{id_}/items?limit=50", id_) for id_ in lists]),
            (bare, [Ask(f"/page/{id_}", '"name":') for id_ in lists]),
        )
        mixed = await _compare(
            stage,
            (port, _mixed(items, lists, "/publish/v1/items/{}", "/publish/v1/lists/{}/items?limit=50", tags)),
            (bare, _mixed(items, lists, "/item/{}", "/page/{}", None)),
            connections=64,
        )
    return [
        _figure("read one published item, 16 connections", one, 0.7),
        _figure("the same, not modified (304)", same, 0.8),
        _figure("list page of 50", page, 0.7),
        _figure("mixed reading, 64 connections: 70 % entries, 20 % not modified, 10 % pages", mixed, 0.7),
    ]


def _mixed(
    items: Sequence[str], lists: Sequence[str], item_path: str, page_path: str, tags: Mapping[str, str] | None
) -> list[Ask]:
    """Ten requests of the mix, again and again: seven entries, two that have not changed, one page."""
    asks = []
    for number, item in enumerate(items):
        if number % 10 == 9:
            list_id = lists[number // 10 % len(lists)]
            asks.append(Ask(page_path.format(list_id), list_id if tags else '"name":'))
        elif number % 5 == 3:
            path = item_path.format(item) if tags else f"/tag/{item}"
            asks.append(Ask(path, tag=tags[item] if tags else "", status=304))
        else:
            asks.append(Ask(item_path.format(item), item))
    return asks


def _figure(name: str, pairs: Pairs, target: float) -> Figure:
    return Figure(
        name=name,
        ours=f"{sorted(pairs.ours)[len(pairs.ours) // 2]:,.0f}/s",
        limit=f"{sorted(pairs.limit)[len(pairs.limit) // 2]:,.0f}/s",
        ratio=pairs.ratio,
        target=f"{target} of bare ASGI with the same SELECT",
        met=pairs.ratio >= target,
        note=f"rounds {pairs.spread}",
    )


async def _compare(
    stage: Stage, ours: tuple[int, Sequence[Ask]], limit: tuple[int, Sequence[Ask]], connections: int = 16
) -> Pairs:
    seconds = 1.5 if stage.small else 4.0

    def load(port: int, asks: Sequence[Ask]) -> Callable[[], Awaitable[float]]:
        async def once() -> float:
            return (await run_load(port, asks, seconds=seconds, connections=connections)).rate

        return once

    return await alternate(load(*ours), load(*limit))


async def _tags(port: int, items: Sequence[str]) -> dict[str, str]:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        return {item: (await client.get(f"/publish/v1/items/{item}")).headers["etag"] for item in items}
