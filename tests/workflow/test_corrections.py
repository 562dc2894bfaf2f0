"""Whoever takes part gets a returned adjustment to correct, and nobody else keeps it."""

from tests.workflow.full_chain import signed, tasks_of
from tests.workflow.world import BASE, HEADER, World, modify


async def test_a_withdrawn_correction_is_void(full: World) -> None:
    id_ = await signed(full)
    await full.act("财政局", id_, "review", {"outcome": "return", "opinion": "x"})
    await full.act("环保编制", id_, "withdraw", {"reason": "暂缓"})
    assert [task["state"] for task in await tasks_of(full, "环保编制", id_, "void")] == ["void"]


async def test_blocking_findings_leave_a_correction_for_every_organ_that_takes_part(full: World) -> None:
    opened = await full.open(modify(await full.item("环评审批"), name="甲"), participants=[str(full.organs["住建局"])])
    await full.act("环保编制", opened["id"], "submit")
    await full.validated(opened["id"], {"rule": "V13"})
    for who in ("环保编制", "住建编制"):
        assert [task["kind"] for task in await tasks_of(full, who, opened["id"])] == ["correction"], who


async def test_an_organ_that_takes_part_no_more_is_not_left_with_the_correction(full: World) -> None:
    opened = await full.open(modify(await full.item("环评审批"), name="甲"), participants=[str(full.organs["住建局"])])
    await full.act("环保编制", opened["id"], "submit")
    await full.validated(opened["id"], {"rule": "V13"})
    told = await full.read(opened["id"])
    match = {"If-Match": f'"{told["version"]}"'}
    edited = await full.call("环保编制", "PUT", f"{BASE}/{opened['id']}", HEADER, **match)
    assert edited.json()["participants"] == []
    await full.act("环保编制", opened["id"], "submit")
    assert await tasks_of(full, "住建编制", opened["id"]) == []
