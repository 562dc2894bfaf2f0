"""Copies that are printed: the sheet as PDF, gazette and press text as DOCX. Byte for byte the same every time."""

from __future__ import annotations

import multiprocessing
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import orjson
import typst

from services.publish.channels.copies import pages, telling
from services.publish.channels.copies.data import marker_of
from services.publish.channels.copies.source import Source, code_of, organ_of
from shared import problems
from shared.annex import page
from shared.annex.letter import Letter, written

_TEMPLATE = Path(__file__).with_name("sheet.typ")
# A page that somebody waits for: 2.5 ms a row, and a request may hold its transaction for 5 s on a busy machine. A
# longer list goes out as an annex (docs/annexes.md).
MOST_ROWS = 600
_WEIGHTS = {"序号": 1, "事项名称": 4, "编码": 4, "实施机关": 3}


def sheet_pdf(source: Source) -> bytes:
    """The sheet as PDF, set in a process of its own, which gives its memory back.

    Raises
    ------
    problems.Conflict
        The list is longer than a sheet: code `list_too_long`.
    """
    if len(source.shown) > MOST_ROWS:
        raise problems.Conflict(
            f"该清单超过 {MOST_ROWS} 项，不能生成张贴版 PDF；请使用 sheet.html 打印，或在清单系统导出附件。",
            code="list_too_long", extra={"most": MOST_ROWS},
        )  # fmt: skip
    facts, heads = source.facts, pages.heads(source)
    given = {
        "title": facts.title, "issuer": facts.issuer, "marker": marker_of(source).line, "link": facts.link,
        "about": pages.about(facts, len(source.shown)), "heads": heads,
        "weights": [_WEIGHTS.get(title, 4) for title in heads], "rows": list(pages.rows(source)),
        "fonts": page.families(),
    }  # fmt: skip
    fonts = [str(folder) for folder in page.folders()]
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as apart:
        return apart.submit(_set, {"sheet": orjson.dumps(given).decode()}, fonts).result()


def _set(inputs: Mapping[str, str], fonts: list[str]) -> bytes:
    """The task of the process."""
    made: bytes = typst.compile(
        str(_TEMPLATE), format="pdf", sys_inputs=dict(inputs), font_paths=fonts, ignore_system_fonts=True
    )
    return made


def press_docx(source: Source) -> bytes:
    """The press text as a document."""
    paragraphs = [text for heading, told in telling.sections(source) for text in (f"【{heading}】", *told)]
    return _letter(source, paragraphs, [])


def gazette_docx(source: Source) -> bytes:
    """The list as a document for a gazette: a table with the basis of each entry."""
    rows = [
        [str(number), source.text(body, "name"), code_of(body), organ_of(body), source.text(body, "basis")]
        for number, body in enumerate(source.shown, 1)
    ]
    return _letter(source, [telling.summary(source)], rows)


def _letter(source: Source, paragraphs: list[str], rows: list[list[str]]) -> bytes:
    facts = source.facts
    link = [f"全文：{facts.link}"] if facts.link else []
    letter = Letter(
        title=facts.title, number=facts.decided, paragraphs=paragraphs, rows=rows, closing=link,
        head=[("序号", 1), ("事项名称", 4), ("编码", 4), ("实施机关", 3), ("依据", 5)],
        signature=[facts.issuer, facts.effective_on, marker_of(source).line],
    )  # fmt: skip
    return written(letter)
