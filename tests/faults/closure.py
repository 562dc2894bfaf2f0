"""Promise 3: derived lists equal what the rules demand, and lists of one closure change together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from tests.faults.delivery import ITEM_EVENTS
from tests.faults.facts import Facts, Row, Violation, grouped
from tests.faults.world import INVESTMENT, MIRRORS, OF_PERMIT, World

KEYS = ("base_code", "implementing_body", "handling_item")
# What each list shows of the permit at once: follower element -> permit element (rules K01, K02, K04, K09, K10, K12).
SAME = {name: name for name in ("name", "implementation_code", "basis", "level", "state", *KEYS)}
PERMIT = {"permit_name": "name", **{name: name for name in KEYS}}
SHOWS: Mapping[str, Mapping[str, str]] = {
    **dict.fromkeys(MIRRORS, SAME),
    **dict.fromkeys(OF_PERMIT, PERMIT),
    INVESTMENT: {name: name for name in ("name", "implementation_code", "level", *KEYS)},
}


def check(world: World, facts: Facts) -> Iterator[Violation]:
    """Everything that speaks against promise 3, recomputed here from the permits alone."""
    elements = _current(facts)
    for permit in world.permits:
        says = elements[permit.id]
        for kind, follower in permit.followers.items():
            shows = elements[follower]
            for target, source in SHOWS[kind].items():
                if shows.get(target) != says.get(source):
                    yield Violation(3, f"{kind} does not follow its permit",
                                    f"{permit.name}: {target} is {shows.get(target)!r}, not {says.get(source)!r}",
                                    lost=1)  # fmt: skip
    yield from _followed_once(world, facts)
    yield from _together(facts)
    for row in facts.ledger:
        if row["failed"]:
            yield Violation(3, "a rule failed in a list", str(dict(row)), lost=1)


def _current(facts: Facts) -> dict[Any, Mapping[str, Any]]:
    return {row["item_id"]: row["elements"] for row in facts.versions}  # ordered: the last of an item stays


def _followed_once(world: World, facts: Facts) -> Iterator[Violation]:
    """A follower gets at most one version from one adjustment, and one from each draft that is accepted."""
    followers = {follower for permit in world.permits for follower in permit.followers.values()}
    derived = (row for row in facts.versions if row["item_id"] in followers and row["adjustment_id"])
    for (item, adjustment, operation), rows in grouped(derived, "item_id", "adjustment_id", "operation").items():
        if len(rows) > 1 and operation != "accept":
            yield Violation(3, "an entry followed one adjustment more than once", f"{item} {adjustment}",
                            duplicated=len(rows) - 1)  # fmt: skip


def _together(facts: Facts) -> Iterator[Violation]:
    """The entries that change for one cause changed in one transaction, and were published in one."""
    told = {event["id"]: event for event in facts.events if event["type"] in ITEM_EVENTS and event["cause_id"]}
    yield from _one_transaction("lists of one closure changed apart", grouped(told.values(), "cause_id"))
    fed: dict[Any, list[Row]] = defaultdict(list)
    for entry in facts.feed:
        if entry["cause_id"] in told:
            fed[told[entry["cause_id"]]["cause_id"]].append(entry)
    yield from _one_transaction("lists of one closure were published apart", fed)
    for list_id, rows in grouped(facts.revisions, "list_id").items():
        numbers = [row["revision"] for row in rows]
        if numbers != list(range(1, len(numbers) + 1)):
            yield Violation(3, "revisions of a list have gaps", f"{list_id}: {numbers}")


def _one_transaction(what: str, groups: Mapping[Any, list[Row]]) -> Iterator[Violation]:
    for cause, rows in groups.items():
        if len({row["transaction"] for row in rows}) > 1:
            yield Violation(3, what, f"after event {cause}: {sorted({row['transaction'] for row in rows})}")


def nothing_new(before: Facts, after: Facts) -> Iterator[Violation]:
    """A check of everything left the same things for people: what it found, the cascades had found."""
    for what in ("drafts", "findings"):
        was, now = (
            {row["id"]: row for row in getattr(facts, what) if row["state"] == "open"} for facts in (before, after)
        )
        for id_ in was.keys() ^ now.keys():
            told = "was missing" if id_ in now else "should have been closed"
            yield Violation(3, f"one of the {what} {told} before the check", str(dict((now | was)[id_])), lost=1)


def waiting(facts: Facts) -> str:
    """What waits for people, in words."""
    drafts = sum(row["state"] == "open" for row in facts.drafts)
    findings = sum(row["state"] == "open" for row in facts.findings)
    return f"{drafts} drafts and {findings} findings wait for people"
