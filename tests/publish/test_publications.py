"""Publications: everything one decision changes is one act over all its lists, and nothing said of it is lost."""

from __future__ import annotations

import asyncio
import json
import os
import runpy
import signal
import sys
from pathlib import Path
from uuid import UUID

import httpx
import pytest
import pytest_asyncio

from services.publish.app import app
from services.publish.revisions.consumers import PUBLICATION
from shared.identifiers import new_id
from shared.identity.tokens import TokenVerifier
from shared.ledger.envelope import NewEvent
from shared.ledger.releasing import release
from shared.settings import Settings
from tests.publish.publishing import API, adjusted, publication, publication_of
from tests.publish.world import BORN, REGION, World

publication_hash = runpy.run_path(str(Path(__file__).parents[2] / "docs" / "verify_publication.py"))["publication_hash"]
MIGRATION = runpy.run_path(str(Path(__file__).parents[2] / "migrations" / "versions" / "0024_publications.py"))


@pytest_asyncio.fixture(autouse=True)
async def _verified(portal: httpx.AsyncClient, configured: Settings) -> None:
    """Tokens of people hold."""
    app.state.verifier = TokenVerifier(configured.secrets)


@pytest.mark.parametrize("number", ["440100000000-1999-0001", "x", "%00", "a" * 61])
async def test_a_number_that_was_never_given_is_no_publication(portal: httpx.AsyncClient, number: str) -> None:
    answer = await portal.get(f"{API}/publications/{number}")
    assert answer.status_code in (404, 422), answer.text


@pytest.mark.req("ZL-10")
async def test_all_lists_of_an_adjustment_are_one_publication_with_its_decision_and_those_who_approved_it(
    world: World, portal: httpx.AsyncClient
) -> None:
    (one, [first, other]), (two, [second, _]) = [await world.enacted(2) for _ in range(2)]
    adjustment = await adjusted(world, [([first], {"name": "甲"}), ([second], {"name": "乙"})], trigger="BASIS_ADDED")
    found = await publication_of(portal, adjustment)
    assert {part["list_id"]: part["revision"] for part in found["parts"]} == {str(one): 2, str(two): 2}
    assert (found["kind"], found["state"], found["title"]) == (
        "adjustment", "current", "《广州市行政许可事项清单》等2项清单动态调整公布",
    )  # fmt: skip
    assert found["decisions"] == [
        {"number": "穗府〔2026〕3号", "authority": None, "meeting": "常务会议", "date": "2026-03-01", "link": None}
    ]
    assert [(step["step"], step["act"], step["organ"]) for step in found["approvals"]] == [
        ("环节1", "review", "广州市生态环境局"), ("环节2", "decide", "广州市生态环境局"),
    ]  # fmt: skip
    assert publication_hash(found["number"], found["parts"]) == found["hash"]
    told = json.dumps(found, ensure_ascii=False)
    assert not [word for word in ("张三", "account:", "内部") if word in told]
    # The number counts by region and year, and the next publication of a list supersedes its part.
    later = await adjusted(world, [([other], {"name": "丙"})], trigger="BASIS_ADDED")
    next_one = await publication_of(portal, later)
    assert int(next_one["number"][-4:]) == int(found["number"][-4:]) + 1
    found = await publication(portal, found["number"])
    assert {part["list_id"]: part["superseded_by"] for part in found["parts"]} == {
        str(one): next_one["number"], str(two): None,
    }  # fmt: skip
    assert found["state"] == "current"
    listed = (await portal.get(f"{API}/publications", params={"list": str(one), "limit": 2})).json()
    assert [each["number"] for each in listed["items"]] == [next_one["number"], found["number"]]
    rest = await portal.get(f"{API}/publications", params={"list": str(one), "cursor": listed["next"]})
    assert [each["kind"] for each in rest.json()["items"]] == ["enactment"]


async def test_what_was_public_before_there_were_publications_has_them_after_the_migration(
    world: World, portal: httpx.AsyncClient
) -> None:
    lists = [await world.enacted(1) for _ in range(2)]
    adjustment = await adjusted(world, [(items, {"name": "改名"}) for _, items in lists], trigger="BASIS_ADDED")
    before = await publication_of(portal, adjustment)
    await world.run("UPDATE qingdan.list_revision SET publication_id = NULL, title = NULL")
    await world.run("DELETE FROM qingdan.publication")
    await world.run(MIGRATION["_BEFORE"].replace(":", "\\:"))
    after = await publication_of(portal, adjustment)
    same = ("kind", "title", "parts", "decisions", "approvals", "made_at")
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
    assert publication_hash(after["number"], after["parts"]) == after["hash"]
    assert await world.run("SELECT 1 FROM qingdan.list_revision WHERE publication_id IS NULL") == []
    # Counting goes on where the migration ended.
    later = await publication_of(
        portal, await adjusted(world, [(lists[0][1], {"name": "又改"})], trigger="BASIS_ADDED")
    )
    assert int(later["number"][-4:]) == int(after["number"][-4:]) + 1


async def test_adjustments_that_share_a_list_in_a_batch_are_one_publication_and_others_are_not(
    world: World, portal: httpx.AsyncClient
) -> None:
    (_, [a, b]), (_, [c]), (_, [d]) = [await world.enacted(count) for count in (2, 1, 1)]
    one, two, three = new_id(), new_id(), new_id()
    changes = [([a], one), ([b], two), ([c], two), ([d], three)]
    for items, adjustment in changes:
        await world.change(items, name="改名", adjustment=adjustment)
    await world.tell(*(world.event("item.updated", items, adjustment_id=root) for items, root in changes))
    await world.publish()
    found = [await publication_of(portal, adjustment) for adjustment in (one, two, three)]
    assert found[0]["number"] == found[1]["number"] != found[2]["number"]
    assert [len(each["parts"]) for each in found] == [2, 2, 1]


async def test_lists_enacted_together_are_one_publication_or_none(world: World, portal: httpx.AsyncClient) -> None:
    enactment = str(new_id())
    one, two = [await world.new_list() for _ in range(2)]
    await world.add(one, [world.elements(1)])
    (broken,) = await world.add(two, [world.elements(2)])
    # What the catalog never writes and the publication cannot digest: a state that is no word.
    spoil = "UPDATE qingdan.item_version SET elements = elements || CAST(:state AS jsonb) WHERE item_id = :id"
    await world.run(spoil, id=broken, state='{"state": 5}')
    await world.run(
        "UPDATE qingdan.list SET state = 'in_force', enacted_at = :at WHERE id = ANY (:ids)", at=BORN, ids=[one, two]
    )
    await world.tell(
        *(NewEvent(type="list.enacted", region_code=REGION, list_kind=world.lists[list_id], list_id=list_id,
                   refs={"enactment": enactment}) for list_id in (one, two))
    )  # fmt: skip
    await world.publish()
    assert [await world.list_state(list_id) for list_id in (one, two)] == [None, None]
    parked = await world.run("SELECT item_id FROM qingdan.parked WHERE consumer = 'publication'")
    assert len(parked) == 2
    # Put right and released, both are published at once.
    await world.run(spoil, id=broken, state='{"state": "in_use"}')
    await release(world.engine, PUBLICATION, [UUID(str(parked[0]["item_id"]))], actor="account:operator")
    listed = (await portal.get(f"{API}/publications", params={"list": str(one)})).json()["items"]
    assert {part["list_id"] for part in listed[0]["parts"]} == {str(one), str(two)}
    assert listed[0]["kind"] == "enactment"
    assert [step["act"] for step in listed[0]["approvals"]] == ["compile", "decide"]
    assert listed[0]["decisions"][0]["number"] == "穗府〔2026〕1号"


async def test_a_consumer_killed_between_the_lists_and_their_publication_leaves_neither(
    world: World, portal: httpx.AsyncClient
) -> None:
    lists = [await world.enacted(1) for _ in range(2)]
    adjustment = new_id()
    for _, items in lists:
        await world.change(items, name="改名", adjustment=adjustment)
    await world.tell(*(world.event("item.updated", items, adjustment_id=adjustment) for _, items in lists))
    program = (
        "import asyncio; from sqlalchemy.ext.asyncio import create_async_engine as e;"
        "from shared.ledger import consume; from services.publish.revisions.consumers import PUBLICATION as p;"
        f"asyncio.run(consume.step(e({world.engine.url.render_as_string(hide_password=False)!r}), p))"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, cwd=Path(__file__).parents[2],
        env={**os.environ, "QINGDAN_CRASH_POINT": "after-revisions"},
    )  # fmt: skip
    assert await process.wait() == -signal.SIGKILL
    assert [(await world.list_state(list_id))["revision"] for list_id, _ in lists] == [1, 1]
    assert (await portal.get(f"{API}/publications", params={"adjustment": str(adjustment)})).json()["items"] == []
    await world.publish()
    assert len((await publication_of(portal, adjustment))["parts"]) == 2
