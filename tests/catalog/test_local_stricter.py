"""What a lower level asks more than its superior is refused with the superior's row, element by element (V13)."""

from __future__ import annotations

from typing import Any

import pytest

from services.catalog.linkage.consumers import VALIDATION
from shared.identifiers import new_id
from tests.catalog.linkage_fixtures import world
from tests.catalog.linkage_steps import validated
from tests.catalog.linkage_world import CITY, PROVINCE, World

__all__ = ["world"]
pytestmark = pytest.mark.asyncio(loop_scope="module")

FEE = [{"name": "工本费", "standard": "10元/证", "basis": "收费管理条例"}]
STEPS = [{"name": "受理"}, {"name": "审查"}, {"name": "决定"}]
PERSONS = ["natural_person", "enterprise"]


async def refused(world: World, element: str, above: Any, below: Any, **more: Any) -> list[dict[str, Any]]:
    """What is said when a city puts its value of an element beside the province's."""
    upper = world.permit(PROVINCE, "取水许可") | {element: above} | more
    lower = world.permit(CITY, "取水许可", base_code=upper["base_code"]) | {element: above}
    [source] = await world.enter("permit", PROVINCE, [upper])
    [item] = await world.enter("permit", CITY, [lower])
    await world.drain()
    answer = await validated(world, [("modify", item, {element: above}, {element: below})])
    found = [one for one in answer["findings"] if one["rule"] == "K22"]
    assert all(one["source_item_id"] == str(source) and "上级：广东省" in one["message"] for one in found)
    assert all((one["severity"], one["validator"]) == ("block", "V13") for one in found)
    return found


CASES = [
    pytest.param("materials", [{"name": "申请表"}], [{"name": "申请表"}, {"name": "承诺书"}],
                 "疑似增加申请材料：承诺书", marks=pytest.mark.req("ZZ-18")),
    pytest.param("intermediary_services", [], [{"name": "检测报告"}], "疑似增加中介服务：检测报告",
                 marks=pytest.mark.req("ZZ-19")),
    pytest.param("process_steps", STEPS, [*STEPS, {"name": "初审"}], "疑似增加办理环节：初审",
                 marks=pytest.mark.req("ZZ-20")),
    pytest.param("fees", [], FEE, "疑似增加收费项目：工本费", marks=pytest.mark.req("ZZ-21")),
    pytest.param("fees", FEE, [FEE[0] | {"standard": "20元/证"}], "疑似提高收费标准：工本费",
                 marks=pytest.mark.req("ZZ-21")),
    pytest.param("fees", [FEE[0] | {"amount": 9.5}], [FEE[0] | {"amount": 10}], "疑似提高收费标准：工本费",
                 marks=pytest.mark.req("ZZ-21")),
    pytest.param("quantity_limit", "无", "每年20个", "疑似增设数量限制：每年20个", marks=pytest.mark.req("ZZ-22")),
    pytest.param("quantity_limit", "30", "20", "疑似增设数量限制：20", marks=pytest.mark.req("ZZ-22")),
    pytest.param("statutory_limit", {"amount": 20, "unit": "working_day"}, {"amount": 30, "unit": "working_day"},
                 "疑似延长法定办结时限：30个工作日，上级为20个工作日", marks=pytest.mark.req("ZZ-23")),
    pytest.param("visits", 0, 1, "疑似增加到现场次数：1次，上级为0次",),
    pytest.param("service_objects", PERSONS, PERSONS[:1], "疑似缩小服务对象范围",),
]  # fmt: skip


@pytest.mark.parametrize(("element", "above", "below", "said"), CASES)
async def test_a_city_that_asks_more_is_refused_with_the_superior_row(
    world: World, element: str, above: Any, below: Any, said: str
) -> None:
    [finding] = await refused(world, element, above, below)
    assert finding["element"] == element
    assert finding["message"].startswith(said)


@pytest.mark.req("ZZ-23")
async def test_a_promise_may_not_exceed_the_limit_of_the_superior_but_its_own_promise_is_no_limit(world: World) -> None:
    limit = {"amount": 10, "unit": "working_day"}
    most = {"statutory_limit": {"amount": 20, "unit": "working_day"}}
    [finding] = await refused(world, "promised_limit", limit, {"amount": 25, "unit": "working_day"}, **most)
    assert finding["message"].startswith("疑似超时限办理：承诺25个工作日，上级时限为20个工作日")
    assert await refused(world, "promised_limit", limit, {"amount": 15, "unit": "working_day"}, **most) == []


@pytest.mark.req("ZZ-24")
@pytest.mark.parametrize(
    ("element", "above", "below"),
    [
        ("materials", [{"name": "申请表"}, {"name": "承诺书"}], [{"name": "申请表"}]),
        ("fees", FEE, [FEE[0] | {"standard": "5元/证"}]),
        ("fees", FEE, []),
        ("process_steps", STEPS, STEPS[:2]),
        ("visits", 1, 0),
        ("quantity_limit", "20", "30"),
        ("service_objects", PERSONS[:1], PERSONS),
        ("statutory_limit", {"amount": 20, "unit": "working_day"}, {"amount": 5, "unit": "working_day"}),
    ],
)
async def test_what_is_easier_for_the_applicant_is_accepted(world: World, element: str, above: Any, below: Any) -> None:
    assert await refused(world, element, above, below) == []


@pytest.mark.req("ZZ-13")
async def test_a_master_entry_that_the_superior_adds_by_adjustment_closes_the_findings_below(world: World) -> None:
    known = {"name": "甲", "base_code": "440177001000", "item_type": "01", "level": "2,3", "state": "in_use"}
    await world.enter("base_catalogue", PROVINCE, [known])
    [lower] = await world.enter("permit", CITY, [world.permit(CITY, "乙", base_code="440177002000")])
    await world.drain()
    about = "SELECT state FROM qingdan.finding WHERE rule = 'K20' AND item_id = :id"
    assert [row["state"] for row in await world.rows(about, id=lower)] == ["open"]
    list_id = await world.list_of("base_catalogue", PROVINCE)
    added = known | {"name": "乙", "base_code": "440177002000"}
    await world.decide([("add", new_id(), {}, added)], region=PROVINCE, list_id=list_id)
    await world.drain()
    assert [row["state"] for row in await world.rows(about, id=lower)] == ["closed"]


@pytest.mark.req("ZZ-13")
async def test_an_entry_that_the_superior_does_not_list_is_refused_unless_the_city_may_set_it_itself(
    world: World,
) -> None:
    known = {"name": "甲", "base_code": "440176001000", "item_type": "01", "level": "2,3", "state": "in_use"}
    await world.enter("base_catalogue", PROVINCE, [known])
    list_id = await world.list_of("permit", CITY)

    async def blocking(**more: Any) -> list[str]:
        entry = world.permit(CITY, "自设许可", base_code=f"44017{world.serial % 10}9990{world.serial % 10}0") | more
        adjustment = await world.decide([("add", new_id(), {}, entry)], list_id=list_id, event="adjustment.submitted")
        await world.drain(VALIDATION)
        [row] = await world.rows("SELECT findings FROM qingdan.validation WHERE adjustment_id = :id", id=adjustment)
        return [one["validator"] for one in row["findings"] if one["rule"] == "K20" and one["severity"] == "block"]

    def basis(title: str) -> list[dict[str, str]]:
        return [{"document": title, "kind": "set", "document_kind": "local_regulation", "article": "第一条"}]

    assert await blocking() == ["V14"]
    assert await blocking(basis=basis("广东省水资源条例")) == ["V14"]
    assert await blocking(basis=basis("广州市户外广告管理条例")) == []


@pytest.mark.req("QX-31")
async def test_an_entry_about_a_permit_that_the_current_list_does_not_have_is_a_blocking_finding(world: World) -> None:
    [permit] = await world.enter("permit", CITY, [known := world.permit(CITY, "取水许可")])
    reference = {"base_code": known["base_code"], "implementing_body": known["implementing_body"], "state": "in_use"}
    entries = [
        reference | {"name": "许可准入：取水", "permit_name": "取水许可"},
        reference | {"name": "许可准入：旧版", "permit_name": "旧版许可", "base_code": "440175001000"},
    ]
    sound, stale = await world.enter("market_access_negative", CITY, entries)
    await world.drain()
    about = "SELECT item_id, severity, rule FROM qingdan.finding WHERE state = 'open' AND item_id = ANY(:ids)"
    found = await world.rows(about, ids=[sound, stale])
    assert [(row["item_id"], row["severity"], row["rule"]) for row in found] == [(stale, "block", "K11")]
    assert (await world.entry(permit))["state"] == "in_use"
