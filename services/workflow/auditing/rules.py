"""Who audits what. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from shared import problems
from shared.identity.principal import Principal

# Positions, or acts, a page looks through at most; where few of them are asked for the next page goes on from there.
WINDOW = 20_000
# Events an export holds at most: some tens of megabytes.
MOST_EVENTS = 40_000
# Seals, one a minute: more than half a day in a quiet place.
MOST_SEALS = 1_000


def places(who: Principal) -> list[str]:
    """The regions somebody audits, each with all below it. Raises Forbidden."""
    found = sorted({grant.region_code for grant in who.grants if grant.role == "auditor" and grant.organ_id is None})
    if not found:
        raise problems.Forbidden("该操作需要“监督人员”角色，当前账号没有此角色。", extra={"role": "auditor"})
    return found


def require_all(covered: bool) -> None:
    """The log is sealed as a whole: it is for whoever audits every list that is kept here. Raises Forbidden."""
    if not covered:
        raise problems.Forbidden(
            "完整日志含本系统全部区划，须由监督范围覆盖全部清单的监督人员导出；本区划的请查询事件日志。",
            code="not_all_audited",
        )


def check_size(seals: Sequence[tuple[int, int]]) -> None:
    """An export is bounded: more is exported in parts, or with `qingdan export-log`. Raises NotFound, Invalid.

    Parameters
    ----------
    seals : first and last position of each
    """
    if not seals:
        raise problems.NotFound("所选范围内没有封存记录，请核对编号。", code="seal_not_found")
    if len(seals) > MOST_SEALS:
        message = f"每次最多导出 {MOST_SEALS} 个封存，请分段导出"
        place = problems.FieldError("/last", "too_many_seals", message)
        raise problems.Invalid(f"导出范围过大：{message}。", code="too_many_seals", errors=[place])
    count = sum(last - first + 1 for first, last in seals)
    if count > MOST_EVENTS and len(seals) > 1:
        message = f"所选封存含 {count} 条事件，每次最多导出 {MOST_EVENTS} 条，请分段导出"
        place = problems.FieldError("/last", "too_many_events", message)
        raise problems.Invalid(f"导出范围过大：{message}。", code="too_many_events", errors=[place])
