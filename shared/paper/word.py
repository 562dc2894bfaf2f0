"""A paper as a text document (DOCX) without a template: the type of official documents, tables row by row.

The same paper is the same file to the last byte, whenever it is made.
"""

from __future__ import annotations

import io
import zipfile
from typing import Any

import docx
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Cm, Pt

from shared.annex.word import TITLE_FACE, UNSAFE, face, style
from shared.paper.flow import is_tall, svg
from shared.paper.model import Paper, Section, Table

# A date a ZIP can hold and everybody has: what the paper was made from stands in its colophon.
_NO_TIME = (1980, 1, 1, 0, 0, 0)
_WIDTH = 16.0


def written(paper: Paper, charts: dict[str, bytes]) -> bytes:
    """The file; `charts` are pictures (PNG) by the key of the section they stand in."""
    document = docx.Document()
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.5)
    style(document)
    document.core_properties.title = paper.title.translate(UNSAFE)[:255]
    document.core_properties.author = paper.issuer.translate(UNSAFE)[:255]
    title = document.add_paragraph()
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run = title.add_run(paper.title.translate(UNSAFE))
    run.font.size = Pt(20)
    face(run.font, TITLE_FACE)
    _table(document, Table(columns=(), weights=(1, 3), rows=paper.facts))
    for one in paper.sections:
        _section(document, one, charts.get(one.key))
    for line in paper.colophon:
        document.add_paragraph().add_run(line.translate(UNSAFE)).font.size = Pt(9)
    return settled(document)


def settled(document: Any) -> bytes:
    """The file of a document, without the instant at which it was written."""
    frame, made = io.BytesIO(), io.BytesIO()
    document.save(frame)
    with zipfile.ZipFile(frame) as given, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        for part in given.infolist():
            entry = zipfile.ZipInfo(part.filename, _NO_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, given.read(part))
    return made.getvalue()


def _section(document: Any, section: Section, chart: bytes | None) -> None:
    heading = document.add_paragraph()
    heading.paragraph_format.space_before, heading.paragraph_format.keep_with_next = Pt(12), True
    run = heading.add_run(section.title.translate(UNSAFE))
    run.bold, run.font.size = True, Pt(14)
    for text in section.paragraphs:
        for line in text.splitlines():
            document.add_paragraph().add_run(line.translate(UNSAFE)).font.size = Pt(12)
    if section.table:
        _table(document, section.table)
    if section.flow and chart:
        size = {"height": Cm(22)} if is_tall(svg(section.flow)) else {"width": Cm(14)}
        shape = document.add_picture(io.BytesIO(chart), **size)
        shape._inline.docPr.set("descr", _told(section).translate(UNSAFE))


def _told(section: Section) -> str:
    assert section.flow is not None
    return f"{section.flow.title}：" + "；".join(step.name for step in section.flow.steps)


def _table(document: Any, table: Table) -> None:
    lines = [*([table.columns] if table.columns else []), *table.rows]
    if not lines:
        return
    made = document.add_table(rows=len(lines), cols=len(table.weights), style="Table Grid")
    made.autofit = False
    for place, weight in enumerate(table.weights):
        made.columns[place].width = Cm(_WIDTH * weight / sum(table.weights))
    # Read once: through the library each cell would be looked up in all the others.
    cells = made._cells
    for number, texts in enumerate(lines):
        for place, text in enumerate(texts):
            run = cells[number * len(table.weights) + place].paragraphs[0].add_run(text.translate(UNSAFE))
            run.bold = bool(table.columns) and number == 0
