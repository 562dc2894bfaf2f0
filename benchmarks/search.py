"""Search in Chinese over HTTP, beside the same statements asked of the database without anything around them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from sqlalchemy import text

from benchmarks.corpus import CITY, COUNTY
from benchmarks.line import Line
from benchmarks.measure import Figure, alternate, milliseconds, percentile
from benchmarks.stage import Stage
from services.publish.search.repository import TABLES
from shared.search import asking

# What people type: two to eight characters, several words, with and without filters, much and little of it found.
QUERIES: tuple[Mapping[str, str], ...] = (
    {"q": "建设项目"},
    {"q": "食品生产经营许可"},
    {"q": "环境影响报告表审批"},
    {"q": "第217类"},
    {"q": "行政许可法"},
    {"q": "身份证明"},
    {"q": "授权委托书 医疗机构"},
    {"q": "道路运输 许可"},
    {"q": "测算县第5局"},
    {"q": "000101101"},
    {"q": "初步设计", "region": COUNTY},
    {"q": "审批", "region": COUNTY, "kind": "power"},
    {"q": "广告", "kind": "permit", "state": "in_use"},
    {"q": "技术方案", "kind": "implementation", "region": CITY},
    {"q": "没有的词语"},
    {"q": "承诺书 水利工程 竣工"},
    {"q": "林木采伐 核准", "facets": "true"},
    {"q": "危险化学品", "level": "4", "type": "01"},
    {"q": "医疗机构设立", "facets": "true", "kind": "permit"},
    {"service_object": "enterprise", "kind": "catalogue"},
)
_ROWS = text("SELECT count(*) FROM qingdan.published_search")
TIMES = 5
FEW_TIMES = 2


async def measure(stage: Stage, entries: int) -> Figure:
    """The figure of the public search among so many other entries."""
    times = FEW_TIMES if stage.small else TIMES
    taken: dict[str, list[float]] = {"ours": [], "bare": []}

    async def ours() -> float:
        seconds = await by_http(stage, times)
        taken["ours"] += seconds
        return percentile(seconds, 95)

    async def bare() -> float:
        seconds = await by_statements(stage, times)
        taken["bare"] += seconds
        return percentile(seconds, 95)

    async with stage.engine.connect() as connection:
        rows = (await connection.execute(_ROWS)).scalar_one()
    if rows < entries:
        raise RuntimeError(f"{rows} of {entries} entries can be found")
    await by_http(stage, 1)  # the first round finds its pages cold
    pairs = await alternate(ours, bare)
    p95 = percentile(taken["ours"], 95)
    return Figure(
        name=f"search among {entries:,} other entries",
        ours=_shown(taken["ours"]),
        limit=_shown(taken["bare"]),
        ratio=pairs.ratio,
        target="p95 100 ms or less",
        met=p95 <= 0.1,
        note=f"rounds {pairs.spread}; {len(QUERIES)} queries, one at a time; the limit is the same statements alone",
    )


def _shown(seconds: Sequence[float]) -> str:
    return f"p50 {milliseconds(percentile(seconds, 50))}, p95 {milliseconds(percentile(seconds, 95))}"


async def by_http(stage: Stage, times: int) -> list[float]:
    """Seconds of each query through the public API."""
    taken = []
    async with Line(stage.system.ports["publish"]) as line:
        for _ in range(times):
            for query in QUERIES:
                started = time.perf_counter()
                (await line.get(f"/publish/v1/search?{urlencode(query)}")).expect(200)
                taken.append(time.perf_counter() - started)
    return taken


async def by_statements(stage: Stage, times: int) -> list[float]:
    """Seconds of the statements that find and rank, over one connection."""
    taken = []
    async with stage.engine.connect() as connection:
        for _ in range(times):
            for query in QUERIES:
                asked = asking.read(query["q"]) if "q" in query else None
                filters = [(name, [value]) for name, value in query.items() if name not in ("q", "facets")]
                async with connection.begin():
                    started = time.perf_counter()
                    await TABLES.find(connection, asked, filters, after=None, count=21, facets="facets" in query)
                    taken.append(time.perf_counter() - started)
    return taken


__all__ = ["QUERIES", "by_http", "by_statements", "measure"]
