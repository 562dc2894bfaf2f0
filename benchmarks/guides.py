"""Guides: 2,000 of them as PDF in one operation, beside Typst alone setting as many equal plain pages."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import time
from pathlib import Path
from uuid import UUID, uuid4

import orjson
import psutil
import typst

from benchmarks.measure import Figure, alternate
from benchmarks.stage import Stage
from services.publish.documents.bundles import rules, service
from services.publish.documents.printed import Document
from services.publish.documents.templates.samples import sample
from shared.annex import page
from shared.paper import printing

COUNT, SMALL_COUNT = 2_000, 200
MOST = 400 * 2**20
SAMPLE_SECONDS = 0.05
# The bare minimum: the same words as plain paragraphs, one compiler for all, fonts found once.
_PLAIN = """#let said = json(bytes(sys.inputs.said))
#set text(font: said.fonts, size: 10.5pt, lang: "zh", region: "cn")
#set page(paper: "a4")
#for told in said.texts { par(told) }
"""


def guides(count: int) -> dict[UUID, Document]:
    """Guides of different entries, each with everything a guide can have."""
    made = sample("guide")
    return {
        uuid4(): Document(paper=made.paper, data={**made.data, "title": f"示例事项{number}办事指南"})
        for number in range(count)
    }


async def bundled(found: dict[UUID, Document]) -> None:
    """Print them part by part, as the operation does it."""
    items = list(found.items())
    for begin in range(0, len(items), rules.PART):
        await service.files(dict(items[begin : begin + rules.PART]), "pdf")


def bare(folder: Path, count: int) -> float:
    """Seconds Typst takes for as many plain pages with the words of a guide."""
    texts = [text for text in sample("guide").paper.texts() if text]
    main = folder / "main.typ"
    main.write_text(_PLAIN, encoding="utf-8")
    known = typst.Fonts(include_system_fonts=False, font_paths=[str(one) for one in page.folders()])
    compiler = typst.Compiler(str(main), root=str(folder), font_paths=known, ignore_system_fonts=True)
    started = time.perf_counter()
    for number in range(count):
        said = {"fonts": list(page.families()), "texts": [f"示例事项{number}", *texts]}
        compiler.compile(format="pdf", sys_inputs={"said": orjson.dumps(said).decode()})
    return time.perf_counter() - started


def _held() -> int:
    """What presses hold at this moment."""
    with contextlib.suppress(psutil.Error):
        return sum(one.memory_info().rss for one in psutil.Process().children() if printing.MODULE in one.cmdline())
    return 0


async def measure(stage: Stage) -> list[Figure]:
    """How long 2,000 guides take, and how that compares with setting their words alone."""
    count = SMALL_COUNT if stage.small else COUNT
    started, most = time.perf_counter(), 0
    printing_all = asyncio.create_task(bundled(guides(count)))
    while not (await asyncio.wait([printing_all], timeout=SAMPLE_SECONDS))[0]:
        most = max(most, _held())
    printing_all.result()
    seconds = time.perf_counter() - started
    part = count // 10

    async def ours() -> float:
        begun = time.perf_counter()
        await bundled(guides(part))
        return time.perf_counter() - begun

    with tempfile.TemporaryDirectory() as folder:

        async def limit() -> float:
            return await asyncio.to_thread(bare, Path(folder), part)

        pairs = await alternate(ours, limit)
    return [
        Figure(
            name=f"{count:,} guides as PDF", ours=f"{count / seconds:.0f}/s, {most / 2**20:.0f} MB", limit="-",
            target="400 MB or less", met=most <= MOST, note=f"{seconds:.0f} s in all; the press that prints them",
        ),
        Figure(
            name=f"{part:,} guides as PDF", ours=f"{part / min(pairs.ours):.0f}/s",
            limit=f"{part / min(pairs.limit):.0f}/s", target="4.0 or less", met=pairs.ratio <= 4.0, ratio=pairs.ratio,
            note="limit: Typst alone, the same words as plain paragraphs; ours draws tables and the flow chart",
        ),
    ]  # fmt: skip
