"""Promises 7 and 9, from what subscribers wrote down: each event of their filter, numbered, in order, verified.

What a subscriber must have got is selected here once more, in Python, from the entries of the feed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from deploy.demo.receiver import digest
from tests.faults.cases import NOTHING_LOST
from tests.faults.facts import Facts, Row, Violation
from tests.faults.integrator import stored
from tests.faults.receivers import Filter, Stream
from tests.faults.world import ABOVE

FILTER_CHANGED = "cn.qingdan.subscription.filter_changed.v1"
RESYNC = "cn.qingdan.subscription.resync.v1"
# Behaviours of a receiver that a sender takes for an acknowledgement: the status was read.
ACKNOWLEDGED = frozenset({"ok", "slow", "drop"})
MOST_EVIDENCE = 5

Line = Mapping[str, Any]


@dataclass(frozen=True)
class Restore:
    """A restore to an earlier point: the epochs, and the instants between which what was told is void."""

    previous_epoch: str
    epoch: str
    lost_between: tuple[float, float] = NOTHING_LOST


class Feed:
    """The public feed, and what each of its entries must say to a subscriber."""

    def __init__(self, facts: Facts) -> None:
        self.entries: Sequence[Row] = facts.feed
        self.epoch = str(facts.head[0]["epoch"])
        self.known = {row["name"]: row for row in facts.subscriptions}
        self._region = {row["id"]: row["region_code"] for row in facts.lists}
        self._bodies = {(row["item_id"], row["from_revision"]): row["body"] for row in facts.bodies}

    @cached_property
    def last(self) -> int:
        """The last sequence."""
        return max((entry["sequence"] for entry in self.entries), default=0)

    @cached_property
    def by_id(self) -> Mapping[str, int]:
        """Sequence of each entry."""
        return {str(entry["id"]): entry["sequence"] for entry in self.entries}

    def wanted(self, asked: Filter, entry: Row) -> bool:
        """Whether a filter lets an entry through."""
        type_ = f"cn.qingdan.{entry['type']}.v1"
        tests = {
            "kinds": lambda values: entry["list_kind"] in values,
            "items": lambda values: str(entry["item_id"]) in values,
            "types": lambda values: type_ in values,
            "regions": lambda values: bool(ABOVE[self._region[entry["list_id"]]] & set(values)),
            "elements": lambda values: entry["type"] != "item.updated" or bool({*entry["changed"]} & set(values)),
        }
        return all(tests[part](values) for part, values in asked.items())

    def says(self, entry: Row) -> dict[str, Any]:
        """What the event of an entry must say."""
        about = entry["item_id"] or entry["list_id"]
        body = self._bodies.get((entry["item_id"], entry["revision"]))
        said = {
            "id": str(entry["id"]), "webhook_id": str(entry["id"]), "type": f"cn.qingdan.{entry['type']}.v1",
            "subject": f"{entry['list_kind']}/{about}", "revision": entry["revision"],
        }  # fmt: skip
        if entry["item_id"] is None:
            return said
        return said | {"version": entry["version"], "item": digest(json.loads(body)) if body else "no body"}


def check(streams: Sequence[Stream], facts: Facts, restores: Sequence[Restore] = ()) -> Iterator[Violation]:
    """Everything that speaks against promises 7 and 9; nothing may be under way any more."""
    feed = Feed(facts)
    if {stream.name for stream in streams} != set(feed.known):
        yield Violation(7, "subscriptions are not those that were opened", f"{sorted(feed.known)}")
    for stream in streams:
        for violation in _stream(stream, feed, restores):
            yield Violation(
                violation.promise, f"{stream.name}: {violation.what}", violation.evidence, violation.lost,
                violation.duplicated,
            )  # fmt: skip


def _stream(stream: Stream, feed: Feed, restores: Sequence[Restore]) -> Iterator[Violation]:
    refused = [line for line in stream.lines if not line["verified"]]
    if refused:
        yield Violation(7, f"{len(refused)} requests were not verified", str(refused[0]))
    verified = [line for line in stream.lines if line["verified"]]
    yield from _told_of_restores(verified, feed, restores)
    lines = valid(verified)
    yield from _one_content(lines)
    first = first_arrivals(lines)
    if stream.ordered:
        yield from _in_order(lines)
    yield from _acknowledged(lines, first)
    yield from _as_asked(stream, first, restores)
    expected = selected(stream.filter, first, feed)
    yield from _whole(first, expected, feed)
    known = feed.known.get(stream.name)
    last = len(expected)
    if known and (known["next_sequence"] - 1, known["outstanding"], known["state"]) != (last, 0, "active"):
        yield Violation(7, "the subscription is not at its end", f"{dict(known)}, {last} events are selected")


def valid(lines: Sequence[Line]) -> list[Line]:
    """What counts: after a restore the numbers behind the last valid one are given again, and the first are void."""
    kept: list[Line] = []
    told: set[str] = set()
    for line in lines:
        if line["type"] == RESYNC and line["data"]["reason"] == "restored" and line["id"] not in told:
            told.add(line["id"])
            kept = [each for each in kept if each["sequence"] < line["sequence"]]
        kept.append(line)
    return kept


def first_arrivals(lines: Sequence[Line]) -> dict[int, Line]:
    """By sequence, in the order of arrival."""
    found: dict[int, Line] = {}
    for line in lines:
        found.setdefault(line["sequence"], line)
    return found


def repeated(streams: Sequence[Stream]) -> tuple[int, int]:
    """How many events reached the subscribers, and how many came again: allowed, and counted."""
    events = [(stream.name, line.get("id")) for stream in streams for line in stream.lines if line["verified"]]
    return len(set(events)), len(events) - len(set(events))


def _one_content(lines: Sequence[Line]) -> Iterator[Violation]:
    said: dict[int, set[tuple[Any, ...]]] = {}
    for line in lines:
        what = tuple(line[name] for name in ("id", "webhook_id", "type", "subject", "digest"))
        said.setdefault(line["sequence"], set()).add(what)
    for sequence, contents in said.items():
        if len(contents) > 1:
            yield Violation(7, f"number {sequence} stood for several contents", str(contents), duplicated=1)


def _in_order(lines: Sequence[Line]) -> Iterator[Violation]:
    """First arrivals about one matter come in rising numbers, each after the one before was acknowledged."""
    newest: dict[str, int] = {}
    acknowledged: set[int] = set()
    seen: set[int] = set()
    for line in lines:
        sequence, subject = line["sequence"], line["subject"]
        if sequence not in seen:
            before = newest.get(subject, 0)
            if before > sequence:
                yield Violation(7, "events of one matter came out of order", f"{subject}: {sequence} after {before}")
            elif before and before not in acknowledged:
                yield Violation(7, "an event came before the last of its matter was acknowledged",
                                f"{subject}: {sequence} after {before}")  # fmt: skip
            newest[subject] = max(before, sequence)
            seen.add(sequence)
        if line["mode"] in ACKNOWLEDGED:
            acknowledged.add(sequence)


def _acknowledged(lines: Sequence[Line], first: Mapping[int, Line]) -> Iterator[Violation]:
    """Whatever came was acknowledged in the end, with an order or without."""
    acknowledged = {line["sequence"] for line in lines if line["mode"] in ACKNOWLEDGED}
    never = sorted(first.keys() - acknowledged)
    if never:
        yield Violation(7, "events were never acknowledged", str(never[:20]), lost=len(never))


def selected(asked: Filter, first: Mapping[int, Line], feed: Feed) -> list[Row | None]:
    """The entries that belong to the numbers from 1 on; None for a notice of the subscription itself.

    A change of filter is a notice in the stream. The feed's sequence from which the new one holds is between the last
    entry before the notice and the next one that the old filter would have let through: the largest that agrees with
    what came next is taken, since a smaller one would only select more that came.
    """
    notices = [line for _, line in sorted(first.items()) if line["type"] in (FILTER_CHANGED, RESYNC)]
    found: list[Row | None] = []
    low = 0
    for notice in notices:
        mine = [entry for entry in feed.entries if entry["sequence"] > low and feed.wanted(asked, entry)]
        room = max(notice["sequence"] - 1 - len(found), 0)
        found += [*mine[:room], None]
        following = (feed.by_id.get(line["id"], 0) for at, line in first.items() if at > notice["sequence"])
        bounds = [*(each for each in following if each), *(entry["sequence"] for entry in mine[room : room + 1])]
        low = min(bounds, default=feed.last + 1) - 1
        if notice["type"] == FILTER_CHANGED:
            asked = {part: values for part, values in notice["data"]["new"].items() if values is not None}
    return found + [entry for entry in feed.entries if entry["sequence"] > low and feed.wanted(asked, entry)]


def _whole(first: Mapping[int, Line], expected: Sequence[Row | None], feed: Feed) -> Iterator[Violation]:
    """Every number from 1 to the last is there, and stands for what the filter selects."""
    missing = sorted(set(range(1, len(expected) + 1)) - first.keys())
    if missing:
        yield Violation(7, f"{len(missing)} events never came", str(missing[:20]), lost=len(missing))
    beyond = sorted(number for number in first if not 1 <= number <= len(expected))
    if beyond:
        yield Violation(7, f"{len(beyond)} events are not selected by the filter", str(beyond[:20]),
                        duplicated=len(beyond))  # fmt: skip
    wrong = []
    for number, entry in enumerate(expected, start=1):
        line = first.get(number)
        if entry is None or line is None:
            continue
        says = feed.says(entry)
        if any(line[name] != value for name, value in says.items()):
            wrong.append(f"{number} says { ({name: line[name] for name in says}) }, not {says}")
    for evidence in wrong[:MOST_EVIDENCE]:
        yield Violation(7, "an event is not what the feed says", evidence, lost=1)
    if len(wrong) > MOST_EVIDENCE:
        yield Violation(7, "more events are not what the feed says", str(len(wrong)), lost=len(wrong) - MOST_EVIDENCE)


def _as_asked(stream: Stream, first: Mapping[int, Line], restores: Sequence[Restore]) -> Iterator[Violation]:
    """Changes of the filter are told in the stream, with the number from which they hold, and no others."""
    told = [line for _, line in sorted(first.items()) if line["type"] == FILTER_CHANGED]
    asked = [stored(change.filter) for change in stream.changes if change.at >= 0]
    for line in told:
        if stored(line["data"]["new"]) not in asked:
            yield Violation(7, "a change of filter was told that nobody asked for", str(line["data"]))
        if line["data"]["holds_from"] != line["sequence"] + 1:
            yield Violation(7, "a change of filter does not hold from the next number", str(line["data"]))
    news = [stored(line["data"]["new"]) for line in told]
    for change in stream.changes:
        void = any(each.lost_between[0] < change.at < each.lost_between[1] for each in restores)
        if change.at > 0 and not void and stored(change.filter) not in news:
            yield Violation(7, "an acknowledged change of filter was never told", str(change.filter), lost=1)


def _told_of_restores(lines: Sequence[Line], feed: Feed, restores: Sequence[Restore]) -> Iterator[Violation]:
    """Promise 9: a restore is told once, with the last number that counts, and nothing else is told as one."""
    told = [line for line in first_by_id(lines) if line["type"] == RESYNC]
    if len(told) != len(restores):
        yield Violation(9, f"{len(restores)} restores were told as {len(told)}", str(told[:MOST_EVIDENCE]),
                        lost=max(len(restores) - len(told), 0))  # fmt: skip
    for line, restore in zip(told, restores, strict=False):
        data = line["data"]
        says = (data["reason"], data["last_valid_sequence"], data["previous_epoch"], data["epoch"])
        should = ("restored", line["sequence"] - 1, restore.previous_epoch, restore.epoch)
        if says != should:
            yield Violation(9, "a restore is told otherwise than it was", f"{says}, not {should}")
    if restores and feed.epoch != restores[-1].epoch:
        yield Violation(9, "the log is not of the epoch that was told", feed.epoch)


def first_by_id(lines: Sequence[Line]) -> list[Line]:
    """The first arrival of each event."""
    found: dict[str, Line] = {}
    for line in lines:
        found.setdefault(line["id"], line)
    return list(found.values())
