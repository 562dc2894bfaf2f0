"""Copies that people see in a browser or on paper from one: the sheet (A4) and the WeChat article. No scripts. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from services.publish.channels.copies import telling
from services.publish.channels.copies.data import marker_of
from services.publish.channels.copies.source import Facts, Source, code_of, organ_of

_SHEET = (
    "@page{size:A4;margin:2cm}body{font-family:FangSong,'Noto Serif SC',serif;margin:0 auto;max-width:19cm}"
    "header{text-align:center}table{border-collapse:collapse;width:100%}th,td{border:1px solid #000;padding:.3em;"
    "vertical-align:top;text-align:left}thead{display:table-header-group}tr{break-inside:avoid}"
    "footer{font-size:.8em;word-break:break-all;margin-top:1em}"
)
# What a sheet on a wall has room for; the implementation list has the rest.
SHEET = ("basis", "materials", "statutory_limit")
# A title of an article has at most 64 characters on the platform, an article 20,000.
LONGEST_TITLE = 64
LONGEST_ARTICLE = 20_000
_CUT = "其余内容请阅读全文。"


def columns(source: Source) -> list[tuple[str, str]]:
    """Key and title of the elements a sheet shows beside number, name, code and organ."""
    elements = source.facts.elements
    return [(key, str(elements[key].get("title") or key)) for key in SHEET if key in elements]


def heads(source: Source) -> list[str]:
    """Titles of the columns of a sheet."""
    return ["序号", "事项名称", "编码", "实施机关", *(title for _, title in columns(source))]


def rows(source: Source) -> Iterator[list[str]]:
    """The rows of a sheet."""
    shown = columns(source)
    for number, body in enumerate(source.shown, 1):
        texts = (source.text(body, key) for key, _ in shown)
        yield [str(number), source.text(body, "name"), code_of(body), organ_of(body), *texts]


def about(facts: Facts, count: int) -> list[str]:
    """What stands below the title: state, number of entries, issuer, decision, from when."""
    told = [facts.version, f"共{count}项", facts.issuer, facts.decided, f"自{facts.effective_on}起施行"]
    return [text for text in told if text]


def sheet(source: Source) -> bytes:
    """The list as a printable page of A4."""
    facts = source.facts
    told = "".join(f"<p>{escape(text)}</p>" for text in about(facts, len(source.shown)))
    titles = "".join(f"<th>{escape(title)}</th>" for title in heads(source))
    body = "\n".join(f"<tr>{''.join(f'<td>{escape(text)}</td>' for text in row)}</tr>" for row in rows(source))
    content = (
        f"<header><h1>{escape(facts.title)}</h1>{told}</header>\n"
        f"<table><thead><tr>{titles}</tr></thead><tbody>\n{body}\n</tbody></table>"
    )
    return _page(source, facts.title, _SHEET, content)


def article(source: Source) -> bytes:
    """The article of a WeChat account: sections, no scripts, no styles of elements, within the platform's lengths."""
    sections = "\n".join(_section(*section) for section in article_sections(source))
    title = article_title(source.facts)
    return _page(source, title, "", f"<h1>{escape(title)}</h1>\n{sections}")


def article_title(facts: Facts) -> str:
    """Its title; the last character of one that is too long says so."""
    title = f"{facts.title}（{facts.version}）"
    return title if len(title) <= LONGEST_TITLE else f"{title[: LONGEST_TITLE - 1]}…"


def article_sections(source: Source) -> list[tuple[str, list[str]]]:
    """Heading and paragraphs, cut where an article has to end."""
    left = LONGEST_ARTICLE - 1_000  # the mark, the link and the sentence that says what was cut
    kept: list[tuple[str, list[str]]] = []
    for heading, paragraphs in telling.sections(source):
        fitting = list(_fitting(paragraphs, left))
        left -= len(heading) + sum(map(len, fitting))
        kept.append((heading, fitting))
        if len(fitting) < len(paragraphs):
            kept.append(("全文", [_CUT]))
            break
    return kept


def _fitting(paragraphs: Iterable[str], room: int) -> Iterator[str]:
    for text in paragraphs:
        room -= len(text)
        if room < 0:
            return
        yield text


def _section(heading: str, paragraphs: Iterable[str]) -> str:
    told = "".join(f"<p>{escape(text)}</p>" for text in paragraphs)
    return f"<section><h2>{escape(heading)}</h2>{told}</section>"


def _page(source: Source, title: str, style: str, content: str) -> bytes:
    mark, link = marker_of(source), source.facts.link
    where = f'<p><a href="{escape(link)}">{escape(link)}</a></p>' if link else ""
    styled = f"<style>{style}</style>" if style else ""
    return (
        f'<!DOCTYPE html>\n<html lang="zh-CN"><head><meta charset="utf-8">{mark.meta}<title>{escape(title)}</title>'
        f"{styled}</head>\n<body>\n{content}\n<footer>{where}<p>{escape(mark.line)}</p></footer>\n</body></html>\n"
    ).encode()
