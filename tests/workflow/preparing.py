"""A county whose adjustments are prepared in full before the decision, and what its people record."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from shared import clock
from tests.workflow.county import COUNTY
from tests.workflow.full_chain import PASS, charge, signed
from tests.workflow.world import World

EXPERT = {"name": "专家甲", "organisation": "省环境科学研究院", "opinion": "符合实际"}
DOCUMENT = {"reference": "档案号 2026-031", "sha256": "1c" * 32}
CALL = {"title": "公开征求意见", "explanation": "拟规范事项名称，欢迎提出意见。", "days": 30}


def later(**by: int) -> None:
    """Time goes on."""
    moved = clock.now() + timedelta(**by)
    clock.use(lambda: moved)


async def assessing(world: World, template: str = "full_with_public_comment") -> None:
    """The approval bureau organises comment and assessment; everything passes the long procedure."""
    await world.organ("审批服务局")
    await charge(world, "审批服务局", "assessor")
    world.person("审批服务局", ("assessor", COUNTY, "审批服务局"))
    await world.bind(template, "modify")


async def prepared_so_far(world: World, *changes: dict[str, Any], **more: Any) -> str:
    """A new adjustment that all who review have agreed to: its preparing steps are open."""
    id_ = await signed(world, *changes, **more)
    for who in ("行政审批局", "财政局", "住建会审"):
        answer = await world.act(who, id_, "review", PASS)
        assert answer.status_code == 200, answer.text
    return id_


def assessment(day: str, **more: Any) -> dict[str, Any]:
    return {"outcome": "feasible", "date": day, "experts": [EXPERT], "conclusion": "论证可行"} | more


def left_out(day: str, why: str) -> dict[str, Any]:
    return {"outcome": "omitted", "date": day, "conclusion": why}
