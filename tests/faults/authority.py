"""The lists' authority: accepts the drafts that adjustments leave for people, while things are killed."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from tests.faults import journal
from tests.faults.caller import Caller
from tests.faults.client import IMPATIENT
from tests.faults.facts import Facts, Row, Violation, grouped
from tests.faults.journal import Journal
from tests.faults.place import Installation
from tests.faults.world import World

EVERY_SECONDS = 2.0
MOST_AT_ONCE = 6
# Somebody or something was faster: the permit changed once more, the draft is no longer what it was.
EXPECTED_REFUSALS = frozenset({"draft_closed"})


class Authority:
    """Accepts some open drafts every few seconds; its journal has one line before and one after."""

    def __init__(self, place: Installation, world: World, journal_: Journal) -> None:
        self.person = world.authority
        self.journal = journal_
        self.rng = random.Random()
        self.caller = Caller(place.system, self.rng)
        self.count = 0
        self.until = 0.0

    async def accept(self, seed: str, until: float, deadline: float) -> None:
        """Go on until the loop's clock says `until`."""
        self.rng.seed(f"{seed}/authority")
        self.caller.deadline, self.until = deadline, until
        while asyncio.get_running_loop().time() < self.until:
            await asyncio.sleep(self.rng.uniform(0.5, 1.5) * EVERY_SECONDS)
            told = await self.caller.get(self.person, "/catalog/v1/drafts?state=open&limit=100")
            drafts = [draft["id"] for draft in told.body["items"]] if told.good else []
            if drafts:
                await self._accept(self.rng.sample(drafts, min(len(drafts), self.rng.randint(1, MOST_AT_ONCE))))

    async def _accept(self, ids: list[str]) -> None:
        self.count += 1
        patience = 0.0 if self.rng.random() < IMPATIENT else 1.0
        self.journal.write(number=self.count, say="asked", drafts=ids)
        told = await self.caller.post(
            self.person, "/catalog/v1/drafts/accept", {"ids": ids, "reason": "演练：经核对予以采纳"},
            key=f"accept-{self.count}", patience=patience,
        )  # fmt: skip
        say = "acknowledged" if told.good else "refused" if told.known else "unknown"
        self.journal.write(number=self.count, say=say, drafts=ids, status=told.status, code=told.code, answer=told.body)


@dataclass(frozen=True)
class Acceptance:
    """What the authority asked and was told in the end."""

    drafts: Sequence[UUID]
    outcome: str
    code: str


def collect(path: Path, *, lost_between: tuple[float, float]) -> list[Acceptance]:
    """All acceptances of the journal; those told between the instants are unknown."""
    found: dict[int, Acceptance] = {}
    for record in journal.read(path) if path.exists() else ():
        say = record["say"]
        unknown = say == "asked" or lost_between[0] < record["at"] < lost_between[1]
        ids = [UUID(id_) for id_ in record["drafts"]]
        found[record["number"]] = Acceptance(ids, "unknown" if unknown else say, record.get("code") or "")
    return list(found.values())


def check(acceptances: Sequence[Acceptance], facts: Facts) -> Iterator[Violation]:
    """What speaks against promise 1 as far as drafts are concerned."""
    drafts = {row["id"]: row for row in facts.drafts}
    asked = Counter(id_ for each in acceptances if each.outcome != "refused" for id_ in each.drafts)
    for each in acceptances:
        yield from _kept(each, drafts, asked)
    for draft in facts.drafts:
        if draft["state"] == "accepted" and draft["id"] not in asked:
            yield Violation(1, "a draft was accepted though nobody asked", str(draft["id"]), duplicated=1)
    yield from _entries(facts)


def _kept(each: Acceptance, drafts: Mapping[UUID, Any], asked: Mapping[UUID, int]) -> Iterator[Violation]:
    states = {id_: drafts[id_]["state"] if id_ in drafts else "gone" for id_ in each.drafts}
    if each.outcome == "acknowledged" and set(states.values()) - {"accepted", "superseded"}:
        yield Violation(1, "an acknowledged acceptance is gone", str(states), lost=1)
    if each.outcome == "refused" and each.code not in EXPECTED_REFUSALS:
        yield Violation(1, "an acceptance was refused", f"{each}")
    # What was lost with the machine is asked for again, in other company: another acceptance explains those it names.
    alone = {state for id_, state in states.items() if asked[id_] == 1}
    if each.outcome == "unknown" and {"accepted", "open"} <= alone:
        yield Violation(1, "an acceptance is half there", str(states))


def _said_already(draft: Row, chain: Sequence[Row]) -> bool:
    """Whether the entry said what the draft asks for before it was accepted.

    A check of everything that began before another draft was accepted may ask for the same once more; accepting that
    changes nothing.
    """
    before = [version for version in chain if version["effective_from"] < draft["closed_at"]]
    return bool(before) and all(before[-1]["elements"].get(name) == value for name, value in draft["elements"].items())


def _entries(facts: Facts) -> Iterator[Violation]:
    """Each accepted draft is one version of one entry, and no list has a matter twice."""
    versions = grouped((row for row in facts.versions if row["operation"] == "accept"), "item_id", "adjustment_id")
    wanted = grouped((row for row in facts.drafts if row["state"] == "accepted"), "item_id", "adjustment_id")
    chains = grouped(facts.versions, "item_id")
    for key in wanted.keys() | versions.keys():
        news = [draft for draft in wanted.get(key, ()) if not _said_already(draft, chains[key[0]])]
        asked, written = len(news), len(versions.get(key, ()))
        if not asked and not written:
            continue
        if not (1 <= written <= asked):
            evidence = f"{key}: {asked} drafts, {written} versions"
            yield Violation(1, "accepted drafts and versions do not agree", evidence,
                            lost=int(written == 0), duplicated=max(written - asked, 0))  # fmt: skip
    alive = (row for row in facts.items if row["state"] != "cancelled" and row["implementing_body"])
    for key, rows in grouped(alive, "list_id", "base_code", "implementing_body", "handling_item").items():
        if len(rows) > 1:
            yield Violation(1, "a list has a matter twice", f"{key}: {[row['name'] for row in rows]}",
                            duplicated=len(rows) - 1)  # fmt: skip
