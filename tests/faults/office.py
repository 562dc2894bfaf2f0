"""Whoever arranges work with days: tasks that fall due in seconds, campaigns whose months have passed, more time.

Tasks and campaigns are written with the workflow's own writers, as the world is, in transactions that are journalled
before and after; completing a task and granting time goes over HTTP. Time is not changed: what is due in a month is
due in seconds, and what was due in months gone by is found by whoever wakes up.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from services.workflow.clocks import service as clocks
from services.workflow.tasks import service as tasks
from shared import clock
from shared.calendar.working_days import add_months
from shared.database import create_engine
from shared.identifiers import new_id
from shared.ledger.transaction import Transaction, begin
from shared.schema import workflow
from tests.faults.caller import Caller
from tests.faults.facts import AWAY
from tests.faults.journal import Journal
from tests.faults.place import Installation
from tests.faults.world import CITY, PROVINCE, Department, World

EVERY_SECONDS = 1.0
# Due so soon that it is late before the storm is over, and not so soon that nobody can act.
DUE_SECONDS = (2.0, 10.0)
MOST_AT_ONCE = 4
# Of the acts of a second: a campaign, more time for a task, a task completed; else new tasks.
CAMPAIGN, EXTENSION, COMPLETION = 0.15, 0.15, 0.2
MONTHS = 3
REPORT_DAY = 5
LADDER = [{"role": "compiler", "to": "principal", "after_working_days": 0}]
KIND = "deadline"


class Office:
    """Gives work until told to stop; its journal has one line before and one after each act."""

    def __init__(self, place: Installation, world: World, journal: Journal) -> None:
        self.place, self.world, self.journal = place, world, journal
        self.rng = random.Random()
        self.caller = Caller(place.system, self.rng)
        self.given: list[tuple[UUID, Department]] = []
        self.count = 0
        self.until = 0.0

    async def move_in(self) -> None:
        """Before anything runs: who gets e-mail, and that what is late rises at once."""
        async with self._engine() as engine, begin(engine, service="workflow", actor="system:faults") as tx:
            wanted = [
                {"account_id": person.account_id, "email": address(person.login), "email_mode": "each",
                 "digest_since": tx.now, "set_at": tx.now}
                for department in self.world.departments
                for person in (*department.compilers, department.principal)
            ]  # fmt: skip
            await tx.connection.execute(insert(workflow.message_preference), wanted)
            rule = {"region_code": PROVINCE, "steps": LADDER, "set_by": "system:faults", "set_at": tx.now}
            await tx.connection.execute(insert(workflow.escalation_rule), [rule])

    async def work(self, seed: str, until: float, deadline: float) -> None:
        """Go on until the loop's clock says `until`."""
        self.rng.seed(f"{seed}/office")
        self.caller.deadline, self.until = deadline, until
        acts = 0
        while asyncio.get_running_loop().time() < self.until:
            await asyncio.sleep(self.rng.uniform(0.5, 1.5) * EVERY_SECONDS)
            self.count += 1
            first, chance = not acts, self.rng.random()
            acts += 1
            if chance < CAMPAIGN or first:
                await self._start_campaign()
            elif chance < CAMPAIGN + EXTENSION and self.given:
                await self._extend(*self.rng.choice(self.given[-2 * MOST_AT_ONCE :]))
            elif chance < CAMPAIGN + EXTENSION + COMPLETION and self.given:
                await self._complete(*self.rng.choice(self.given))
            else:
                await self._give_tasks()

    async def hasten(self) -> None:
        """Let time pass for what was on its way when a sender was killed, or was put off."""
        async with self._engine() as engine, engine.begin() as connection:
            await connection.exec_driver_sql(
                "UPDATE qingdan.message_delivery SET next_at = now() WHERE state = 'waiting' AND next_at > now()"
            )

    async def keep_hastening(self, work: Awaitable[Any]) -> Any:
        """Hasten every few seconds while something is waited for."""
        waiting = asyncio.ensure_future(work)
        while not waiting.done():
            try:
                await self.hasten()
            except (*AWAY, DBAPIError):
                pass  # it is being killed: later
            await asyncio.wait([waiting], timeout=3)
        return waiting.result()

    async def _give_tasks(self) -> None:
        """Tasks of a department, each due within seconds."""
        department = self.rng.choice(self.world.departments)
        seconds = [self.rng.uniform(*DUE_SECONDS) for _ in range(self.rng.randint(1, MOST_AT_ONCE))]
        ids = [new_id() for _ in seconds]

        async def write(tx: Transaction) -> None:
            rows = [
                {"id": id_, "kind": KIND, "region_code": department.region, "organ_id": department.id,
                 "role": "compiler", "title": f"演练限期事项 {id_}", "subject": f"faults/{id_}", "list_id": None,
                 "adjustment_id": None}
                for id_ in ids
            ]  # fmt: skip
            limits = [clocks.fixed(tx.now + timedelta(seconds=each)) for each in seconds]
            await tasks.open_tasks(tx, KIND, rows, list(zip(rows, limits, strict=True)))

        if await self._written("tasks", ids, write):
            self.given += [(id_, department) for id_ in ids]

    async def _start_campaign(self) -> None:
        """A campaign of the city that runs since months, of whose reports nobody has heard."""
        campaign, milestone = new_id(), new_id()
        leads = [department for department in self.world.departments if department.region == CITY]

        async def write(tx: Transaction) -> None:
            month = tx.now.astimezone(clock.ZONE).date().replace(day=1)
            plan = {"id": campaign, "region_code": CITY, "title": f"演练专项工作 {self.count}", "source": "演练",
                    "state": "running", "starts_on": add_months(month, -MONTHS), "due_on": add_months(month, MONTHS),
                    "report_day": REPORT_DAY, "reports_begun": add_months(month, -MONTHS), "started_at": tx.now,
                    "created_by": "system:faults"}  # fmt: skip
            step = {"id": milestone, "campaign_id": campaign, "number": 1, "title": "报送方案", "subject": "document",
                    "levels": ["city"], "unit": "lead", "due_on": plan["due_on"]}  # fmt: skip
            owed = [
                {"id": new_id(), "campaign_id": campaign, "milestone_id": milestone, "subject": "document",
                 "unit": "lead", "region_code": CITY, "organ_id": lead.id, "title": "报送方案",
                 "due_at": tx.now + timedelta(days=60)}
                for lead in leads
            ]  # fmt: skip
            await tx.connection.execute(insert(workflow.campaign), [plan])
            await tx.connection.execute(insert(workflow.campaign_milestone), [step])
            await tx.connection.execute(insert(workflow.obligation), owed)

        await self._written("campaign", [campaign], write)

    async def _complete(self, task: UUID, department: Department) -> None:
        """One of those who hold the role says that it was done."""
        person, path = self.rng.choice(department.compilers), f"/workflow/v1/tasks/{task}/complete"
        await self._asked("complete", task, person, path, {"note": "演练：已办结"}, allowed={"task_closed"})

    async def _extend(self, task: UUID, department: Department) -> None:
        """A day more: what was late is not late any more, and nothing is said of it until it is again."""
        path = f"/workflow/v1/clocks/{task}/extend"
        body = {"amount": 1, "reason": "演练：情况复杂"}
        await self._asked(
            "extend", task, department.reviewer, path, body, allowed={"illegal_transition", "extension_too_long"}
        )

    async def _asked(
        self, act: str, task: UUID, person: Any, path: str, body: dict[str, Any], *, allowed: set[str]
    ) -> None:
        key = f"office-{self.count}"
        self.journal.write(act=act, say="asked", ids=[str(task)], key=key)
        told = await self.caller.post(person, path, body, key=key)
        say = "acknowledged" if told.good else "unknown" if not told.known else "refused"
        self.journal.write(act=act, say=say, ids=[str(task)], key=key, code=told.code, allowed=told.code in allowed)

    async def _written(self, act: str, ids: Sequence[UUID], write: Callable[[Transaction], Awaitable[None]]) -> bool:
        """Write in one transaction of the office's own; whether it is certain that it was."""
        key, named = f"office-{self.count}", [str(id_) for id_ in ids]
        self.journal.write(act=act, say="asked", ids=named, key=key)
        try:
            async with self._engine() as engine, begin(engine, service="workflow", actor="system:faults") as tx:
                await write(tx)
        except (*AWAY, DBAPIError):
            return False
        self.journal.write(act=act, say="acknowledged", ids=named, key=key)
        return True

    def _engine(self) -> Disposed:
        return Disposed(create_engine(self.place.database_url, role="owner", pool_size=1))


class Disposed:
    """An engine for one act: the server it was connected to may be another by the next."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def __aenter__(self) -> AsyncEngine:
        return self._engine

    async def __aexit__(self, *_: object) -> None:
        await self._engine.dispose()


def address(login: str) -> str:
    """Where somebody of the storm gets e-mail."""
    return f"{login}@faults.test"
