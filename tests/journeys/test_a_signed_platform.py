"""A platform with a signed API gets a county's permits, forgets one, and calls to refuse another: a task for people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import orjson
import pytest

from deploy.simulator.running import Simulator
from shared import clock
from shared.appkey import signature
from shared.appkey.signature import Signed
from shared.identifiers import new_id
from tests.journeys import platforms
from tests.journeys.stage import COUNTY, PERMITS, Stage, modify

CODE = "signed"
PERMIT = PERMITS[0]
VERDICTS = "/publish/v1/compat/verdicts"


@pytest.fixture(scope="module")
def platform(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    """The platform, which first is asked too often for its taste, and then loses an answer."""
    with platforms.signed(stage, tmp_path_factory.mktemp("signed"), CODE, throttle=1, lose=1) as running:
        yield running


def at_rest(stage: Stage) -> bool:
    return platforms.at_rest(stage, CODE)


def compared(stage: Stage, **wish: bool) -> Any:
    return platforms.compared(stage, CODE, **wish)


def signed_call(stage: Stage, key: dict[str, Any], body: dict[str, Any]) -> Any:
    """What the platform is answered when it calls."""
    content = orjson.dumps(body)
    signed = Signed(key["app_key"], str(signature.milliseconds(clock.now())), new_id().hex)
    headers = signature.headers(
        key["secret"].encode(), method="POST", path=VERDICTS.encode(), query=b"", body=content, signed=signed,
        algorithm=key["algorithm"],
    )  # fmt: skip
    url = f"{stage.system.url('publish')}{VERDICTS}"
    headers["Content-Type"] = "application/json"
    return httpx.post(url, content=content, headers=headers, timeout=30, trust_env=False).json()


def _task(stage: Stage) -> Any:
    tasks = stage.posts["qingdan-01"].all_of("/workflow/v1/tasks", kind="finding")
    return next((one for one in tasks if f"平台（{CODE}）" in one["title"]), None)


@pytest.mark.req("ZL-02", "ZZ-46")
def test_both_sides_end_equal_and_what_the_platform_refuses_by_a_call_is_a_task_until_it_is_corrected(
    stage: Stage, platform: Simulator
) -> None:
    stage.until(lambda: at_rest(stage), "the push does not come to rest")
    entry = stage.about(PERMIT)["implementation"]
    assert compared(stage)["differences"] == 0
    platform.say("/forget", source=COUNTY, guid=entry)
    assert compared(stage, repair=True)["missing"] == 1
    stage.until(lambda: at_rest(stage) and entry in platform.items(COUNTY), "what was forgotten is not sent again")
    client = {"name": "省一体化平台", "operator": "省大数据局", "region_code": COUNTY, "scopes": ["signed_api"],
              "contact": "值班", "reason": "接入"}  # fmt: skip
    made = stage.admin.post("/catalog/v1/clients", client)
    key = stage.admin.post("/publish/v1/app-keys", {"client_id": made["id"], "peer_code": CODE})
    row = next(
        one for one in stage.admin.all_of(f"/publish/v1/peers/{CODE}/rows", state="accepted")
        if one["row_guid"] == platform.items(COUNTY)[entry]["row_guid"]
    )  # fmt: skip
    verdict = {"ROW_GUID": row["row_guid"], "CODE": "Q09", "REMARK": "办理地点不明确"}
    told = signed_call(stage, key, {"CD_BATCH": row["batch"], "list": [verdict]})
    assert (told["code"], told["data"]["rejected"]) == (0, 1)
    stage.until(lambda: _task(stage), "nobody is told of the refusal")
    stage.carry(modify(stage.permits[PERMIT], name=f"{PERMIT}（按平台意见更正）"))
    stage.until(lambda: not _task(stage), "the accepted correction does not close the task")
    stage.until(lambda: at_rest(stage), "the push does not come to rest")
    assert compared(stage)["differences"] == 0
