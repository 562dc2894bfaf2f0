"""Procedures as data: what comes with the product, what is refused, and versions that running work keeps."""

from datetime import timedelta
from typing import Any

from services.workflow.procedures.builtin import install_builtin_procedures
from shared import clock
from tests.workflow.county import COUNTY, OTHER_COUNTY, PROVINCE
from tests.workflow.world import World, modify

BASE = "/workflow/v1/procedure-templates"
SIGN = {"code": "sign", "title": "签署", "act": "sign", "role": "principal", "next": "review"}
REVIEW = {"code": "review", "title": "审核", "act": "review", "role": "reviewer", "next": "decide"}
DECIDE = {"code": "decide", "title": "审定", "act": "decide", "role": "decider"}
PUBLISH = {"code": "publish", "title": "公布", "act": "publish", "role": "system"}
FILE = {"code": "file", "title": "报备", "act": "file", "role": "reviewer", "recipients": ["市审改办"]}


def template(code: str, *steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "code": code,
        "title": "县级程序",
        "region_code": COUNTY,
        "kinds": ["modify"],
        "steps": list(steps),
        "source": "县政府文件",
    } | more


async def test_the_built_in_procedures_are_there_and_installing_again_adds_nothing(world: World) -> None:
    listed = (await world.call("环保编制", "GET", BASE)).json()["items"]
    codes = {row["code"]: row for row in listed}
    assert [step["act"] for step in codes["short"]["steps"]] == ["sign", "review", "decide"]
    assert [step["act"] for step in codes["with_legality_review"]["steps"]] == ["sign", "review", "legality", "decide"]
    assert codes["short"]["verified"] is False
    async with world.owner.begin() as connection:
        assert await install_builtin_procedures(connection) == 0


async def test_a_new_version_holds_for_what_is_submitted_later_and_running_ones_keep_theirs(world: World) -> None:
    code = f"county_{world.suffix}"
    made = await world.call("管理员", "POST", BASE, template(code, SIGN, REVIEW, DECIDE))
    assert made.status_code == 201, made.text
    running = await world.open(modify(await world.item("一"), name="甲"), procedure=code)
    await world.act("环保编制", running["id"], "submit")
    legality = {
        "code": "legal",
        "title": "合法性审查",
        "act": "legality",
        "role": "legality_reviewer",
        "next": "decide",
    }
    second = template(code, SIGN, REVIEW | {"next": "legal"}, legality, DECIDE)
    assert (await world.call("管理员", "POST", BASE, second)).json()["version"] == 2
    younger = await world.open(modify(await world.item("二"), name="乙"))
    await world.act("环保编制", younger["id"], "submit")
    for opened, acts in ((running, ["sign", "review", "decide"]), (younger, ["sign", "review", "legality", "decide"])):
        await world.validated(opened["id"])
        assert [step["act"] for step in (await world.read(opened["id"]))["steps"]] == acts
    first = await world.call("环保编制", "GET", f"{BASE}/{code}?version=1")
    assert len(first.json()["steps"]) == 3


async def test_a_step_is_due_on_the_day_its_document_names_and_keeps_it_when_it_opens_later(world: World) -> None:
    code, day = f"days_{world.suffix}", (clock.now() + timedelta(days=40)).astimezone(clock.ZONE).date().isoformat()
    named = {"limit": {"unit": "fixed_date", "day": day}}
    for wrong in ({"unit": "fixed_date", "amount": 3}, {"unit": "fixed_date"}, {"unit": "working_day", "day": day}):
        refused = await world.call("管理员", "POST", BASE, template(code, SIGN | {"limit": wrong}, REVIEW, DECIDE))
        assert refused.status_code == 422, wrong
    made = await world.call("管理员", "POST", BASE, template(code, SIGN | named, REVIEW | named, DECIDE))
    assert made.status_code == 201, made.text
    assert made.json()["steps"][1]["limit"] == {"amount": None, "unit": "fixed_date", "day": day}
    opened = await world.open(modify(await world.item("三"), name="丙"), procedure=code)
    await world.act("环保编制", opened["id"], "submit")
    await world.validated(opened["id"])
    await world.act("环保局长", opened["id"], "sign", {"seal": {"reference": "档案号 1"}})
    steps = (await world.read(opened["id"]))["steps"]
    assert [(step["act"], (step["due_at"] or "")[:10]) for step in steps] == [
        ("sign", day), ("review", day), ("decide", ""),
    ]  # fmt: skip
    running = await world.call("审改办", "GET", f"/workflow/v1/clocks?adjustment_id={opened['id']}&state=running")
    assert [one["due_at"][:10] for one in running.json()["items"]] == [day]


async def test_a_procedure_that_cannot_be_walked_or_skips_the_review_is_refused(world: World) -> None:
    cases: dict[str, list[dict[str, Any]]] = {
        "end_not_reachable": [SIGN, REVIEW | {"next": "sign"}, DECIDE],
        "unknown_step": [SIGN, REVIEW | {"next": "gone"}, DECIDE],
        "unknown_role": [SIGN, REVIEW | {"role": "principal"}, DECIDE],
        "unknown_act": [SIGN, REVIEW | {"act": "dance"}, DECIDE],
        "review_missing": [SIGN | {"next": "decide"}, DECIDE],
        "decide_missing": [SIGN, REVIEW | {"next": None}],
        "publication_before_decision": [SIGN, REVIEW | {"next": "publish"}, PUBLISH | {"next": "decide"}, DECIDE],
        "review_after_decision": [SIGN, REVIEW, DECIDE | {"next": "again"}, REVIEW | {"code": "again", "next": None}],
        "filing_last": [SIGN, REVIEW, DECIDE | {"next": "file"}, FILE | {"next": "publish"}, PUBLISH],
        "recipients_missing": [SIGN, REVIEW, DECIDE | {"next": "file"}, FILE | {"recipients": []}],
        "not_parallel": [SIGN, REVIEW, DECIDE | {"next": "file"}, FILE | {"beside": "review"}],
        "joint_review_alone": [SIGN, REVIEW | {"role": "joint_reviewer"}, DECIDE],
        "next_not_expected": [SIGN, REVIEW, REVIEW | {"code": "other", "beside": "review"}, DECIDE],
        "limit_out_of_range": [SIGN | {"limit": {"amount": 300, "unit": "working_day"}}, REVIEW, DECIDE],
        "day_has_passed": [SIGN | {"limit": {"unit": "fixed_date", "day": "2017-09-20"}}, REVIEW, DECIDE],
        "sealed_not_expected": [SIGN, REVIEW | {"sealed": True}, DECIDE],
        "sign_first": [REVIEW, DECIDE],
        "step_not_reachable": [SIGN | {"next": "decide"}, REVIEW, DECIDE],
        "duplicate_step": [SIGN, REVIEW, REVIEW, DECIDE],
        "no_steps": [],
    }
    for code, steps in cases.items():
        answer = await world.call("管理员", "POST", BASE, template(f"x_{world.suffix}", *steps))
        assert answer.status_code == 422, code
        assert code in {error["code"] for error in answer.json()["errors"]}, (code, answer.text)


async def test_only_an_administrator_of_the_region_adds_procedures_and_not_under_a_code_taken(world: World) -> None:
    own = template(f"y_{world.suffix}", SIGN, REVIEW, DECIDE)
    assert (await world.call("环保编制", "POST", BASE, own)).status_code == 403
    assert (await world.call("管理员", "POST", BASE, own | {"region_code": PROVINCE})).status_code == 403
    assert (await world.call("管理员", "POST", BASE, own | {"region_code": "139999"})).status_code == 404
    taken = await world.call("管理员", "POST", BASE, template("short", SIGN, REVIEW, DECIDE))
    assert (taken.status_code, taken.json()["code"]) == (409, "procedure_code_taken")


async def test_a_procedure_of_another_region_or_for_other_kinds_cannot_be_bound(world: World) -> None:
    world.person("外县管理员", ("administrator", OTHER_COUNTY, None))
    code = f"other_{world.suffix}"
    body = template(code, SIGN, REVIEW, DECIDE, region_code=OTHER_COUNTY)
    assert (await world.call("外县管理员", "POST", BASE, body)).status_code == 201
    answer = await world.bind(code, "modify", valid_to=None)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/template_code"
    only_modify = template(f"m_{world.suffix}", SIGN, REVIEW, DECIDE)
    await world.call("管理员", "POST", BASE, only_modify)
    answer = await world.bind(only_modify["code"], "modify", "cancel", valid_to=None)
    assert answer.status_code == 422
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [
        ("/kinds/1", "kind_not_in_procedure")
    ]


async def test_a_template_tells_which_of_its_roles_nobody_has_and_whether_it_was_held_against_its_source(
    world: World,
) -> None:
    code = f"verified_{world.suffix}"
    made = await world.call("管理员", "POST", BASE, template(code, SIGN, REVIEW, DECIDE, verified=True))
    assert (made.status_code, made.json()["verified"]) == (201, True), made.text
    assert "reviewer" in made.json()["unbound_roles"]
    body = {
        "region_code": COUNTY,
        "role": "reviewer",
        "organ_id": str(world.organs["外单位"]),
        "source": "机构改革方案",
    }
    bound = await world.call("管理员", "POST", "/workflow/v1/role-bindings", body)
    assert bound.status_code == 201, bound.text
    made = await world.call("管理员", "POST", BASE, template(code, SIGN, REVIEW, DECIDE))
    assert (made.json()["version"], made.json()["verified"]) == (2, False)
    assert "reviewer" not in made.json()["unbound_roles"]
    yesterday = (clock.now().astimezone(clock.ZONE).date() - timedelta(days=1)).isoformat()
    path = f"/workflow/v1/role-bindings/{bound.json()['id']}/end"
    assert (await world.call("管理员", "POST", path, {"last_day": yesterday})).status_code == 200


async def test_an_office_decides_nothing_but_changes_of_elements(world: World) -> None:
    steps = (SIGN, REVIEW, DECIDE | {"role": "list_authority"})
    answer = await world.call("管理员", "POST", BASE, template("office_decides", *steps, kinds=["modify", "cancel"]))
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "government_decides"), answer.text
