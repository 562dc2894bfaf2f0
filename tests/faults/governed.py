"""Promise 2 for what has days: tasks, clocks, what rises, messages, e-mail and monthly reports, each exactly once.

E-mail is the exception that SMTP asks for: what was taken and not noted comes again, under the same identifier.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from tests.faults import journal
from tests.faults.facts import Facts, Row, Violation, grouped
from tests.faults.office import KIND, MONTHS, address
from tests.faults.post import SENDER, Letter
from tests.faults.world import Department, Person, World

REPORT = "report"
SAID = ("clock.warned", "clock.overdue")
NOTHING_LOST = (float("inf"), float("inf"))


@dataclass
class Asked:
    """What became of the office's acts, by identifier."""

    tasks: dict[str, bool] = field(default_factory=dict)
    campaigns: dict[str, bool] = field(default_factory=dict)
    # Task -> acknowledged, and asked for without an answer.
    completed: dict[str, bool] = field(default_factory=dict)
    extended: Counter[str] = field(default_factory=Counter)
    perhaps_extended: Counter[str] = field(default_factory=Counter)
    refused: list[str] = field(default_factory=list)


def collect(path: Path, *, lost_between: tuple[float, float] = NOTHING_LOST) -> Asked:
    """All acts of the office's journal; what was told between these instants counts as unknown."""
    acts: dict[str, dict[str, Any]] = {}
    for record in journal.read(path) if path.exists() else ():
        unknown = record["say"] == "asked" or lost_between[0] < record["at"] < lost_between[1]
        acts[record["key"]] = {**record, "say": "unknown" if unknown else record["say"]}
    found = Asked()
    for record in acts.values():
        _note(found, record)
    return found


def _note(found: Asked, record: Mapping[str, Any]) -> None:
    certain, ids = record["say"] == "acknowledged", record["ids"]
    if record["say"] == "refused":
        if not record["allowed"]:
            found.refused.append(f"{record['act']} of {ids[0]}: {record['code']}")
        return
    match record["act"]:
        case "tasks":
            found.tasks |= dict.fromkeys(ids, certain)
        case "campaign":
            found.campaigns |= dict.fromkeys(ids, certain)
        case "complete":
            found.completed[ids[0]] = certain or found.completed.get(ids[0], False)
        case _ if certain:
            found.extended[ids[0]] += 1
        case _:
            found.perhaps_extended[ids[0]] += 1


def check(everything: World, asked: Asked, facts: Facts) -> Iterator[Violation]:
    """Everything in the database that speaks against the promise."""
    for text in asked.refused:
        yield Violation(1, "the office was refused", text)
    yield from _tasks(asked, facts)
    yield from _clocks(facts)
    yield from _risen(facts)
    yield from _messages(everything, asked, facts)
    yield from _outbox(everything, facts)
    yield from _reports(asked, facts)


def _tasks(asked: Asked, facts: Facts) -> Iterator[Violation]:
    tasks = {str(row["id"]): row for row in facts.tasks}
    for id_, certain in asked.tasks.items():
        if certain and id_ not in tasks:
            yield Violation(1, "a task that was given is gone", id_, lost=1)
    closed = _named(facts, "task.closed")
    for id_, certain in asked.completed.items():
        state = tasks[id_]["state"] if id_ in tasks else "gone"
        if certain and state != "done":
            yield Violation(1, "a completed task is not done", f"{id_} is {state}", lost=1)
    ended = {id_: row["state"] for id_, row in tasks.items() if row["kind"] in (KIND, REPORT)}
    for id_, state in ended.items():
        if closed[id_] != (state != "open"):
            yield Violation(2, f"a task that is {state} was told closed {closed[id_]} times", id_,
                            duplicated=max(closed[id_] - 1, 0))  # fmt: skip
        if state != "open" and id_ not in asked.completed:
            yield Violation(1, "a task is closed that nobody has completed", id_)
    clocks = {str(row["id"]): row for row in facts.clocks}
    for id_ in ended.keys() - clocks.keys():
        yield Violation(2, "a task that has a day has no clock", id_, lost=1)
    for id_, clock in clocks.items():
        granted, most = asked.extended[id_], asked.extended[id_] + asked.perhaps_extended[id_]
        if not granted <= len(clock["extensions"]) <= most:
            yield Violation(1, "time was granted another number of times than it was asked for",
                            f"{id_}: {len(clock['extensions'])} for {granted} to {most}")  # fmt: skip


def _clocks(facts: Facts) -> Iterator[Violation]:
    """Each grade of each clock is said once, and what lies behind us was said."""
    tasks = {row["id"]: row for row in facts.tasks}
    said: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for event in facts.words:
        if event["type"] in SAID:
            said[event["refs"]["clock"]].append({**event["refs"], "type": event["type"]})
    for clock in facts.clocks:
        words = said.pop(str(clock["id"]), [])
        twice = [key for key, times in Counter((word["grade"], word["at"]) for word in words).items() if times > 1]
        if twice:
            yield Violation(2, "a word of a clock was said twice", f"{clock['id']} {twice}", duplicated=len(twice))
        noted = {warning["grade"] for warning in clock["warnings"] if warning["told_at"]}
        spoken = Counter(grade for word in words for grade in (word["grade"], *word["folded"]))
        if noted - spoken.keys():
            yield Violation(2, "a word was noted and never said", f"{clock['id']} {noted}", lost=1)
        if not clock["extensions"] and (spoken.keys() - noted or any(times > 1 for times in spoken.values())):
            yield Violation(2, "a word was said that was not noted, or twice", f"{clock['id']} {spoken} {noted}",
                            duplicated=1)  # fmt: skip
        task = tasks.get(clock["id"])
        late = any(word["type"] == "clock.overdue" for word in words)
        if task is not None and not clock["extensions"] and late != (task["overdue_at"] is not None):
            yield Violation(2, "a task and its clock do not agree that it is late", str(clock["id"]), lost=1)
    for id_ in said:
        yield Violation(2, "a word was said of a clock that is not there", id_, duplicated=len(said[id_]))


def _risen(facts: Facts) -> Iterator[Violation]:
    """What is late of the compilers rises to their head, once each time it becomes late."""
    risen: Counter[str] = Counter()
    for event in facts.words:
        if event["type"] == "task.escalated" and event["refs"]["role"] == "principal":
            risen.update(event["refs"]["tasks"])
    late: Counter[str] = Counter(event["refs"]["clock"] for event in facts.words if event["type"] == "clock.overdue")
    for task in facts.tasks:
        id_, times = str(task["id"]), risen[str(task["id"])]
        if task["kind"] == KIND and times > late[id_]:
            yield Violation(2, f"a task rose {times} times, late {late[id_]} times", id_, duplicated=times - late[id_])
        if task["kind"] == KIND and task["state"] == "open" and task["overdue_at"] is not None and not times:
            yield Violation(2, "a late task did not rise", id_, lost=1)


def _messages(everything: World, asked: Asked, facts: Facts) -> Iterator[Violation]:
    """Each of those concerned is told of each thing once; of what is still open, everybody.

    What came in a flood was told of by number: as many tasks as were not told of singly.
    """
    told = Counter((row["account_id"], row["act"], str(row["task_id"])) for row in facts.messages if row["task_id"])
    flood = Counter[tuple[Any, str]]()
    for row in facts.messages:
        if not row["task_id"]:
            flood[row["account_id"], row["act"]] += row["tasks"]
    late = Counter(event["refs"]["clock"] for event in facts.words if event["type"] == "clock.overdue")
    by_organ = {department.id: department for department in everything.departments}
    for task in facts.tasks:
        if task["kind"] not in (KIND, REPORT):
            continue
        id_, moved = str(task["id"]), asked.extended[str(task["id"])] + asked.perhaps_extended[str(task["id"])]
        due = {"opened": 1, "overdue": late[id_], "escalated": late[id_] if task["role"] == "compiler" else 0}
        for act, most in due.items():
            for person in _concerned(everything, by_organ[task["organ_id"]], task["role"], act):
                times = told.pop((person.account_id, act, id_), 0)
                least = 0 if task["state"] != "open" or (moved and act != "opened") else most
                if times < least and flood[person.account_id, act] > 0:
                    flood[person.account_id, act] -= 1
                    times += 1
                if not least <= times <= most:
                    yield Violation(2, f"{person.login} was told {times} times: {act}", f"{id_}: {least} to {most}",
                                    lost=max(least - times, 0), duplicated=max(times - most, 0))  # fmt: skip
    ours = {str(task["id"]) for task in facts.tasks if task["kind"] in (KIND, REPORT)}
    for (account, act, id_), times in told.items():
        if id_ in ours and act != "warned":
            yield Violation(2, "somebody was told whom it does not concern", f"{account} {act} {id_}", duplicated=times)


def _concerned(everything: World, department: Department, role: str, act: str) -> Sequence[Person]:
    if act == "escalated":
        return [department.principal]
    return department.compilers if role == "compiler" else [everything.authority]


def _outbox(everything: World, facts: Facts) -> Iterator[Violation]:
    """Each message of who wants e-mail leaves as one, and none is given up."""
    wanting = {
        person.account_id for department in everything.departments
        for person in (*department.compilers, department.principal)
    }  # fmt: skip
    leaving = Counter(row["about"] for row in facts.deliveries if row["channel"] == "email")
    for row in facts.messages:
        times = leaving.pop(f"message/{row['id']}", 0)
        if times != (row["account_id"] in wanting):
            yield Violation(2, f"a message leaves {times} times", str(row["id"]),
                            lost=int(times == 0), duplicated=max(times - 1, 0))  # fmt: skip
    for about, times in leaving.items():
        yield Violation(2, "an e-mail is about no message", about, duplicated=times)
    for row in facts.deliveries:
        if row["state"] != "sent":
            yield Violation(2, f"an e-mail is {row['state']}", f"{row['id']} {row['error']}", lost=1)


def _reports(asked: Asked, facts: Facts) -> Iterator[Violation]:
    """Each unit has one report of each month that has passed, with one task; each month was told of once."""
    opened = Counter(
        (event["refs"]["campaign"], event["refs"]["month"])
        for event in facts.words
        if event["type"] == "monthly_report.opened"
    )
    tasks = Counter(task["subject"] for task in facts.tasks if task["kind"] == REPORT)
    known = {str(row["id"]): row for row in facts.campaigns}
    for id_, certain in asked.campaigns.items():
        if certain and id_ not in known:
            yield Violation(1, "a campaign is gone", id_, lost=1)
    reports = grouped(facts.reports, "campaign_id")
    units = grouped(facts.obligations, "campaign_id")
    for id_, campaign in known.items():
        wanted = {(unit["organ_id"], month) for unit in units[campaign["id"]] for month in _months(campaign)}
        there = Counter((row["organ_id"], row["month"]) for row in reports.get(campaign["id"], ()))
        if wanted != there.keys() or any(times > 1 for times in there.values()):
            yield Violation(2, "reports are missing, or there twice", f"{id_}: {wanted ^ there.keys()}",
                            lost=len(wanted - there.keys()), duplicated=len(there.keys() - wanted))  # fmt: skip
        times = {opened[id_, month.isoformat()] for month in _months(campaign)}
        if times != {1}:
            yield Violation(
                2, "the reports of a month were told of another number of times than once", f"{id_} {times}"
            )
    for row in facts.reports:
        if tasks[f"report/{row['id']}"] != 1:
            yield Violation(2, "a report is nobody's task", str(row["id"]), lost=1)


def _months(campaign: Row) -> Iterable[date]:
    """First days of the months that reports are about: since the campaign began, counted one by one."""
    first: date = campaign["starts_on"]
    for later in range(MONTHS):
        year, month = divmod(first.month - 1 + later, 12)
        yield date(first.year + year, month + 1, 1)


def _named(facts: Facts, type_: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for event in facts.words:
        if event["type"] == type_:
            found.update(event["refs"]["tasks"])
    return found


def post(everything: World, letters: Sequence[Letter], facts: Facts, *, since: float) -> Iterator[Violation]:
    """What the mail server took is what was sent, each under one identifier.

    Parameters
    ----------
    since : what came before belongs to an installation that a restore has replaced (seconds).
    """
    people = {
        person.account_id: address(person.login)
        for department in everything.departments
        for person in (*department.compilers, department.principal)
    }
    domain = SENDER.partition("@")[2]
    sent = {f"<{row['id']}@{domain}>": people.get(row["account_id"]) for row in facts.deliveries}
    taken = {letter.identifier: letter.to for letter in letters}
    for identifier, to in sent.items():
        if taken.get(identifier) != to:
            yield Violation(2, "an e-mail never came, or to another", f"{identifier} {taken.get(identifier)}", lost=1)
    for letter in letters:
        if letter.at > since and letter.identifier not in sent:
            yield Violation(2, "an e-mail came that nobody sent", letter.identifier, duplicated=1)


def repeated(letters: Sequence[Letter]) -> int:
    """How many e-mails came again under their identifier, which is allowed."""
    return len(letters) - len({letter.identifier for letter in letters})
