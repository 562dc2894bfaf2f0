"""An annex as a text document (DOCX): python-docx makes the frame, the rows are written into it one by one.

Through the library a table of thousands of rows takes minutes, since each row is looked up in all of them. The frame
has one marked row; when the package is put together, the entries take its place, so no document is ever in memory.
"""

from __future__ import annotations

import io
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any
from xml.sax.saxutils import escape

import docx
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt

from shared.annex.layout import SERIAL, Column, Cover, lines

_MARK = "@entries@"
_BODY = "word/document.xml"
# The face of official documents (GB/T 9704): named, not embedded, since Word and WPS bring it.
_FACE, TITLE_FACE = "仿宋", "方正小标宋简体"
_SERIAL_WEIGHT = 1
# XML cannot hold other control characters.
UNSAFE = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF])


class DocxAnnex:
    """Rows go to a file beside the target until the frame is there."""

    def __init__(self, path: Path, columns: list[Column]) -> None:
        self._path, self._columns = path, columns
        self._rows = path.with_suffix(".rows")
        self._file = self._rows.open("w", encoding="utf-8")
        self._number = 0

    def row(self, texts: list[str], body: Mapping[str, Any]) -> None:
        """Add an entry."""
        self._number += 1
        cells = "".join(cell(text) for text in [str(self._number), *texts])
        self._file.write(f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{cells}</w:tr>")

    def close(self, cover: Cover) -> None:
        """Make the frame and put the rows into it."""
        self._file.close()
        frame = io.BytesIO()
        _frame(self._columns, cover, self._number).save(frame)
        with zipfile.ZipFile(frame) as given, zipfile.ZipFile(self._path, "w", zipfile.ZIP_DEFLATED) as made:
            for part in given.infolist():
                with made.open(part.filename, "w") as target:
                    if part.filename == _BODY:
                        self._fill(given.read(part), target)
                    else:
                        target.write(given.read(part))
        self._rows.unlink()

    def _fill(self, document: bytes, target: IO[bytes]) -> None:
        mark = document.index(_MARK.encode())
        begin, end = document.rindex(b"<w:tr>", 0, mark), document.index(b"</w:tr>", mark) + len(b"</w:tr>")
        target.write(document[:begin])
        with self._rows.open("rb") as rows:
            shutil.copyfileobj(rows, target)
        target.write(document[end:])


def cell(text: str) -> str:
    """A cell with a paragraph a line."""
    paragraphs = "".join(
        f'<w:p><w:r><w:t xml:space="preserve">{escape(line.translate(UNSAFE))}</w:t></w:r></w:p>'
        for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    )
    return f"<w:tc>{paragraphs}</w:tc>"


def _frame(columns: list[Column], cover: Cover, count: int) -> Any:
    document = docx.Document()
    _page(document)
    style(document)
    document.core_properties.title = cover.title
    document.core_properties.author = cover.issuer
    for number, text in enumerate(lines(cover, count)):
        paragraph = document.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        paragraph.paragraph_format.space_before = Pt(120 if number == 0 else 12)
        run = paragraph.add_run(text.translate(UNSAFE))
        run.font.size = Pt(22 if number == 0 else 16)
        face(run.font, TITLE_FACE if number == 0 else _FACE)
    document.add_paragraph().paragraph_format.page_break_before = True
    _table(document, columns)
    return document


def _page(document: Any) -> None:
    section = document.sections[0]
    section.orientation, section.page_width, section.page_height = WD_ORIENT.LANDSCAPE, Cm(29.7), Cm(21)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Cm(2)
    section.different_first_page_header_footer = True
    footer = section.footer.paragraphs[0]
    footer.alignment = WD_ALIGN_PARAGRAPH.CENTER
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    footer._p.append(field)


def style(document: Any) -> None:
    """The type of official documents."""
    normal = document.styles["Normal"]
    normal.font.size = Pt(10.5)
    normal.paragraph_format.space_after = Pt(0)
    face(normal.font, _FACE)


def face(font: Any, name: str) -> None:
    """Set a typeface, for Chinese as well."""
    font.name = name
    font.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), name)


def _table(document: Any, columns: list[Column]) -> None:
    weights = [_SERIAL_WEIGHT, *(column.weight for column in columns)]
    table = document.add_table(rows=2, cols=len(weights), style="Table Grid")
    table.autofit = False
    for place, weight in enumerate(weights):
        table.columns[place].width = Cm(25.7 * weight / sum(weights))
    head = table.rows[0]
    repeated = OxmlElement("w:tblHeader")
    head._tr.get_or_add_trPr().append(repeated)
    for cell, title in zip(head.cells, [SERIAL, *(column.title for column in columns)], strict=True):
        paragraph = cell.paragraphs[0]
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        paragraph.add_run(title.translate(UNSAFE)).bold = True
    table.rows[1].cells[0].text = _MARK
