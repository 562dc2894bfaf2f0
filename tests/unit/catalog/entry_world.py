"""What the tests of the validators need: a sound entry, profiles as they ship, and what is found."""

from __future__ import annotations

from typing import Any

from services.catalog.kinds.builtin import definitions
from services.catalog.kinds.rules import Profile, read_profile
from services.catalog.quality.entry import EntryContext, OrganFacts
from services.catalog.quality.rules import validate_entry

BODY = "01890000-0000-7000-8000-000000000001"
# A published code whose parts all agree (固定资产投资项目节能审查, Guangxi).
CODE = "11450721MB155808114000104002000"
ORGANS = {BODY: OrganFacts("发展和改革局", CODE[:18])}


def profile_of(kind: str) -> Profile:
    definition = next(entry for entry in definitions() if entry["code"] == kind)
    return read_profile({"kind": kind, **definition["profiles"][0]})


def named(kind: str, name: str) -> Profile:
    definition = next(entry for entry in definitions() if entry["code"] == kind)
    row = next(profile for profile in definition["profiles"] if profile.get("name") == name)
    return read_profile({"kind": kind, **row})


def applying(kind: str) -> Profile:
    """The profile that applies where nobody has adopted another one."""
    definition = next(entry for entry in definitions() if entry["code"] == kind)
    return read_profile({"kind": kind, **[row for row in definition["profiles"] if not row.get("offered")][-1]})


PERMIT = profile_of("permit")


def permit(**changed: Any) -> dict[str, Any]:
    entry = {
        "name": "固定资产投资项目节能审查", "base_code": "000104002000", "implementation_code": CODE, "item_type": "01",
        "level": "4", "implementing_body": BODY,
        "basis": [{"document": "节约能源法", "article": "第十五条", "kind": "set", "document_kind": "law"}],
        "statutory_limit": {"amount": 90, "unit": "working_day"},
        "promised_limit": {"amount": 90, "unit": "working_day"},
    }  # fmt: skip
    return {key: value for key, value in (entry | changed).items() if value is not None}


def found(entry: dict[str, Any], profile: Profile = PERMIT, **context: Any) -> list[tuple[str, str, str]]:
    return [
        (finding.rule, finding.code, finding.place)
        for finding in validate_entry(profile, entry, EntryContext(organs=ORGANS, **context))
    ]
