"""Annexes: what a long list takes in time and memory, beside XlsxWriter alone with the same cells."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import psutil
from xlsxwriter import Workbook

from benchmarks.measure import Figure, alternate
from benchmarks.stage import Stage
from shared import child_writer
from shared.annex.layout import Column, cells
from shared.annex.response import WRITER

PAGE = 500
MOST = 800 * 2**20
SAMPLE_SECONDS = 0.05
# A PDF keeps the text of its part: it is measured with as many rows as a large list of a county has.
ROWS = {"xlsx": 100_000, "docx": 100_000, "pdf": 10_000}
COLUMNS = [
    Column(element="name", title="许可事项名称", weight=3), Column(element="base_code", title="基本编码"),
    Column(element="implementing_body", title="实施机关"), Column(element="basis", title="设定和实施依据", weight=4),
]  # fmt: skip
ELEMENTS: dict[str, dict[str, Any]] = {
    "name": {"type": "text"}, "base_code": {"type": "base_code"}, "implementing_body": {"type": "organ"},
    "basis": {"type": "basis"},
}  # fmt: skip


def entry(number: int) -> dict[str, Any]:
    """The elements of an entry as everybody may see them."""
    basis = {"kind": "set", "document_kind": "law", "document": "中华人民共和国食品安全法", "article": "第三十五条"}
    return {
        "name": f"食品经营许可事项{number}", "base_code": f"000116{number:06d}", "basis": [basis, basis],
        "implementing_body": {"name": "市场监督管理局"},
    }  # fmt: skip


async def pages(count: int) -> AsyncIterator[bytes]:
    """The rows as the catalog sends them."""
    for begin in range(0, count, PAGE):
        numbers = range(begin, min(begin + PAGE, count))
        yield orjson.dumps([{"unit": "市场监督管理局", "body": {"elements": entry(number)}} for number in numbers])


async def written(folder: Path, form: str, count: int) -> tuple[float, int]:
    """Seconds an annex takes, and the most its processes held in bytes."""
    task = {"format": form, "split": False, "columns": [one.as_dict() for one in COLUMNS], "elements": ELEMENTS,
            "cover": {"title": "清单", "issuer": "某局", "edition": "", "date": ""}}  # fmt: skip
    started = time.perf_counter()
    writing = asyncio.create_task(child_writer.write(folder / f"annex.{form}", WRITER, task, pages(count)))
    most = 0
    while not (await asyncio.wait([writing], timeout=SAMPLE_SECONDS))[0]:
        most = max(most, _held())
    writing.result()
    return time.perf_counter() - started, most


def _held() -> int:
    """What the writer and its own processes hold at this moment; nothing when it has just ended."""
    with contextlib.suppress(psutil.Error):
        writers = [one for one in psutil.Process().children() if WRITER in one.cmdline()]
        processes = [*writers, *(child for one in writers for child in one.children(recursive=True))]
        return sum(one.memory_info().rss for one in processes)
    return 0


def bare(folder: Path, count: int) -> float:
    """Seconds XlsxWriter takes for the same cells, in one process and with nothing else."""
    rows = [cells(COLUMNS, ELEMENTS, entry(number)) for number in range(count)]
    started = time.perf_counter()
    book = Workbook(str(folder / "bare.xlsx"), {"constant_memory": True, "tmpdir": str(folder)})
    sheet = book.add_worksheet()
    for number, row in enumerate(rows):
        for place, text in enumerate(row):
            sheet.write_string(number, place, text)
    book.close()
    return time.perf_counter() - started


async def measure(stage: Stage) -> list[Figure]:
    """A row for each format that people print."""
    figures = []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for form, whole in ROWS.items():
            count = whole // 20 if stage.small else whole
            seconds, peak = await written(folder, form, count)
            figures.append(Figure(
                name=f"annex of {count:,} entries as {form.upper()}", ours=f"{seconds:.1f} s, {peak / 2**20:.0f} MB",
                limit="-", target="800 MB or less", met=peak <= MOST, note="the process that writes it",
            ))  # fmt: skip
        count = ROWS["xlsx"] // (100 if stage.small else 10)

        async def ours() -> float:
            return (await written(folder, "xlsx", count))[0]

        async def limit() -> float:
            return await asyncio.to_thread(bare, folder, count)

        pairs = await alternate(ours, limit)
        figures.append(Figure(
            name=f"XLSX annex of {count:,} entries", ours=f"{min(pairs.ours):.2f} s", limit=f"{min(pairs.limit):.2f} s",
            target="4.0 or less", met=pairs.ratio <= 4.0, ratio=pairs.ratio,
            note="limit: XlsxWriter alone; ours starts a process, gets rows as JSON and makes their texts",
        ))  # fmt: skip
    return figures
