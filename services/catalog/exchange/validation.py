"""The entry validators, applied to a row while it is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from services.catalog.exchange.profile import MappingProfile
from services.catalog.exchange.rules import Entry, remark
from services.catalog.kinds import rules as kinds
from services.catalog.quality.entry import BLOCK, EntryContext, Finding, OrganFacts
from services.catalog.quality.rules import validate_entry
from shared.codes.credit_code import LENGTH as CREDIT_CODE_LENGTH

# The organ is looked up in the database afterwards. Until then it stands under this id, which no organ has, so that
# its credit code can be compared with the codes of the entry.
_UNRESOLVED = "00000000-0000-0000-0000-000000000000"
# What is withheld without a ground, or must not be here at all, is never taken.
_SECRECY = "V19"
# A list under compilation has gaps; the check of the list counts them, a remark on every row would help nobody.
_LEFT_TO_THE_CHECK = frozenset(
    {"missing", "unknown_element", "notice_missing", "material_basis_missing", "material_source_missing"}
)


class Validator:
    """Checks entries of one kind; what the profile names as rejecting is an error, the rest a note."""

    def __init__(
        self,
        mapping: MappingProfile,
        profiles: Sequence[Mapping[str, Any]],
        *,
        region_chain: Sequence[str],
        on: date,
        internet_facing: bool,
    ) -> None:
        self._mapping = mapping
        self.internet_facing = internet_facing
        self._region_chain = tuple(region_chain)
        self._on = on
        self._profiles = [
            kinds.read_profile({**row, "valid_from": date.fromisoformat(row["valid_from"])}) for row in profiles
        ]
        self._chosen: dict[str | None, kinds.Profile | None] = {}

    def check(self, entry: Entry) -> None:
        """Add errors and notes to an entry that could be mapped."""
        profile = self.profile(entry.elements.get("item_type"))
        if profile is None:
            return
        organ = entry.elements.get("implementing_body")
        elements = entry.elements if organ is None else {**entry.elements, "implementing_body": _UNRESOLVED}
        for finding in validate_entry(profile, elements, _context(organ, self.internet_facing)):
            if finding.code in _LEFT_TO_THE_CHECK:
                continue
            said = remark(self._mapping.column_of(finding.element), finding.code, finding.message)
            (entry.errors if self._rejects(finding) else entry.notes).append(said)

    def _rejects(self, finding: Finding) -> bool:
        """A value of the wrong shape must not enter a list; beyond that the profile says what is fatal."""
        return finding.severity == BLOCK and (
            finding.code == "malformed" or finding.rule in {_SECRECY, *self._mapping.rejecting}
        )

    def profile(self, item_type: str | None) -> kinds.Profile | None:
        """The element profile for an item type; None when the kind has none in force."""
        if item_type not in self._chosen:
            self._chosen[item_type] = kinds.choose(
                self._profiles, item_type=item_type, region_chain=self._region_chain, on=self._on
            )
        return self._chosen[item_type]


@lru_cache(maxsize=4096)
def _context(organ: str | None, internet_facing: bool) -> EntryContext:
    """What is known of the organ while reading: its credit code, unless the row names an organ that has none."""
    code = organ if organ is not None and len(organ) == CREDIT_CODE_LENGTH else None
    organs = {} if organ is None else {_UNRESOLVED: OrganFacts("该实施主体", code)}
    return EntryContext(organs=organs, complete=False, internet_facing=internet_facing)
