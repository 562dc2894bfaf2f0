"""Promise 2: every event reached every consumer, and its effect happened once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.faults import journal
from tests.faults.facts import Facts, Violation, grouped

ITEM_EVENTS = frozenset({"item.created", "item.updated", "item.suspended", "item.resumed", "item.cancelled"})
CONSUMERS = frozenset({"cascade", "validation", "workflow", "publication", "messages", "subtasks"})
# One of each an adjustment, however often it was asked for and whoever was killed meanwhile.
ONCE = ("adjustment.opened", "adjustment.submitted", "adjustment.validated", "adjustment.signed", "adjustment.reviewed",
        "adjustment.decided", "adjustment.effective", "adjustment.applied", "adjustment.published")  # fmt: skip


def check(facts: Facts, seen: Path | None) -> Iterator[Violation]:
    """Everything that speaks against promise 2."""
    yield from log_is_whole(facts)
    yield from _consumers(facts)
    yield from _once(facts)
    yield from _fed(facts)
    yield from _people_told(facts)
    if seen is not None:
        yield from _read(facts, seen)


def log_is_whole(facts: Facts) -> Iterator[Violation]:
    """What must hold at every instant: numbers without gaps, and no version without its event."""
    yield from _gapless("event", [event["position"] for event in facts.events], facts.position)
    yield from _versions_told(facts)
    feed = [entry["sequence"] for entry in facts.feed]
    yield from _gapless("feed entry", feed, max(feed, default=0))


def _gapless(what: str, numbers: Sequence[int], last: int) -> Iterator[Violation]:
    expected = set(range(1, last + 1))
    missing = sorted(expected - set(numbers))
    if missing:
        yield Violation(2, f"{what} numbers are missing", str(missing[:20]), lost=len(missing))
    again = [number for number, count in Counter(numbers).items() if count > 1]
    beyond = sorted(set(numbers) - expected)
    if again or beyond:
        yield Violation(2, f"{what} numbers came twice or beyond the head", str((again[:20], beyond[:20])),
                        duplicated=len(again) + len(beyond))  # fmt: skip


def _consumers(facts: Facts) -> Iterator[Violation]:
    absent = CONSUMERS - {consumer["name"] for consumer in facts.consumers}
    if absent:
        yield Violation(2, "consumers were never declared", str(sorted(absent)))
    for consumer in facts.consumers:
        if consumer["position"] != facts.position or consumer["state"] != "running":
            behind = facts.position - consumer["position"]
            yield Violation(2, "a consumer is not at the head", f"{dict(consumer)}", lost=max(behind, 0))
    for row in facts.parked:
        yield Violation(2, "an item is parked", str(dict(row)), lost=1)


def _once(facts: Facts) -> Iterator[Violation]:
    count = Counter((event["type"], event["adjustment_id"]) for event in facts.events if event["adjustment_id"])
    for (type_, adjustment), times in count.items():
        if type_ in ONCE and times > 1:
            yield Violation(2, f"{type_} was told {times} times", str(adjustment), duplicated=times - 1)
    known = {row["id"] for row in facts.adjustments}
    pairs = (("adjustment.decided", "adjustment.effective"), ("adjustment.effective", "adjustment.applied"),
             ("adjustment.submitted", "adjustment.validated"),
             ("adjustment.applied", "adjustment.published"))  # fmt: skip
    for first, then in pairs:
        for adjustment in known:
            if count[first, adjustment] and not count[then, adjustment]:
                yield Violation(2, f"{first} had no effect ({then} is missing)", str(adjustment), lost=1)
    ids = Counter(event["id"] for event in facts.events)
    twice = [str(id_) for id_, times in ids.items() if times > 1]
    if twice:
        yield Violation(2, "an event has the id of another", str(twice[:10]), duplicated=len(twice))


def _versions_told(facts: Facts) -> Iterator[Violation]:
    """Each version since the lists are in force is told by exactly one event, and no event tells of one that is not."""
    told = Counter(
        pair
        for event in facts.events
        if event["type"] in ITEM_EVENTS
        for pair in zip(event["item_ids"], event["versions"], strict=True)
    )
    written = {(row["item_id"], row["number"]) for row in facts.versions if row["operation"] != "import"}
    for pair in written - told.keys():
        yield Violation(2, "a version was never told of", f"{pair[0]} version {pair[1]}", lost=1)
    for pair, times in told.items():
        if times > 1:
            yield Violation(2, "a version was told of more than once", f"{pair[0]} version {pair[1]}",
                            duplicated=times - 1)  # fmt: skip
        if pair not in written:
            yield Violation(2, "an event tells of a version that is not there", f"{pair[0]} version {pair[1]}", lost=1)


def _fed(facts: Facts) -> Iterator[Violation]:
    """What the public sees of an item was told in the feed, once."""
    fed = Counter((entry["item_id"], entry["version"]) for entry in facts.feed if entry["item_id"])
    for row in facts.shown:
        times = fed[row["item_id"], row["version"]]
        if times != 1:
            yield Violation(2, f"a published version stands {times} times in the feed",
                            f"{row['item_id']} version {row['version']}",
                            lost=int(times == 0), duplicated=max(times - 1, 0))  # fmt: skip
    ids = Counter(entry["id"] for entry in facts.feed)
    twice = [str(id_) for id_, times in ids.items() if times > 1]
    if twice:
        yield Violation(2, "feed entries share an id", str(twice[:10]), duplicated=len(twice))


def _people_told(facts: Facts) -> Iterator[Violation]:
    """Everything that waits for a person has a task, everything that does not has none open."""
    open_tasks = Counter(task["subject"] for task in facts.tasks if task["state"] == "open")
    waiting = {f"draft/{row['id']}" for row in facts.drafts if row["state"] == "open"}
    findings = (row for row in facts.findings if row["state"] == "open" and row["severity"] != "warn")
    waiting |= {f"finding/{row['id']}" for row in findings}
    about = {subject for subject in open_tasks if subject.startswith(("draft/", "finding/"))}
    for subject in sorted(waiting - about):
        yield Violation(2, "nobody has the task", subject, lost=1)
    for subject in sorted(about - waiting):
        yield Violation(2, "a task is open about what is settled", subject)
    for row in facts.operations:
        if row["state"] != "succeeded":
            yield Violation(2, "an operation did not succeed", str(dict(row)), lost=1)


def _read(facts: Facts, seen: Path) -> Iterator[Violation]:
    """The reader, killed as often as anybody, saw each entry once and in order."""
    lines: list[dict[str, Any]] = list(journal.read(seen)) if seen.exists() else []
    entries = {entry["sequence"]: str(entry["id"]) for entry in facts.feed}
    numbers = [line["sequence"] for line in lines]
    yield from _gapless("entry the reader saw:", numbers, max(entries, default=0))
    if numbers != sorted(numbers):
        yield Violation(2, "the reader saw entries out of order", str(numbers[:50]))
    by_number = grouped(lines, "sequence")
    other = [number for number, rows in by_number.items() if any(row["id"] != entries.get(number) for row in rows)]
    if other:
        yield Violation(2, "a number stands for another entry than the reader saw", str(other[:20]), lost=len(other))
