"""The provincial platform gets what is published, sends back what it does not like, and has its catalogue mirrored."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from deploy.demo.people import Refused
from deploy.simulator.running import Simulator, simulator
from tests.journeys import platforms
from tests.journeys.county import new_list
from tests.journeys.stage import COUNTY, GROUNDS, ZONE, Stage, modify

PERMIT = "民办学校设立许可"
CODE = "hebei"


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    with simulator(tmp_path_factory.mktemp("platform")) as running:
        yield running


@pytest.fixture(scope="module", autouse=True)
def exchange(stage: Stage, platform: Simulator) -> Iterator[None]:
    """The county's implementation list goes to the platform, whose catalogue is mirrored."""
    mirror = new_list(stage, "base_catalogue", ZONE, "approval")
    body = {
        "code": CODE, "name": "河北省政务服务平台", "base_url": platform.url, "source_code": COUNTY,
        "region_codes": [COUNTY], "list_kinds": ["implementation"], "mirror_list_id": mirror,
    }  # fmt: skip
    stage.admin.post("/publish/v1/peers", body)
    yield
    stage.admin.post(f"/publish/v1/peers/{CODE}/pause")


def status(stage: Stage) -> Any:
    return stage.admin.get(f"/publish/v1/peers/{CODE}/status")


def at_rest(stage: Stage) -> bool:
    return platforms.at_rest(stage, CODE)


def compared(stage: Stage, **wish: bool) -> Any:
    return platforms.compared(stage, CODE, **wish)


@pytest.mark.req("ZL-02", "ZZ-46")
def test_what_the_platform_sends_back_is_a_task_until_the_correction_is_accepted(
    stage: Stage, platform: Simulator
) -> None:
    entry = stage.about(PERMIT)["implementation"]
    stage.until(lambda: at_rest(stage), "the push does not come to rest")
    assert entry in platform.items(COUNTY)
    assert compared(stage)["differences"] == 0
    accepted = stage.admin.all_of(f"/publish/v1/peers/{CODE}/rows", state="accepted")
    (row,) = [one for one in accepted if one["item_id"] == entry]
    platform.say("/feedback", source=COUNTY, ERR_TYPE="Q07", REMARK="事项名称不规范", TABLE_ROW_GUID=row["row_guid"])
    task = stage.until(lambda: _task(stage), "nobody is told of the rejection")
    assert "河北省政务服务平台" in task["title"]
    assert "事项名称不规范" in task["title"]
    stage.carry(modify(stage.permits[PERMIT], name=f"{PERMIT}（规范名称）"))
    stage.until(lambda: not _task(stage), "the accepted correction does not close the task")
    assert platform.items(COUNTY)[entry]["content"]["ROW"]["TASK_NAME"] == f"{PERMIT}（规范名称）"
    stage.until(lambda: at_rest(stage), "the push does not come to rest")
    assert compared(stage)["differences"] == 0


def _task(stage: Stage) -> Any:
    tasks = stage.posts["qingdan-01"].get("/workflow/v1/tasks", kind="finding", limit=200)["items"]
    return next((one for one in tasks if one["title"].startswith("P01") and PERMIT in one["title"]), None)


@pytest.mark.req("ZL-02")
def test_what_the_platform_acknowledged_and_lost_is_found_and_sent_again(stage: Stage, platform: Simulator) -> None:
    stage.until(lambda: at_rest(stage), "the push does not come to rest")
    lost = stage.about(PERMIT)["implementation"]
    platform.say("/forget", source=COUNTY, guid=lost)
    found = compared(stage, repair=True)
    assert (found["missing"], found["repaired"]) == (1, 1)
    stage.until(lambda: at_rest(stage), "the push does not come to rest")
    assert lost in platform.items(COUNTY)
    assert compared(stage)["differences"] == 0


def test_nobody_here_changes_what_the_platforms_catalogue_says(stage: Stage, platform: Simulator) -> None:
    main = {"TASK_NAME": "上级目录事项", "CATALOG_CODE": "000199001000", "TASK_TYPE": "01", "USE_LEVEL": "4",
            "TASK_STATE": "1"}  # fmt: skip
    entry = {"ITEM_ID": "MU-1", "TASK_VERSION": 1, "AUDIT_ITEM": main}
    platform.say("/catalogue", list=[entry, entry | {"ITEM_ID": "MU-2", "AUDIT_ITEM": main | {"TASK_STATE": "?"}}])
    mirrored = stage.until(lambda: _pulled(stage, "MU-1", "mirrored"), "the catalogue does not arrive")
    assert "代码“?”" in _pulled(stage, "MU-2", "refused")["remark"]
    list_id = stage.lists["base_catalogue", ZONE]
    with pytest.raises(Refused) as refused:
        stage.posts["qingdan-01"].post(f"/catalog/v1/lists/{list_id}/items", {"items": [{"elements": {"name": "x"}}]})
    assert (refused.value.status, refused.value.problem["code"]) == (409, "list_mirrored")
    decision = {"meeting": "县政府第12次常务会议", "date": "2026-01-05", "number": "青政发〔2026〕1号"}
    stage.posts["zhengfu-01"].post(f"/catalog/v1/lists/{list_id}/enact", {"decision": decision, **GROUNDS})
    platform.say("/catalogue", list=[entry | {"TASK_VERSION": 2, "AUDIT_ITEM": main | {"TASK_NAME": "改名的上级事项"}}])
    stage.until(lambda: stage.elements(mirrored["item_id"])["name"] == "改名的上级事项", "the mirror does not follow")
    with pytest.raises(Refused) as refused:
        stage.open(modify(mirrored["item_id"], name="自行改名"))
    assert (refused.value.status, refused.value.problem["code"]) == (409, "list_mirrored")
    assert "上级平台目录" in refused.value.problem["detail"]
    stage.settle()
    told = stage.public(f"/lists/{list_id}/items").json()["items"]
    assert [one["name"] for one in told] == ["改名的上级事项"]


def _pulled(stage: Stage, entry: str, state: str) -> Any:
    found = stage.admin.all_of(f"/publish/v1/peers/{CODE}/catalogue")
    return next((one for one in found if (one["external_id"], one["state"]) == (entry, state)), None)


def test_a_platform_that_is_away_shows_in_its_status_and_nothing_else_waits(stage: Stage, platform: Simulator) -> None:
    platform.say(down=True)
    told = stage.carry(modify(stage.permits[PERMIT], name=f"{PERMIT}（停机期间）"))
    assert told["state"] == "effective"
    failing = stage.until(lambda: (one := status(stage))["failures"] and one["sending"] and one, "nobody notices")
    assert failing["last_error"].startswith("无法连接或未及时应答")
    platform.say(down=False)
    stage.until(lambda: at_rest(stage), "the push does not go on")
    assert compared(stage)["differences"] == 0


@pytest.mark.parametrize("point", ["platform-before-send", "platform-after-answer", "platform-before-save"])
def test_a_worker_killed_around_the_answer_leaves_both_sides_equal(
    stage: Stage, platform: Simulator, point: str
) -> None:
    stage.until(lambda: at_rest(stage), "the push does not come to rest")
    stage.system.kill("publish-consumers")
    stage.system.start("publish-consumers", crash_point=point)
    name = f"{PERMIT}（{point}）"
    entry = stage.about(PERMIT)["implementation"]
    opened = stage.open(modify(stage.permits[PERMIT], name=name))
    stage.review(opened["id"])
    stage.decide(opened["id"])
    worker = stage.system.processes["publish-consumers"]
    stage.until(lambda: not worker.alive, "the worker does not reach the point")
    stage.system.start("publish-consumers")
    stage.until(lambda: at_rest(stage), "the push does not go on")
    assert platform.items(COUNTY)[entry]["content"]["ROW"]["TASK_NAME"] == name
    assert compared(stage)["differences"] == 0
