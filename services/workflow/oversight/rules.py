"""Who sees what of oversight and who acts in it; what a region may set. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from services.workflow.clocks.rules import Limit, LimitUnit
from shared import problems
from shared.identity.principal import Principal

# An organ's people see what is about their organ, a region's all of it; the auditor sees and changes nothing (TH-50).
READERS = (
    "compiler", "principal", "reviewer", "legality_reviewer", "list_authority", "decider", "auditor", "administrator",
)  # fmt: skip
# Who orders that something be put right, and says whether it was.
SUPERVISORS = ("reviewer", "decider", "list_authority")
# Persons who answer for a handling record are named to these alone (TH-49: not public).
NAMED_TO = ("reviewer", "decider", "auditor")
# How long a complaint may take where no region has set anything. Figures of ours: the source notices name none, and
# nobody has checked them against the rules of a place, so none is `verified`.
_OURS = "产品默认值，未经核实；请按本地规定设置并注明依据"
COMPLAINT_LIMITS: Mapping[str, Mapping[str, Any]] = {
    "hotline_12345": {"amount": 5, "unit": "working_day", "source": _OURS, "verified": False},
    "good_bad_review": {"amount": 15, "unit": "working_day", "source": _OURS, "verified": False},
    "letter": {"amount": 60, "unit": "natural_day", "source": _OURS, "verified": False},
    # That of feedback, which is answered where it was given.
    "portal": {"amount": 15, "unit": "natural_day", "source": _OURS, "verified": False},
}


class Columns(Protocol):
    """A row, stored or about to be, by the names of its columns."""

    def __getitem__(self, name: str, /) -> Any:
        """The value of a column."""


def may_read(who: Principal, chain: Sequence[str], organ_id: UUID | None) -> bool:
    """Whether somebody sees what is about an organ of a region (None: all of the region)."""
    return any(who.holds(role, region=chain, organ_id=organ_id) for role in READERS)


def require_reader(who: Principal, chain: Sequence[str], organ_id: UUID | None) -> None:
    """Refuse whoever does not work for the place. Raises Forbidden."""
    if not may_read(who, chain, organ_id):
        raise problems.Forbidden("您不能查看该区划的监督信息；查看本单位的，请写明单位（organ）。", code="not_yours")


def may_supervise(who: Principal, chain: Sequence[str]) -> bool:
    """Whether somebody supervises a region: a role for the region as a whole, not for one organ."""
    return any(who.holds(role, region=chain) for role in SUPERVISORS)


def require_supervisor(who: Principal, chain: Sequence[str]) -> None:
    """Refuse whoever does not supervise the region. Raises Forbidden."""
    if not may_supervise(who, chain):
        raise problems.Forbidden(
            f"该操作由审改办、政府或清单牵头单位办理（区划 {chain[0]}），当前账号没有相应角色。",
            code="not_supervisor", extra={"role": "reviewer", "region": chain[0]},
        )  # fmt: skip


def sees_persons(who: Principal, chain: Sequence[str]) -> bool:
    """Whether the persons who answer for a record are named to somebody."""
    return any(who.holds(role, region=chain) for role in NAMED_TO)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What holds in a region, each part from the nearest region that has set it.

    Attributes
    ----------
    thresholds
        Of handling limits; None where nobody has set any.
    limits
        Source of complaints -> {"amount", "unit", "source", "verified", "set_in"}.
    retention_months
        How long completed handling records without violations are kept; None: for good.
    set_in
        Part -> the region that has set it, None for the product.
    """

    thresholds: Sequence[Mapping[str, Any]] | None
    limits: Mapping[str, Mapping[str, Any]]
    retention_months: int | None
    set_in: Mapping[str, str | None]

    def limit(self, source: str) -> Limit:
        """How long a complaint of a source may take."""
        found = self.limits[source]
        return Limit(int(found["amount"]), LimitUnit(found["unit"]))


def held(settings: Sequence[Mapping[str, Any]]) -> Held:
    """What holds where these regions, the nearest first, have set something; a part left empty is the next one's."""

    def nearest(part: str) -> tuple[Any, str | None]:
        found = ((each[part], each["region_code"]) for each in settings if each[part] is not None)
        return next(found, (None, None))

    limits = {source: {**standard, "set_in": None} for source, standard in COMPLAINT_LIMITS.items()}
    for each in reversed(settings):
        for source, limit in each["complaint_limits"].items():
            limits[source] = {**limit, "set_in": each["region_code"]}
    thresholds, thresholds_in = nearest("thresholds")
    months, months_in = nearest("retention_months")
    return Held(
        thresholds=thresholds,
        limits=limits,
        retention_months=months,
        set_in={"thresholds": thresholds_in, "retention_months": months_in},
    )


def check_sources(limits: Mapping[str, Mapping[str, Any]]) -> None:
    """Whoever says that a limit is verified says where it stands. Raises Invalid."""
    errors = [
        problems.FieldError(f"/complaint_limits/{name}/source", "missing", "标为已核实的时限须写明依据文件")
        for name, limit in limits.items()
        if limit["verified"] and not limit["source"]
    ]
    if errors:
        raise problems.Invalid("已核实的时限须写明依据。", code="source_missing", errors=errors)


def check_thresholds(shares: Sequence[int] | None) -> None:
    """Each share once, in order. Raises Invalid."""
    if shares is not None and list(shares) != sorted(set(shares)):
        raise problems.Invalid(
            "预警比例须由小到大排列且不重复。", code="thresholds_out_of_order",
            errors=[problems.FieldError("/thresholds", "thresholds_out_of_order", "由小到大且不重复，如 50、80、100")],
        )  # fmt: skip


def thresholds_of(shares: Sequence[int] | None) -> list[dict[str, Any]] | None:
    """Shares of the limit, in per cent, as they are stored: the grade is named by its share."""
    return None if shares is None else [{"grade": f"share_{share}", "share_percent": share} for share in shares]
