"""One county, two platforms that are spoken to in other ways: tables in a database, and a library of items."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from deploy.simulator.front_end.repository import FrontEnd
from deploy.simulator.running import Simulator
from tests.journeys import platforms
from tests.journeys.stage import COUNTY, Stage, modify

PERMIT = "拍卖业务许可"
TABLES, LIBRARY = "tables", "library"


@dataclass
class Outside:
    """Both platforms."""

    front_end: FrontEnd
    library: Simulator

    def names(self, entry: str) -> set[str]:
        """What they call an item now."""
        rows = asyncio.run(self.front_end.rows("up_task_general_basic", "task_guid = $1", entry))
        newest = max(rows, key=lambda row: int(row["task_version"]), default=None)
        held = self.library.items(COUNTY).get(entry)
        return {newest["task_name"] if newest else "", held["content"]["ROW"]["TASK_NAME"] if held else ""}


@pytest.fixture(scope="module")
def outside(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    """Both platforms, registered by the county's administrator."""
    with (
        platforms.tables(stage, TABLES, name="省级前置库") as front_end,
        platforms.library(stage, tmp_path_factory.mktemp("library"), LIBRARY) as library,
    ):
        yield Outside(front_end, library)


def at_rest(stage: Stage) -> bool:
    return platforms.at_rest(stage, TABLES, LIBRARY)


def task(stage: Stage) -> Any:
    tasks = stage.posts["qingdan-01"].get("/workflow/v1/tasks", kind="finding", limit=200)["items"]
    return next((one for one in tasks if one["title"].startswith("P01") and PERMIT in one["title"]), None)


@pytest.mark.req("ZL-02", "ZZ-46")
def test_one_correction_reaches_tables_and_library_and_closes_what_quality_control_asked_for(
    stage: Stage, outside: Outside
) -> None:
    entry = stage.about(PERMIT)["implementation"]
    stage.until(lambda: at_rest(stage), "the push does not come to rest")
    assert outside.names(entry) == {PERMIT}
    (row,) = asyncio.run(outside.front_end.rows("up_task_general_basic", "task_guid = $1", entry))
    asyncio.run(outside.front_end.complain(row["row_guid"], COUNTY, "Q07", "事项名称不规范"))
    found = stage.until(lambda: task(stage), "nobody is told of the rejection")
    assert "省级前置库" in found["title"]
    shown = {one["peer"]: one["state"] for one in stage.admin.get(f"/publish/v1/items/{entry}/exchange")["peers"]}
    assert {code: shown[code] for code in (TABLES, LIBRARY)} == {TABLES: "rejected", LIBRARY: "accepted"}

    stage.carry(modify(stage.permits[PERMIT], name=f"{PERMIT}（规范名称）"))
    stage.until(lambda: not task(stage), "the accepted correction does not close the task")
    stage.until(lambda: at_rest(stage), "the push does not come to rest")
    assert outside.names(entry) == {f"{PERMIT}（规范名称）"}
    for code in (TABLES, LIBRARY):
        assert platforms.compared(stage, code)["differences"] == 0

    again = platforms.ended(stage, stage.admin.post(f"{platforms.PEERS}/{LIBRARY}/full-push"))
    assert (again["done"], again["result"]["waiting"]) == (again["total"], 0)
    assert outside.library.items(COUNTY)[entry]["version"] > 2


def test_a_worker_killed_between_their_commit_and_ours_writes_nothing_twice(stage: Stage, outside: Outside) -> None:
    stage.until(lambda: at_rest(stage), "the push does not come to rest")
    entry, name = stage.about(PERMIT)["implementation"], f"{PERMIT}（中断之后）"
    stage.admin.post(f"/publish/v1/peers/{LIBRARY}/pause")
    stage.system.kill("publish-consumers")
    stage.system.start("publish-consumers", crash_point="platform-after-answer")
    opened = stage.open(modify(stage.permits[PERMIT], name=name))
    stage.review(opened["id"])
    stage.decide(opened["id"])
    worker = stage.system.processes["publish-consumers"]
    stage.until(lambda: not worker.alive, "the worker does not reach the point")
    written = asyncio.run(outside.front_end.rows("up_task_general_basic", "task_guid = $1", entry))
    assert name in {row["task_name"] for row in written}, "the platform has committed, we have not"
    stage.system.start("publish-consumers")
    stage.admin.post(f"/publish/v1/peers/{LIBRARY}/resume")
    stage.until(lambda: at_rest(stage), "the push does not go on")
    assert asyncio.run(outside.front_end.rows("up_task_general_basic", "task_guid = $1", entry)) == written
    assert outside.names(entry) == {name}
    for code in (TABLES, LIBRARY):
        assert platforms.compared(stage, code)["differences"] == 0
