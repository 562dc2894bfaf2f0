"""Charts: the drawing has the figures of the JSON; only those see them who may; unchanged ones are not sent again."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any
from xml.etree import ElementTree

import pytest_asyncio

from shared.identifiers import new_id
from tests.statements import counted
from tests.workflow.campaigning import (
    CAMPAIGNS,
    TOWNSHIP,
    at,
    enact,
    kind,
    milestone,
    plan,
    set_time,
    settle_in,
    started,
)
from tests.workflow.county import COUNTY
from tests.workflow.world import World, modify

CHARTS = "/workflow/v1/charts"


@pytest_asyncio.fixture
async def county(world: World) -> AsyncIterator[World]:
    set_time(at(2017, 6, 25))
    await settle_in(world)
    yield world
    await world.run("UPDATE qingdan.campaign SET state = 'closed' WHERE state = 'running'")
    await world.run("DELETE FROM qingdan.claim WHERE list_kind = 'chart_test'")


async def figures(world: World, path: str, who: str = "环保编制") -> Any:
    """The figures, after the drawing was seen to say the same."""
    joint = "&" if "?" in path else "?"
    told = await world.call(who, "GET", path)
    assert told.status_code == 200, told.text
    drawn = await world.call(who, "GET", f"{path}{joint}format=svg")
    assert (drawn.status_code, drawn.headers["content-type"]) == (200, "image/svg+xml")
    assert "default-src 'none'" in drawn.headers["content-security-policy"]
    document = ElementTree.fromstring(drawn.content)
    texts = ["".join(each.itertext()) for each in document.iter("{http://www.w3.org/2000/svg}text")]
    chart = told.json()
    for row in chart["rows"]:
        numbers = "/".join(f"{value:g}" for value in row["values"].values())
        assert f"{numbers}　{row['note']}" in texts
    for answer, query in ((told, path), (drawn, f"{path}{joint}format=svg")):
        again = await world.call(who, "GET", query, **{"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
    return chart


def values(chart: Any) -> dict[str, dict[str, float]]:
    return {row["label"]: row["values"] for row in chart["rows"]}


async def test_progress_and_overdue_of_a_campaign(county: World) -> None:
    first, second = await kind(county, "ca", "清单甲"), await kind(county, "cb", "清单乙", lead="住建局")
    campaign = await started(county, plan(milestone(1, "list", "lead", date(2017, 9, 20), kinds=[first, second])))
    path = f"{CAMPAIGNS}/{campaign['id']}/charts"
    assert (await figures(county, f"{path}/overdue"))["rows"] == []
    await enact(county, "ca", at(2017, 9, 25))
    set_time(at(2017, 10, 1))
    shown = values(await figures(county, f"{path}/progress"))
    assert shown["1. 节点1"] == {"in_time": 0, "late": 1, "overdue": 1, "waiting": 0, "waived": 0}
    overdue = await figures(county, f"{path}/overdue")
    assert list(values(overdue).items()) == [
        ("住建局", {"overdue": 1, "late": 0}), ("环保局", {"overdue": 0, "late": 1}),
    ]  # fmt: skip
    counts = (await county.call("环保编制", "GET", f"{CAMPAIGNS}/{campaign['id']}/progress")).json()
    assert sum(each["overdue"] for each in values(overdue).values()) == counts["total"]["overdue"]
    assert (await county.call("外县政府", "GET", f"{path}/progress")).status_code == 404
    assert (await county.call(None, "GET", f"{path}/progress?format=svg")).status_code == 401
    assert (await county.call("环保编制", "GET", f"{path}/progress?format=png")).status_code == 422


async def claim(world: World, region: str, state: str) -> None:
    handled = None if state == "offered" else at(2017, 6, 1)
    await world.run(
        "INSERT INTO qingdan.claim (id, superior_item_id, superior_list_id, superior_version, list_kind, region_code,"
        " organ_id, assigned_by, state, reason, offered_at, due_at, handled_at)"
        " VALUES (:id, :item, :list, 1, 'chart_test', :region, :organ, 'person', :state, '', :at, :at, :handled)",
        id=new_id(), item=await world.item(f"事项{new_id()}"), list=next(iter(world.lists.values())), region=region,
        organ=world.organs["环保局"], state=state, at=at(2017, 5, 1), handled=handled,
    )  # fmt: skip


async def test_the_claim_rate_of_a_region_and_those_below_it(county: World) -> None:
    for region, state in ((COUNTY, "claimed"), (COUNTY, "not_applicable"), (COUNTY, "offered"), (TOWNSHIP, "disputed"),
                          (COUNTY, "withdrawn")):  # fmt: skip
        await claim(county, region, state)
    chart = await figures(county, f"{CHARTS}/claims?region_code={COUNTY}")
    assert values(chart) == {
        "青县": {"claimed": 1, "not_applicable": 1, "disputed": 0, "offered": 1},
        "清州镇": {"claimed": 0, "not_applicable": 0, "disputed": 1, "offered": 0},
    }
    assert [row["note"] for row in chart["rows"]] == ["认领率66.7%（2/3）", "认领率0.0%（0/1）"]
    assert (await county.call("外县政府", "GET", f"{CHARTS}/claims?region_code={COUNTY}")).status_code == 404
    assert (await county.call("环保编制", "GET", f"{CHARTS}/claims?region_code=999999")).status_code == 404


async def test_how_long_review_steps_took(county: World) -> None:
    set_time(at(2018, 3, 1))
    opened = await county.until("in_review", modify(await county.item("环评审批"), name="新名"))
    path = f"{CHARTS}/steps?region_code={COUNTY}&first_day=2018-03-01"
    before = await figures(county, f"{path}&last_day=2018-03-04")
    set_time(at(2018, 3, 5, 21))
    assert (await county.act("审改办", opened["id"], "review", {"outcome": "pass"})).status_code == 200
    with counted(county.engine) as sent:
        chart = await county.call("环保编制", "GET", path)
    assert len(sent) <= 4, sent
    assert before["rows"] != chart.json()["rows"]
    shown = await figures(county, path)
    assert shown == chart.json()
    steps = {row["label"]: row for row in shown["rows"]}
    (review,) = [row for row in steps.values() if row["values"]["longest"] == 4.5]
    assert review["values"] == {"average": 4.5, "median": 4.5, "longest": 4.5}
    assert review["note"] == "1次，逾期0次"
    backwards = await county.call("环保编制", "GET", f"{path}&last_day=2018-02-01")
    assert backwards.status_code == 422
    assert (await county.call("环保编制", "GET", f"{CHARTS}/steps?region_code=%00")).status_code == 422
    assert (await county.call("外县政府", "GET", path)).status_code == 404
