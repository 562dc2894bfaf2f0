"""Reform of organs, merging and splitting: one decision for every entry of every list, and what becomes of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from services.workflow.changes.reforms import renamed
from shared.identifiers import new_id
from tests.workflow.test_transfers import coded, organs
from tests.workflow.world import BASE, World


async def naming(world: World, name: str, **elements: Any) -> UUID:
    """An entry of the other list."""
    return await world.item(name, of="power", **elements)


async def reform(world: World, adjustment: str, *former: str, to: str, who: str = "环保编制") -> Any:
    chosen = {"from_organs": [str(world.organs[name]) for name in former], "to_organ": str(world.organs[to])}
    return await world.call(who, "POST", f"{BASE}/{adjustment}/changes", {"reform": chosen})


async def power_admits(world: World, name: str) -> None:
    await world.run(
        "INSERT INTO qingdan.list_member (list_id, organ_id) VALUES (:list, :organ)",
        list=world.lists["power"], organ=world.organs[name],
    )  # fmt: skip


@pytest.mark.req("TH-44", "QX-16")
async def test_a_merger_of_organs_moves_every_entry_of_every_list_in_one_adjustment(world: World) -> None:
    giving, taking = await organs(world)
    await power_admits(world, "住建局")
    first = await coded(world, "环评审批", giving)
    power = await naming(world, "排污检查")
    watched = await world.item("施工许可", body="外单位", supervising_body=str(world.organs["环保局"]),
                               division=[{"organ": str(world.organs["环保局"]), "share": "监测"}])  # fmt: skip
    gone = await world.item("早已取消", state="cancelled")
    opened = await world.open(participants=[str(world.organs["住建局"])])
    answer = await reform(world, opened["id"], "环保局", to="住建局")
    assert answer.status_code == 201, answer.text
    changes = {change["item_id"]: change for change in (await world.read(opened["id"]))["changes"]}
    assert set(changes) == {str(first), str(power), str(watched)}, f"{gone} stays as it was"
    moved = changes[str(first)]
    assert moved["operation"] == "transfer"
    assert moved["proposed"]["implementation_code"].startswith(taking)
    assert changes[str(power)]["proposed"] == {"implementing_body": str(world.organs["住建局"])}
    named = changes[str(watched)]
    assert named["operation"] == "modify"
    assert named["organ_id"] == str(world.organs["住建局"]), "who only is named need not sign"
    assert named["proposed"] == {
        "supervising_body": str(world.organs["住建局"]),
        "division": [{"organ": str(world.organs["住建局"]), "share": "监测"}],
    }
    again = await reform(world, opened["id"], "环保局", to="住建局")
    assert (again.status_code, again.json()["errors"][0]["code"]) == (422, "nothing_selected")


async def test_a_reform_names_what_stands_in_its_way(world: World) -> None:
    giving, taking = await organs(world)
    await power_admits(world, "住建局")
    await coded(world, "环评审批", giving)
    await coded(world, "环评审批（住建）", taking, body="住建局")
    opened = await world.open(participants=[str(world.organs["住建局"])])
    met = await reform(world, opened["id"], "环保局", to="住建局")
    assert met.status_code == 422
    assert met.json()["errors"][0]["code"] == "code_in_use"
    assert "环评审批" in met.json()["errors"][0]["message"]
    itself = await reform(world, opened["id"], "环保局", to="环保局")
    assert itself.status_code == 422
    lonely = await world.open()
    assert (await reform(world, lonely["id"], "环保局", to="住建局")).json()["code"] == "organ_not_participating"
    stranger = await reform(world, opened["id"], "环保局", to="住建局", who="住建局长")
    assert stranger.status_code == 403


async def test_a_reform_leaves_lists_that_are_not_in_force_and_lists_of_others_alone(world: World) -> None:
    await organs(world)
    compiling = await world.new_list("draft", "编制中的清单", members=("环保局", "住建局"), state="compiling")
    await world.item("尚未公布", of="draft")
    opened = await world.open(participants=[str(world.organs["住建局"])])
    answer = await reform(world, opened["id"], "环保局", to="住建局")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "nothing_selected"), compiling


@pytest.mark.req("TH-44")
async def test_a_reform_names_an_heir_that_is_there_and_is_signed_by_all_who_give_way(world: World) -> None:
    mine, other = str(world.organs["环保局"]), str(world.organs["外单位"])
    await world.item("施工许可", body="住建局", supervising_body=other, division=[{"organ": mine}])
    opened = await world.open(participants=[str(world.organs["住建局"])])
    path = f"{BASE}/{opened['id']}/changes"
    nobody = str(new_id())
    for chosen, place in (({"from_organs": [mine], "to_organ": nobody}, "to_organ"),
                          ({"from_organs": [nobody], "to_organ": mine}, "from_organs/0")):  # fmt: skip
        answer = await world.call("环保编制", "POST", path, {"reform": chosen})
        [error] = answer.json()["errors"]
        assert (answer.status_code, error["pointer"], error["code"]) == (422, f"/reform/{place}", "unknown_organ")
    unsigned = await reform(world, opened["id"], "环保局", "外单位", to="住建局")
    assert (unsigned.status_code, unsigned.json()["code"]) == (403, "organ_not_participating")
    assert unsigned.json()["errors"][0]["pointer"] == "/reform/from_organs/1"
    await world.run("UPDATE qingdan.organ SET state = 'abolished' WHERE id = :id", id=world.organs["住建局"])
    closed = await reform(world, opened["id"], "环保局", to="住建局")
    assert (closed.status_code, closed.json()["errors"][0]["code"]) == (422, "organ_inactive")


def test_rows_that_become_alike_by_a_merger_are_one() -> None:
    one, two, other = str(new_id()), str(new_id()), str(new_id())
    value = [{"organ": one}, {"organ": two}, {"organ": other, "with": [one, "x"]}]
    assert renamed(value, {one, two}, other) == [{"organ": other}, {"organ": other, "with": [other, "x"]}]
    assert renamed("环保局", {one}, other) == "环保局"
    twice = ["甲", "甲"]
    assert renamed(twice, {one}, other) == twice, "what does not change is left as it is"


@pytest.mark.req("TH-19")
async def test_a_cancelled_entry_names_the_entries_that_take_its_place(world: World) -> None:
    first, second, stays = [await world.item(name) for name in ("组织机构代码证", "税务登记证", "营业执照")]
    cancel = {"operation": "cancel", "item_id": str(first), "successors": [str(stays)]}
    opened = await world.open(cancel)
    [change] = (await world.read(opened["id"]))["changes"]
    assert change["successors"] == [str(stays)]
    path = f"{BASE}/{opened['id']}/changes"
    added = {"operation": "add", "list_id": str(world.lists["permit"]),
             "elements": {"name": "统一登记", "implementing_body": str(world.organs["环保局"])}}  # fmt: skip
    new = (await world.call("环保编制", "POST", path, {"changes": [added]})).json()["changes"][0]["item_id"]
    split = {"operation": "cancel", "item_id": str(second), "successors": [new, str(stays)]}
    answer = await world.call("环保编制", "POST", path, {"changes": [split]})
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("case", ["unknown", "itself", "elsewhere", "cancelled", "modify"])
async def test_successors_must_go_on_in_the_same_list(world: World, case: str) -> None:
    item = await world.item("甲")
    heirs = {
        "unknown": new_id(),
        "itself": item,
        "elsewhere": await naming(world, "乙"),
        "cancelled": await world.item("丙", state="cancelled"),
        "modify": await world.item("丁"),
    }
    change: dict[str, Any] = {"operation": "cancel", "item_id": str(item), "successors": [str(heirs[case])]}
    if case == "modify":
        change |= {"operation": "modify", "elements": {"name": "甲一"}}
    opened = await world.open()
    answer = await world.call("环保编制", "POST", f"{BASE}/{opened['id']}/changes", {"changes": [change]})
    assert answer.status_code == 422, answer.text
    code = answer.json()["errors"][0]["code"]
    expected = {"unknown": "unknown_item", "itself": "successor_ends", "elsewhere": "successor_elsewhere",
                "cancelled": "successor_ends", "modify": "successors_not_expected"}  # fmt: skip
    assert code == expected[case]
