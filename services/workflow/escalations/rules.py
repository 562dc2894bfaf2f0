"""To whom what is late goes next, and when. Pure.

The notices name no steps (TH-29 asks for graded warnings, QX-59 for supervision of what is late): the shipped ladder
follows who answers for whom, and each region may set its own. Whoever a task has risen to sees it and can hand it to
somebody; the act itself stays with the role it belongs to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from services.workflow.clocks.rules import day_of
from shared import clock as shared_clock
from shared.calendar.working_days import WorkingCalendar


@dataclass(frozen=True, slots=True)
class Step:
    """From a role to the next, so many working days after it became late, or after it rose to the role."""

    role: str
    to: str
    after_working_days: int

    def as_data(self) -> dict[str, Any]:
        """As it is stored."""
        return {"role": self.role, "to": self.to, "after_working_days": self.after_working_days}


DEFAULT_LADDER = (
    Step("compiler", "principal", 1),
    Step("principal", "reviewer", 2),
    Step("list_authority", "reviewer", 2),
    Step("joint_reviewer", "reviewer", 2),
    Step("legality_reviewer", "decider", 2),
    Step("reviewer", "decider", 3),
)


def ladder_of(steps: Sequence[Mapping[str, Any]] | None) -> tuple[Step, ...]:
    """The steps a region has set; the shipped ones when nobody has."""
    if steps is None:
        return DEFAULT_LADDER
    return tuple(Step(step["role"], step["to"], step["after_working_days"]) for step in steps)


def following(ladder: Sequence[Step], role: str | None, risen: Sequence[str]) -> Step | None:
    """The next step of a task of a role that has risen to some already; None: there is nobody above."""
    at = risen[-1] if risen else role
    return next((step for step in ladder if step.role == at and step.to not in (role, *risen)), None)


def rises_at(step: Step, since: datetime, calendar: WorkingCalendar) -> datetime:
    """When a step is taken: at the beginning of the working day; at once where it asks for no delay."""
    if step.after_working_days == 0:
        return since
    day = calendar.add_working_days(day_of(since), step.after_working_days).day
    return datetime.combine(day, time(), tzinfo=shared_clock.ZONE)


def circle(ladder: Sequence[Step]) -> list[str]:
    """The roles of a circle of steps, if there is one; else nothing."""
    after = {step.role: step.to for step in ladder}
    for start in after:
        path = [start]
        while (to := after.get(path[-1])) is not None:
            if to in path:
                return [*path[path.index(to) :], to]
            path.append(to)
    return []


@dataclass(frozen=True, slots=True)
class Risen:
    """Where a late task stands: to whom it has risen, and when it rises again (None: never)."""

    roles: tuple[str, ...]
    next_at: datetime | None


def look(
    ladder: Sequence[Step],
    role: str | None,
    overdue_at: datetime,
    before: Risen | None,
    now: datetime,
    calendar: WorkingCalendar,
) -> Risen:
    """Where a late task stands now. After an outage it rises one step at a look, and the next counts from now."""
    known = before or Risen((), None)
    step = following(ladder, role, known.roles)
    if step is None:
        return Risen(known.roles, None)
    at = known.next_at if before is not None and known.next_at else rises_at(step, overdue_at, calendar)
    if at > now:
        return Risen(known.roles, at)
    roles = (*known.roles, step.to)
    higher = following(ladder, role, roles)
    return Risen(roles, None if higher is None else rises_at(higher, now, calendar))
