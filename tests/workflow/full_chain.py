"""The offices of the full procedure, and adjustments brought as far as a test wants them."""

from __future__ import annotations

from typing import Any

from tests.workflow.county import COUNTY
from tests.workflow.world import DECISION, World, modify

TASKS = "/workflow/v1/tasks"
SEAL = {"reference": "档案号 2026-017", "sha256": "5f" * 32}
LEGAL = {"verdict": "legal", "opinion": "设定依据有效"}
RECEIPT = {"receipt_number": "沧审改备〔2026〕17号", "date": "2026-01-05"}
PASS = {"outcome": "pass", "opinion": "同意"}
REVIEWS = (
    ("行政审批局", "review", PASS), ("财政局", "review", PASS), ("住建会审", "review", PASS),
    ("司法局", "legality", LEGAL),
)  # fmt: skip


async def offices(world: World) -> None:
    """The county's offices: who reviews, who is asked for an opinion, who reviews legality."""
    for name, role in (("行政审批局", "reviewer"), ("司法局", "legality_reviewer"), ("财政局", "joint_reviewer")):
        await world.organ(name)
        await charge(world, name, role)
        world.person(name, (role, COUNTY, name))
    await charge(world, "住建局", "joint_reviewer")
    world.person("住建会审", ("joint_reviewer", COUNTY, "住建局"))
    await world.bind("full", "modify")


async def charge(world: World, organ: str, role: str, **more: Any) -> Any:
    body = {"region_code": COUNTY, "role": role, "organ_id": str(world.organs[organ]), "source": "机构改革方案"} | more
    answer = await world.call("管理员", "POST", "/workflow/v1/role-bindings", body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def signed(world: World, *changes: dict[str, Any], **more: Any) -> str:
    """A new adjustment whose principal has signed under a seal."""
    opened = await world.open(*(changes or [modify(await world.item("环评审批"), name="新名称")]), **more)
    await world.act("环保编制", opened["id"], "submit")
    await world.validated(opened["id"])
    answer = await world.act("环保局长", opened["id"], "sign", {"seal": SEAL})
    assert answer.status_code == 200, answer.text
    return str(opened["id"])


async def reviewed(world: World, *changes: dict[str, Any], **more: Any) -> str:
    """… and everybody has agreed, the legal office last."""
    id_ = await signed(world, *changes, **more)
    for who, act, body in REVIEWS:
        answer = await world.act(who, id_, act, body)
        assert answer.status_code == 200, (who, answer.text)
    return id_


async def public(world: World, *changes: dict[str, Any], **more: Any) -> str:
    """… and it is decided, in effect and published."""
    id_ = await reviewed(world, *changes, **more)
    assert (await world.act("县政府", id_, "decide", {"decision": DECISION})).status_code == 200
    await world.applied(id_)
    await world.published(id_, "permit")
    return id_


def of_act(told: Any, act: str) -> list[Any]:
    return [step for step in told["steps"] if step["act"] == act]


async def tasks_of(world: World, who: str, id_: str, state: str = "open") -> list[Any]:
    answer = await world.call(who, "GET", f"{TASKS}?adjustment_id={id_}&state={state}")
    items: list[Any] = answer.json()["items"]
    return items
