"""A paper as a page (HTML): one file without scripts, readable on a telephone, by a screen reader and on paper."""

from __future__ import annotations

from html import escape

from shared.paper.flow import svg
from shared.paper.model import Paper, Section, Table

# Sent with the page: nothing may be run in it and nothing fetched from elsewhere.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
_STYLE = (
    "body{font-family:'Noto Serif SC',FangSong,serif;line-height:1.6;margin:0 auto;max-width:52rem;padding:1rem}"
    "h1{font-size:1.5rem;text-align:center}h2{border-bottom:1px solid #999;font-size:1.15rem}"
    "dl{display:grid;grid-template-columns:9em 1fr;gap:.2em .8em}dt{color:#555}dd{margin:0;overflow-wrap:anywhere}"
    "table{border-collapse:collapse;width:100%}th,td{border:1px solid #666;padding:.3em .5em;text-align:left;"
    "vertical-align:top;overflow-wrap:anywhere;white-space:pre-line}"
    "figure{margin:0;overflow-x:auto}svg{height:auto;max-width:100%}"
    "footer{border-top:1px solid #999;color:#555;font-size:.85rem;margin-top:2rem;overflow-wrap:anywhere}"
    "@media (max-width:36rem){dl{display:block}dd{margin:0 0 .5em}thead{position:absolute;left:-999em}"
    "tr,td{display:block}tr{border:1px solid #666;margin-bottom:.6em}td{border:0}"
    "td::before{content:attr(data-title) '：';color:#555}}"
    "@media print{body{max-width:none;font-size:10.5pt}tr,figure{break-inside:avoid}thead{display:table-header-group}}"
)
# Controls and halves of signs are no text of a page.
_UNSAFE = dict.fromkeys([*range(9), 11, 12, *range(14, 32), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF])


def page(paper: Paper) -> bytes:
    """The page."""
    facts = "".join(f"<dt>{_text(title)}</dt><dd>{_lines(text)}</dd>" for title, text in paper.facts)
    sections = "".join(_section(section) for section in paper.sections)
    colophon = "".join(f"<p>{_text(line)}</p>" for line in paper.colophon)
    return (
        '<!DOCTYPE html>\n<html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{_text(paper.title)}</title><style>{_STYLE}</style></head>\n"
        f"<body><main><h1>{_text(paper.title)}</h1><dl>{facts}</dl>\n{sections}</main>"
        f"<footer>{colophon}</footer></body></html>\n"
    ).encode()


def _section(section: Section) -> str:
    told = "".join(f"<p>{_lines(text)}</p>" for text in section.paragraphs)
    table = _table(section.table) if section.table else ""
    chart = f"<figure>{svg(section.flow)}</figure>" if section.flow else ""
    return f'<section id="{escape(section.key)}"><h2>{_text(section.title)}</h2>{told}{table}{chart}</section>\n'


def _table(table: Table) -> str:
    head = "".join(f'<th scope="col">{_text(title)}</th>' for title in table.columns)
    rows = "".join(
        "<tr>{}</tr>".format(
            "".join(
                f'<td data-title="{_text(title)}">{_text(text)}</td>'
                for title, text in zip(table.columns, row, strict=True)
            )
        )
        for row in table.rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _lines(text: str) -> str:
    return "<br>".join(_text(line) for line in text.splitlines())


def _text(text: str) -> str:
    return escape(text.translate(_UNSAFE))
