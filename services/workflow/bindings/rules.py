"""Which binding holds where several could: the nearest region's, unless one above it is locked. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from services.workflow.procedures.rules import ROLE_TITLES, Charged
from shared import problems
from shared.codes.region_code import NATION

# Roles an organ can be charged with; signing is done by the participating organs, compiling by whoever compiles.
BINDABLE = (
    "reviewer",
    "joint_reviewer",
    "legality_reviewer",
    "assessor",
    "decider",
    "list_authority",
    "filing_recipient",
    "report_recipient",
)
TITLES = {role: ROLE_TITLES[role] for role in BINDABLE}
# Several organs at once can have these; of the others the one bound last is charged.
SEVERAL = frozenset({"joint_reviewer", "filing_recipient", "report_recipient"})
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Period:
    """First and last day a binding holds; without a last day until something else is bound."""

    valid_from: date
    valid_to: date | None

    def holds_on(self, day: date) -> bool:
        """Whether the binding holds on a day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def meets(self, first: date, last: date | None) -> bool:
        """Whether it holds on any day of a period."""
        return (last is None or self.valid_from <= last) and (self.valid_to is None or first <= self.valid_to)


@dataclass(frozen=True, kw_only=True)
class ProcedureBinding(Period):
    """A kind of adjustment passes a template in a region; without a region in the whole country.

    With a list kind it is said of adjustments of lists of that kind alone.
    """

    id: UUID
    region_code: str | None
    kind: str
    list_kind: str | None = None
    template_code: str
    locked: bool
    source: str
    created_by: str
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class RoleBinding(Period):
    """An organ does the work of a role in a region."""

    id: UUID
    region_code: str
    role: str
    organ_id: UUID
    organ_name: str | None
    source: str
    created_by: str
    created_at: datetime


def places(chain: Sequence[str]) -> list[str | None]:
    """Where a region's bindings may come from, nearest first: itself, the regions above, the product."""
    return [*dict.fromkeys([*chain, NATION]), None]


def in_force(
    bindings: Iterable[ProcedureBinding], chain: Sequence[str], kind: str, on: date, list_kind: str | None = None
) -> ProcedureBinding | None:
    """The binding that decides which procedure a kind passes in a region on a day.

    Parameters
    ----------
    chain : the region and those above it, nearest first.
    list_kind : the kind of list that is adjusted; what a region says of it counts before what it says in general.
    """
    newest = _newest(bindings, kind, on, list_kind)
    held = [newest[place] for place in places(chain) if place in newest]
    locked = [each for each in held if each.locked]
    return locked[-1] if locked else held[0] if held else None


def _newest(
    bindings: Iterable[ProcedureBinding], kind: str, on: date, list_kind: str | None
) -> dict[str | None, ProcedureBinding]:
    """By region: the binding that begins last replaces those before; of two of one day the one made last."""
    valid = [
        each for each in bindings if each.kind == kind and each.list_kind in (None, list_kind) and each.holds_on(on)
    ]
    ordered = sorted(valid, key=lambda each: (each.list_kind is not None, each.valid_from, each.id))
    return {each.region_code: each for each in ordered}


def refuse_locked(
    bindings: Sequence[ProcedureBinding], chain: Sequence[str], kinds: Sequence[str], first: date, last: date | None,
    list_kind: str | None = None,
) -> None:  # fmt: skip
    """A region cannot bind what a region above it has locked for that time, from its first day or from a later one.

    Raises
    ------
    problems.Conflict
        Code `binding_locked`; names the kinds and who locked them.
    """
    above = places(chain)[1:]
    standing = [each for kind in kinds for each in _newest(bindings, kind, first, list_kind).values()]
    later = [each for each in bindings if each.valid_from > first and each.meets(first, last)]
    locks = {
        each.kind: each
        for each in [*later, *standing]
        if each.locked and each.region_code in above and each.kind in kinds and each.list_kind in (None, list_kind)
    }
    if locks:
        errors = [
            problems.FieldError(
                f"/kinds/{kinds.index(kind)}",
                "binding_locked",
                f"区划 {lock.region_code} 已统一规定适用程序“{lock.template_code}”，下级不得另行规定",
            )
            for kind, lock in locks.items()
        ]
        raise problems.Conflict(
            "上级区划已锁定所列调整类型的审核程序，请联系上级管理员。", code="binding_locked", errors=errors
        )


def check_period(first: date, last: date | None, today: date) -> None:
    """A binding begins today or later: what has been decided under another one is not rewritten.

    Raises
    ------
    problems.Invalid
        Pointers `/valid_from`, `/valid_to`.
    """
    errors = []
    if first < today:
        errors.append(problems.FieldError("/valid_from", "date_in_past", "生效日期不能早于今天"))
    if last is not None and last < first:
        errors.append(problems.FieldError("/valid_to", "period_reversed", "截止日期不能早于生效日期"))
    if errors:
        raise problems.Invalid("有效期有误。", errors=errors)


def check_end(period: Period, last_day: date, today: date) -> None:
    """A binding ends today, later, or with yesterday (at once); one that has ended stays as it is.

    Raises
    ------
    problems.Invalid
        Pointer `/last_day`.
    problems.Conflict
        Code `binding_ended`.
    """
    if period.valid_to is not None and period.valid_to < today - ONE_DAY:
        raise problems.Conflict("该规定已经失效，作为历史记录保留，不能再修改。", code="binding_ended")
    if last_day < today - ONE_DAY:
        place = problems.FieldError("/last_day", "date_in_past", "最后有效日不能早于昨天")
        raise problems.Invalid("最后有效日有误。", errors=[place])


def charged(bindings: Iterable[RoleBinding], on: date) -> list[Charged]:
    """The organs a region's bindings charge with roles on a day, in the order they were bound."""
    found: dict[tuple[str, UUID | None], Charged] = {}
    for each in sorted(bindings, key=lambda each: (each.valid_from, each.id)):
        if each.holds_on(on):
            key = (each.role, each.organ_id if each.role in SEVERAL else None)
            found[key] = Charged(role=each.role, organ_id=each.organ_id, name=each.organ_name or str(each.organ_id))
    return list(found.values())
