"""The formats of copies, each with its media type, what it is made of and how. Pure but for the papers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from services.publish.channels.copies import data, pages, papers, posts, telling
from services.publish.channels.copies.source import Source

_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_TEXT = "text/plain; charset=utf-8"
_HTML = "text/html; charset=utf-8"


@dataclass(frozen=True)
class Format:
    """A format of copies.

    Attributes
    ----------
    tells : it tells what changed, so it depends on the revision it is told from.
    slow : it takes a process of its own; for those alone who publish.
    """

    media_type: str
    title: str
    make: Callable[[Source], bytes]
    tells: bool = False
    slow: bool = False


def _article_text(source: Source) -> bytes:
    return telling.article_text(source, pages.article_title(source.facts), pages.article_sections(source))


FORMATS: Mapping[str, Format] = {
    "data.json": Format("application/json", "门户数据", data.portal),
    "kiosk.json": Format("application/json", "办事大厅数据", data.kiosk),
    "sheet.html": Format(_HTML, "张贴版网页", pages.sheet),
    "sheet.pdf": Format("application/pdf", "张贴版 PDF", papers.sheet_pdf, slow=True),
    "article.html": Format(_HTML, "公众号文章", pages.article, tells=True),
    "article.txt": Format(_TEXT, "公众号文章文本", _article_text, tells=True),
    "posts.txt": Format(_TEXT, "微博文本", posts.file, tells=True),
    "gazette.txt": Format(_TEXT, "公报文本", telling.gazette),
    "gazette.docx": Format(_DOCX, "公报文档", papers.gazette_docx, slow=True),
    "press.txt": Format(_TEXT, "新闻稿", telling.press, tells=True),
    "press.docx": Format(_DOCX, "新闻稿文档", papers.press_docx, tells=True, slow=True),
    "bulk.jsonl": Format("application/jsonl", "开放数据", data.jsonl),
    "bulk.csv": Format("text/csv; charset=utf-8", "开放数据表格", data.csv_file),
    "checksums.txt": Format(_TEXT, "开放数据校验文件", data.checksums),
}
