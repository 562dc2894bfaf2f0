"""Subscribers of the published changes: processes that verify and write down, and what they asked for.

What they asked for stands here, never read from the database: the checker selects by it what they must have got.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from shared.server_process import free_port
from shared.system import Process, System
from tests.faults import journal
from tests.faults.world import CITY, KINDS, PROVINCE, ZONE

PREFIX = "receiver-"
Filter = Mapping[str, Sequence[str]]
PARTS = ("kinds", "regions", "types", "items", "elements")
# The first takes everything; the second is choosy, and its filter is changed; the third fails most often.
FIRST_FILTERS: Mapping[str, Filter] = {
    "all": {},
    "some": {"kinds": ["permit", "power", "catalogue"], "regions": [CITY]},
    "frail": {"types": ["cn.qingdan.item.updated.v1", "cn.qingdan.item.suspended.v1", "cn.qingdan.item.resumed.v1"]},
}
# Who wants events without an order: a failing one holds back nothing. The numbers are without a gap all the same.
UNORDERED = frozenset({"frail"})
# Filters that a change may lead to.
FILTERS: Sequence[Filter] = (
    {"kinds": ["permit"]},
    {"regions": [ZONE]},
    {"regions": [PROVINCE], "elements": ["basis", "name"]},
    {"kinds": list(KINDS[:3]), "types": ["cn.qingdan.item.updated.v1", "cn.qingdan.item.cancelled.v1"]},
    {},
)
CONTROL_SECONDS = 2.0


@dataclass(frozen=True)
class Asked:
    """A change of the filter: when it was answered (seconds; nought while that is unknown), and what was asked."""

    at: float
    filter: Filter


@dataclass
class Subscriber:
    """One subscriber: its process, its subscription, what it asked for."""

    name: str
    folder: Path
    port: int = field(default_factory=free_port)
    id: str = ""
    changes: list[Asked] = field(default_factory=list)

    @property
    def process_name(self) -> str:
        """Its name among the processes of the system."""
        return PREFIX + self.name

    @property
    def filter(self) -> Filter:
        """What it asked for when it subscribed."""
        return FIRST_FILTERS[self.name]

    @property
    def ordering(self) -> str:
        """What the order is kept for."""
        return "none" if self.name in UNORDERED else "item"

    @property
    def endpoint(self) -> str:
        """Where it receives."""
        return f"http://127.0.0.1:{self.port}/hooks/{self.name}"

    @property
    def journal(self) -> Path:
        """What it wrote down."""
        return self.folder / f"{self.process_name}.jsonl"

    @property
    def known(self) -> Path:
        """What it knows when it starts."""
        return self.folder / f"{self.process_name}.json"

    def process(self) -> Process:
        """The process, not started."""
        if not self.known.exists():
            self.known.write_text("{}")
        command = [sys.executable, "-m", "tests.faults.subscriber", str(self.port), str(self.journal), str(self.known)]
        return Process(self.process_name, command)

    def remember(self, secret: str) -> None:
        """Let it know its secret when it starts next."""
        self.known.write_text(json.dumps({self.name: {"secret": secret}}))

    async def tell(self, **behaviour: Any) -> bool:
        """Let it behave in some way from now on (`deploy.demo.receiver`); False when it is not there to be told."""
        try:
            async with httpx.AsyncClient(timeout=CONTROL_SECONDS, trust_env=False) as client:
                answer = await client.put(f"http://127.0.0.1:{self.port}/control/{self.name}", json=behaviour)
        except httpx.HTTPError:
            return False
        return answer.is_success

    def changed(self, asked: Filter) -> int:
        """Note a change that is about to be asked for; its place in `changes`."""
        self.changes.append(Asked(0.0, asked))
        return len(self.changes) - 1

    def answered(self, place: int, *, done: bool) -> None:
        """Note what became of a change."""
        if done:
            self.changes[place] = Asked(time.time(), self.changes[place].filter)
        else:
            self.changes[place] = Asked(-1.0, self.changes[place].filter)


@dataclass(frozen=True)
class Stream:
    """What a subscriber asked for and what it wrote down, in the order of arrival."""

    name: str
    filter: Filter
    changes: Sequence[Asked]
    lines: Sequence[Mapping[str, Any]]
    ordered: bool = True


class Receivers:
    """All subscribers."""

    def __init__(self, folder: Path) -> None:
        self.all = [Subscriber(name, folder) for name in FIRST_FILTERS]

    def join(self, system: System) -> None:
        """Be among the processes of a system: to be started, and killed, like the others."""
        for each in self.all:
            system.processes[each.process_name] = each.process()

    def streams(self) -> list[Stream]:
        """What they have got so far."""
        return [
            Stream(each.name, each.filter, tuple(each.changes),
                   list(journal.read(each.journal)) if each.journal.exists() else [], each.ordering == "item")
            for each in self.all
        ]  # fmt: skip
