"""What a batch of events means for the public: which versions to read, what becomes visible, what leaves.

Pure. Waiting changes coalesce: of several versions of an item only the newest in a batch is published, and each
list gets one new revision, so lists of one closure move together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from shared import problems
from shared.codes.item_code import ImplementationCode, MaterialCode
from shared.ledger.envelope import Event
from shared.visibility import Entry, ListFacts, Profile, changed_elements, public_body

ITEM_EVENTS = frozenset({"item.created", "item.updated", "item.suspended", "item.resumed", "item.cancelled"})
REFRESH_EVENTS = frozenset({"profile.versioned", "organ.updated"})
# The catalog's word that everything an adjustment changes has been told of.
APPLIED = "adjustment.applied"
# What is said of publications afterwards; of each list concerned an event of its own.
NOTICES = frozenset({"publication.corrected", "publication.withdrawn"})
EVENTS = ITEM_EVENTS | REFRESH_EVENTS | NOTICES | {"list.enacted", "list.edition_named", APPLIED}

WITHDRAWN = "item.withdrawn"
# Differences in these alone are no change the public could see.
_BOOKKEEPING = frozenset({"version", "effective_from", "transitional_rule"})


_PUBLIC_OF_ORGAN = frozenset({"name", "credit_code"})


@dataclass(frozen=True)
class Cause:
    """The event a publication goes back to."""

    id: UUID
    position: int
    adjustment_id: UUID | None
    several: bool  # the event speaks of several items, so its id alone does not name one change
    at: datetime  # when what it tells takes effect
    enactment: UUID | None = None  # what puts several lists in force together has one id for all of them

    @classmethod
    def of(cls, event: Event, *, several: bool | None = None) -> Cause:
        """The cause an event gives."""
        many = len(event.item_ids) > 1 if several is None else several
        at = event.effective_at or event.recorded_at
        return cls(event.id, event.position, event.adjustment_id, many, at, _enactment(event))


def _enactment(event: Event) -> UUID | None:
    told = event.refs.get("enactment") if event.type == "list.enacted" else None
    return UUID(told) if isinstance(told, str) else None


def together(event: Event) -> UUID | None:
    """What an event may only be published with: the rest of its adjustment, or of what puts several lists in force."""
    return event.adjustment_id if event.type in ITEM_EVENTS | {APPLIED} else _enactment(event)


@dataclass(frozen=True)
class Segment:
    """Events that publish together; an edition pins what the segments before it have made."""

    newest: Mapping[UUID, tuple[int, Cause]] = field(default_factory=dict)
    lists: frozenset[UUID] = frozenset()
    enacted: Mapping[UUID, Cause] = field(default_factory=dict)
    refresh: Event | None = None
    edition: Event | None = None
    notice: Event | None = None


def segments(events: Sequence[Event]) -> Iterator[Segment]:
    """Cut a batch where order matters to the public: at named editions and at changes of what is visible at all."""
    pending: list[Event] = []
    for event in events:
        if event.type in ITEM_EVENTS or event.type == "list.enacted":
            pending.append(event)
            continue
        if pending:
            yield _coalesced(pending)
            pending = []
        if event.type in REFRESH_EVENTS:
            yield Segment(refresh=event)
        elif event.type == "list.edition_named":
            yield Segment(edition=event)
        elif event.type in NOTICES:
            yield Segment(notice=event)
    if pending:
        yield _coalesced(pending)


def _coalesced(events: Iterable[Event]) -> Segment:
    newest: dict[UUID, tuple[int, Cause]] = {}
    lists: set[UUID] = set()
    enacted: dict[UUID, Cause] = {}
    for event in events:
        if event.list_id is None:
            raise problems.Invalid(f"事件 {event.id} 没有说明清单，无法公布。", code="event_without_list")
        if event.type == "list.enacted":
            enacted.setdefault(event.list_id, Cause.of(event, several=True))
            continue
        if len(event.item_ids) != len(event.versions):
            raise problems.Invalid(f"事件 {event.id} 的事项与版本数目不一致，无法公布。", code="event_without_versions")
        lists.add(event.list_id)
        cause = Cause.of(event)
        for item_id, version in zip(event.item_ids, event.versions, strict=True):
            if item_id not in newest or newest[item_id][0] <= version:
                newest[item_id] = (version, cause)
    return Segment(newest=newest, lists=frozenset(lists), enacted=enacted)


@dataclass(frozen=True)
class PublishedList:
    """A list in force: how it is named, what of its entries is not public, which revision stands."""

    facts: ListFacts
    profiles: Sequence[Mapping[str, Any]]
    revision: int | None
    enacted_at: datetime | None = None
    _by_type: dict[str | None, Profile] = field(default_factory=dict, repr=False)

    def profile(self, item_type: str | None) -> Profile:
        """The profile for an item type: everything that applies to it taken together."""
        if item_type not in self._by_type:
            applies = [row for row in self.profiles if row["item_type"] in (None, item_type)]
            self._by_type[item_type] = Profile.of(element for row in applies for element in row["elements"])
        return self._by_type[item_type]

    @property
    def next_revision(self) -> int:
        """The number of the revision a publication makes."""
        return (self.revision or 0) + 1


@dataclass(frozen=True)
class Candidate:
    """One version of an item that may have to be published, beside what the public sees of the item now."""

    entry: Entry
    list_id: UUID
    adjustment_id: UUID | None
    secret_between: bool  # a version since the last published one was for the staff only
    last_version: int | None  # newest version the publication has dealt with
    shown: Mapping[str, Any] | None  # public body in force


@dataclass(frozen=True)
class Shown:
    """An entry the new revision shows."""

    candidate: Candidate
    body: Mapping[str, Any]
    type: str
    changed: Sequence[str]


@dataclass(frozen=True)
class Gone:
    """An entry that leaves public reading, with everything earlier revisions showed of it."""

    candidate: Candidate


def decide(candidate: Candidate, in_list: PublishedList, *, refresh: bool = False) -> Shown | Gone | None:
    """What the new revision does with a candidate; None when nothing the public could see changes.

    Parameters
    ----------
    refresh : the version is known, but what of it may be seen or how its organ is called has changed.
    """
    known = candidate.last_version
    profile = in_list.profile(_text(candidate.entry.elements.get("item_type")))
    body = public_body(candidate.entry, in_list.facts, profile)
    if body is None:
        return Gone(candidate) if candidate.shown is not None else None
    if known is not None and not refresh and candidate.entry.version <= known:
        return None
    if same_to_the_public(candidate.shown, body) and not candidate.secret_between:
        return None
    return Shown(candidate, body, feed_type(candidate.shown, body), changed_elements(candidate.shown, body))


def same_to_the_public(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> bool:
    """Whether two public bodies say the same, numbering and dates aside."""
    return before is not None and all(before.get(key) == after[key] for key in after.keys() - _BOOKKEEPING)


# What ends in these is a code of the public body; a code that takes another's place is told with it.
_IMPLEMENTATION_LENGTH, _MATERIAL_LENGTH = ImplementationCode.LENGTH, MaterialCode.LENGTH
_CODED = frozenset({"base_code", "implementation_code", "handling_item", "materials"})


def replaced_codes(
    before: Mapping[str, Any] | None, after: Mapping[str, Any], changed: Sequence[str]
) -> dict[str, Any]:
    """New code -> the codes it takes the place of, from what the public saw before and sees now.

    A material is known by the serial that ends its code, which a transfer of body keeps where it can.
    """
    if before is None or _CODED.isdisjoint(changed):
        return {}
    old, new = before["elements"], after["elements"]
    pairs = [(old.get("base_code"), new.get("base_code")), (_whole_code(old), _whole_code(new))]
    there = {code[-3:]: code for code in _material_codes(new)}
    pairs += [(code, there.get(code[-3:])) for code in _material_codes(old)]
    found: dict[str, list[str]] = {}
    for was, now in pairs:
        if isinstance(was, str) and isinstance(now, str) and was and now and was != now:
            found.setdefault(now, []).append(was)
    return found


def public_codes(elements: Mapping[str, Any]) -> frozenset[str]:
    """All codes a public body shows: base, implementation with handling item, materials."""
    single = (elements.get("base_code"), _whole_code(elements))
    return frozenset(code for code in (*single, *_material_codes(elements)) if isinstance(code, str))


def _whole_code(elements: Mapping[str, Any]) -> str | None:
    """The implementation code with the serial of the handling item (31 or 33 characters)."""
    code, serial = elements.get("implementation_code"), elements.get("handling_item")
    if not isinstance(code, str):
        return None
    return code + serial if len(code) == _IMPLEMENTATION_LENGTH and isinstance(serial, str) else code


def _material_codes(elements: Mapping[str, Any]) -> list[str]:
    rows = elements.get("materials")
    codes = [row.get("code") for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
    return [code for code in codes if isinstance(code, str) and len(code) == _MATERIAL_LENGTH]


def feed_type(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> str:
    """The public event type, from what the public saw before and sees now."""
    if before is None:
        return "item.created"
    if before["state"] == after["state"]:
        return "item.updated"
    return {"cancelled": "item.cancelled", "suspended": "item.suspended"}.get(str(after["state"]), "item.resumed")


def renamed_organs(event: Event) -> list[UUID] | None:
    """The organs whose public name or code may differ after an event; None when it is not about organs."""
    if event.type != "organ.updated":
        return None
    if event.elements and _PUBLIC_OF_ORGAN.isdisjoint(event.elements):
        return []
    return [UUID(str(organ_id)) for organ_id in event.refs.get("organs", ())]


def chunked(items: Sequence[UUID], size: int) -> Iterator[Sequence[UUID]]:
    """The items in pieces of at most `size`."""
    return (items[start : start + size] for start in range(0, len(items), size))


@dataclass
class Extent:
    """What a revision of a list goes back to: its root adjustments, and the newest of its entries."""

    roots: set[UUID | None] = field(default_factory=set)
    newest: datetime | None = None

    def add(self, candidate: Candidate, *, refresh: bool = False) -> None:
        """Take an entry in; on a `refresh` nothing of it was decided anew, and it speaks for the day of its event."""
        self.roots.add(None if refresh else candidate.adjustment_id)
        if refresh:
            return
        effective = candidate.entry.effective_from
        self.newest = effective if self.newest is None else max(self.newest, effective)

    @property
    def adjustment_id(self) -> UUID | None:
        """The root adjustment, if all of the revision goes back to one."""
        return next(iter(self.roots)) if len(self.roots) == 1 else None

    def effective_at(self, in_list: PublishedList, cause: Cause) -> datetime:
        """The instant the revision speaks for: of the first one the list's enactment, later its newest entry's."""
        if in_list.revision is None:
            return in_list.enacted_at or cause.at
        return self.newest or cause.at

    def adjustments(self, in_list: PublishedList) -> frozenset[UUID]:
        """What the revision goes back to, as far as it does; of a first one the imports and adjustments of its
        entries say nothing, it goes back to its enactment.
        """
        return frozenset(self.roots - {None}) if in_list.revision is not None else frozenset()  # type: ignore[arg-type]

    def bonds(self, in_list: PublishedList, cause: Cause) -> frozenset[UUID]:
        """What the revision shares with others that are published with it: adjustments, an enactment, or its event."""
        return self.adjustments(in_list) or frozenset({cause.enactment or cause.id})


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
