"""A short official document (通报 and the like) as a text document (DOCX): title, number, paragraphs, table, signature.

The same letter is the same file to the last byte, whenever it is made: its digest proves its content.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import docx
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Cm, Pt

from shared.annex.word import TITLE_FACE, UNSAFE, cell, face, style

# A date a ZIP can hold and everybody has: the file says when it was issued in its text.
_NO_TIME = (1980, 1, 1, 0, 0, 0)
_BODY = "word/document.xml"
_WIDTH = 16.0


@dataclass(frozen=True, kw_only=True)
class Letter:
    """What a letter says.

    Attributes
    ----------
    head
        Titles of the columns and their relative widths; no table without rows.
    signature
        Who issues it and when, one below the other at the right.
    """

    title: str
    number: str
    paragraphs: Sequence[str]
    head: Sequence[tuple[str, float]]
    rows: Sequence[Sequence[str]]
    closing: Sequence[str]
    signature: Sequence[str]


def written(letter: Letter) -> bytes:
    """The letter as a file."""
    frame = io.BytesIO()
    _document(letter).save(frame)
    made = io.BytesIO()
    with zipfile.ZipFile(frame) as given, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        for part in given.infolist():
            content = given.read(part)
            if part.filename == _BODY:
                content = _with_rows(content, letter.rows)
            entry = zipfile.ZipInfo(part.filename, _NO_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, content)
    return made.getvalue()


def _with_rows(body: bytes, rows: Sequence[Sequence[str]]) -> bytes:
    """The rows follow the head of the table; through the library each would be looked up in all the others.

    What people write is escaped, so none of it is taken for the table.
    """
    if not rows:
        return body
    head = body.index(b"</w:tr>", body.index(b"<w:tbl>")) + len(b"</w:tr>")
    texts = "".join(
        f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{''.join(cell(text) for text in row)}</w:tr>" for row in rows
    )
    return body[:head] + texts.encode() + body[head:]


def _document(letter: Letter) -> Any:
    document = docx.Document()
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.5)
    style(document)
    document.core_properties.title = letter.title.translate(UNSAFE)[:255]
    document.core_properties.author = letter.signature[0].translate(UNSAFE)[:255] if letter.signature else ""
    _line(document, letter.title, size=22, title=True)
    _line(document, letter.number, size=14)
    for text in letter.paragraphs:
        _paragraph(document, text)
    if letter.rows:
        _table(document, letter.head)
    for text in letter.closing:
        _paragraph(document, text)
    for text in letter.signature:
        _line(document, text, size=14, place=WD_ALIGN_PARAGRAPH.RIGHT)
    return document


def _line(document: Any, text: str, *, size: int, title: bool = False, place: Any = WD_ALIGN_PARAGRAPH.CENTER) -> None:
    paragraph = document.add_paragraph()
    paragraph.alignment = place
    paragraph.paragraph_format.space_after = Pt(12 if title else 6)
    run = paragraph.add_run(text.translate(UNSAFE))
    run.font.size = Pt(size)
    if title:
        face(run.font, TITLE_FACE)


def _paragraph(document: Any, text: str) -> None:
    for line in text.splitlines() or [""]:
        paragraph = document.add_paragraph()
        paragraph.paragraph_format.first_line_indent = Pt(28)
        paragraph.paragraph_format.space_after = Pt(6)
        paragraph.add_run(line.translate(UNSAFE)).font.size = Pt(14)


def _table(document: Any, head: Sequence[tuple[str, float]]) -> None:
    table = document.add_table(rows=1, cols=len(head), style="Table Grid")
    table.autofit = False
    whole = sum(weight for _, weight in head)
    for place, (title, weight) in enumerate(head):
        table.columns[place].width = Cm(_WIDTH * weight / whole)
        paragraph = table.rows[0].cells[place].paragraphs[0]
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        paragraph.add_run(title).bold = True
