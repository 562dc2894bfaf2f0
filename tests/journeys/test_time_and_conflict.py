"""Effects that lie ahead, and two adjustments of one element."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from deploy.demo.people import Refused
from shared import clock
from tests.journeys.stage import Stage, modify


def later(seconds: float) -> str:
    """An instant ahead, as an official writes it: time of Beijing."""
    return (clock.now() + timedelta(seconds=seconds)).astimezone(clock.ZONE).isoformat()


def effects(stage: Stage, adjustment: str) -> int:
    """How often the ledger says that an adjustment took effect."""
    question = "SELECT count(*) FROM qingdan.event WHERE type = 'adjustment.effective' AND adjustment_id = $1::uuid"
    found: int = stage.ask(question, adjustment)
    return found


@pytest.mark.req("QX-29")
def test_a_scheduled_adjustment_takes_effect_once_at_its_instant_in_every_list(stage: Stage) -> None:
    permit = "林木采伐许可"
    about, at = stage.about(permit), later(6)
    opened = stage.open(modify(stage.permits[permit], name="林木采伐许可证核发"), effective_at=at)
    stage.review(opened["id"])
    assert stage.decide(opened["id"])["state"] == "scheduled"
    assert stage.elements(about["power"])["name"] == permit, "nothing changes before the instant"
    stage.wait_for(opened["id"], "effective")
    stage.settle()
    assert effects(stage, opened["id"]) == 1
    for kind in ("permit", "power", "catalogue", "implementation"):
        entry = stage.item(about[kind])
        assert (entry["elements"]["name"], entry["version"]) == ("林木采伐许可证核发", 2)
        assert datetime.fromisoformat(entry["effective_from"]) == datetime.fromisoformat(at)


def test_what_fell_due_while_the_worker_was_down_takes_effect_afterwards_once_and_at_its_own_instant(
    stage: Stage,
) -> None:
    permit = "娱乐场所设立许可"
    at = later(3)
    opened = stage.open(modify(stage.permits[permit], name="娱乐场所经营许可"), effective_at=at)
    stage.review(opened["id"])
    stage.system.kill("workflow-consumers")
    try:
        assert stage.decide(opened["id"])["state"] == "scheduled"
        stage.until(lambda: clock.now() > datetime.fromisoformat(at) + timedelta(seconds=1), "time stands still")
        assert effects(stage, opened["id"]) == 0
    finally:
        stage.system.start("workflow-consumers")
    stage.wait_for(opened["id"], "effective")
    stage.settle()
    assert effects(stage, opened["id"]) == 1
    entry = stage.item(stage.permits[permit])
    assert (entry["version"], entry["elements"]["name"]) == (2, "娱乐场所经营许可")
    assert datetime.fromisoformat(entry["effective_from"]) == datetime.fromisoformat(at)


def test_two_adjustments_of_one_element_end_in_a_conflict_with_three_values_and_a_new_start(stage: Stage) -> None:
    permit, path = stage.permits["出版物零售许可"], "/workflow/v1/adjustments"
    first = stage.open(modify(permit, name="出版物零售单位设立许可"))
    second = stage.open(modify(permit, name="出版物零售经营许可"), confirm_overlap=True)
    assert second["others"][0]["same_elements"] == ["name"]
    for each in (first, second):
        stage.review(each["id"])
    stage.decide(first["id"])
    stage.wait_for(first["id"], "effective")
    stage.settle()
    with pytest.raises(Refused) as refused:
        stage.decide(second["id"])
    assert (refused.value.status, refused.value.problem["code"]) == (409, "adjustment_conflict")
    told = stage.admin.get(f"{path}/{second['id']}")
    assert told["state"] == "conflict"
    (change,) = told["changes"]
    assert change["conflict"] == {
        "name": {"base": "出版物零售许可", "proposed": "出版物零售经营许可", "current": "出版物零售单位设立许可"}
    }
    inbox = stage.posts["zhengfu-01"].get("/workflow/v1/tasks", adjustment_id=second["id"])["items"]
    assert "conflict" in [task["kind"] for task in inbox]
    assert stage.elements(permit)["name"] == "出版物零售单位设立许可", "nothing of it is applied"
    rebased = stage.act("bianzhi-01", second["id"], "rebase")
    assert rebased["state"] == "draft"
    stage.review(second["id"])
    stage.decide(second["id"])
    stage.wait_for(second["id"], "effective")
    stage.settle()
    assert stage.elements(permit)["name"] == "出版物零售经营许可"
