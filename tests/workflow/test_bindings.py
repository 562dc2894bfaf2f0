"""Bindings: the kind decides the procedure, regions decide for kinds, and what has begun keeps what it began with."""

from datetime import date, timedelta
from typing import Any

import pytest

from shared import clock
from tests.workflow.county import CITY, COUNTY, NATION, OTHER_COUNTY, PROVINCE
from tests.workflow.world import BASE, HEADER, World, modify

BINDINGS = "/workflow/v1/procedure-bindings"
ROLES = "/workflow/v1/role-bindings"


def today() -> date:
    return clock.now().astimezone(clock.ZONE).date()


def cancel(item: object) -> dict[str, Any]:
    return {"operation": "cancel", "item_id": str(item)}


async def held(world: World, region: str = COUNTY, **query: str) -> dict[str, str]:
    """What holds in a region, by kind."""
    more = "".join(f"&{key}={value}" for key, value in query.items())
    answer = await world.call("环保编制", "GET", f"{BINDINGS}/in-force?region_code={region}{more}")
    assert answer.status_code == 200, answer.text
    return {row["kind"]: row["template_code"] for row in answer.json()["items"]}


async def submitted(world: World, *changes: dict[str, Any]) -> Any:
    opened = await world.open(*changes)
    assert (await world.act("环保编制", opened["id"], "submit")).status_code == 200
    return await world.read(opened["id"])


async def test_who_opens_an_adjustment_cannot_choose_its_procedure_and_is_told_what_does(world: World) -> None:
    body = HEADER | {"organ_id": str(world.organs["环保局"]), "procedure": "short"}
    answer = await world.call("环保编制", "POST", BASE, body)
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert error["pointer"] == "/procedure"
    assert "由调整类型和本区划的规定决定" in error["message"]
    document = (await world.call(None, "GET", "/workflow/v1/openapi.json")).json()
    assert "procedure" not in document["components"]["schemas"]["NewAdjustment"]["properties"]


@pytest.mark.req("ZL-34")
async def test_without_a_word_of_the_region_only_changes_of_elements_take_the_short_path(world: World) -> None:
    kinds = await held(world, OTHER_COUNTY)
    assert [kind for kind, code in kinds.items() if code == "short"] == ["modify"]
    assert {code for kind, code in kinds.items() if kind != "modify"} == {"full"}
    listed = await world.call("环保编制", "GET", f"{BINDINGS}?kind=cancel&limit=200")
    own = [row for row in listed.json()["items"] if row["region_code"] is None]
    assert [(row["template_code"], row["locked"], row["kind_title"]) for row in own] == [("full", False, "取消")]
    world.person("管理员甲", ("administrator", NATION, None))
    answer = await world.call("管理员甲", "POST", f"{BINDINGS}/{own[0]['id']}/end", {"last_day": str(today())})
    assert (answer.status_code, answer.json()["code"]) == (409, "built_in_binding")


async def test_the_gravest_change_decides_for_all_of_them_and_readers_see_a_forecast_before(world: World) -> None:
    await world.bind("full", "cancel")
    first, second = await world.items(["一", "二"])
    empty = await world.open()
    told = await world.read(empty["id"])
    assert (told["kind"], told["procedure_code"], told["procedure_forecast"]) == (None, None, True)
    opened = await world.open(modify(first, name="甲"))
    told = await world.read(opened["id"])
    assert (told["kind_title"], told["procedure_code"], told["procedure_forecast"]) == ("要素修改", "short", True)
    path = f"{BASE}/{opened['id']}/changes"
    assert (await world.call("环保编制", "POST", path, {"changes": [cancel(second)]})).status_code == 201
    told = await world.read(opened["id"])
    assert (told["kind"], told["procedure_code"], told["procedure_forecast"]) == ("cancel", "full", True)
    answer = await world.act("环保编制", opened["id"], "submit")
    assert answer.json()["kind"] == "cancel"
    told = await world.read(opened["id"])
    assert (told["kind"], told["procedure_code"], told["procedure_forecast"]) == ("cancel", "full", False)
    refs = [event["refs"] for event in await world.events(opened["id"]) if event["type"] == "adjustment.submitted"]
    assert '"procedure": "full"' in refs[0] or '"procedure":"full"' in refs[0]


async def test_a_binding_that_changes_while_an_adjustment_runs_leaves_it_alone(world: World) -> None:
    running = await submitted(world, modify(await world.item("一"), name="甲"))
    await world.bind("with_legality_review", "modify")
    await world.validated(running["id"])
    assert [step["act"] for step in (await world.read(running["id"]))["steps"]] == ["sign", "review", "decide"]
    younger = await submitted(world, modify(await world.item("二"), name="乙"))
    assert younger["procedure_code"] == "with_legality_review"


async def test_who_corrects_passes_the_procedure_he_knows_and_who_does_something_else_the_one_in_force(
    world: World,
) -> None:
    first, second = await world.items(["一", "二"])
    running = await submitted(world, modify(first, name="甲"))
    await world.validated(running["id"], {"rule": "V01"})
    await world.bind("with_legality_review", "modify")
    await world.bind("full", "cancel")
    told = await world.read(running["id"])
    assert (told["state"], told["procedure_code"], told["procedure_forecast"]) == ("returned", "short", False)
    await world.act("环保编制", running["id"], "submit")
    assert (await world.read(running["id"]))["procedure_code"] == "short"
    await world.validated(running["id"], {"rule": "V01"}, submission=2)
    path = f"{BASE}/{running['id']}/changes"
    await world.call("环保编制", "POST", path, {"changes": [cancel(second)]})
    told = await world.read(running["id"])
    assert (told["procedure_code"], told["procedure_forecast"]) == ("full", True)
    await world.act("环保编制", running["id"], "submit")
    assert (await world.read(running["id"]))["procedure_code"] == "full"


async def test_an_expired_binding_gives_way_and_stays_readable(world: World) -> None:
    bound = (await world.bind("full", "modify")).json()["items"][0]
    last = str(today() - timedelta(days=1))
    ended = await world.call("管理员", "POST", f"{BINDINGS}/{bound['id']}/end", {"last_day": last})
    assert (ended.status_code, ended.json()["valid_to"]) == (200, last)
    again = await world.call("管理员", "POST", f"{BINDINGS}/{bound['id']}/end", {"last_day": last})
    assert again.status_code == 200
    assert (await held(world))["modify"] == "short"
    kept = await world.call("环保编制", "GET", f"{BINDINGS}/{bound['id']}")
    assert kept.json()["template_code"] == "full"
    past = today() - timedelta(days=9)
    await world.run(
        "UPDATE qingdan.procedure_binding SET valid_from = :first, valid_to = :last WHERE id = CAST(:id AS uuid)",
        first=past, last=past + timedelta(days=1), id=bound["id"],
    )  # fmt: skip
    late = await world.call("管理员", "POST", f"{BINDINGS}/{bound['id']}/end", {"last_day": str(today())})
    assert (late.status_code, late.json()["code"]) == (409, "binding_ended")
    assert (await held(world, on=str(past)))["modify"] == "full"


async def test_a_binding_to_come_holds_from_its_day_on(world: World) -> None:
    day = today() + timedelta(days=3)
    await world.bind("full", "modify", valid_from=str(day))
    assert (await held(world))["modify"] == "short"
    assert (await held(world, on=str(day)))["modify"] == "full"
    opened = await submitted(world, modify(await world.item("一"), name="甲"))
    assert opened["procedure_code"] == "short"
    await world.run("DELETE FROM qingdan.procedure_binding WHERE valid_from = :day", day=day)


async def test_a_locked_binding_of_the_province_holds_in_the_county_and_cannot_be_overridden(world: World) -> None:
    world.person("省管理员", ("administrator", PROVINCE, None))
    body = {
        "region_code": PROVINCE,
        "kinds": ["suspend"],
        "template_code": "full",
        "source": "省级规定",
        "locked": True,
    }
    lock = await world.call("省管理员", "POST", BINDINGS, body | {"locked": True})
    assert lock.status_code == 201, lock.text
    assert (await held(world))["suspend"] == "full", "the county's own rests"
    refused = await world.bind("short", "modify", "suspend", locked=False)
    assert (refused.status_code, refused.json()["code"]) == (409, "binding_locked")
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/kinds/1"]
    assert PROVINCE in refused.json()["errors"][0]["message"]
    item = await world.item("一")
    told = await submitted(world, {"operation": "suspend", "item_id": str(item), "terms": {"condition": "整改完成前"}})
    assert told["procedure_code"] == "full"
    path = f"{BINDINGS}/{lock.json()['items'][0]['id']}/end"
    assert (await world.call("管理员", "POST", path, {"last_day": str(today())})).status_code == 403
    ended = await world.call("省管理员", "POST", path, {"last_day": str(today() - timedelta(days=1))})
    assert ended.status_code == 200
    assert (await held(world))["suspend"] == "short"


async def test_the_nearest_region_upwards_wins(world: World) -> None:
    world.person("市管理员", ("administrator", CITY, None))
    body = {"region_code": CITY, "kinds": ["resume"], "template_code": "staffing_office", "source": "市级规定"}
    assert (await world.call("市管理员", "POST", BINDINGS, body)).status_code == 201
    assert (await held(world, OTHER_COUNTY))["resume"] == "staffing_office"
    assert (await held(world, COUNTY))["resume"] == "short"
    assert (await held(world, PROVINCE))["resume"] == "full"


async def test_only_the_regions_administrator_binds_and_only_what_makes_sense(world: World) -> None:
    assert (await world.bind("short", "modify", who="环保编制", locked=False)).status_code == 403
    assert (await world.bind("short", "modify", region_code=CITY)).status_code == 403
    assert (await world.bind("short", "modify", region_code="139999")).status_code == 404
    for more, pointer in (
        ({"template_code": "nowhere"}, "/template_code"),
        ({"kinds": ["dance"]}, "/kinds/0"),
        ({"kinds": []}, "/kinds"),
        ({"valid_from": str(today() - timedelta(days=1))}, "/valid_from"),
        ({"valid_to": str(today() - timedelta(days=1))}, "/valid_to"),
        ({"source": "\0"}, "/source"),
        ({"source": ""}, "/source"),
    ):
        answer = await world.bind("short", "modify", **more)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer), more
    assert (await world.call("环保编制", "GET", f"{BINDINGS}/{world.organs['环保局']}")).status_code == 404
    assert (await world.call("环保编制", "GET", f"{BINDINGS}?cursor=x")).status_code == 422


async def test_bindings_are_told_and_audited(world: World) -> None:
    bound = (await world.bind("full", "modify", "cancel")).json()["items"]
    [event] = await world.run(
        "SELECT refs::text AS refs, actor FROM qingdan.event WHERE type = 'procedure_binding.added'"
        " ORDER BY position DESC LIMIT 1"
    )
    assert all(each["id"] in event["refs"] for each in bound)
    [audit] = await world.run(
        "SELECT actor FROM qingdan.audit WHERE tag = 'workflow:procedure_binding:added' ORDER BY id DESC LIMIT 1"
    )
    assert audit["actor"] == event["actor"] == bound[0]["created_by"]


async def charge(world: World, organ: str, role: str, **more: Any) -> Any:
    body = {"region_code": COUNTY, "role": role, "organ_id": str(world.organs[organ]), "source": "三定方案"} | more
    return await world.call("管理员", "POST", ROLES, body)


async def test_an_office_that_moves_to_another_organ_gets_the_steps_that_open_from_then_on(world: World) -> None:
    await world.organ("编办")
    await world.organ("审批局")
    for name in ("编办", "审批局"):
        world.person(f"{name}审核", ("reviewer", COUNTY, name))
    first = (await charge(world, "编办", "reviewer")).json()
    assert (first["role_title"], first["organ_name"]) == ("审改办", "编办")
    lies = await world.until("in_review", modify(await world.item("一"), name="甲"))
    follows = await world.until("signing", modify(await world.item("二"), name="乙"))
    second = (await charge(world, "审批局", "reviewer")).json()
    await world.sign("环保局长", follows["id"])
    assert (await world.act("审批局审核", lies["id"], "review", {"outcome": "pass"})).status_code == 403
    assert (await world.act("编办审核", lies["id"], "review", {"outcome": "pass"})).status_code == 200
    assert (await world.act("编办审核", follows["id"], "review", {"outcome": "pass"})).status_code == 403
    assert (await world.act("审批局审核", follows["id"], "review", {"outcome": "pass"})).status_code == 200
    listed = await world.call("环保编制", "GET", f"{ROLES}?region_code={COUNTY}&role=reviewer")
    assert [row["id"] for row in listed.json()["items"]] == [second["id"], first["id"]]
    yesterday = str(today() - timedelta(days=1))
    for binding in (first, second):
        ended = await world.call("管理员", "POST", f"{ROLES}/{binding['id']}/end", {"last_day": yesterday})
        assert ended.json()["valid_to"] == yesterday
    on_day = await world.call("环保编制", "GET", f"{ROLES}?region_code={COUNTY}&role=reviewer&on={today()}")
    assert on_day.json()["items"] == []
    opened = await world.until("in_review", modify(await world.item("三"), name="丙"))
    assert [step["organ_id"] for step in (await world.read(opened["id"]))["steps"] if step["act"] == "review"] == [None]


async def test_only_organs_of_the_region_or_above_it_are_charged_and_only_with_roles_there_are(world: World) -> None:
    await world.run(
        "UPDATE qingdan.organ SET region_code = :to WHERE id = :id", to=OTHER_COUNTY, id=world.organs["外单位"]
    )
    answer = await charge(world, "外单位", "reviewer")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/organ_id")
    gone = "UPDATE qingdan.organ SET state = :state WHERE id = :id"
    await world.run(gone, state="dissolved", id=world.organs["住建局"])
    answer = await charge(world, "住建局", "reviewer")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "organ_inactive")
    await world.run(gone, state="active", id=world.organs["住建局"])
    for more, pointer in (
        ({"role": "principal"}, "/role"),
        ({"organ_id": "00000000-0000-7000-8000-000000000000"}, "/organ_id"),
        ({"organ_id": "x"}, "/organ_id"),
        ({"valid_from": "2001-01-01"}, "/valid_from"),
    ):
        answer = await charge(world, "环保局", **({"role": "reviewer"} | more))
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer), more
    body = {"region_code": COUNTY, "role": "reviewer", "organ_id": str(world.organs["环保局"]), "source": "x"}
    assert (await world.call("审改办", "POST", ROLES, body)).status_code == 403
    assert (await world.call(None, "POST", ROLES, body)).status_code == 401


@pytest.mark.req("QX-39")
async def test_a_kind_of_list_has_a_procedure_of_its_own_and_is_not_adjusted_together_with_others(
    world: World,
) -> None:
    kind = f"permit_{world.suffix}"
    await world.new_list("other", "其他清单", members=["环保局"])
    (first,), (second,) = await world.items(["一"]), await world.items(["二"], of="other")
    bound = await world.bind("with_legality_review", "modify", list_kind=kind)
    assert (bound.status_code, bound.json()["items"][0]["list_kind"]) == (201, kind)
    assert (await held(world))["modify"] == "short"
    assert (await held(world, list_kind=kind))["modify"] == "with_legality_review"
    both = await world.open(modify(first, name="甲"), modify(second, name="乙"))
    assert (await world.read(both["id"]))["procedure_code"] is None
    mixed = await world.act("环保编制", both["id"], "submit")
    assert (mixed.status_code, mixed.json()["code"]) == (409, "several_procedures")
    (third,), (fourth,) = await world.items(["三"]), await world.items(["四"], of="other")
    running = await submitted(world, modify(third, name="甲"))
    assert running["procedure_code"] == "with_legality_review"
    other = await submitted(world, modify(fourth, name="乙"))
    assert other["procedure_code"] == "short", "lists of other kinds pass what is bound in general"
    refused = await world.bind("short", "modify", list_kind="no_such_kind")
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/list_kind")
