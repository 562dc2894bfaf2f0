"""What the cause of an adjustment proposes, cause by cause, and submissions that are silent on it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from tests.statements import counted
from tests.workflow.county import COUNTY, OTHER_COUNTY, PROVINCE
from tests.workflow.world import BASE, World, modify

CODE = "000116001000"


async def candidates(world: World, id_: str) -> Any:
    answer = await world.call("环保编制", "GET", f"{BASE}/{id_}/candidates")
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def proposed(world: World, id_: str) -> dict[str, Any]:
    return {each["name"]: (each["operation"], each["elements"]) for each in await candidates(world, id_)}


async def entry(world: World, kind: str, name: str, region: str = COUNTY, base: str = CODE, **elements: Any) -> UUID:
    """An entry in force of the list of a built-in kind; the list is made with the first."""
    there = await world.run(
        "SELECT id FROM qingdan.list WHERE kind = :kind AND region_code = :region", kind=kind, region=region
    )
    if not there:
        await world.run(
            "INSERT INTO qingdan.list_kind (code, title, origin) VALUES (:kind, :kind, 'builtin')"
            " ON CONFLICT DO NOTHING",
            kind=kind,
        )
        there = await world.run(
            "INSERT INTO qingdan.list (id, kind, region_code, title, lead_organ_id, state)"
            " VALUES (gen_random_uuid(), :kind, :region, :title, :lead, 'in_force') RETURNING id",
            kind=kind, region=region, title=f"{kind}清单", lead=world.organs["环保局"],
        )  # fmt: skip
    world.lists[kind] = there[0]["id"]
    await world.run(
        "INSERT INTO qingdan.list_member (list_id, organ_id) VALUES (:list, :organ) ON CONFLICT DO NOTHING",
        list=there[0]["id"], organ=world.organs["环保局"],
    )  # fmt: skip
    id_ = await world.item(name, of=kind, base_code=base, **elements)
    await world.run(
        "UPDATE qingdan.item SET base_code = :base, kind = :kind, region_code = :region WHERE id = :id",
        base=base, kind=kind, region=region, id=id_,
    )  # fmt: skip
    return id_


async def state(world: World, id_: UUID, to: str) -> None:
    await world.run("UPDATE qingdan.item SET state = :to WHERE id = :id", to=to, id=id_)


async def answered(world: World, id_: str, who: str = "环保编制", **answer: Any) -> Any:
    return await world.call(who, "POST", f"{BASE}/{id_}/candidate-answers", {"answers": [answer]})


@pytest.fixture
def code(world: World) -> str:
    """A base code of this test alone."""
    return f"0001{int(world.suffix, 16) % 10**8:08d}"


async def test_what_the_superior_ended_is_changed_or_answered_for_before_anything_is_submitted(
    world: World, code: str
) -> None:
    superior = await entry(world, "permit", "排污许可（省）", PROVINCE, code)
    ours = await entry(world, "permit", "排污许可", base=code)
    first = await world.item("环评审批")
    opened = await world.open({"operation": "cancel", "item_id": str(first)}, trigger="SUPERIOR_CANCEL")
    id_ = opened["id"]
    assert await proposed(world, id_) == {}, "nothing has ended above"
    await state(world, superior, "cancelled")
    [one] = await candidates(world, id_)
    assert (one["name"], one["operation"], one["required"], one["answer"]) == ("排污许可", "cancel", True, None)
    assert "省" in one["reason"]
    refused = await world.act("环保编制", id_, "submit")
    assert (refused.status_code, refused.json()["code"]) == (409, "candidates_unanswered")
    assert refused.json()["errors"][0]["pointer"] == f"/candidates/superior_ended/{ours}"
    given = {"rule": one["rule"], "entry_id": one["entry_id"], "answer": "not_covered", "reason": "本级依法规设定"}
    for wrong, status, pointer in (
        ({"entry_id": str(superior)}, 422, "/answers/0/entry_id"),
        ({"reason": " "}, 422, "/answers/0/reason"),
        ({"reason": "\0"}, 422, "/answers/0/reason"),
        ({"answer": "later"}, 422, "/answers/0/answer"),
    ):
        answer = await answered(world, id_, **given | wrong)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (status, pointer), answer.text
    assert (await answered(world, id_, "外单位编制", **given)).status_code == 403
    twice = await world.call("环保编制", "POST", f"{BASE}/{id_}/candidate-answers", {"answers": [given, given]})
    assert twice.json()["errors"][0]["code"] == "duplicate_answer"
    telephone = {"changes": [modify(ours, consult_phone="0317-1")]}
    assert (await world.call("环保编制", "POST", f"{BASE}/{id_}/changes", telephone)).status_code == 201
    assert (await world.act("环保编制", id_, "submit")).json()["code"] == "candidates_unanswered", "it still has to end"
    kept = await answered(world, id_, **given)
    assert kept.status_code == 200, kept.text
    assert [(each["answer"], each["by_change"]) for each in kept.json()["items"]] == [("not_covered", False)]
    assert (await world.act("环保编制", id_, "submit")).status_code == 200
    assert (await answered(world, id_, **given)).status_code == 409, "it is handed in"
    assert (await world.read(id_))["candidates"][0]["answer_reason"] == "本级依法规设定"


async def test_a_candidate_that_is_changed_needs_no_answer_and_a_suspension_is_proposed_as_one(
    world: World, code: str
) -> None:
    superior = await entry(world, "permit", "采矿许可（省）", PROVINCE, code)
    ours = await entry(world, "permit", "采矿许可", base=code)
    await state(world, superior, "suspended")
    suspended = {"operation": "suspend", "item_id": str(ours), "terms": {"condition": "上级恢复前"}}
    opened = await world.open(trigger="SUPERIOR_SUSPEND")
    assert await proposed(world, opened["id"]) == {"采矿许可": ("suspend", {})}
    await world.call("环保编制", "POST", f"{BASE}/{opened['id']}/changes", {"changes": [suspended]})
    [one] = await candidates(world, opened["id"])
    assert (one["answer"], one["by_change"]) == ("covered", True)
    assert (await world.act("环保编制", opened["id"], "submit")).status_code == 200


async def test_one_way_of_handling_that_goes_on_above_keeps_the_matter(world: World, code: str) -> None:
    ended = await entry(world, "permit", "许可（省）一", PROVINCE, code)
    await entry(world, "permit", "许可（省）二", PROVINCE, code)
    await entry(world, "permit", "许可", base=code)
    await state(world, ended, "cancelled")
    opened = await world.open(trigger="SUPERIOR_CANCEL")
    assert await proposed(world, opened["id"]) == {}


@pytest.mark.req("QX-15")
async def test_a_clean_up_of_intermediary_services_proposes_their_list_and_the_materials_that_rest_on_them(
    world: World, code: str
) -> None:
    form, report = {"name": "申请书"}, {"name": "环评报告"}
    rows: dict[str, Any] = {
        "materials": [form, report],
        "intermediary_services": [{"name": "环评报告编制"}, {"name": "监测"}],
        "process_steps": [{"name": "受理"}, {"name": "技术评审"}],
    }
    permit = await entry(world, "permit", "环评审批", base=code, **rows)
    await entry(world, "implementation", "环评审批（实施）", base=code, materials=[form, report])
    served: dict[str, Any] = {"resulting_materials": ["环评报告"], "served_steps": ["技术评审"], "served_fees": []}
    service = await entry(world, "intermediary_service", "环评报告编制", base=code, **served)
    await entry(world, "permit", "无关许可", base="000100000000", materials=[report])
    opened = await world.open(trigger="INTERMEDIARY_CLEANUP")
    id_ = opened["id"]
    left = {"materials": [form], "intermediary_services": [{"name": "监测"}], "process_steps": [{"name": "受理"}]}
    wished = {
        "环评报告编制": ("cancel", {}),
        "环评审批": ("modify", left),
        "环评审批（实施）": ("modify", {"materials": [form]}),
    }
    assert await proposed(world, id_) == wished, "selecting the cause is enough"
    assert not any(each["required"] for each in await candidates(world, id_)), "before anything is changed"
    changes = {"changes": [{"operation": "cancel", "item_id": str(service)}, modify(permit, **left)]}
    assert (await world.call("环保编制", "POST", f"{BASE}/{id_}/changes", changes)).status_code == 201
    found = {each["name"]: each for each in await candidates(world, id_)}
    assert found["环评审批"]["by_change"]
    assert found["环评审批（实施）"]["required"]
    refused = await world.act("环保编制", id_, "submit")
    assert [error["pointer"].rpartition("/")[2] for error in refused.json()["errors"]] == [
        found["环评审批（实施）"]["entry_id"]
    ]
    by_linkage = {"rule": "intermediary_cleaned", "entry_id": found["环评审批（实施）"]["entry_id"]}
    await answered(world, id_, **by_linkage, answer="covered", reason="审定后随联动规则 K28_SI 调整")
    assert (await world.act("环保编制", id_, "submit")).status_code == 200


async def test_a_permit_that_drops_a_material_asks_for_the_service_behind_it(world: World, code: str) -> None:
    permit = await entry(world, "permit", "取水许可", base=code, materials=[{"name": "论证报告"}])
    service = await entry(world, "intermediary_service", "论证报告编制", base=code, resulting_materials=["论证报告"])
    opened = await world.open(modify(permit, materials=[]), trigger="INTERMEDIARY_CLEANUP")
    [one] = await candidates(world, opened["id"])
    assert (one["entry_id"], one["operation"], one["required"]) == (str(service), "cancel", True)


@pytest.mark.req("TH-45")
async def test_tasks_that_change_change_the_process_element_by_element_in_every_list_of_the_matter(
    world: World, code: str
) -> None:
    steps, fewer = [{"name": "受理"}, {"name": "踏勘"}, {"name": "决定"}], [{"name": "受理"}, {"name": "决定"}]
    permit = await entry(world, "permit", "占道许可", base=code, process_steps=steps)
    await entry(world, "implementation", "占道许可（实施）", base=code, process_steps=steps)
    await entry(world, "power", "占道许可权", base=code)
    ended = await world.open({"operation": "cancel", "item_id": str(permit)}, trigger="PROCESS_CHANGE")
    refused = await world.act("环保编制", ended["id"], "submit")
    assert (refused.status_code, refused.json()["code"]) == (409, "cause_without_change"), "no change of an element"
    opened = await world.open(modify(permit, process_steps=fewer), trigger="PROCESS_CHANGE", confirm_overlap=True)
    assert await proposed(world, opened["id"]) == {"占道许可（实施）": ("modify", {"process_steps": fewer})}
    assert (await world.act("环保编制", opened["id"], "submit")).status_code == 200
    [change] = (await world.read(opened["id"]))["changes"]
    assert (change["base"], change["proposed"]) == ({"process_steps": steps}, {"process_steps": fewer})


async def test_charges_matters_that_end_and_reforms_propose_what_is_left(world: World, code: str) -> None:
    permit = await entry(world, "permit", "挖掘许可", base=code, fees=[{"name": "修复费"}])
    charge = await entry(world, "charge", "修复费", base=code)
    opened = await world.open(modify(charge, standard="80元"), trigger="FEE_POLICY_CHANGE")
    assert await proposed(world, opened["id"]) == {"挖掘许可": ("modify", {})}
    heir = await entry(world, "permit", "市政许可", base="000100000001")
    merged = {"operation": "cancel", "item_id": str(permit), "successors": [str(heir)]}
    opened = await world.open(merged, trigger="MERGE_SPLIT")
    assert await proposed(world, opened["id"]) == {"修复费": ("cancel", {})}
    moved = {"operation": "transfer", "item_id": str(permit), "elements": {}}
    moved["elements"] = {"implementing_body": str(world.organs["住建局"])}
    opened = await world.open(trigger="ORG_REFORM", participants=[str(world.organs["住建局"])], confirm_overlap=True)
    await world.run(
        "INSERT INTO qingdan.list_member (list_id, organ_id) VALUES (:list, :organ) ON CONFLICT DO NOTHING",
        list=world.lists["permit"], organ=world.organs["住建局"],
    )  # fmt: skip
    body = {"changes": [moved], "confirm_overlap": True}
    answer = await world.call("环保编制", "POST", f"{BASE}/{opened['id']}/changes", body)
    assert answer.status_code == 201, answer.text
    found = {each["name"]: each for each in await candidates(world, opened["id"])}
    assert found["修复费"]["elements"] == {"implementing_body": str(world.organs["住建局"])}
    assert (found["修复费"]["required"], found["挖掘许可"]["by_change"]) == (False, True)
    await world.run("UPDATE qingdan.organ SET state = 'abolished' WHERE id = :id", id=world.organs["环保局"])
    assert all(each["required"] for each in await candidates(world, opened["id"])), "an organ that is no more"


@pytest.mark.parametrize("trigger", ["LAW_ENACT", "LAW_AMEND", "LAW_REPEAL"])
async def test_a_law_names_itself_and_proposes_what_rests_on_what_it_changed(world: World, trigger: str) -> None:
    item = await world.item("环评审批")
    refused = await world.call(
        "环保编制", "POST", BASE, {**_header(world), "trigger": trigger, "trigger_reference": "新法"}
    )
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/trigger_reference")
    opened = await world.open(trigger=trigger, trigger_reference="《环境影响评价法》（2018年修正）")
    assert await proposed(world, opened["id"]) == {}
    await finding(world, item, "K23", "所引用的《环境影响评价法》已修改")
    [one] = await candidates(world, opened["id"])
    assert (one["operation"], one["required"]) == ("modify", False)
    assert "已修改" in one["reason"]
    edited = await world.call(
        "环保编制", "PUT", f"{BASE}/{opened['id']}", _plain(world, trigger), **{"If-Match": '"1"'}
    )
    assert (edited.status_code, edited.json()["errors"][0]["pointer"]) == (422, "/trigger_reference"), edited.text


async def test_a_rectification_proposes_what_was_found(world: World) -> None:
    item = await world.item("环评审批")
    await finding(world, item, "K01", "名称与许可清单不一致")
    opened = await world.open(trigger="RECTIFICATION")
    assert await proposed(world, opened["id"]) == {"环评审批": ("modify", {})}


def _header(world: World) -> dict[str, Any]:
    return {
        "title": "调整", "legal_basis": "《行政许可法》", "reason": "法律修改", "organ_id": str(world.organs["环保局"])
    }  # fmt: skip


def _plain(world: World, trigger: str) -> dict[str, Any]:
    header = _header(world) | {"trigger": trigger, "trigger_reference": "新法"}
    return {name: value for name, value in header.items() if name != "organ_id"}


async def finding(world: World, item: UUID, rule: str, message: str) -> None:
    await world.run(
        "INSERT INTO qingdan.finding (id, rule, severity, list_id, list_kind, region_code, item_id, element, message,"
        " state) SELECT gen_random_uuid(), :rule, 'error', i.list_id, i.kind, i.region_code, i.id, 'basis', :message,"
        " 'open' FROM qingdan.item AS i WHERE i.id = :item",
        rule=rule, message=message, item=item,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("trigger", "kinds"),
    [("SUPERIOR_CANCEL", "取消"), ("SUPERIOR_SUSPEND", "暂停"), ("SUPERIOR_DEVOLVE", "承接"), ("MERGE_SPLIT", "合并")],
)
async def test_a_cause_without_the_change_it_is_about_is_not_submitted(world: World, trigger: str, kinds: str) -> None:
    opened = await world.open(modify(await world.item("环评审批"), name="新名称"), trigger=trigger)
    refused = await world.act("环保编制", opened["id"], "submit")
    assert (refused.status_code, refused.json()["code"]) == (409, "cause_without_change")
    assert kinds in refused.json()["detail"]


async def test_candidates_cost_the_same_whatever_their_number_and_are_nobody_elses(world: World, code: str) -> None:
    superior = await entry(world, "permit", "省许可", PROVINCE, code)
    await state(world, superior, "cancelled")
    await entry(world, "permit", "一", base=code)
    opened = await world.open(trigger="SUPERIOR_CANCEL")
    with counted(world.engine) as one:
        assert len(await candidates(world, opened["id"])) == 1
    ours = await entry(world, "permit", "二", base=code)
    await world.run("UPDATE qingdan.item SET handling_item = '01' WHERE id = :id", id=ours)
    with counted(world.engine) as two:
        assert len(await candidates(world, opened["id"])) == 2
    assert len(one) == len(two) <= 6
    world.person("外县编制", ("compiler", OTHER_COUNTY, None))
    assert (await world.call("外县编制", "GET", f"{BASE}/{opened['id']}/candidates")).status_code == 404
