"""Which entries of a superior's catalogue its mirror takes, and what a platform's rejection is called. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.catalog.kinds.rules import Profile
from services.catalog.quality.entry import BLOCK, EntryContext
from services.catalog.quality.rules import validate_entry

# A platform that entries are pushed to would not take one: opened and closed by what the platform says, never by a
# check of the linkage rules.
REJECTED = "P01"
# As long as the field rule allows for correcting what a superior's quality control sends back.
DUE_DAYS = 10
# Shapes and codes that cannot be right. Whether a basis may set an item (V04) is for the superior to answer.
_REFUSING = frozenset({"V01", "V02", "V03"})
CODE_TAKEN = "编码{code}已由本清单的另一事项使用，平台目录中两条事项编码相同或编码已停用，请向平台核实"
NO_MIRROR = "该清单不是此平台目录的同步清单，未采用"


Choice = Callable[[str | None], Profile]


@dataclass(frozen=True)
class Received:
    """An entry of the catalogue, beside what the mirror says of it now.

    Attributes
    ----------
    version : the platform's.
    current : elements of the item's newest version; None when it is not there yet.
    """

    item_id: UUID
    version: int
    elements: Mapping[str, Any]
    current: Mapping[str, Any] | None

    @property
    def patch(self) -> dict[str, Any]:
        """What makes the item say what the catalogue says; null removes an element."""
        gone = dict.fromkeys((self.current or {}).keys() - self.elements.keys() - _OURS)
        return {**gone, **_with_state(self.elements)}

    @property
    def operation(self) -> str:
        """How the change of an item that is there is called."""
        before = (self.current or {}).get("state", "in_use")
        after = self.elements.get("state", "in_use")
        return "modify" if before == after else {"cancelled": "cancel", "suspended": "suspend"}.get(after, "resume")


# Elements that a platform does not speak of; they are ours.
_OURS = frozenset({"audience"})


def _with_state(elements: Mapping[str, Any]) -> dict[str, Any]:
    return {"state": "in_use", **elements}


@dataclass(frozen=True)
class Refusal:
    """Why the mirror cannot take a version of an entry."""

    item_id: UUID
    version: int
    element: str
    code: str
    message: str


def sift(
    received: Sequence[Received], choose: Choice, taken: Mapping[str, tuple[UUID, bool]]
) -> tuple[list[Received], list[Refusal]]:
    """The entries that can be written, and why the others cannot.

    `choose` gives the element profile for an item type; `taken` tells of base codes that items of the list hold or
    held, with their item and whether they are retired.
    """
    sound: list[Received] = []
    refused: list[Refusal] = []
    given: dict[str, UUID] = {}
    for one in received:
        refusal = _refusal(one, choose, taken, given)
        if refusal is None:
            sound.append(one)
            if base := one.elements.get("base_code"):
                given[base] = one.item_id
        else:
            refused.append(refusal)
    return sound, refused


def _refusal(
    one: Received, choose: Choice, taken: Mapping[str, tuple[UUID, bool]], given: Mapping[str, UUID]
) -> Refusal | None:
    elements = _with_state(one.elements)
    found = validate_entry(choose(elements.get("item_type")), elements, EntryContext(complete=False))
    for finding in found:
        nameless = (finding.element, finding.code) == ("name", "missing")
        malformed = finding.rule in _REFUSING and finding.severity == BLOCK
        if nameless or malformed or finding.code == "unknown_element":
            return Refusal(one.item_id, one.version, finding.element, finding.code, finding.message)
    base = elements.get("base_code") or ""
    holder = taken[base][0] if base in taken else given.get(base)
    if base and holder is not None and holder != one.item_id:
        return Refusal(one.item_id, one.version, "base_code", "code_in_use", CODE_TAKEN.format(code=base))
    return None


def codes_of(received: Iterable[Received]) -> list[str]:
    """The base codes entries are to have."""
    return [base for one in received if isinstance(base := one.elements.get("base_code"), str)]
