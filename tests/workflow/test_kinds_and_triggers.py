"""Why an adjustment becomes necessary and what kind it is: what each asks for, and which procedure it leads to."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared import clock
from tests.workflow.world import BASE, HEADER, World, modify


@pytest.mark.req("QX-14", "QX-17", "TH-45")
@pytest.mark.parametrize(
    ("trigger", "element"),
    [("SUPERIOR_CANCEL", "trigger_reference"), ("SUPERIOR_DEVOLVE", "trigger_reference"),
     ("LOCAL_INITIATIVE", "reason"), ("PROCESS_CHANGE", "reason")],
)  # fmt: skip
async def test_a_trigger_names_its_document_and_its_reason(world: World, trigger: str, element: str) -> None:
    given = HEADER | {"organ_id": str(world.organs["环保局"]), "trigger": trigger}
    for silent in ({element: " "}, {element: None}):
        answer = await world.call("环保编制", "POST", BASE, given | silent)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, f"/{element}")
    opened = await world.call("环保编制", "POST", BASE, given)
    assert (opened.status_code, opened.json()["trigger"]) == (201, trigger)
    nameless = await world.call("环保编制", "POST", BASE, given | {"trigger": "OTHER"})
    assert (nameless.status_code, nameless.json()["errors"][0]["pointer"]) == (422, "/trigger")


@pytest.mark.req("TH-02", "TH-47")
async def test_letting_a_lower_level_exercise_a_matter_devolves_it_and_takes_the_long_way(world: World) -> None:
    await world.bind("short", "modify")
    await world.bind("full", "devolve")
    item = await world.item("环评审批", level="3")
    for level, kind, procedure in (("3,4", "devolve", "full"), ("2,3", "modify", "short"), ("3,7", "modify", "short")):
        opened = await world.open(modify(item, level=level), confirm_overlap=True)
        forecast = await world.read(opened["id"])
        assert (forecast["kind"], forecast["procedure_code"]) == (kind, procedure), level
        submitted = await world.act("环保编制", opened["id"], "submit")
        assert submitted.json()["kind"] == kind, submitted.text
    assert forecast["changes"][0]["base"] == {"level": "3"}


@pytest.mark.req("TH-47")
async def test_what_is_added_because_a_superior_devolved_it_is_taken_over(world: World) -> None:
    body = str(world.organs["环保局"])
    added = {"operation": "add", "list_id": str(world.lists["permit"]),
             "elements": {"name": "承接事项", "implementing_body": body, "level": "4"}}  # fmt: skip
    for trigger, kind in (("SUPERIOR_DEVOLVE", "take_over"), ("LOCAL_INITIATIVE", "add")):
        opened = await world.open(added, trigger=trigger)
        assert (await world.act("环保编制", opened["id"], "submit")).json()["kind"] == kind


@pytest.mark.req("TH-47")
async def test_each_kind_asks_for_what_it_cannot_do_without(world: World) -> None:
    item, heir, second = await world.items(["环评审批", "承接一", "承接二"])
    await world.bind("full", "merge", "split")
    tomorrow = (clock.now().astimezone(clock.ZONE).date() + timedelta(days=1)).isoformat()
    id_ = (await world.open())["id"]
    path, of_item = f"{BASE}/{id_}/changes", {"item_id": str(item)}
    for wrong, place in (
        ({"operation": "suspend"}, "terms"),
        ({"operation": "suspend", "terms": {"until": "2020-01-01"}}, "terms/until"),
        ({"operation": "suspend", "terms": {}}, "terms"),
        ({"operation": "cancel", "terms": {"until": tomorrow}}, "terms"),
        ({"operation": "modify"}, "elements"),
        ({"operation": "transfer"}, "elements/implementing_body"),
        ({"operation": "cancel", "successors": [str(item)]}, "successors/0"),
        ({"operation": "modify", "elements": {"level": "4"}, "successors": [str(heir)]}, "successors"),
    ):
        answer = await world.call("环保编制", "POST", path, {"changes": [of_item | wrong]})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, f"/changes/0/{place}"), answer.text
    nameless = {"operation": "add", "list_id": str(world.lists["permit"])}
    answer = await world.call("环保编制", "POST", path, {"changes": [nameless]})
    assert answer.json()["errors"][0]["pointer"] == "/changes/0/elements/name"
    suspended = of_item | {"operation": "suspend", "terms": {"until": tomorrow}}
    assert (await world.call("环保编制", "POST", path, {"changes": [suspended]})).status_code == 201
    [change] = (await world.read(id_))["changes"]
    assert change["terms"] == {"until": tomorrow}
    for heirs, kind in (([heir], "merge"), ([heir, second], "split"), ([], "cancel")):
        ended = of_item | {"operation": "cancel", "successors": [str(each) for each in heirs]}
        opened = await world.open(ended, confirm_overlap=True)
        told = await world.read(opened["id"])
        assert (told["kind"], told["procedure_code"]) == (kind, "short" if kind == "cancel" else "full")
