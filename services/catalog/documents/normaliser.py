"""Makes the text of a document readable that a web page or an optical reader has mangled. Pure.

What it repairs: traditional glyphs with the reading behind them in brackets, or with the simplified glyph behind them;
boilerplate of the site at the start and the end; broken spaces and punctuation. What it keeps: every paragraph, its
numbering, and the words. Passwords of mailboxes, which some notices print (ZL-46), are masked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_HAN = r"[\u3400-\u9fff]"
# A reading in Latin letters with or without tones, behind the glyph it belongs to: 設(shè).
_READING = re.compile(rf"(?<={_HAN})[(（][a-zāáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜüńňǹ]{{1,6}}[)）]")
# 著 is 着 where it is no 著作 and nothing 显著: 著力, 随著.
_ATTACHED = re.compile(r"著(?=[力重手眼实落急想])|(?<=[随沿朝向接本])著")
# Below this share of traditional glyphs a text is a simplified one, whose rare glyphs are names.
_TRADITIONAL_SHARE = 0.02
# Surnames and words of simplified texts as well: they say nothing of how a text is written.
_BOTH = frozenset("於後徵")

# Lines that sites put around a document; none of these phrases stands in one.
_BOILERPLATE = re.compile(
    r"本站仅提供存储服务|所有内容均由用户发布|^点击举报|^推荐访问[:：]|为大家整理的.*供大家参考|^(?:来源|责任编辑|编辑|浏览次数|字体)[:：]"
    r"|^分享到|^打印本页|^关闭窗口|^上一篇|^下一篇|^版权所有|^相关(?:阅读|推荐)|^【?(?:打印|关闭)】?$|^下载(?:本文|全文)|^免责声明"
)
# So far into a text boilerplate is looked for; a document's own words further in are left alone.
_AROUND = 6

_SECRET = re.compile(
    r"((?:密码|蜜码|口令|[Pp]ass(?:word|wd)?)\s*(?:为|是|[:：=])?\s*)(?![*〔（(\s])([0-9A-Za-z!@#$%^&_+\-.]{3,40})"
)
MASK = "******"

# Half-width marks between Chinese characters become those that Chinese is set with.
_WIDE: Mapping[str, str] = {",": "，", ";": "；", ":": "：", "?": "？", "!": "！", "(": "（", ")": "）"}
_NARROW = re.compile(rf"(?<={_HAN}|[》”’）)〕])[,;:?!](?!\d)|(?<=[\d])[,;](?={_HAN}|《)")
_BRACKETS = re.compile(r"\(([^()]*[\u3400-\u9fff][^()]*)\)")
_NUMBERED_YEAR = re.compile(r"[﹝\[【〖](?=(?:19|20)\d{2}[﹞\]】〗])((?:19|20)\d{2})[﹞\]】〗]")


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A readable text and what was done to it.

    Attributes
    ----------
    converted : glyphs written in their simplified form.
    readings : readings taken out.
    dropped : lines that were the site's, as they were.
    masked : passwords that were masked.
    """

    text: str
    converted: int = 0
    readings: int = 0
    dropped: tuple[str, ...] = ()
    masked: int = 0


@cache
def simplified() -> Mapping[str, str]:
    """Traditional glyph -> its simplified form, where there is exactly one that official documents use."""
    table = (Path(__file__).parent / "characters.txt").read_text(encoding="utf-8").split()
    return {pair[0]: pair[1] for pair in table if pair[0] != pair[1]}


def clean(text: str) -> Cleaned:
    """The text as it should read. A clean text comes back as it is; cleaning twice changes nothing more."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\ufeff", "").replace("\u00a0", " ")
    spoken, readings = _READING.subn("", _without_controls(lines))
    plain, converted = _simplify(spoken)
    kept, dropped = _without_boilerplate(plain.split("\n"))
    body = "\n".join(_punctuated(line) for line in _spaced(kept))
    body, masked = mask(body)
    return Cleaned(body, converted, readings, tuple(dropped), masked)


def mask(text: str) -> tuple[str, int]:
    """The text without the passwords it prints, and how many there were (ZL-46: no shared credential anywhere)."""
    return _SECRET.subn(rf"\g<1>{MASK}", text)


def _without_controls(text: str) -> str:
    return "".join(sign for sign in text if sign in "\n\t" or (ord(sign) >= 0x20 and sign not in "\u200b\u200c\u200d"))


def _simplify(text: str) -> tuple[str, int]:
    table = simplified()
    glyphs = sum("\u3400" <= sign <= "\u9fff" for sign in text)
    foreign = sum(sign in table for sign in text)
    telling = sum(sign in table and sign not in _BOTH for sign in text)
    if not glyphs or telling / glyphs < _TRADITIONAL_SHARE:
        return text, 0
    written: list[str] = []
    before = ""
    for sign in text:
        # 設设: the simplified glyph once more behind the traditional one.
        if table.get(before) == sign:
            before = ""
            continue
        written.append(table.get(sign, sign))
        before = sign
    return _ATTACHED.sub("着", "".join(written)), foreign


def _without_boilerplate(lines: list[str]) -> tuple[list[str], list[str]]:
    """Drop the site's lines at both ends; and a first line that runs the title and the opening together."""
    places = [index for index, line in enumerate(lines) if line.strip()]
    around = {*places[:_AROUND], *places[-_AROUND:]}
    dropped = [index for index in sorted(around) if _BOILERPLATE.search(lines[index].strip())]
    gone = set(dropped)
    return [line for index, line in enumerate(lines) if index not in gone], [lines[index].strip() for index in dropped]


def _spaced(lines: list[str]) -> list[str]:
    """Paragraphs without the spaces around them; never more than one empty line, none at the ends."""
    kept: list[str] = []
    for line in lines:
        bare = re.sub(r"[ \t\u3000]+", " ", line).strip()
        if bare or (kept and kept[-1]):
            kept.append(bare)
    while kept and not kept[-1]:
        kept.pop()
    return kept


def _punctuated(line: str) -> str:
    if not re.search(_HAN, line):
        return line
    line = _NUMBERED_YEAR.sub(r"〔\1〕", line)
    line = _NARROW.sub(lambda found: _WIDE[found[0]], line)
    while (wider := _BRACKETS.sub(r"（\1）", line)) != line:
        line = wider
    return line
