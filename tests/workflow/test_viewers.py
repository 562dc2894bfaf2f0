"""Who may read which adjustments: the region and those above it, and the organs that take part."""

from __future__ import annotations

from tests.statements import counted
from tests.workflow.county import CITY, COUNTY, NATION, OTHER_COUNTY, PROVINCE
from tests.workflow.world import BASE, World


async def listed(world: World, who: str, adjustment_id: str) -> bool:
    """Whether the list shows it."""
    answer = await world.call(who, "GET", f"{BASE}?limit=200")
    assert answer.status_code == 200, answer.text
    return adjustment_id in {row["id"] for row in answer.json()["items"]}


async def seen(world: World, who: str, adjustment_id: str) -> bool:
    """Whether it can be read; the list always agrees."""
    answer = await world.call(who, "GET", f"{BASE}/{adjustment_id}")
    assert answer.status_code in (200, 404), answer.text
    found = answer.status_code == 200
    assert await listed(world, who, adjustment_id) is found, who
    return found


async def test_a_draft_is_not_found_by_people_of_another_region(world: World) -> None:
    opened = await world.open()
    world.person("外县监督", ("auditor", OTHER_COUNTY, None))
    world.person("外县编制", ("compiler", OTHER_COUNTY, "外单位"))
    world.person("无角色")
    for who in ("外县政府", "外县监督", "外县编制", "无角色"):
        assert not await seen(world, who, opened["id"]), who
    answer = await world.call("外县政府", "GET", f"{BASE}/{opened['id']}?wait_for=effective&wait=0")
    unknown = await world.call("外县政府", "GET", f"{BASE}/{opened['id'][:-4]}0000")
    assert (answer.status_code, answer.json()["code"]) == (404, "adjustment_not_found")
    assert answer.json()["detail"] == unknown.json()["detail"], "what may not be read and what is not there look alike"
    hidden = await world.call("外县政府", "GET", f"{BASE}?region_code={COUNTY}")
    assert hidden.json()["items"] == []


async def test_the_region_itself_and_those_above_it_read_it_whatever_the_role(world: World) -> None:
    opened = await world.open()
    world.person("市监督", ("auditor", CITY, None))
    world.person("省编制", ("compiler", PROVINCE, "外单位"))
    world.person("全国管理员", ("administrator", NATION, None))
    for who in ("环保编制", "住建编制", "审改办", "市监督", "省编制", "全国管理员"):
        assert await seen(world, who, opened["id"]), who


async def test_an_organ_that_takes_part_reads_it_from_wherever_it_is(world: World) -> None:
    alone = await world.open()
    together = await world.open(participants=[str(world.organs["住建局"])])
    world.person("住建外派", ("compiler", OTHER_COUNTY, "住建局"))
    assert not await seen(world, "住建外派", alone["id"])
    assert await seen(world, "住建外派", together["id"])


async def test_nobody_is_waited_for_who_is_not_signed_in(world: World) -> None:
    opened = await world.open()
    path = f"{BASE}/{opened['id']}?wait_for=effective&wait=10"
    with counted(world.engine) as sent:
        for headers in ({"Authorization": "Bearer made-up"}, {"Authorization": "Basic eDp5"}, {}):
            answer = await world.client.get(path, headers=headers)
            assert answer.status_code == 401, answer.text
    assert sent == []
