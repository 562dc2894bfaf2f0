"""What may be seen by whom: the one function every way out asks, and the public body of an entry it leads to.

Portal, feed, open data, search, count and hash all show what `public_body` leaves, never the elements themselves
(promise 5). Publicity is the norm (HB-33): an element is public unless its profile marks it otherwise, an item unless
its audience is the staff. What cannot be read as a clear "public" counts as not public.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from shared import secrecy

Audience = Literal["public", "staff"]

ZONE = ZoneInfo("Asia/Shanghai")
# Tell the product how to treat the entry, or belong to a platform (row ids, versions); they are no content.
INTERNAL = frozenset({"audience", "peer_fields", secrecy.ELEMENT})
# Hold the id of an organ, whatever the profile says of their type.
ORGAN_ELEMENTS = frozenset({"implementing_body", "supervising_body"})
# Every event and publication says which cases the earlier version still governs (linkage rules, transitional rule).
TRANSITIONAL_RULE = "生效前已受理的办件，按受理时有效的版本办结。"


def visible(element: Mapping[str, Any] | None, item_audience: str, audience: Audience) -> bool:
    """Whether one element of an item may be seen.

    Parameters
    ----------
    element : the element's row of the profile; None when the profile does not know it.
    item_audience : the item's audience, ``public`` or anything else.
    audience : who asks.
    """
    if audience == "staff":
        return True
    return item_audience == "public" and (element is None or element.get("public", True) is True)


@dataclass(frozen=True)
class Profile:
    """What matters here of an element profile: the elements that are not public, and those that hold organs."""

    hidden: frozenset[str] = frozenset()
    organs: frozenset[str] = ORGAN_ELEMENTS

    @classmethod
    def of(cls, elements: Iterable[Mapping[str, Any]]) -> Profile:
        """Read the rows of all profiles that apply; of two that differ, the one that hides wins."""
        rows = list(elements)
        return cls(
            hidden=INTERNAL | {str(row.get("key")) for row in rows if not visible(row, "public", "public")},
            organs=ORGAN_ELEMENTS | {str(row.get("key")) for row in rows if row.get("type") == "organ"},
        )


@dataclass(frozen=True)
class ListFacts:
    """The list an entry belongs to, as it is named in public."""

    id: UUID
    kind: str
    kind_title: str
    title: str
    region_code: str
    region_name: str


@dataclass(frozen=True)
class Entry:
    """One version of an item with all its elements, as the catalog keeps it."""

    item_id: UUID
    version: int
    effective_from: datetime
    elements: Mapping[str, Any]
    audience: str = "public"
    transitional_rule: str | None = None
    organs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def organ_ids(elements: Mapping[str, Any], profile: Profile) -> Iterable[str]:
    """Ids of the organs that the elements name, as text."""
    for key in profile.organs & elements.keys():
        value = elements[key]
        yield from (part for part in (value if isinstance(value, list) else [value]) if isinstance(part, str))


def public_body(entry: Entry, in_list: ListFacts, profile: Profile) -> dict[str, Any] | None:
    """The entry as everybody may see it; None when nobody outside may.

    Organs appear as ``{"name", "credit_code"}``: their ids are ours and mean nothing outside.
    """
    if not visible(None, entry.audience, "public"):
        return None
    elements = {key: value for key, value in entry.elements.items() if key not in profile.hidden | INTERNAL}
    for key in profile.organs & elements.keys():
        elements[key] = _named(elements[key], entry.organs)
    return {
        "id": str(entry.item_id),
        "kind": in_list.kind,
        "kind_title": in_list.kind_title,
        "list_id": str(in_list.id),
        "list_title": in_list.title,
        "region_code": in_list.region_code,
        "region_name": in_list.region_name,
        "version": entry.version,
        "state": entry.elements.get("state", "in_use"),
        "effective_from": entry.effective_from.astimezone(ZONE).isoformat(),
        "transitional_rule": entry.transitional_rule or TRANSITIONAL_RULE,
        "elements": {key: elements[key] for key in sorted(elements)},
    }


def public_row(body: Mapping[str, Any]) -> dict[str, Any]:
    """The line of an entry in a page of its list: what is needed to recognise it. Made from the public body only."""
    elements = body["elements"]
    return {
        "id": body["id"],
        "name": elements.get("name", ""),
        "base_code": elements.get("base_code"),
        "implementation_code": elements.get("implementation_code"),
        "handling_item": elements.get("handling_item"),
        "item_type": elements.get("item_type"),
        "level": elements.get("level"),
        "state": body["state"],
        "organ": elements.get("implementing_body"),
        "permit_name": elements.get("permit_name"),
        "version": body["version"],
        "effective_from": body["effective_from"],
    }


def changed_elements(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> list[str]:
    """Names of the elements that differ between two public bodies; all of them when there is nothing before."""
    old = before["elements"] if before else {}
    new = after["elements"]
    return sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))


def _named(value: Any, organs: Mapping[str, Mapping[str, Any]]) -> Any:
    if isinstance(value, list):
        return [_named(part, organs) for part in value]
    found = organs.get(value) if isinstance(value, str) else None
    return {"name": found["name"], "credit_code": found["credit_code"]} if found else None
