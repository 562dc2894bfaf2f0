"""What a check says of entries: findings by element, and how much of what is mandatory is filled. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from services.catalog.kinds.rules import Profile
from services.catalog.quality.entry import BLOCK, ERROR, WARN, Finding
from services.catalog.quality.rules import asked
from services.catalog.quality.validators import VALIDATORS

# Rules the check answers for: it alone opens and closes their findings on entries.
RULES = tuple(sorted({"V01", "V02", "V03", *(validator.rule for validator in VALIDATORS)}))
NOBODY = UUID(int=0)
# Days to put an entry right, as for linkage findings.
DUE_DAYS = 30
_ORDER = {BLOCK: 0, ERROR: 1, WARN: 2}
_LONGEST_MESSAGE = 1_000


class Judged(Protocol):
    """An entry that was read: its id, the version that was judged, its body."""

    @property
    def id(self) -> UUID: ...
    @property
    def version(self) -> int: ...
    @property
    def implementing_body(self) -> UUID | None: ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to stand as one finding: all a rule says about one element of an entry."""

    item_id: UUID
    version: int
    rule: str
    element: str
    severity: str
    codes: tuple[str, ...]
    message: str


@dataclass(slots=True)
class Measure:
    """What was counted of the entries of one organ."""

    entries: int = 0
    mandatory: int = 0
    filled: int = 0
    warnings: int = 0


@dataclass(slots=True)
class Tally:
    """What a check counted in a list: by organ, and findings by rule and severity."""

    measures: dict[UUID, Measure] = field(default_factory=dict)
    rules: Counter[tuple[str, str]] = field(default_factory=Counter)

    def count(self, entry: Judged, profile: Profile, elements: Mapping[str, Any], found: Sequence[Finding]) -> None:
        """Add an entry."""
        measure = self.measures.setdefault(entry.implementing_body or NOBODY, Measure())
        mandatory, filled = completeness(profile, elements)
        measure.entries += 1
        measure.mandatory += mandatory
        measure.filled += filled
        measure.warnings += sum(finding.severity == WARN for finding in found)
        self.rules.update({(finding.rule, finding.severity) for finding in found})


def completeness(profile: Profile, elements: Mapping[str, Any]) -> tuple[int, int]:
    """How many elements an entry must have, as V01 asks them of it, and how many of them are filled (ZL-08)."""
    mandatory = [one.key for one in profile.elements if asked(one, elements)]
    return len(mandatory), sum(elements.get(key) not in (None, "", []) for key in mandatory)


def wanted(entry: Judged, found: Iterable[Finding], *, warnings: bool) -> list[Wanted]:
    """The findings of an entry, one for each rule and element; the gravest severity counts."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in found:
        if warnings or finding.severity != WARN:
            groups.setdefault((finding.rule, finding.element), []).append(finding)
    return [
        Wanted(
            item_id=entry.id,
            version=entry.version,
            rule=rule,
            element=element,
            severity=min((one.severity for one in members), key=_ORDER.__getitem__),
            codes=tuple(dict.fromkeys(one.code for one in members)),
            message="；".join(dict.fromkeys(one.message for one in members))[:_LONGEST_MESSAGE],
        )
        for (rule, element), members in groups.items()
    ]
