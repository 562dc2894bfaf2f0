"""An Atom feed (RFC 4287) of published changes. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5
from xml.sax.saxutils import escape, quoteattr

from shared.annex.word import UNSAFE
from shared.clock import ZONE

MEDIA_TYPE = "application/atom+xml; charset=utf-8"
# Feeds of regions have ids of their own below this one: the same for each region, wherever the product is installed.
_REGIONS = UUID("5f7d3c0e-6b1c-5f0a-9f3e-2b8f4a6d9c11")
_WORDS = {
    "item.created": "新增",
    "item.updated": "调整",
    "item.suspended": "暂停",
    "item.resumed": "恢复",
    "item.cancelled": "取消",
    "item.withdrawn": "撤回公开",
    "list.enacted": "清单公布",
    "list.edition_named": "版本命名",
    "publication.corrected": "公布更正",
    "publication.withdrawn": "公布撤回",
}


@dataclass(frozen=True)
class Channel:
    """What a feed is about: its id, title, author, and where it and what it tells of are found."""

    id: UUID
    title: str
    author: str
    self_url: str
    page_url: str
    next_url: str | None
    updated: datetime


def region_id(code: str) -> UUID:
    """The id of a region's feed."""
    return uuid5(_REGIONS, code)


def document(about: Channel, rows: Sequence[Mapping[str, Any]], base: str) -> bytes:
    """The feed; `rows` newest first, `base` the address of the installation."""
    following = f'<link rel="next" href={_attribute(about.next_url)}/>' if about.next_url else ""
    entries = "".join(_entry(row, base) for row in rows)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="zh-CN">\n'
        f"<id>urn:uuid:{about.id}</id>\n<title>{_text(about.title)}</title>\n"
        f"<updated>{_instant(about.updated)}</updated>\n<author><name>{_text(about.author)}</name></author>\n"
        f'<link rel="self" type="application/atom+xml" href={_attribute(about.self_url)}/>\n'
        f'<link rel="alternate" type="application/json" href={_attribute(about.page_url)}/>\n'
        f"{following}{entries}</feed>\n"
    ).encode()


def _entry(row: Mapping[str, Any], base: str) -> str:
    word = _WORDS.get(row["type"], "变更")
    name = row["name"] or row["title"]
    told = f"{row['title']}第{row['revision']}次修订"
    # Of an entry that is no longer public nothing is told but that it was here.
    withdrawn = row["item_id"] is not None and row["name"] is None
    word = _WORDS["item.withdrawn"] if withdrawn else word
    if row["effective_at"] is not None and not withdrawn:
        told += f"，自{row['effective_at'].astimezone(ZONE):%Y年%m月%d日}起"
    if row["changed"] and not withdrawn:
        told += f"；变动要素：{'、'.join(row['changed'])}"
    place = f"items/{row['item_id']}" if row["shown"] else f"lists/{row['list_id']}"
    return (
        f"<entry>\n<id>urn:uuid:{row['id']}</id>\n<title>{_text(f'{word}：{name}')}</title>\n"
        f"<updated>{_instant(row['recorded_at'])}</updated>\n"
        f'<link rel="alternate" type="application/json" href={_attribute(f"{base}/publish/v1/{place}")}/>\n'
        f"<category term={_attribute('item.withdrawn' if withdrawn else row['type'])} label={_attribute(word)}/>\n"
        f'<summary type="text">{_text(f"{told}。")}</summary>\n</entry>\n'
    )


def _text(value: str) -> str:
    return escape(value.translate(UNSAFE))


def _attribute(value: str) -> str:
    return quoteattr(value.translate(UNSAFE))


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
