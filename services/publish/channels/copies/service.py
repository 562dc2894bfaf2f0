"""Use cases of copies: make one of a revision, keep how things were called when it was published."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from services.publish.channels.copies import repository
from services.publish.channels.copies.formats import FORMATS
from services.publish.channels.copies.source import Differing, Facts, Source, changes
from shared import clock, problems
from shared.kept import Kept
from shared.statement import Row
from shared.visibility import Profile

# A list of 500 entries has copies of 0.1 to 1 MB.
_KEPT_COPIES = Kept(32 << 20)
# What a copy needs of an element to write it in words.
_KEPT = ("key", "title", "type", "vocabulary", "columns")


@dataclass(frozen=True)
class Copy:
    """A copy as it goes out."""

    list_id: UUID
    revision: int
    base: int
    list_hash: str
    format: str
    media_type: str
    content: bytes

    @property
    def digest(self) -> bytes:
        """SHA-256 of the content."""
        return hashlib.sha256(self.content).digest()


@dataclass(frozen=True)
class Setting:
    """What of a channel stands in its copies: where people read all of it, and where they ask about their cases.

    `unit` is the implementing body whose own list it shows; None: the consolidated list (QX-41).
    """

    link: str = ""
    progress_url: str = ""
    unit: UUID | None = None

    @classmethod
    def of(cls, channel: Mapping[str, Any]) -> Setting:
        """From the register."""
        unit = channel["organ_id"] if channel["shows"] == "unit" else None
        return cls(channel["link"] or "", channel["progress_url"] or "", unit)


@dataclass(frozen=True)
class Material:
    """What a copy is made of, as it was read.

    Attributes
    ----------
    key : says all of it; None when it is made anew each time.
    content : the copy, where it was made before.
    """

    facts: Facts
    format: str
    bodies: Sequence[bytes]
    differing: Sequence[Differing]
    key: Hashable | None
    content: bytes | None = None

    async def made(self) -> Copy:
        """The copy; asks nothing of the database, so nobody waits for it with a transaction open. Raises Conflict."""
        content = self.content
        if content is None:
            content = await asyncio.to_thread(self._make)
            if self.key is not None:
                _KEPT_COPIES.put(self.key, content)
        facts, kind = self.facts, FORMATS[self.format]
        return Copy(facts.list_id, facts.revision, facts.base, facts.hash, self.format, kind.media_type, content)

    def _make(self) -> bytes:
        told = changes(self.differing, self.facts.elements)
        return FORMATS[self.format].make(Source(self.facts, self.bodies, told).named())


async def make(
    connection: AsyncConnection, list_id: UUID, format_: str, *, revision: int | None = None, base: int | None = None,
    setting: Setting | None = None,
) -> Copy:  # fmt: skip
    """Make a copy of a revision, of the present one when None; the same bytes each time while nothing was withdrawn.

    Parameters
    ----------
    base : changes are told from this revision; the one before when None, from nothing when 0.

    Raises
    ------
    problems.NotFound
        The list is not published, or has no such revision.
    problems.Conflict
        The list is too long for this format.
    """
    found = await material(connection, list_id, format_, revision=revision, base=base, setting=setting)
    return await found.made()


async def material(
    connection: AsyncConnection, list_id: UUID, format_: str, *, revision: int | None = None, base: int | None = None,
    setting: Setting | None = None,
) -> Material:  # fmt: skip
    """Read what a copy is made of. Parameters as of `make`. Raises NotFound."""
    row = await _revision(connection, list_id, revision)
    kind = FORMATS[format_]
    told_from = min(row.revision - 1 if base is None else base, row.revision) if kind.tells else 0
    setting = setting or Setting()
    facts = _facts(row, await _heading(connection, row), told_from, setting)
    # Things that nobody keeps a heading of are called as they are today: such a copy is made anew each time.
    # A revision may be asked for before its own heading is kept, and is called as the one before until then.
    named = orjson.dumps(row.heading, option=orjson.OPT_SORT_KEYS) if row.heading else b""
    key = (list_id, row.revision, row.hash, row.withdrawn, told_from, format_, setting, named) if named else None
    if key is not None and (content := _KEPT_COPIES.get(key)) is not None:
        return Material(facts, format_, (), (), key, content)
    # Who tells only what changed does not read the rest.
    whole = () if kind.tells and told_from else await repository.bodies(connection, list_id, row.revision, setting.unit)
    differing: Sequence[Differing] = ()
    if told_from:
        differing = await repository.changed(connection, list_id, told_from, row.revision, setting.unit)
    return Material(facts, format_, whole, differing, key)


async def keep_headings(connection: AsyncConnection, list_ids: Sequence[UUID], now: datetime) -> None:
    """Keep how lists and their elements are called now, for copies of their present revisions."""
    rows = await repository.present_headings(connection, list_ids, now.astimezone(clock.ZONE).date())
    await repository.keep_headings(
        connection, [(row.list_id, row.revision, heading_of(dict(row))) for row in rows], now
    )


def heading_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept; elements that are not public are not even named."""
    rows = [element for profile in row["profiles"] for element in profile]
    hidden = Profile.of(rows).hidden
    elements: dict[str, Any] = {}
    for element in rows:
        key = str(element.get("key"))
        if key not in hidden:
            elements.setdefault(key, {name: element[name] for name in _KEPT if element.get(name) is not None})
    names = {name: row[name] for name in ("title", "kind_title", "region_name", "issuer")}
    return names | {"elements": elements, "order": list(elements)}


async def _revision(connection: AsyncConnection, list_id: UUID, number: int | None) -> Row:
    row = await repository.revision(connection, list_id, number)
    if row is None:
        raise problems.NotFound("没有公布过该清单，请检查清单标识。", code="list_not_published")
    if row.revision is None:
        raise problems.NotFound(f"该清单没有第 {number} 次修订。", code="revision_not_found")
    return row


async def _heading(connection: AsyncConnection, row: Row) -> Mapping[str, Any]:
    """As it was kept; of a revision older than that, as things are called today."""
    if row.heading is not None:
        kept: Mapping[str, Any] = row.heading
        return kept
    (found,) = await repository.present_headings(connection, [row.list_id], clock.now().astimezone(clock.ZONE).date())
    return heading_of(dict(found))


def _facts(row: Row, heading: Mapping[str, Any], base: int, setting: Setting) -> Facts:
    # jsonb does not keep the order of members: it is kept beside them.
    elements = {key: heading["elements"][key] for key in heading["order"]}
    return Facts(
        list_id=row.list_id, kind=row.kind, kind_title=heading["kind_title"], title=heading["title"],
        region_code=row.region_code, region_name=heading["region_name"], issuer=heading["issuer"],
        revision=row.revision, hash=row.hash.hex(), entries=row.entries, purged=row.purged,
        decision={name: row.decision[name] for name in sorted(row.decision)} if row.decision else {},
        effective_at=row.effective_at, published_at=row.published_at, elements=elements, link=setting.link,
        progress_url=setting.progress_url, base=base, unit=setting.unit, withdraws=row.withdraws or "",
        withdrawal=row.withdrawal or "",
    )  # fmt: skip
