"""What a justification must say, and what is refused without one. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from shared import problems


@dataclass(frozen=True, kw_only=True)
class AddedMaterial:
    """A material that a change adds to an entry that is there."""

    number: int  # of the change
    item_id: UUID
    organ_id: UUID
    place: int  # in the proposed materials, from 0
    material: str
    justified: bool


def refuse_unjustified(added: Iterable[AddedMaterial]) -> None:
    """Materials are added only after argument and consultation (严格论证、听取意见; ZL-33).

    Raises
    ------
    problems.Conflict
        Code `material_not_justified`; a pointer for each material.
    """
    missing = [each for each in added if not each.justified]
    if missing:
        named = "、".join(f"“{each.material}”" for each in missing[:5])
        message = "新增申请材料须写明必要性论证和听取意见情况；请登记论证后再提交，或取消新增"
        raise problems.Conflict(
            f"新增申请材料{named}尚未论证：请先登记论证理由和听取意见记录（material-justifications）。",
            code="material_not_justified",
            errors=[
                problems.FieldError(
                    f"/changes/{each.number}/elements/materials/{each.place}", "material_not_justified", message
                )
                for each in missing[:100]
            ],
        )


def check_named(named: Sequence[tuple[UUID, str]], added: Iterable[AddedMaterial]) -> None:
    """A justification speaks of a material that the adjustment adds, and each is justified once.

    Raises
    ------
    problems.Invalid
        Pointers `/justifications/<n>/material`.
    """
    known = {(each.item_id, each.material) for each in added}
    errors = []
    for place, pair in enumerate(named):
        if pair not in known:
            message = "本次调整没有为该事项新增此材料，请核对事项标识和材料名称"
            errors.append(problems.FieldError(f"/justifications/{place}/material", "unknown_material", message))
        elif pair in named[:place]:
            errors.append(
                problems.FieldError(f"/justifications/{place}/material", "duplicate_material", "同一材料重复列出")
            )
    if errors:
        raise problems.Invalid("论证所指的材料有误。", errors=errors)


def check_dates(heard_on: Sequence[Sequence[date]], today: date) -> None:
    """Nobody has been heard tomorrow.

    Raises
    ------
    problems.Invalid
        Pointers `/justifications/<n>/consulted/<m>/date`.
    """
    errors = [
        problems.FieldError(f"/justifications/{place}/consulted/{index}/date", "date_in_future", "日期不能晚于今天")
        for place, dates in enumerate(heard_on)
        for index, day in enumerate(dates)
        if day > today
    ]
    if errors:
        raise problems.Invalid("听取意见的日期有误。", errors=errors)
