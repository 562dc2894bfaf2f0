"""Two published states of a list beside one another, editions of an earlier instant, pages as of a day."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from shared.ledger.envelope import NewEvent
from tests.publish.world import BORN, REGION, World


async def named(world: World, list_id: UUID, name: str, **refs: Any) -> None:
    await world.tell(
        NewEvent(type="list.edition_named", region_code=REGION, list_kind=world.lists[list_id], list_id=list_id,
                 refs={"edition": name, **refs})
    )  # fmt: skip
    await world.publish()


async def compare(portal: httpx.AsyncClient, list_id: UUID, **asked: Any) -> dict[str, Any]:
    answer = await portal.get(f"/publish/v1/lists/{list_id}/differences", params=asked)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@pytest.mark.req("QX-31", "QX-18")
async def test_two_editions_differ_in_what_was_added_removed_and_changed(
    world: World, portal: httpx.AsyncClient
) -> None:
    list_id, items = await world.enacted(4)
    await named(world, list_id, "2017版")
    materials = [{"name": "新增材料"}, {"name": "环境影响报告表", "necessity": "required"}]
    await world.update(items[:1], materials=materials)
    await world.change(items[1:2], state="cancelled")
    await world.tell(world.event("item.cancelled", items[1:2]))
    added = await world.add(list_id, [world.elements(9)])
    await world.tell(world.event("item.created", added))
    await world.publish()
    await named(world, list_id, "2026版")
    await world.update(items[2:3], level="2")
    found = await compare(portal, list_id, **{"from": "2017版", "to": "2026版"})
    told = {one["item_id"]: (one["change"], one["from_version"], one["to_version"]) for one in found["items"]}
    assert told == {
        str(items[0]): ("changed", 1, 2), str(items[1]): ("removed", 1, 2), str(added[0]): ("added", None, 1),
    }  # fmt: skip
    [element] = next(one for one in found["items"] if one["item_id"] == str(items[0]))["differences"]
    assert [(row["change"], row["key"]) for row in element["rows"]] == [("added", "新增材料")]
    seen, cursor = [], None
    for _ in range(4):
        page = await compare(portal, list_id, from_revision=1, limit=1, **({"cursor": cursor} if cursor else {}))
        seen += [one["item_id"] for one in page["items"]]
        cursor = page["next"]
    assert cursor is None
    assert seen == sorted(str(one) for one in [*items[:3], *added])


async def test_what_is_hidden_is_no_difference(world: World, portal: httpx.AsyncClient) -> None:
    list_id, items = await world.enacted(1, hidden=["materials"])
    await world.update(items, materials=[{"name": "保密材料"}])
    await world.update(items, level="2")
    found = await compare(portal, list_id, from_revision=1)
    assert [[one["element"] for one in entry["differences"]] for entry in found["items"]] == [["level"]]
    assert "保密材料" not in str(found)


@pytest.mark.req("QX-31")
async def test_an_edition_of_an_instant_pins_the_revision_that_stood_then(
    world: World, portal: httpx.AsyncClient
) -> None:
    list_id, items = await world.enacted(1)
    await world.update(items, level="2")
    await named(world, list_id, "首版", in_force_at=(BORN + timedelta(hours=1)).isoformat())
    await named(world, list_id, "现行版")
    detail = (await portal.get(f"/publish/v1/lists/{list_id}")).json()
    assert {one["name"]: one["revision"] for one in detail["editions"]} == {"首版": 1, "现行版": 2}


async def test_a_page_shows_the_list_as_it_stood_on_a_day(world: World, portal: httpx.AsyncClient) -> None:
    list_id, items = await world.enacted(2, service_objects=["enterprise"])
    await world.update(items[:1], level="2", service_objects=["natural_person"])
    address = f"/publish/v1/lists/{list_id}/items"

    async def page(query: str) -> dict[str, Any]:
        answer = await portal.get(f"{address}?{query}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    # The test's list was enacted at the instant its entries were born; the change is of a later day.
    then = await page("as_of=2026-01-05")
    assert (then["revision"], [row["level"] for row in then["items"]]) == (1, ["3", "3"])
    first = await page("as_of=2026-01-05&limit=1")
    assert (await page(f"limit=1&cursor={first['next']}"))["revision"] == 1
    assert [row["level"] for row in (await page("as_of=2199-12-31"))["items"]] == ["2", "3"]
    assert [row["id"] for row in (await page("service_object=natural_person&count=exact"))["items"]] == [str(items[0])]
    assert (await page("service_object=enterprise&as_of=2026-01-05&count=exact"))["count"] == 2
    assert (await page("topic=x"))["items"] == []
    early = await portal.get(f"{address}?as_of=2020-01-01")
    assert (early.status_code, early.json()["code"]) == (404, "not_published_then")


@pytest.mark.parametrize("query", ["as_of=0", "as_of=2026-13-01", "as_of=1-1-1", "as_of=2026-01-05&edition=x"])
async def test_a_bad_day_is_a_4xx(world: World, portal: httpx.AsyncClient, query: str) -> None:
    list_id, _ = await world.enacted(1)
    answer = await portal.get(f"/publish/v1/lists/{list_id}/items?{query}")
    assert 400 <= answer.status_code < 500, answer.text


@pytest.mark.parametrize(
    "query", ["", "from=x", "from_revision=99", "from_revision=0", "from=%00", "from_revision=1&cursor=e30"]
)
async def test_states_that_are_not_there_are_a_4xx(world: World, portal: httpx.AsyncClient, query: str) -> None:
    list_id, _ = await world.enacted(1)
    answer = await portal.get(f"/publish/v1/lists/{list_id}/differences?{query}")
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
