"""What the journals say: for each adjustment of a client, which steps were acknowledged, refused, or are unknown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults import journal

STEPS = ("open", "change", "submit", "sign", "review", "decide")
# Refusals that are right: the entry is in another state than a client believed, or the world has moved on.
EXPECTED_REFUSALS = frozenset(
    {"operation_not_possible", "effective_at_passed", "effective_at_out_of_range", "adjustment_conflict"}
)


@dataclass
class Case:
    """One adjustment as its client experienced it."""

    name: str
    adjustment: str | None = None
    number: str | None = None
    # Step -> acknowledged | refused | unknown.
    outcomes: dict[str, str] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    changes: list[Mapping[str, Any]] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)

    def outcome(self, step: str) -> str:
        """acknowledged, refused, unknown, or never (it was not asked)."""
        return self.outcomes.get(step, "never")

    @property
    def in_conflict(self) -> bool:
        """Whether the decision was answered with a conflict, which is an answer and stays."""
        return self.codes.get("decide") == "adjustment_conflict"


NOTHING_LOST = (float("inf"), float("inf"))


def collect(journals: Iterable[Path], *, lost_between: tuple[float, float] = NOTHING_LOST) -> list[Case]:
    """All cases of the journals.

    Parameters
    ----------
    lost_between
        What was told between these instants counts as unknown: a restore may have taken it back.
    """
    cases: dict[str, Case] = {}
    for path in journals:
        for record in journal.read(path):
            if "case" in record:
                _note(cases.setdefault(record["case"], Case(record["case"])), record, lost_between)
    return list(cases.values())


def _note(case: Case, record: Mapping[str, Any], lost_between: tuple[float, float]) -> None:
    step, say = record["step"], record["say"]
    case.adjustment = record.get("adjustment") or case.adjustment
    if say == "asked":
        case.outcomes[step] = "unknown"
        body = record.get("body") or {}
        case.changes = list(body.get("changes") or case.changes)
        return
    if say in ("returned", "stalled"):
        case.trouble.append(f"{say}: {record.get('body')}")
        return
    if lost_between[0] < record["at"] < lost_between[1]:
        return
    case.outcomes[step] = say
    answer = record.get("answer") or {}
    case.codes[step] = str(answer.get("code", ""))
    if say == "acknowledged" and step == "open":
        case.adjustment, case.number = answer["id"], answer["number"]
    codes = {case.codes[step], *(error.get("code") for error in answer.get("errors") or ())}
    if say == "refused" and not codes & EXPECTED_REFUSALS:
        case.trouble.append(f"{step} refused after {record.get('before')}: {record['status']} {answer}")
