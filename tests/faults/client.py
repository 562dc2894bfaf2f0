"""A department and its approvers, streaming adjustments: open, add changes, submit, sign, review, decide.

The journal holds what was about to be asked and what was told. Some steps are asked without patience: after the first
error nobody asks again, and what became of them is unknown.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from shared.clock import ZONE
from shared.system import System
from tests.faults.caller import Caller, Told
from tests.faults.journal import Journal
from tests.faults.world import SPARE, Department, Permit, World, basis, permit_elements

# One in six steps is not asked again after an error.
IMPATIENT = 1 / 6
CHECK_SECONDS = 45.0
# Two clients of a department meet on its first permits: that is how conflicts come about.
SHARED = 3
MARK = "故障演练"


@dataclass
class Case:
    """One adjustment of a client."""

    name: str
    adjustment: str | None = None


class Client:
    """Streams adjustments of one department until told to stop."""

    def __init__(self, number: int, department: Department, world: World, system: System, journal: Journal) -> None:
        self.number = number
        self.department = department
        self.world = world
        self.journal = journal
        self.rng = random.Random()
        self.caller = Caller(system, self.rng)
        share = department.permits[SHARED:]
        self.own: list[Permit] = [permit for place, permit in enumerate(share) if place % 2 == number % 2]
        self.shared = list(department.permits[:SHARED])
        self.suspended: set[UUID] = set()
        # What a step with unknown outcome spoke of: its state is a guess, so its state is left alone from then on.
        self.unsure: set[UUID] = set()
        self.compiler = department.compilers[number % 2]
        self.spare = list(SPARE[number::8])
        self.cases = 0
        self.until = 0.0
        self.decided = 0

    def move(self, system: System) -> None:
        """Work with another installation from now on; what state it is in is not known."""
        self.caller.system = system
        self.caller.forget()
        self.unsure.update(permit.id for permit in self.department.permits)

    async def sign_in(self) -> None:
        """Sign everybody in, so that the storm finds them at work and not in front of a closed door."""
        department = self.department
        for person in (self.compiler, department.principal, department.reviewer, department.decider):
            await self.caller.get(person, "/workflow/v1/tasks?limit=1")

    async def stream(self, seed: str, until: float, deadline: float) -> None:
        """Run adjustments until the loop's clock says `until`; answers are waited for until `deadline`."""
        self.rng.seed(f"{seed}/client-{self.number}")
        self.caller.deadline, self.until = deadline, until
        while asyncio.get_running_loop().time() < self.until:
            self.cases += 1
            case = Case(f"{self.number}-{self.cases:05d}")
            await self._adjust(case)

    async def _adjust(self, case: Case) -> None:
        changes = self._changes(case)
        touched = [UUID(change["item_id"]) for change in changes if "item_id" in change]
        told = await self._through(case, changes)
        if told is None or not told.known:
            self.unsure.update(touched)
        elif told.good:
            self.decided += 1
            for change in changes:
                self._remember(change)

    async def _through(self, case: Case, changes: list[dict[str, Any]]) -> Told | None:
        """Every step; the answer to the decision, or None when it was not reached."""
        at_once = self.rng.random() < 0.3
        header = self._header(case, changes if at_once else [])
        told = await self._step(case, "open", "/workflow/v1/adjustments", header)
        if not told.good:
            return None
        case.adjustment = told.body["id"]
        place = f"/workflow/v1/adjustments/{case.adjustment}"
        if not at_once:
            body = {"changes": changes, "confirm_overlap": True}
            if not (await self._step(case, "change", f"{place}/changes", body)).good:
                return None
        if not (await self._step(case, "submit", f"{place}/submit", None)).good or not await self._checked(case, place):
            return None
        seal = {"seal": {"reference": f"演练档案-{case.name}"}}
        department = self.department
        if not (await self._step(case, "sign", f"{place}/sign", seal, department.principal)).good:
            return None
        review = {"outcome": "pass", "opinion": "演练"}
        if not (await self._step(case, "review", f"{place}/review", review, department.reviewer)).good:
            return None
        record = {"meeting": "演练会议", "date": str(datetime.now(ZONE).date()), "number": f"演练-{case.name}"}
        return await self._step(case, "decide", f"{place}/decide", {"decision": record}, department.decider)

    async def _step(self, case: Case, step: str, path: str, body: Any, person: Any = None) -> Told:
        patience = 0.0 if self.rng.random() < IMPATIENT else 1.0
        asked = {"case": case.name, "step": step, "adjustment": case.adjustment}
        self.journal.write(say="asked", body=body, **asked)
        told = await self.caller.post(person or self.compiler, path, body, key=f"{case.name}-{step}", patience=patience)
        say = "acknowledged" if told.good else "refused" if told.known else "unknown"
        answer = told.body if isinstance(told.body, dict) else {}
        kept = {key: answer[key] for key in ("id", "number", "state", "code", "detail", "errors") if key in answer}
        self.journal.write(
            say=say, status=told.status, attempts=told.attempts, before=told.before[-3:], answer=kept, **asked
        )
        return told

    async def _checked(self, case: Case, place: str) -> bool:
        """Wait for the catalog's answer to the submission."""
        end = min(asyncio.get_running_loop().time() + CHECK_SECONDS, self.caller.deadline)
        while asyncio.get_running_loop().time() < end:
            told = await self.caller.get(self.compiler, place)
            state = told.body.get("state") if told.good else None
            if state is not None and state != "checking":
                if state != "signing":
                    validation = told.body.get("validation")
                    self.journal.write(say="returned", case=case.name, step="check", state=state, body=validation)
                return bool(state == "signing")
            await asyncio.sleep(0.05)
        self.journal.write(say="stalled", case=case.name, step="check")
        return False

    def _header(self, case: Case, changes: list[dict[str, Any]]) -> dict[str, Any]:
        header: dict[str, Any] = {
            "title": f"{MARK} {case.name}", "trigger": "LOCAL_INITIATIVE", "trigger_reference": "演练通知",
            "legal_basis": "演练省许可条例", "reason": "演练", "organ_id": str(self.department.id),
            "changes": changes, "confirm_overlap": True,
        }  # fmt: skip
        if self.rng.random() < 0.15:
            later = datetime.now(UTC) + timedelta(seconds=self.rng.uniform(4, 9))
            header["effective_at"] = later.isoformat()
        return header

    def _changes(self, case: Case) -> list[dict[str, Any]]:
        """What this adjustment is about: mostly one entry, sometimes several, sometimes a new one."""
        chance = self.rng.random()
        if chance < 0.07 and self.spare:
            return [self._addition(case)]
        if chance < 0.10 and len(self.own) > 3:
            return [{"operation": "cancel", "item_id": str(self.own.pop().id)}]
        if chance < 0.22:
            permit = self.rng.choice(self.own)
            if permit.id not in self.unsure:
                if permit.id in self.suspended:
                    return [{"operation": "resume", "item_id": str(permit.id)}]
                terms = {"condition": "整改验收合格"}
                return [{"operation": "suspend", "item_id": str(permit.id), "terms": terms}]
        chosen = self.rng.sample(self.own, min(len(self.own), self.rng.choice((1, 1, 1, 1, 2, 3))))
        if self.rng.random() < 0.2:
            chosen = [self.rng.choice(self.shared)]
        return [self._modification(case, permit) for permit in chosen]

    def _modification(self, case: Case, permit: Permit) -> dict[str, Any]:
        elements: dict[str, Any] = {"name": f"{permit.name}（{case.name}）"}
        if self.rng.random() < 0.3:
            elements["basis"] = basis(f"第{case.name}条")
        if self.rng.random() < 0.3:
            elements["promised_limit"] = {"amount": self.rng.randint(1, 20), "unit": "working_day"}
        return {"operation": "modify", "item_id": str(permit.id), "elements": elements}

    def _addition(self, case: Case) -> dict[str, Any]:
        elements = permit_elements(f"新增许可（{case.name}）", self.department, self.spare.pop())
        list_id = self.world.lists[self.department.region, "permit"]
        return {"operation": "add", "list_id": str(list_id), "elements": elements}

    def _remember(self, change: dict[str, Any]) -> None:
        if change["operation"] == "suspend":
            self.suspended.add(UUID(change["item_id"]))
        elif change["operation"] == "resume":
            self.suspended.discard(UUID(change["item_id"]))
