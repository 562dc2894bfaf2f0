"""The articles of a document, found in its text; pure."""

from __future__ import annotations

import re
from typing import Any

from services.catalog.documents.citations import article_key

# An article begins a line: 第三十五条, 第二十三条之一.
_BEGINNING = re.compile(
    r"^[ \t\u3000]*(第[0-9零〇一二三四五六七八九十百千]{1,12}条(?:之[0-9一二三四五六七八九十]{1,3})?)[ \t\u3000：:]*",
    re.M,
)
# Headings of chapters end an article.
_CHAPTER = re.compile(r"^[ \t\u3000]*第[0-9零〇一二三四五六七八九十百]{1,6}[编章节][ \t\u3000]*\S{0,40}$", re.M)
# A single line that begins so may quote another document's article.
_FEWEST = 2
_LONGEST = 20_000


def split(text: str) -> list[dict[str, Any]]:
    """Articles (article, place, number, content) in the order of the text; none when it has none of its own."""
    found: list[dict[str, Any]] = []
    seen: set[str] = set()
    beginnings = list(_BEGINNING.finditer(text))
    for place, match in enumerate(beginnings):
        key = article_key(match[1])
        if key is None or key in seen:
            continue
        seen.add(key)
        until = beginnings[place + 1].start() if place + 1 < len(beginnings) else len(text)
        content = _CHAPTER.sub("", text[match.end() : until]).strip()[:_LONGEST]
        found.append({"article": key, "place": len(found) + 1, "number": match[1], "content": content})
    return found if len(found) >= _FEWEST else []
