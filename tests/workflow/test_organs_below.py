"""What a city decides is also the work of its counties' organs: each finds its part in its own inbox, and is told."""

from typing import Any

from tests.statements import counted
from tests.workflow.county import CITY, COUNTY, NATION, OTHER_COUNTY
from tests.workflow.full_chain import tasks_of
from tests.workflow.messaging import begin, gather, told
from tests.workflow.test_deadlines import due, switch_on
from tests.workflow.test_inbox import account
from tests.workflow.test_templates import BASE as TEMPLATES
from tests.workflow.test_templates import DECIDE, REVIEW, SIGN, template
from tests.workflow.world import World, modify


async def of_the_city(world: World, procedure: str = "short", **more: Any) -> str:
    """An adjustment that an organ of the county compiles and the city decides."""
    world.person("市管理员", ("administrator", CITY, None))
    world.person("市审改办", ("reviewer", CITY, None))
    await world.bind(procedure, "modify", who="市管理员", region_code=CITY)
    opened = await world.open(modify(await world.item("环评审批"), name="新名称"), region_code=CITY, **more)
    assert opened["region_code"] == CITY
    return str(opened["id"])


async def submitted(world: World, id_: str, *findings: dict[str, Any]) -> None:
    answer = await world.act("环保编制", id_, "submit")
    assert answer.status_code == 200, answer.text
    await world.validated(id_, *findings)


async def lies_with(world: World, who: str, id_: str, kind: str) -> None:
    """The task is in somebody's inbox, where he is, and he has had a message of it."""
    assert [(task["kind"], task["region_code"]) for task in await tasks_of(world, who, id_)] == [(kind, COUNTY)]
    await gather(world)
    assert [(one["act"], one["kind"]) for one in await told(world, who)] == [("opened", kind)]


async def test_a_countys_organ_that_signs_what_the_city_decides_finds_the_task_and_is_told(world: World) -> None:
    await begin(world)
    await account(world, "县局长", "principal", COUNTY, "环保局")
    id_ = await of_the_city(world)
    await submitted(world, id_)
    await lies_with(world, "县局长", id_, "review")
    [waiting] = (await world.read(id_, "县局长"))["waiting"]
    assert waiting["region_code"] == COUNTY
    assert (await world.sign("县局长", id_)).json()["state"] == "in_review"
    assert await tasks_of(world, "县局长", id_) == []
    assert [task["region_code"] for task in await tasks_of(world, "市审改办", id_)] == [CITY]
    assert (await world.act("市审改办", id_, "review", {"outcome": "pass"})).status_code == 200


async def test_the_lead_of_a_countys_list_reviews_what_the_city_decides_about_it(world: World) -> None:
    await begin(world)
    await account(world, "县牵头", "list_authority", COUNTY, "环保局")
    world.person("市管理员", ("administrator", CITY, None))
    code = f"lead_{world.suffix}"
    steps = [SIGN, REVIEW | {"role": "list_authority"}, DECIDE]
    made = await world.call("市管理员", "POST", TEMPLATES, template(code, *steps, region_code=CITY))
    assert made.status_code == 201, made.text
    id_ = await of_the_city(world, code)
    await submitted(world, id_)
    assert (await world.sign("环保局长", id_)).status_code == 200
    await lies_with(world, "县牵头", id_, "review")
    world.person("外县牵头", ("list_authority", OTHER_COUNTY, None))
    assert (await world.act("外县牵头", id_, "review", {"outcome": "pass"})).status_code == 403
    passed = await world.act("县牵头", id_, "review", {"outcome": "pass"})
    assert passed.status_code == 200, passed.text


async def test_a_countys_organ_corrects_what_was_returned_to_it(world: World) -> None:
    await begin(world)
    await account(world, "县编制", "compiler", COUNTY, "住建局")
    id_ = await of_the_city(world, participants=[str(world.organs["住建局"])])
    await submitted(world, id_, {"rule": "V13"})
    await lies_with(world, "县编制", id_, "correction")


async def test_a_countys_organ_answers_the_lead_of_what_the_city_decides(world: World) -> None:
    await begin(world)
    await account(world, "县编制", "compiler", COUNTY, "住建局")
    id_ = await of_the_city(world, participants=[str(world.organs["住建局"])])
    asked = await world.act("环保编制", id_, "joint-notices", {"content": "请提出意见", "limit_days": 5})
    assert asked.status_code == 200, asked.text
    await lies_with(world, "县编制", id_, "reply")


async def test_a_countys_organ_is_to_hand_in_what_the_city_decides(world: World) -> None:
    world.person("全国管理员", ("administrator", NATION, None))
    await switch_on(world, "全国管理员", "submission_after_cause", levels=["city"])
    try:
        id_ = await of_the_city(world)
        await world.drain()
    finally:
        await world.run("UPDATE qingdan.deadline_rule SET active = false")
    assert [task["region_code"] for task in await due(world, "环保编制", f"&adjustment_id={id_}")] == [COUNTY]


async def test_an_organ_of_the_city_signs_what_a_county_decides_where_that_is_decided(world: World) -> None:
    await world.organ("市环保局", region=CITY)
    world.person("市局长", ("principal", CITY, "市环保局"))
    item = await world.item("环评审批")
    opened = await world.open(modify(item, name="新名称"), participants=[str(world.organs["市环保局"])])
    await submitted(world, opened["id"])
    assert [task["region_code"] for task in await tasks_of(world, "市局长", opened["id"])] == [COUNTY]
    assert (await world.sign("市局长", opened["id"])).status_code == 200


async def test_asking_many_organs_costs_what_asking_one_costs(world: World) -> None:
    costs = []
    for others in (1, 12):
        names = [f"单位{others}-{number}" for number in range(others)]
        id_ = await of_the_city(world, participants=[str(await world.organ(name)) for name in names])
        with counted(world.engine) as statements:
            answer = await world.act("环保编制", id_, "joint-notices", {"content": "请提出意见", "limit_days": 5})
        assert answer.status_code == 200, answer.text
        costs.append(len(statements))
    assert costs[0] == costs[1]
