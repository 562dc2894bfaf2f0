"""Names of the checks between levels, and which changes may concern them. Pure."""

from __future__ import annotations

from collections.abc import Iterable

# A power that city and county may both exercise without grading, still held at the city (TH-04).
HELD_ABOVE = "V23"
# A permit that was taken over and stands at no window of the hall, nor is it said why (TH-09).
NO_WINDOW = "V24"
# A township's permit that the county's list does not contain (ZZ-12).
NOT_COVERED = "K20_TOWN"
# A zone's entry with no source in the county's list nor in a delegation (QX-33).
NO_SOURCE = "K21"
CHECKS = (HELD_ABOVE, NO_WINDOW, NOT_COVERED, NO_SOURCE)
# A month to put it right, as for the rules of linkage.
DUE_DAYS = 30

_KEYS = frozenset({
    "name", "base_code", "level", "state", "implementing_body", "graded", "in_hall", "windows", "acceptance_window",
    "not_in_hall_reason",
})  # fmt: skip
# Who hands materials in, how long it takes, what it costs: what may be easier here than the superior demands.
BURDENS = frozenset({
    "materials", "statutory_limit", "promised_limit", "fees", "intermediary_services", "process_steps",
    "quantity_limit", "visits", "service_objects",
})  # fmt: skip


def may_concern(type_: str, elements: Iterable[str]) -> bool:
    """Whether a change of an entry may open or close a finding between levels. A rename alone does not."""
    return type_ != "item.updated" or not (_KEYS - {"name"}).isdisjoint(elements)


def may_ease(type_: str, elements: Iterable[str]) -> bool:
    """Whether a change may make an entry easier than its superior's, or no longer so."""
    return type_ in ("item.created", "item.imported", "item.cancelled") or not BURDENS.isdisjoint(elements)
