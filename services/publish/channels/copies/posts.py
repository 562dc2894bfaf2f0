"""Microblog posts: at most 140 characters each, numbered where there are several, the last one with the mark. Pure.

Every character counts as one, also those a platform counts as half: what fits here fits everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable

from services.publish.channels.copies import telling
from services.publish.channels.copies.data import marker_of
from services.publish.channels.copies.source import Source

LONGEST = 140
# More posts of one change are read by nobody: the rest is behind the link.
MOST = 9
_NUMBER = len("（9/9）")
_ROOM = LONGEST - _NUMBER
# A name as long as this tells what it is about.
_LONGEST_NAME = 60


def posts(source: Source) -> list[str]:
    """The posts in their order."""
    head = telling.summary(source)
    link = f"全文：{source.facts.link}" if source.facts.link else ""
    told = list(_packed([*_sentences(head), *_listed(source)]))
    # Room for the posts with the link and the mark, which are never left out.
    kept = told[: MOST - (2 if link else 1)]
    if len(told) > len(kept):
        kept[-1] = f"{kept[-1][: _ROOM - 1]}…"
    if link and kept and len(kept[-1]) + len(link) + 1 <= _ROOM:
        kept[-1] = f"{kept[-1]} {link}"
    elif link:
        kept.append(link)
    kept.append(marker_of(source).line)
    return [f"（{number}/{len(kept)}）{text}" for number, text in enumerate(kept, 1)]


def file(source: Source) -> bytes:
    """All posts as one text, an empty line between them."""
    return ("\n\n".join(posts(source)) + "\n").encode()


def _sentences(text: str) -> list[str]:
    return [text[place : place + _ROOM] for place in range(0, len(text), _ROOM)]


def _listed(source: Source) -> Iterable[str]:
    """The names of what changed, each with its word."""
    for change in source.changes if source.facts.base else ():
        what = "、".join(title for title, _, _ in change.details)
        name = change.name if len(change.name) <= _LONGEST_NAME else f"{change.name[: _LONGEST_NAME - 1]}…"
        about = f"（{what}）" if what and len(what) <= _LONGEST_NAME else ""
        if change.kind == "transferred" and change.other_organ and len(change.other_organ) <= _LONGEST_NAME:
            about = f"（划转至{change.other_organ}）"
        yield f"{telling.VERBS[change.kind]}：{name}{about}。"


def _packed(parts: Iterable[str]) -> Iterable[str]:
    """Parts put together while they fit into one post."""
    post = ""
    for part in parts:
        if post and len(post) + len(part) > _ROOM:
            yield post
            post = ""
        post += part
    if post:
        yield post
