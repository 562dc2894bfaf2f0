"""What several built-in rules consist of: the identity of a matter and the elements that are treated alike."""

from __future__ import annotations

from services.catalog.linkage.ruleset import ElementGroup, Pair


def same(*elements: str) -> tuple[Pair, ...]:
    """Pairs of elements that have the same key on both sides."""
    return tuple(Pair(source=element, target=element) for element in elements)


def sync(*elements: str) -> ElementGroup:
    """Elements of equal keys that follow at once."""
    return ElementGroup(action="sync", pairs=same(*elements))


def draft(source: str, target: str) -> ElementGroup:
    """An element whose change is prepared for the list's authority."""
    return ElementGroup(action="draft", pairs=(Pair(source=source, target=target),))


# What rests on a matter is to go when the matter goes; it may go before, and never comes back by itself.
GOES_WITH = ElementGroup(action="draft", pairs=same("state"), only=("cancelled",))
# The identity of a matter within a region. Serials of handling items are comparable because the body is the same.
IDENTITY = same("base_code", "implementing_body", "handling_item")
MATTER = ("name", "implementation_code", "base_code", "basis", "implementing_body", "handling_item", "level", "state")
CONTENT = same("service_objects", "statutory_limit", "promised_limit", "materials", "conditions")
# In lists about a permit the key elements are those of the permit; the entry's own name is its own.
OF_PERMIT = (Pair(source="name", target="permit_name"), *IDENTITY)
POWER_TYPES = tuple(f"{number:02d}" for number in range(1, 12))
# What is done on application: rewards (08) and filings (11) too, which stand in such a list of Hebei of 2025.
ON_APPLICATION = ("01", "05", "07", "08", "09", "10", "11", "20")
