"""How documents, their numbers and their articles are cited, and the forms in which citations are compared. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

_NUMERALS = {character: value for value, character in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_PLACES = {"十": 10, "百": 100, "千": 1000}
_NUMBER = r"(?:[0-9]{1,4}|[零〇一二三四五六七八九十百千两]{1,12})"
_HAN = r"[\u3400-\u9fff]"

# 冀政办函〔2014〕100号: 机关代字, year, serial. Brackets are written in many ways.
_DOCUMENT_NUMBER = re.compile(
    rf"(?P<agency>{_HAN}{{1,20}}?)[〔﹝\[【(〖{{](?P<year>(?:19|20)[0-9]{{2}})[〕﹞\]】)〗}}]第?(?P<serial>[0-9]{{1,6}})号"
)
# 国务院令第412号, 主席令第二十一号: orders count by the office, not by the year.
_ORDER = re.compile(rf"(?P<agency>{_HAN}{{2,30}}?(?:令|公告))第?(?P<serial>{_NUMBER})号")
_TITLE = re.compile(r"《((?:[^《》]|《[^《》]*》){2,300})》")
# What follows a name to say which edition is meant; part of a name are (试行) and (暂行).
_EDITION = re.compile(r"[(〔\[][^()〔〕\[\]]*(?:修正|修订|修改|年|版|号)[^()〔〕\[\]]*[)〕\]]$")
_MARKS = re.compile(r"[\s《》〈〉“”\"'‘’·,，、:：;；。]")
_STATE = "中华人民共和国"
_ARTICLE = re.compile(
    rf"第({_NUMBER})条(?:之({_NUMBER}))?(?:第({_NUMBER})款)?(?:第?[(（]?({_NUMBER})[)）]?项)?"
    rf"(?:\s*(?:至|到|[-—~～])\s*第({_NUMBER})条)?"
)
_LONGEST_RANGE = 50
# The same few documents are cited by thousands of entries.
_REMEMBERED = 4_096
# How far behind a name its number and articles stand.
_NEAR = 60
_PROSE = ("basis", "by_law")


@dataclass(frozen=True, slots=True)
class DocumentNumber:
    """A number in its standard form and its parts; orders have no year."""

    text: str
    agency: str
    year: int | None
    serial: int


@dataclass(frozen=True, slots=True)
class Citation:
    """Where an entry cites a document.

    Attributes
    ----------
    path : JSON pointer into the entry's elements.
    cited : the document as written.
    article : comparable form of one article; None when the document is cited as a whole.
    use : set, implement or supervise, where the entry says so.
    """

    element: str
    path: str
    cited: str
    title_key: str
    number: str | None
    article: str | None
    use: str | None = None
    document_kind: str | None = None


def chinese_number(text: str) -> int | None:
    """The value of digits or of a numeral below ten thousand such as 一百二十三; None when it is none."""
    if text.isascii() and text.isdigit():
        return int(text)
    if len(text) > 1 and all(character in _NUMERALS for character in text):
        return int("".join(str(_NUMERALS[character]) for character in text))
    total, digit = 0, None
    for character in text:
        if character in _NUMERALS:
            digit = _NUMERALS[character]
        elif character in _PLACES:
            total += (1 if digit is None else digit) * _PLACES[character]
            digit = None
        else:
            return None
    return total + (digit or 0) if text else None


def plain(text: str) -> str:
    """The text with full-width letters, digits and brackets narrowed, as numbers and names are compared."""
    return unicodedata.normalize("NFKC", text)


@lru_cache(maxsize=_REMEMBERED)
def find_number(text: str) -> DocumentNumber | None:
    """The first document number in a text, in its standard form (ZL-01: 机关代字, year, serial)."""
    narrow = re.sub(r"\s+", "", plain(text))
    if found := _DOCUMENT_NUMBER.search(narrow):
        agency, year, serial = found["agency"], int(found["year"]), int(found["serial"])
        return DocumentNumber(f"{agency}〔{year}〕{serial}号", agency, year, serial)
    if found := _ORDER.search(narrow):
        agency, counted = found["agency"], chinese_number(found["serial"])
        if counted is not None:
            return DocumentNumber(f"{agency}第{counted}号", agency, None, counted)
    return None


def read_number(text: str) -> DocumentNumber | None:
    """A text that is a document number and nothing else; None when it is not."""
    found = find_number(text)
    spare = len(re.sub(r"\s+", "", plain(text)))
    return found if found is not None and spare <= len(found.text) + 1 else None


@lru_cache(maxsize=_REMEMBERED)
def title_key(text: str) -> str:
    """A document's name as names are compared: without brackets, edition, punctuation and 中华人民共和国."""
    found = _TITLE.search(text)
    name = plain(found[1] if found else text).strip()
    while shorter := _EDITION.search(name):
        name = name[: shorter.start()].strip()
    return _MARKS.sub("", name).removeprefix(_STATE)


def articles(text: str) -> list[str]:
    """The articles a text names, in comparable form: 第三十五条第二款第（一）项 is 35.2.1, 第二十三条之一 is 23-1."""
    found: list[str] = []
    for match in _ARTICLE.finditer(plain(text)):
        first, inserted, paragraph, point, last = (chinese_number(part) if part else None for part in match.groups())
        if first is None:
            continue
        key = f"{first}-{inserted}" if inserted else str(first)
        if paragraph is not None or point is not None:
            key += f".{paragraph or 0}"
        found.append(f"{key}.{point}" if point is not None else key)
        if last is not None and first < last <= first + _LONGEST_RANGE:
            found += [str(number) for number in range(first + 1, last + 1)]
    return list(dict.fromkeys(found))


def article_key(text: str) -> str | None:
    """One article as people type it (第三十五条, 35, 35.2) in comparable form; None when it is none."""
    named = articles(text)
    if named:
        return named[0]
    bare = text.strip()
    return bare if re.fullmatch(r"[0-9]{1,4}(-[0-9]{1,3})?(\.[0-9]{1,3}){0,2}", bare) else None


def citations(elements: Mapping[str, Any]) -> list[Citation]:
    """All citations in an entry: rows of a basis, and names in 《》 in the basis of materials, steps and fees."""
    found: list[Citation] = []
    for element, value in elements.items():
        if isinstance(value, str) and _is_prose(element):
            found += _in_prose(element, f"/{element}", value)
        elif isinstance(value, list):
            for index, row in enumerate(value):
                if isinstance(row, Mapping):
                    found += _in_row(element, f"/{element}/{index}", row)
    return found


def in_text(text: str) -> Iterator[tuple[str, str | None, list[str]]]:
    """Each document a text names in 《》: as written, its number, and the articles named right behind it."""
    matches = list(_TITLE.finditer(text))
    for place, match in enumerate(matches):
        until = matches[place + 1].start() if place + 1 < len(matches) else len(text)
        behind = text[match.end() : min(until, match.end() + _NEAR)]
        numbered = re.match(r"\s*[（(]([^（）()]{2,50})[）)]", behind)
        number = find_number(numbered[1]) if numbered else None
        yield (
            match[0] + (f"（{numbered[1]}）" if numbered and number else ""),
            number.text if number else None,
            articles(behind),
        )


def _in_row(element: str, path: str, row: Mapping[str, Any]) -> Iterator[Citation]:
    document = row.get("document")
    if isinstance(document, str) and title_key(document):
        given = row.get("number")
        number = find_number(given if isinstance(given, str) else document)
        article = row.get("article")
        named = articles(article) if isinstance(article, str) else []
        use, kind = (row.get(name) if isinstance(row.get(name), str) else None for name in ("kind", "document_kind"))
        for key in _each(named):
            yield Citation(
                element, path, document, title_key(document), number.text if number else None, key, use, kind
            )
    for name, value in row.items():
        if isinstance(value, str) and _is_prose(name):
            yield from _in_prose(element, f"{path}/{name}", value)
        elif isinstance(value, list) and _is_prose(name):
            for index, inner in enumerate(value):
                if isinstance(inner, Mapping):
                    yield from _in_row(element, f"{path}/{name}/{index}", inner)


def _in_prose(element: str, path: str, text: str) -> Iterator[Citation]:
    for cited, number, named in in_text(text):
        for key in _each(named):
            yield Citation(element, path, cited, title_key(cited), number, key)


def _each(named: list[str]) -> list[str | None]:
    """The articles, or once the document as a whole."""
    return [*named] or [None]


def _is_prose(name: str) -> bool:
    return name.endswith(_PROSE)
