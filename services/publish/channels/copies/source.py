"""What copies are made of: the facts of a revision, its public entries, and what changed before it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from typing import Any
from uuid import UUID

import orjson

from shared import differences
from shared.annex.texts import UNKNOWN, Element, text_of
from shared.clock import ZONE

Body = Mapping[str, Any]
# What becomes of an entry, in the order in which it is told.
ADDED, TAKEN_OVER, TRANSFERRED, CANCELLED, CHANGED = "added", "taken_over", "transferred", "cancelled", "changed"
KINDS = (ADDED, TAKEN_OVER, TRANSFERRED, CANCELLED, CHANGED)


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a copy says of the revision it shows.

    Attributes
    ----------
    hash : of the list (docs/publication-hash.md), hexadecimal.
    issuer : the organ that leads the list.
    elements : element by key as the kind's profile calls it; only those that may be public.
    link : where people read all of it; progress_url : where they ask about their cases. Empty: nowhere.
    base : the revision that changes are told from; 0: told from nothing.
    unit : the implementing body whose entries alone are shown; None: all.
    withdraws : number of the publication that this revision takes back; withdrawal : what the public is told of it.
    """

    list_id: UUID
    kind: str
    kind_title: str
    title: str
    region_code: str
    region_name: str
    issuer: str
    revision: int
    hash: str
    entries: int
    purged: int
    decision: Mapping[str, Any]
    effective_at: datetime
    published_at: datetime
    elements: Mapping[str, Element] = field(default_factory=dict)
    link: str = ""
    progress_url: str = ""
    base: int = 0
    unit: UUID | None = None
    withdraws: str = ""
    withdrawal: str = ""

    @property
    def version(self) -> str:
        """Which state it is, for people."""
        return f"第{self.revision}次修订"

    @property
    def effective_on(self) -> str:
        """From which day it holds, for people."""
        return chinese_date(self.effective_at.astimezone(ZONE).date())

    @property
    def decided(self) -> str:
        """What decided it, for people; empty: nothing is recorded."""
        parts = [str(self.decision.get(name) or "") for name in ("meeting", "number")]
        return "，".join(part for part in parts if part)


@dataclass(frozen=True, kw_only=True)
class Change:
    """An entry that two revisions show differently: added, cancelled or changed.

    In a unit's own list also taken over from another unit, or transferred to one: then the item goes on.

    Attributes
    ----------
    details : title, text before and text after of each element that changed.
    other_organ : whom it was transferred to, or taken over from; empty: not public.
    other_code : what it is called there: its code after a transfer, or before it was taken over.
    """

    kind: str
    name: str
    code: str
    organ: str
    transitional_rule: str
    effective_on: str
    details: Sequence[tuple[str, str, str]] = ()
    other_organ: str = ""
    other_code: str = ""


@dataclass(frozen=True)
class Differing:
    """An entry as two revisions have it; `was_shown`, `is_shown`: by the copy in question, a unit's or everybody's."""

    before: bytes | None
    after: bytes | None
    was_shown: bool = True
    is_shown: bool = True


@dataclass(frozen=True)
class Source:
    """A revision as copies are made of it: bodies exactly as they were hashed, in the order of item ids."""

    facts: Facts
    bodies: Sequence[bytes] = ()
    changes: Sequence[Change] = ()

    @cached_property
    def shown(self) -> list[Body]:
        """The entries in force as people look for them: organ by organ, then by code and name."""
        found = [orjson.loads(body) for body in self.bodies]
        return sorted((body for body in found if body["state"] != CANCELLED), key=_place)

    def named(self) -> Source:
        """A unit's own list with the unit in its title, by the name that its entries give it; others as they are."""
        names = (organ_of(body) for body in self.shown) if self.facts.unit else ()
        known = next(filter(None, (*names, *(change.organ for change in self.changes))), "")
        if not self.facts.unit or not known:
            return self
        return replace(self, facts=replace(self.facts, title=f"{self.facts.title}（{known}）"))

    def text(self, body: Body, element: str) -> str:
        """What an element of an entry says, on one line."""
        known = self.facts.elements.get(element, UNKNOWN)
        return line_of(text_of(known, body["elements"].get(element)))


def changes(rows: Iterable[Differing], elements: Mapping[str, Element]) -> list[Change]:
    """What bodies before and after mean for people; kind by kind in the order of KINDS, then organ by organ."""
    found = [change for row in rows if (change := _change(row, elements))]
    return sorted(found, key=lambda one: (KINDS.index(one.kind), one.organ, one.code, one.name))


def _change(row: Differing, elements: Mapping[str, Element]) -> Change | None:
    before, after = _body(row.before), _body(row.after)
    kind = _kind(row, _standing(before), _standing(after))
    body = before if kind == TRANSFERRED else after or before
    if kind is None or body is None:
        return None
    last = after or body
    other = {TRANSFERRED: after, TAKEN_OVER: before}.get(kind)
    details = _details(before, after, elements) if kind == CHANGED and before and after else ()
    if kind == CHANGED and not details:
        return None
    return Change(
        kind=kind, name=line_of(str(body["elements"].get("name") or "")), code=code_of(body), organ=organ_of(body),
        transitional_rule=str(last["transitional_rule"]),
        effective_on=chinese_date(datetime.fromisoformat(last["effective_from"]).astimezone(ZONE).date()),
        details=details, other_organ=organ_of(other) if other else "", other_code=code_of(other) if other else "",
    )  # fmt: skip


def _kind(row: Differing, was: bool, now: bool) -> str | None:
    """What became of an entry that stood before, stands now, or both; None: the copy shows it neither time."""
    shown_before, shown_now = was and row.was_shown, now and row.is_shown
    if shown_before and shown_now:
        return CHANGED
    if shown_now:
        return TAKEN_OVER if was else ADDED
    if shown_before:
        return TRANSFERRED if now else CANCELLED
    return None


def _details(before: Body, after: Body, elements: Mapping[str, Element]) -> tuple[tuple[str, str, str], ...]:
    details = []
    for one in differences.differences(before["elements"], after["elements"]):
        known = elements.get(one.element, UNKNOWN)
        title = str(known.get("title") or one.element)
        details.append((title, line_of(text_of(known, one.before)), line_of(text_of(known, one.after))))
    return tuple(details)


def _body(raw: bytes | None) -> Body | None:
    found: Body | None = orjson.loads(raw) if raw else None
    return found


def _standing(body: Body | None) -> bool:
    return body is not None and body["state"] != CANCELLED


def organ_of(body: Body) -> str:
    """The implementing body's name, as far as it is public."""
    organ = body["elements"].get("implementing_body")
    return line_of(text_of({"type": "organ"}, organ)) if organ else ""


def code_of(body: Body) -> str:
    """The code people quote: the implementation code, else the base code."""
    elements = body["elements"]
    return str(elements.get("implementation_code") or elements.get("base_code") or "")


def _place(body: Body) -> tuple[str, str, str, str]:
    return organ_of(body) or "\U0010ffff", code_of(body), str(body["elements"].get("name") or ""), str(body["id"])


def line_of(text: str) -> str:
    """A text on one line: no line of an entry can look like a line of ours."""
    return " ".join(text.split())


def chinese_date(day: date) -> str:
    """A date as documents write it."""
    return f"{day.year}年{day.month}月{day.day}日"
