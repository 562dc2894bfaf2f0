"""Who sees what of oversight and who acts in it; what a region may set. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
# Natural or working days a complaint may take. No source document names them: parameters of a region, not verified.
# 12345: 国办发〔2020〕53号 leaves the days to the places; reviews: 国办发〔2019〕51号 asks for an answer to each bad
# one; letters: 信访工作条例 art. 34 gives 60 days; the portal's own limit is that of feedback.
COMPLAINT_LIMITS: Mapping[str, Mapping[str, Any]] = {
    "hotline_12345": {"amount": 5, "unit": "working_day"},
    "good_bad_review": {"amount": 15, "unit": "working_day"},
    "letter": {"amount": 60, "unit": "natural_day"},
    "portal": {"amount": 15, "unit": "natural_day"},
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


def limit_of(limits: Mapping[str, Mapping[str, Any]] | None, source: str) -> Limit:
    """How long a complaint of a source may take: as the region has set, else the product's."""
    found = (limits or {}).get(source) or COMPLAINT_LIMITS[source]
    return Limit(int(found["amount"]), LimitUnit(found["unit"]))


def check_thresholds(shares: Sequence[int]) -> None:
    """Each share once, in order. Raises Invalid."""
    if list(shares) != sorted(set(shares)):
        raise problems.Invalid(
            "预警比例须由小到大排列且不重复。", code="thresholds_out_of_order",
            errors=[problems.FieldError("/thresholds", "thresholds_out_of_order", "由小到大且不重复，如 50、80、100")],
        )  # fmt: skip


def thresholds_of(shares: Sequence[int]) -> list[dict[str, Any]]:
    """Shares of the limit, in per cent, as they are stored: the grade is named by its share."""
    return [{"grade": f"share_{share}", "share_percent": share} for share in shares]
