"""Negative control: what a checker that always says yes would not notice.

Each misdeed is done to the database in a transaction that is rolled back after the check; each forgery is done to a
copy of what a subscriber or the mail server wrote down, each falsification to a copy of what the platform holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import asyncpg

from tests.faults import facts
from tests.faults.facts import Facts, Violation
from tests.faults.post import Letter
from tests.faults.province import Holding
from tests.faults.receivers import Stream
from tests.faults.subscribed import Line, first_arrivals

LATEST = """(SELECT v.item_id, v.number FROM qingdan.item_version AS v JOIN qingdan.change AS c
             ON c.adjustment_id = v.adjustment_id AND c.item_id = v.item_id ORDER BY v.recorded_at DESC LIMIT 1)"""

MISDEEDS = {
    "a decided version vanishes": f"DELETE FROM qingdan.item_version WHERE (item_id, number) = {LATEST}",
    "a decided version is written twice": """
        INSERT INTO qingdan.item_version (item_id, number, effective_from, elements, changed, adjustment_id, operation)
        SELECT item_id, v.number + 1, effective_from + interval '1 microsecond', elements, changed, adjustment_id,
               v.operation
        FROM qingdan.item_version AS v JOIN qingdan.change AS c USING (adjustment_id, item_id)
        WHERE NOT EXISTS (SELECT FROM qingdan.item_version AS n WHERE n.item_id = v.item_id AND n.number > v.number)
        LIMIT 1""",
    "an adjustment vanishes": """
        WITH gone AS (SELECT id FROM qingdan.adjustment WHERE state = 'effective' ORDER BY id LIMIT 1),
             steps AS (DELETE FROM qingdan.review_step WHERE adjustment_id IN (SELECT id FROM gone)),
             changes AS (DELETE FROM qingdan.change WHERE adjustment_id IN (SELECT id FROM gone))
        UPDATE qingdan.adjustment SET title = 'gone' WHERE id IN (SELECT id FROM gone)""",
    "an adjustment is opened twice": """
        INSERT INTO qingdan.adjustment
        SELECT (jsonb_populate_record(a, jsonb_build_object('id', gen_random_uuid(), 'number', 'TZ-double'))).*
        FROM qingdan.adjustment AS a WHERE state = 'effective' LIMIT 1""",
    "an event vanishes": """
        DELETE FROM qingdan.event WHERE position =
            (SELECT max(position) FROM qingdan.event WHERE type = 'adjustment.applied')""",
    "a feed entry comes twice": """
        INSERT INTO qingdan.feed_entry
        SELECT (jsonb_populate_record(f, jsonb_build_object('sequence', f.sequence + 1, 'position', 0))).*
        FROM qingdan.feed_entry AS f ORDER BY f.sequence DESC LIMIT 1""",
    "a feed entry vanishes": """
        DELETE FROM qingdan.feed_entry WHERE sequence = (SELECT max(sequence) - 1 FROM qingdan.feed_entry)""",
    "a consumer stands still": "UPDATE qingdan.consumer SET position = position - 1 WHERE name = 'publication'",
    "a list does not follow": """
        UPDATE qingdan.item_version AS v SET elements = elements || '{"name": "stale"}'
        FROM qingdan.item AS i WHERE i.id = v.item_id AND i.version = v.number AND i.kind = 'power'""",
    "a rejection of the platform is nobody's task": """
        UPDATE qingdan.finding SET state = 'closed' WHERE rule = 'P01' AND state = 'open'""",
    "a word of a clock is said of another clock": """
        UPDATE qingdan.event SET refs = refs || jsonb_build_object('clock',
            (SELECT max(c.id::text) FROM qingdan.clock AS c))
        WHERE position = (SELECT min(position) FROM qingdan.event WHERE type = 'clock.overdue')""",
    "a word of a clock was noted and never said": """
        UPDATE qingdan.event SET refs = refs || '{"grade": "half", "folded": []}'
        WHERE position = (SELECT max(position) FROM qingdan.event WHERE type = 'clock.overdue')""",
    "a clock goes wrong": """
        DELETE FROM qingdan.clock WHERE id = (SELECT id FROM qingdan.task WHERE kind = 'deadline' LIMIT 1)""",
    "a late task is not late": """
        UPDATE qingdan.task SET overdue_at = NULL WHERE id = (
            SELECT t.id FROM qingdan.task AS t JOIN qingdan.clock AS c USING (id)
            WHERE t.overdue_at IS NOT NULL AND c.extensions = '[]' LIMIT 1)""",
    "a task that was given vanishes": """
        DELETE FROM qingdan.task WHERE id = (SELECT id FROM qingdan.task WHERE kind = 'deadline' LIMIT 1)""",
    "a completed task is open again": """
        UPDATE qingdan.task SET state = 'open' WHERE id =
            (SELECT id FROM qingdan.task WHERE kind = 'deadline' AND state = 'done' LIMIT 1)""",
    "a late task did not rise": """
        UPDATE qingdan.event SET refs = refs || '{"role": "decider"}'
        WHERE position = (SELECT max(e.position) FROM qingdan.event AS e
            JOIN qingdan.task AS t ON e.refs->'tasks' ? t.id::text AND t.state = 'open' AND t.overdue_at IS NOT NULL
            WHERE e.type = 'task.escalated')""",
    "somebody is not told": """
        DELETE FROM qingdan.message WHERE id = (
            SELECT m.id FROM qingdan.message AS m JOIN qingdan.task AS t ON t.id = m.task_id
            WHERE m.act = 'opened' AND t.kind = 'deadline' AND t.state = 'open' LIMIT 1)""",
    "somebody is told twice": """
        WITH again AS (
            INSERT INTO qingdan.message
            SELECT (jsonb_populate_record(m, jsonb_build_object('id', gen_random_uuid()))).*
            FROM qingdan.message AS m JOIN qingdan.task AS t ON t.id = m.task_id
            WHERE m.act = 'opened' AND t.kind = 'report' LIMIT 1 RETURNING id)
        SELECT count(*) FROM again""",
    "a message never leaves": """
        DELETE FROM qingdan.message_delivery WHERE id = (SELECT min(id::text)::uuid FROM qingdan.message_delivery)""",
    "an e-mail is given up": """
        UPDATE qingdan.message_delivery SET state = 'failed'
        WHERE id = (SELECT min(id::text)::uuid FROM qingdan.message_delivery)""",
    "a monthly report vanishes": """
        DELETE FROM qingdan.monthly_report WHERE id = (SELECT max(id::text)::uuid FROM qingdan.monthly_report)""",
    "a month is reported that is not over": """
        INSERT INTO qingdan.monthly_report
        SELECT (jsonb_populate_record(r, jsonb_build_object('id', gen_random_uuid(), 'month', '2099-01-01'))).*
        FROM qingdan.monthly_report AS r LIMIT 1""",
    "a monthly report is nobody's task": """
        UPDATE qingdan.task SET subject = 'nothing' WHERE id =
            (SELECT max(id::text)::uuid FROM qingdan.monthly_report)""",
    "a campaign vanishes": "DELETE FROM qingdan.campaign WHERE id = (SELECT max(id::text)::uuid FROM qingdan.campaign)",
    "the public sees an older entry": """
        UPDATE qingdan.published_item SET name = 'stale' WHERE item_id =
            (SELECT item_id FROM qingdan.published_item WHERE to_revision IS NULL LIMIT 1)""",
}  # fmt: skip


async def unnoticed(url: str, check: Callable[[Facts], Iterable[Violation]]) -> list[str]:
    """Misdeeds after which the check still finds nothing; empty is as it should be.

    Parameters
    ----------
    url : the owner's.
    check : all promises that are checked on rows.
    """
    missed = []
    connection: asyncpg.Connection[Any] = await asyncpg.connect(url)
    try:
        for name, statement in MISDEEDS.items():
            transaction = connection.transaction()
            await transaction.start()
            try:
                # Triggers that refuse such things are there for programs, not for whoever owns the database.
                await connection.execute("SET LOCAL session_replication_role = 'replica'")
                await connection.execute(statement)
                if not any(True for _ in check(await facts.read(connection))):
                    missed.append(name)
            finally:
                await transaction.rollback()
    finally:
        await connection.close()
    return missed


def unnoticed_on_paper(
    streams: Sequence[Stream], check: Callable[[Sequence[Stream]], Iterable[Violation]]
) -> list[str]:  # fmt: skip
    """Forgeries of what a subscriber wrote down after which the check still finds nothing, or that cannot be made."""
    missed = []
    for name, forge in FORGERIES.items():
        tried = 0
        for place, stream in enumerate(streams):
            if forge is _swapped and not stream.ordered:
                continue
            lines = forge(list(stream.lines)) if stream.lines else []
            if lines == stream.lines:
                continue
            tried += 1
            forged = [*streams[:place], replace(stream, lines=lines), *streams[place + 1 :]]
            if not any(True for _ in check(forged)):
                missed.append(f"{name} ({stream.name})")
        if not tried:
            missed.append(f"{name} (nothing to do it to)")
    return missed


def _dropped(lines: list[Line]) -> list[Line]:
    number = _middle(lines)
    return [line for line in lines if line["sequence"] != number]


def _cut_off(lines: list[Line]) -> list[Line]:
    last = max(line["sequence"] for line in lines)
    return [line for line in lines if line["sequence"] != last]


def _swapped(lines: list[Line]) -> list[Line]:
    """The first two events of a matter change places, with all their repetitions."""
    first = first_arrivals(lines)
    matters: dict[str, list[int]] = {}
    for number, line in first.items():
        matters.setdefault(line["subject"], []).append(number)
    several = [numbers for numbers in matters.values() if len(numbers) > 1]
    if not several:
        return lines
    one, other = several[0][:2]
    late = [line for line in lines if line["sequence"] == one]
    rest = [line for line in lines if line["sequence"] != one]
    after = 1 + next(place for place, line in enumerate(rest) if line["sequence"] == other)
    return [*rest[:after], *late, *rest[after:]]


def _other(**said: Any) -> Callable[[list[Line]], list[Line]]:
    """Every line of one event says something else."""

    def forge(lines: list[Line]) -> list[Line]:
        number = _middle(lines)
        return [{**line, **said} if line["sequence"] == number else line for line in lines]

    return forge


def _twofold(lines: list[Line]) -> list[Line]:
    number = _middle(lines)
    one = [line for line in lines if line["sequence"] == number]
    return [*lines, *({**line, "id": "another", "webhook_id": "another"} for line in one[:1])]


def _invented(lines: list[Line]) -> list[Line]:
    last = max(lines, key=lambda line: int(line["sequence"]))
    return [*lines, {**last, "sequence": last["sequence"] + 1}]


def _impatient(lines: list[Line]) -> list[Line]:
    number = _middle(lines)
    return [{**line, "mode": "status"} if line["sequence"] == number else line for line in lines]


def _middle(lines: Sequence[Line]) -> int:
    """The number of an event about an entry, from the middle."""
    numbers = sorted({line["sequence"] for line in lines if line["item"]})
    return int(numbers[len(numbers) // 2]) if numbers else 0


FORGERIES: dict[str, Callable[[list[Line]], list[Line]]] = {
    "an event never came": _dropped,
    "the last event never came": _cut_off,
    "two events of a matter came the other way round": _swapped,
    "an event says something else": _other(item="forged"),
    "an event is of another version": _other(version=0),
    "an event has another id": _other(id="forged", webhook_id="forged"),
    "a signature was wrong": _other(verified=False),
    "a number stands for two events": _twofold,
    "an event came that was never published": _invented,
    "an event was never acknowledged": _impatient,
}


def unnoticed_in_the_post(
    letters: Sequence[Letter], check: Callable[[Sequence[Letter]], Iterable[Violation]]
) -> list[str]:  # fmt: skip
    """Forgeries of what the mail server took after which the check still finds nothing."""
    return [name for name, forge in LETTERS.items() if not any(True for _ in check(forge(letters)))]


LETTERS: dict[str, Callable[[Sequence[Letter]], Sequence[Letter]]] = {
    "an e-mail never came": lambda letters: [each for each in letters if each.identifier != letters[0].identifier],
    "an e-mail came under another identifier": lambda letters: [*letters, replace(letters[-1], identifier="<another>")],
    "an e-mail came to another": lambda letters: [
        replace(each, to="another@faults.test") if each.identifier == letters[0].identifier else each
        for each in letters
    ],
}


def unnoticed_at_the_platform(held: Holding, check: Callable[[Holding], Iterable[Violation]]) -> list[str]:
    """Falsifications of what the platform holds after which the check still finds nothing."""
    return [name for name, falsify in FALSIFICATIONS.items() if not any(True for _ in check(falsify(held)))]


def _first(held: Holding, **said: Any) -> Holding:
    """The first item it holds says something else."""
    place = next(place for place, item in enumerate(held.items) if not item["gone"])
    items = [*held.items[:place], {**held.items[place], **said}, *held.items[place + 1 :]]
    return replace(held, items=items)


FALSIFICATIONS: dict[str, Callable[[Holding], Holding]] = {
    "the platform has lost an entry": lambda held: _first(held, gone=True),
    "the platform holds an older version": lambda held: _first(held, version=0),
    "the platform holds another content": lambda held: _first(held, content={"ROW": {}, "CHILDREN": {}}),
    "the platform holds an entry of nobody": lambda held: replace(
        held, items=[*held.items, {**held.items[0], "guid": "nobody", "gone": False}]
    ),
    "the platform's inventory leaves an entry out": lambda held: replace(held, inventory=held.inventory[1:]),
    "the platform's inventory says another hash": lambda held: replace(
        held, inventory=[{**held.inventory[0], "HASH": "0" * 64}, *held.inventory[1:]]
    ),
    "the platform complained and nobody kept it": lambda held: replace(held, complaints=held.complaints + 1),
}
