"""Coverage and uniformity: candidates, the three detectors, the horizontal report, one name in all lists."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from services.catalog.coverage import service as coverage
from services.catalog.uniformity import jobs
from services.catalog.uniformity import service as uniformity
from shared.ledger import operations
from shared.ledger.operations import Running
from tests.catalog.linkage_fixtures import world
from tests.catalog.linkage_steps import clear
from tests.catalog.linkage_world import CITY, COUNTY, PROVINCE, World
from tests.statements import counted

__all__ = ["world"]
pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_candidates_are_marked_covered_or_not_and_counted_by_organ(world: World) -> None:
    shown, hidden = world.permit(COUNTY, "已列许可"), world.permit(COUNTY, "未列许可")
    penalty = world.permit(COUNTY, "处罚", item_type="02")
    powers = await world.enter("power", COUNTY, [shown, hidden, penalty])
    permits = await world.enter("permit", COUNTY, [shown, hidden])
    [entry] = await world.enter("catalogue", COUNTY, [shown], state="compiling")
    list_id = world.lists["catalogue", COUNTY]
    async with world.transaction() as tx:
        found = await coverage.candidates(tx, list_id, covered=None, organ=None, kind=None, after=None, count=50)
        assert {(one.item_id, one.covered, one.shown_by) for one in found} == {
            (powers[0], True, entry), (powers[1], False, None), (permits[0], True, entry), (permits[1], False, None),
        }  # fmt: skip
        missing = await coverage.candidates(
            tx, list_id, covered=False, organ=world.organs[COUNTY], kind="power", after=None, count=50
        )
        assert [(one.name, one.rules, one.organ_name) for one in missing] == [
            ("未列许可", ["K02"], f"{COUNTY}生态环境局")
        ]
        assert await coverage.candidates(
            tx, list_id, covered=None, organ=None, kind=None, after=found[-1].item_id, count=50
        ) == []  # fmt: skip
        told = await coverage.coverage(tx, list_id)
    assert (told.covered, told.missing) == (2, 2)
    assert {(one.kind, one.covered, one.missing) for one in told.organs} == {("power", 1, 1), ("permit", 1, 1)}
    assert told.origins["permit"] == ["K01", "K02"]


@pytest.mark.req("ZL-04", "ZL-24")
async def test_a_matter_of_the_superiors_master_list_that_is_not_here_is_reported(world: World) -> None:
    await world.list_of("permit", CITY)
    here = world.permit(CITY, "已有事项")
    await world.enter("permit", CITY, [here])
    master = [
        {"name": "已有事项", "base_code": here["base_code"], "item_type": "01", "level": "2,3,4"},
        {"name": "应有未有", "base_code": "000177001000", "item_type": "01", "level": "3"},
        {"name": "别级事项", "base_code": "000177002000", "item_type": "01", "level": "2"},
    ]
    await world.enter("base_catalogue", PROVINCE, master)
    async with world.transaction() as tx:
        missing = await coverage.candidates(
            tx, world.lists["permit", CITY], covered=False, organ=None, kind=None, after=None, count=50
        )
    assert [(one.name, one.kind, one.region_code) for one in missing] == [("应有未有", "base_catalogue", PROVINCE)]


@pytest.mark.req("ZL-55")
async def test_omission_concealment_and_error_are_counted_for_each_organ(world: World) -> None:
    organ = world.organs[CITY]
    denied = world.permit(CITY, "被否认的事项", base_code="000166001000")
    omitted = world.permit(CITY, "漏报的事项", base_code="000166002000")
    [source, wrong] = await world.enter("power", CITY, [denied, omitted])
    await world.list_of("catalogue", CITY)
    await world.enter("base_catalogue", PROVINCE, [
        {"name": "被否认的事项", "base_code": "000166001000", "item_type": "01", "level": "3"},
    ])  # fmt: skip
    await world.run(
        "INSERT INTO qingdan.draft (id, rule, rule_set, list_id, list_kind, region_code, source_item_id,"
        " source_version, elements, reason, state) VALUES (gen_random_uuid(), 'K02', 1, :list, 'catalogue', :region,"
        " :source, 1, '{}', '', 'objected')",
        list=world.lists["catalogue", CITY], region=CITY, source=source,
    )  # fmt: skip
    await world.run(
        "INSERT INTO qingdan.finding (id, rule, severity, list_id, list_kind, region_code, item_id, element, message,"
        " opened_at) SELECT gen_random_uuid(), 'V04', s, :list, 'power', :region, :item, s, '', now()"
        " FROM unnest(ARRAY['block', 'error', 'warn']) AS s",
        list=world.lists["power", CITY], region=CITY, item=wrong,
    )  # fmt: skip
    async with world.transaction() as tx:
        with counted(world.engine) as sent:
            told = await coverage.failures(tx, CITY)
        [mine] = [one for one in told.organs if one.organ_id == organ]
    assert (mine.concealment, mine.error, len(mine.drafts)) == (1, 2, 1)
    async with world.transaction() as tx:
        missing = await coverage.candidates(
            tx, world.lists["catalogue", CITY], covered=False, organ=organ, kind=None, after=None, count=50
        )
    assert mine.omission == len(missing) >= 2
    assert len(sent) <= 5, sent


BASE, OF_THE_CITY = "000155001000", "000155002000"


async def handled_differently(world: World) -> UUID:
    """Three organs of the counties' level handle a matter, one asking for more; two of the city's another; the one."""
    await clear(world)
    materials = [{"name": "申请书"}, {"name": "平面图"}]
    same = {"materials": materials, "statutory_limit": {"amount": 20, "unit": "working_day"}}
    await world.enter("implementation", PROVINCE, [
        world.permit(PROVINCE, "同一事项", base_code=BASE, **same) | {"level": "4"},
    ])  # fmt: skip
    await world.enter("implementation", CITY, [
        world.permit(CITY, "同一事项", base_code=BASE, **(same | {"materials": materials[::-1]})) | {"level": "4"},
    ])  # fmt: skip
    more = same | {"materials": [*materials, {"name": "无犯罪证明"}]}
    [odd, _] = await world.enter("implementation", COUNTY, [
        world.permit(COUNTY, "同一事项", base_code=BASE, **more),
        world.permit(COUNTY, "别级", base_code=OF_THE_CITY, **same) | {"level": "3"},
    ])  # fmt: skip
    await world.enter("implementation", CITY, [world.permit(CITY, "别级", base_code=OF_THE_CITY, **more)])
    return odd


@pytest.mark.req("TH-22", "ZZ-07")
async def test_organs_of_one_level_that_handle_a_matter_differently_are_reported(world: World) -> None:
    odd = await handled_differently(world)
    async with world.transaction() as tx:
        with counted(world.engine) as sent:
            report = await uniformity.horizontal(
                tx, "implementation", within=None, base_code=BASE, level="4", cursor=None, limit=10
            )
    [matter] = report.items
    assert (matter.base_code, matter.level, matter.entries, matter.regions) == (BASE, "4", 3, 3)
    [element] = matter.differences
    assert element.element == "materials"
    assert [(way.value, way.entries) for way in element.variants] == [
        (["平面图", "申请书"], 2), (["平面图", "无犯罪证明", "申请书"], 1),
    ]  # fmt: skip
    assert element.variants[1].items == [odd]
    assert len(sent) <= 2


@pytest.mark.req("TH-22")
async def test_the_report_of_differences_is_read_page_by_page_and_below_a_region(world: World) -> None:
    await handled_differently(world)
    async with world.transaction() as tx:
        first = await uniformity.horizontal(
            tx, "implementation", within=PROVINCE, base_code=None, level=None, cursor=None, limit=1
        )
        assert first.next is not None
        rest = await uniformity.horizontal(
            tx, "implementation", within=PROVINCE, base_code=None, level=None, cursor=first.next, limit=10
        )
        below = await uniformity.horizontal(
            tx, "implementation", within=COUNTY, base_code=None, level=None, cursor=None, limit=10
        )
    # The same code at the city's level: its two entries differ as well.
    assert [one.base_code for one in [*first.items, *rest.items]] == [BASE, OF_THE_CITY]
    assert (rest.next, below.items) == (None, [])


async def check(world: World) -> dict[str, Any]:
    async with world.transaction() as tx:
        operation_id = await operations.create(tx, kind=jobs.UNIFORMITY, parameters={})
    async with world.engine.begin() as connection:
        row = await operations.claim(connection, operation_id, "catalog")
    assert row is not None
    return dict(await jobs.run(world.engine, Running(world.engine, row)))


@pytest.mark.req("QX-36")
async def test_a_matter_with_two_names_or_objects_in_two_lists_is_a_finding_until_they_agree(world: World) -> None:
    await world.run("DELETE FROM qingdan.finding")
    permit = world.permit(COUNTY, "正确名称", base_code="000144001000", service_objects=["enterprise", "other"])
    [source] = await world.enter("permit", COUNTY, [permit])
    [power] = await world.enter("power", COUNTY, [
        permit | {"name": "另一名称", "service_objects": ["other", "enterprise"]}
    ])  # fmt: skip
    [entry] = await world.enter("implementation", COUNTY, [permit | {"service_objects": ["natural_person"]}])
    supervised = {"name": "对正确名称的监管", "permit_name": "正确名称", "base_code": "000144001000",
                  "implementing_body": permit["implementing_body"], "handling_item": ""}  # fmt: skip
    await world.enter("internet_supervision", COUNTY, [supervised])
    result = await check(world)
    found = {(row["item_id"], row["element"]): row for row in await world.open_findings() if row["rule"] == "V22"}
    mine = {key: row for key, row in found.items() if key[0] in (power, entry)}
    assert set(mine) == {(power, "name"), (entry, "service_objects")}
    named = mine[power, "name"]
    assert (named["actual"], named["expected"], named["severity"], named["source_item_id"]) == (
        "另一名称", "正确名称", "error", source,
    )  # fmt: skip
    assert result["opened"] >= len(found)
    assert (await check(world))["opened"] == 0
    await world.run("UPDATE qingdan.item SET name = '正确名称' WHERE id = :id", id=power)
    await check(world)
    left = {(row["item_id"], row["element"]) for row in await world.open_findings() if row["rule"] == "V22"}
    assert left == set(found) - {(power, "name")}


@pytest.mark.req("QX-31")
async def test_an_entry_about_a_permit_that_the_edition_in_force_does_not_have_is_a_blocking_finding(
    world: World,
) -> None:
    await world.list_of("permit", COUNTY)
    await world.run("UPDATE qingdan.list SET edition = '2017版' WHERE id = :id", id=world.lists["permit", COUNTY])
    gone = world.permit(COUNTY, "已取消的许可", base_code="000133001000", state="cancelled")
    await world.enter("permit", COUNTY, [gone])
    about = {"permit_name": "已取消的许可", "base_code": "000133001000", "handling_item": "",
             "implementing_body": gone["implementing_body"]}  # fmt: skip
    # A list of the region's own making: for the built-in ones their linkage rules say it.
    await world.run("INSERT INTO qingdan.list_kind (code, title, origin) VALUES ('own_projects', '重点项目', 'custom')")
    [project] = await world.enter("own_projects", COUNTY, [gone | {"state": "in_use"}])
    [follow_up] = await world.enter("follow_up_supervision", COUNTY, [about | {"name": "后续监管"}])
    [stray] = await world.enter("own_projects", COUNTY, [about | {"name": "另", "base_code": "000133009000"}])
    await check(world)
    found = {row["item_id"]: row for row in await world.open_findings() if row["rule"] == "K29"}
    assert {project, stray} <= set(found)
    assert follow_up not in found
    assert (found[project]["severity"], found[project]["element"]) == ("block", "base_code")
    assert "2017版" in found[project]["message"]
    await world.run("UPDATE qingdan.item SET state = 'in_use' WHERE base_code = '000133001000' AND kind = 'permit'")
    await check(world)
    assert project not in {row["item_id"] for row in await world.open_findings() if row["rule"] == "K29"}
