"""A campaign that compiles implementation lists ends when every entry has a complete guide."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from typing import Any
from uuid import UUID

import orjson
import pytest
import pytest_asyncio

from shared.identifiers import new_id
from tests.workflow.campaigning import CAMPAIGNS, PAPER, act, at, milestone, owed, plan, set_time, settle_in, started
from tests.workflow.county import COUNTY
from tests.workflow.world import World


@pytest_asyncio.fixture
async def county(world: World) -> AsyncIterator[World]:
    set_time(at(2017, 6, 25))
    await settle_in(world)
    yield world


async def show(world: World, list_id: UUID, item: UUID, elements: dict[str, Any]) -> None:
    """An entry as publication shows it."""
    await world.run(
        "INSERT INTO qingdan.published_item (list_id, item_id, from_revision, version, bucket, name, state, organ_id,"
        ' body, "row", hash, effective_from)'
        " VALUES (:list, :item, 1, 1, 0, :name, 'in_use', :organ, :body, '', '', now())"
        " ON CONFLICT (list_id, item_id, from_revision) DO UPDATE SET body = excluded.body",
        list=list_id, item=item, name=elements["name"], organ=world.organs["环保局"],
        body=orjson.dumps({"elements": elements}),
    )  # fmt: skip


@pytest.mark.req("ZL-26")
async def test_a_campaign_of_implementation_lists_is_not_closed_while_an_entry_lacks_its_guide(county: World) -> None:
    list_id, item = new_id(), new_id()
    await county.run(
        "INSERT INTO qingdan.list_kind (code, title, origin) VALUES ('implementation', '实施清单', 'built_in')"
        " ON CONFLICT DO NOTHING"
    )
    await county.run(
        "INSERT INTO qingdan.list (id, kind, region_code, title, lead_organ_id, state)"
        " VALUES (:id, 'implementation', :region, '实施清单', :lead, 'compiling')",
        id=list_id, region=COUNTY, lead=county.organs["环保局"],
    )  # fmt: skip
    await county.run(
        "INSERT INTO qingdan.published_list (list_id, kind, region_code, title, revision, hash, entries, published_at)"
        " VALUES (:id, 'implementation', :region, '实施清单', 1, '', 1, now())", id=list_id, region=COUNTY,
    )  # fmt: skip
    partly = {
        "name": "取水许可", "item_type": "行政许可", "basis": [{"document": "水法"}], "charged": False,
        "implementing_body": {"name": "环保局"}, "promised_limit": {"amount": 5, "unit": "working_day"},
        "materials": [{"name": "申请书"}], "process_steps": [{"name": "受理"}], "handling_forms": ["window"],
        "handling_place": "一号窗口", "handling_hours": "工作日", "consult_phone": "0317-1",
    }  # fmt: skip
    await show(county, list_id, item, partly)
    body = plan(milestone(1, "list", "lead", date(2017, 9, 30), kinds=["implementation"]))
    campaign = await started(county, body)
    for one in await owed(county, campaign, "subject=summary"):
        assert (await act(county, "牵头单位", one, "submit", PAPER)).status_code == 200
    path = f"{CAMPAIGNS}/{campaign['id']}/close"
    refused = await county.call("放管服组", "POST", path, {"note": "完成"})
    assert (refused.status_code, refused.json()["code"]) == (409, "guides_missing")
    (told,) = [one["message"] for one in refused.json()["errors"]]
    assert told.endswith("“取水许可”的办事指南缺少：监督电话")
    await show(county, list_id, item, partly | {"complaint_phone": "12345"})
    closed = await county.call("放管服组", "POST", path, {"note": "完成"})
    assert (closed.status_code, closed.json()["state"]) == (200, "closed")
