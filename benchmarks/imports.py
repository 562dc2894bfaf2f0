"""Imports: rows a second beside COPY, what a big one does to the cascade, and how much memory it takes."""

from __future__ import annotations

import asyncio
import contextlib
import csv
import io
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import psutil

from benchmarks import changes, corpus, entries, staff
from benchmarks.changes import Latencies
from benchmarks.corpus import CITY, NATION, PROVINCE
from benchmarks.entries import Organ
from benchmarks.line import Line
from benchmarks.measure import Figure, alternate, milliseconds
from benchmarks.operations import ended
from benchmarks.stage import Stage
from shared.codes.item_code import ImplementationCode
from shared.codes.level import Level

PROFILE = "guangdong_permits_2021"
# The columns the shipped profile reads, in the order of the published file.
COLUMNS = (
    "task_code", "uscc", "use_level_code", "use_level", "catalog_code", "task_name", "task_type_code",
    "statutory_days", "statutory_unit", "promised_days", "promised_unit", "visit_number", "online", "accept_standard",
    "materials", "service_objects", "handle_location", "consult_phone", "complain_phone",
)  # fmt: skip
_STANDARD = (
    "申请人应当符合法律、行政法规规定的条件：具有与所申请事项相适应的场所、设备、专业技术人员和管理制度；"
    "建设项目符合国民经济和社会发展规划、国土空间规划以及相关专项规划的要求；近年内没有因同类违法行为受到行政处罚的记录。"
)
SAMPLE_SECONDS = 0.1
RATE_BESIDE = 10


@dataclass
class Peak:
    """The most memory a tree of processes held."""

    bytes: int = 0


def rows(organs: list[Organ], matters: int) -> bytes:
    """A CSV file with a row for each organ and matter."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for organ in organs:
        for number in range(matters):
            writer.writerow(_row(organ, number))
    return out.getvalue().encode()


def _row(organ: Organ, number: int) -> tuple[object, ...]:
    base = entries.base_code(number)
    code = ImplementationCode.generate(organ.credit_code, Level.COUNTY, base)
    return (
        code.value, organ.credit_code, 4, "县级", base.value, entries.name_of(number), "01", 20 + number % 40, "工作日",
        5 + number % 15, "工作日", number % 2, "1", _STANDARD, "申请书|营业执照|法定代表人身份证明|技术方案|承诺书",
        "自然人|企业法人|事业法人", f"政务服务中心二楼综合窗口{number % 40}号", f"020-8{number:07d}", "020-12345",
    )  # fmt: skip


async def open_list(stage: Stage, number: int, organs: int) -> tuple[str, list[Organ]]:
    """A county of its own with a permit list that is being compiled; its code and organs."""
    code = f"4492{number:03d}00000"
    made = corpus.organs_of(code, organs, start=50_000 + number * 200)
    async with stage.engine.begin() as connection:
        await corpus.insert_regions(connection, [(code, f"导入县{number}", "county", CITY, [CITY, PROVINCE, NATION])])
        await corpus.insert_organs(connection, made, code)
        await corpus.insert_lists(connection, code, made, ("permit",))
    return code, made


async def run(stage: Stage, region: str, data: bytes, expected: int) -> float:
    """Seconds from the upload until the import has ended."""
    async with Line(stage.system.ports["catalog"], staff.tokens(stage)["list_authority"]) as line:
        query = f"profile={PROFILE}&region_code={region}&reason=bench&legal_basis=bench&file_name=bench.csv"
        started = time.perf_counter()
        answer = (await line.send(f"/catalog/v1/imports?{query}", data, "text/csv")).expect(202)
        done = await ended(stage, line, answer.headers["location"])
        took = time.perf_counter() - started
    if done["result"]["counts"]["applied"] != expected:
        raise RuntimeError(f"not all rows were taken: {done['result']['counts']}")
    return took


async def copy(stage: Stage, data: bytes) -> float:
    """Seconds of COPY of the same file into a plain table of text columns."""
    connection = await asyncpg.connect(stage.url)
    try:
        await connection.execute("CREATE SCHEMA IF NOT EXISTS bench")
        await connection.execute("DROP TABLE IF EXISTS bench.raw")
        await connection.execute(f"CREATE TABLE bench.raw ({', '.join(f'{name} text' for name in COLUMNS)})")
        with tempfile.NamedTemporaryFile(suffix=".csv") as file:
            file.write(data)
            file.flush()
            started = time.perf_counter()
            await connection.copy_to_table(
                "raw", schema_name="bench", source=Path(file.name), format="csv", header=True
            )
            return time.perf_counter() - started
    finally:
        await connection.close()


async def small_import(stage: Stage) -> Figure:
    """10,000 rows beside COPY of the same rows."""
    per_organ, organs = (100, 20) if stage.small else (500, 20)
    count = per_organ * organs
    numbers = iter(range(100))
    files: dict[str, bytes] = {}

    async def ours() -> float:
        region, made = await open_list(stage, next(numbers), organs)
        files["last"] = rows(made, per_organ)
        return count / await run(stage, region, files["last"], count)

    async def limit() -> float:
        data = files.get("last") or rows(corpus.organs_of("449299000000", organs, start=90_000), per_organ)
        return count / await copy(stage, data)

    pairs = await alternate(ours, limit)
    return Figure(
        name=f"import of {count:,} rows",
        ours=f"{sorted(pairs.ours)[len(pairs.ours) // 2]:,.0f} rows/s",
        limit=f"COPY {sorted(pairs.limit)[len(pairs.limit) // 2]:,.0f} rows/s",
        ratio=pairs.ratio,
        target="0.05 of COPY of the same rows, aim 0.1",
        met=pairs.ratio >= 0.05,
        note=f"rounds {pairs.spread}; from the upload to the end of the operation",
    )


async def big_import(stage: Stage) -> list[Figure]:
    """100,000 rows: latency of decisions beside it, and the memory of the worker with its reader."""
    organs, per_organ = (20, 500) if stage.small else (100, 1_000)
    count = organs * per_organ
    region, made = await open_list(stage, 900, organs)
    data = rows(made, per_organ)
    few = 40 if stage.small else 200
    matters = stage.corpus.matters
    idle = await changes.at_a_rate(stage, matters[:few], 31, RATE_BESIDE)
    # Enough to go on deciding as long as the import may take.
    prepared = await staff.prepare(stage, matters[few : few * 3], 32)
    peak = Peak()
    sampling = asyncio.create_task(_sample(stage, peak))
    importing = asyncio.create_task(run(stage, region, data, count))
    beside = await changes.decide_at_a_rate(stage, prepared, RATE_BESIDE, until=importing)
    seconds = await importing
    sampling.cancel()
    return [_beside(idle, beside, count), _memory(peak, count, seconds)]


def _beside(idle: Latencies, beside: Latencies, count: int) -> Figure:
    ratio = beside.p(99) / idle.p(99)
    return Figure(
        name=f"decision to last entry during an import of {count:,} rows (n={len(beside.sent)})",
        ours=f"p50 {milliseconds(beside.p(50))}, p99 {milliseconds(beside.p(99))}",
        limit=f"idle, same rate: p50 {milliseconds(idle.p(50))}, p99 {milliseconds(idle.p(99))}",
        ratio=ratio,
        target="p99 at most 3 times idle",
        met=ratio <= 3,
        note=f"{RATE_BESIDE} decisions a second",
    )


def _memory(peak: Peak, count: int, seconds: float) -> Figure:
    return Figure(
        name=f"memory of the import worker with its reader at {count:,} rows",
        ours=f"{peak.bytes / 2**20:,.0f} MB",
        limit="-",
        target="300 MB or less",
        met=peak.bytes <= 300 * 2**20,
        note=f"sum of resident sizes; import took {seconds:.1f} s beside the decisions ({count / seconds:,.0f} rows/s)",
    )


async def _sample(stage: Stage, peak: Peak) -> None:
    popen = stage.system.processes["catalog-arq"].popen
    assert popen is not None
    root = psutil.Process(popen.pid)
    while True:
        total = 0
        for process in [root, *root.children(recursive=True)]:
            with contextlib.suppress(psutil.Error):
                total += process.memory_info().rss
        peak.bytes = max(peak.bytes, total)
        await asyncio.sleep(SAMPLE_SECONDS)
