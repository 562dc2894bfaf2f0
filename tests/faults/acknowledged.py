"""Promise 1: what was acknowledged is in force exactly once; what was not happened once or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from tests.faults.cases import STEPS, Case
from tests.faults.client import MARK
from tests.faults.facts import Facts, Row, Violation, grouped

# Steps that leave a mark of their own, and the act of the review step they close.
ACTS = {"sign": "sign", "review": "review", "decide": "decide"}
# States that a decision leads to; before it, nothing of an adjustment is in force.
DECIDED = frozenset({"effective", "conflict"})
# How versions come about that an adjustment names itself; others follow it, now or when a draft is accepted.
DIRECT = frozenset({"add", "modify", "suspend", "resume", "cancel"})
STATES = {"suspend": "suspended", "resume": "in_use", "cancel": "cancelled"}


def check(cases: Sequence[Case], facts: Facts) -> Iterator[Violation]:
    """Everything that speaks against promise 1; nothing may be under way any more."""
    yield from steps_kept(cases, facts)
    by_title = grouped(facts.adjustments, "title")
    changes = grouped(facts.changes, "adjustment_id")
    versions = grouped(facts.versions, "adjustment_id", "item_id")
    for case in cases:
        for row in by_title[title(case)]:
            yield from _in_force(case, row, changes[row["id"]], versions)
    yield from _version_chain(facts)
    yield from _in_public(facts)


def steps_kept(cases: Sequence[Case], facts: Facts) -> Iterator[Violation]:
    """What speaks against the steps themselves, whether their effects have followed yet or not."""
    by_title = grouped(facts.adjustments, "title")
    changes = grouped(facts.changes, "adjustment_id")
    steps = grouped(facts.steps, "adjustment_id")
    for case in cases:
        found = by_title[title(case)]
        yield from _opened(case, found)
        for row in found:
            yield from _stepped(case, row, changes[row["id"]], steps[row["id"]])
    for number, rows in grouped(facts.adjustments, "number").items():
        if len(rows) > 1:
            yield Violation(1, "an adjustment number was given twice", number, duplicated=len(rows) - 1)


def title(case: Case) -> str:
    """The title a case's adjustment carries: clients find theirs by it, whatever they were told."""
    return f"{MARK} {case.name}"


def _opened(case: Case, found: Sequence[Row]) -> Iterator[Violation]:
    if len(found) > 1:
        yield Violation(1, "an adjustment was opened twice", f"{case.name}: {[row['number'] for row in found]}",
                        duplicated=len(found) - 1)  # fmt: skip
    if case.outcome("open") == "acknowledged" and not any(str(row["id"]) == case.adjustment for row in found):
        yield Violation(1, "an acknowledged adjustment is gone", f"{case.name}: {case.adjustment}", lost=1)
    if case.outcome("open") == "refused" and found:
        yield Violation(1, "a refused adjustment exists", f"{case.name}: {case.codes}", duplicated=1)


def _stepped(case: Case, adjustment: Row, changes: Sequence[Row], steps: Sequence[Row]) -> Iterator[Violation]:
    """Acknowledged steps are there, and none was taken twice."""
    if case.outcome("change") == "acknowledged" and len(changes) != len(case.changes):
        what = "acknowledged changes are not there as asked"
        yield Violation(1, what, f"{case.name}: {len(changes)} of {len(case.changes)}",
                        lost=max(len(case.changes) - len(changes), 0))  # fmt: skip
    if len(changes) not in (0, len(case.changes)):
        yield Violation(1, "an adjustment has some of its changes only", f"{case.name}: {len(changes)}")
    if case.outcome("submit") == "acknowledged" and adjustment["state"] == "draft":
        yield Violation(1, "an acknowledged submission is gone", case.name, lost=1)
    passed = grouped((step for step in steps if step["state"] == "passed"), "act")
    for step, act in ACTS.items():
        count = len(passed[act])
        if case.outcome(step) == "acknowledged" and count == 0:
            yield Violation(1, f"an acknowledged {step} is gone", f"{case.name} is {adjustment['state']}", lost=1)
        if count > 1:
            yield Violation(1, f"{step} was done twice", case.name, duplicated=count - 1)
        if count and case.outcome(step) == "never":
            yield Violation(1, f"{step} was done though nobody asked for it", case.name, duplicated=1)


def _in_force(
    case: Case, adjustment: Row, changes: Sequence[Row], versions: Mapping[Any, Sequence[Row]]
) -> Iterator[Violation]:
    state = adjustment["state"]
    decided = case.outcome("decide")
    if decided == "acknowledged" and state not in DECIDED:
        yield Violation(1, "an acknowledged decision is not in force", f"{case.name} is {state}", lost=1)
    if case.in_conflict and state != "conflict":
        yield Violation(1, "a conflict that was told is not there", f"{case.name} is {state}", lost=1)
    if decided == "never" and state in DECIDED:
        yield Violation(1, "in force without a decision", f"{case.name} is {state}", duplicated=1)
    for change in changes:
        written = versions.get((adjustment["id"], change["item_id"]), [])
        yield from _change_in_force(case, state, change, written)


def _change_in_force(case: Case, state: str, change: Row, written: Sequence[Row]) -> Iterator[Violation]:
    where = f"{case.name} {change['operation']} {change['item_id']} ({state}, {change['outcome']})"
    expected = int(state in DECIDED and change["outcome"] == "applied")
    if state == "effective" and change["outcome"] not in ("applied", "no_change"):
        yield Violation(1, "a change of an adjustment in effect has no outcome", where, lost=1)
    if len(written) < expected:
        yield Violation(1, "a decided change has no version", where, lost=1)
    if len(written) > expected:
        yield Violation(1, "a change made more versions than it should", f"{where}: {len(written)}",
                        duplicated=len(written) - expected)  # fmt: skip
    for version in written[:1]:
        wanted = dict(change["proposed"])
        if change["operation"] in STATES:
            wanted["state"] = STATES[change["operation"]]
        wrong = [name for name, value in wanted.items() if version["elements"].get(name) != value]
        if wrong:
            yield Violation(1, "a version does not say what was decided", f"{where}: {wrong}", lost=1)


def _version_chain(facts: Facts) -> Iterator[Violation]:
    """Versions are numbered from one without a gap, later ones later, and follow the order of the effects."""
    effective = {
        event["adjustment_id"]: event["position"] for event in facts.events if event["type"] == "adjustment.effective"
    }
    current = {item["id"]: item for item in facts.items}
    chains = grouped(facts.versions, "item_id")
    for item_id, item in current.items():
        chain = chains.get(item_id, [])
        numbers = [version["number"] for version in chain]
        if numbers != list(range(1, item["version"] + 1)):
            missing = item["version"] - len(numbers)
            yield Violation(1, "an item's versions have gaps", f"{item_id} at {item['version']}: {numbers}",
                            lost=max(missing, 0), duplicated=max(-missing, 0))  # fmt: skip
        instants = [version["effective_from"] for version in chain]
        if instants != sorted(set(instants)):
            yield Violation(1, "versions do not follow one another in time", f"{item_id}: {instants}")
        decided = (version for version in chain if version["operation"] in DIRECT)
        roots = [effective[version["adjustment_id"]] for version in decided if version["adjustment_id"] in effective]
        if roots != sorted(roots):
            yield Violation(1, "an earlier effect overwrote a later one", f"{item_id}: positions {roots}", lost=1)


def _in_public(facts: Facts) -> Iterator[Violation]:
    """What is in force is what the public sees."""
    in_force = {row["id"] for row in facts.lists if row["state"] == "in_force"}
    shown = {row["item_id"]: row for row in facts.shown}
    for item in facts.items:
        if item["list_id"] not in in_force or item["audience"] != "public":
            continue
        row = shown.get(item["id"])
        if row is None:
            yield Violation(1, "an entry in force is not public", f"{item['kind']} {item['name']}", lost=1)
        elif (row["name"], row["state"]) != (item["name"], item["state"]):
            yield Violation(1, "the public sees an older entry", f"{item['kind']}: {row['name']} for {item['name']}",
                            lost=1)  # fmt: skip


def acknowledged(cases: Iterable[Case]) -> tuple[int, int]:
    """How many decisions were acknowledged, and how many steps of any kind stayed unknown."""
    given = list(cases)
    decided = sum(case.outcome("decide") == "acknowledged" for case in given)
    unknown = sum(case.outcome(step) == "unknown" for case in given for step in STEPS)
    return decided, unknown


def ids(cases: Iterable[Case]) -> set[UUID]:
    """The adjustments the clients know of."""
    return {UUID(case.adjustment) for case in cases if case.adjustment}
