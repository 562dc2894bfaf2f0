"""Procedures as data: what comes with the product, what is refused, and versions that running work keeps."""

from typing import Any

from services.workflow.procedures.builtin import install_builtin_procedures
from tests.workflow.county import COUNTY, OTHER_COUNTY, PROVINCE
from tests.workflow.world import World, modify

BASE = "/workflow/v1/procedure-templates"
SIGN = {"code": "sign", "title": "签署", "act": "sign", "role": "principal", "next": "review"}
REVIEW = {"code": "review", "title": "审核", "act": "review", "role": "reviewer", "next": "decide"}
DECIDE = {"code": "decide", "title": "审定", "act": "decide", "role": "decider"}


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


async def test_a_new_version_holds_for_new_adjustments_and_running_ones_keep_theirs(world: World) -> None:
    code = f"county_{world.suffix}"
    made = await world.call("管理员", "POST", BASE, template(code, SIGN, REVIEW, DECIDE))
    assert made.status_code == 201, made.text
    running = await world.open(modify(await world.item("一"), name="甲"), procedure=code)
    legality = {
        "code": "legal",
        "title": "合法性审查",
        "act": "legality",
        "role": "legality_reviewer",
        "next": "decide",
    }
    second = template(code, SIGN, REVIEW | {"next": "legal"}, legality, DECIDE)
    assert (await world.call("管理员", "POST", BASE, second)).json()["version"] == 2
    younger = await world.open(modify(await world.item("二"), name="乙"), procedure=code)
    for opened, acts in ((running, ["sign", "review", "decide"]), (younger, ["sign", "review", "legality", "decide"])):
        await world.act("环保编制", opened["id"], "submit")
        await world.validated(opened["id"])
        assert [step["act"] for step in (await world.read(opened["id"]))["steps"]] == acts
    first = await world.call("环保编制", "GET", f"{BASE}/{code}?version=1")
    assert len(first.json()["steps"]) == 3


async def test_a_procedure_that_cannot_be_walked_or_skips_the_review_is_refused(world: World) -> None:
    cases: dict[str, list[dict[str, Any]]] = {
        "end_not_reachable": [SIGN, REVIEW | {"next": "sign"}, DECIDE],
        "unknown_step": [SIGN, REVIEW | {"next": "gone"}, DECIDE],
        "unknown_role": [SIGN, REVIEW | {"role": "principal"}, DECIDE],
        "unknown_act": [SIGN, REVIEW | {"act": "dance"}, DECIDE],
        "review_missing": [SIGN | {"next": "decide"}, DECIDE],
        "decide_last": [SIGN, REVIEW | {"next": None}],
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


async def test_a_procedure_of_another_region_or_for_other_operations_is_not_available(world: World) -> None:
    world.person("外县管理员", ("administrator", OTHER_COUNTY, None))
    code = f"other_{world.suffix}"
    body = template(code, SIGN, REVIEW, DECIDE, region_code=OTHER_COUNTY)
    assert (await world.call("外县管理员", "POST", BASE, body)).status_code == 201
    item = await world.item("一")
    header = {"title": "t", "trigger": "LAW_AMEND", "trigger_reference": "r", "legal_basis": "b", "reason": "r"}
    request = header | {"organ_id": str(world.organs["环保局"]), "changes": [modify(item, name="x")]}
    answer = await world.call("环保编制", "POST", "/workflow/v1/adjustments", request | {"procedure": code})
    assert answer.json()["errors"][0]["pointer"] == "/procedure"
    only_modify = template(f"m_{world.suffix}", SIGN, REVIEW, DECIDE)
    await world.call("管理员", "POST", BASE, only_modify)
    cancel = request | {"procedure": only_modify["code"], "changes": [{"operation": "cancel", "item_id": str(item)}]}
    answer = await world.call("环保编制", "POST", "/workflow/v1/adjustments", cancel)
    assert answer.json()["errors"][0]["code"] == "operation_not_in_procedure"
