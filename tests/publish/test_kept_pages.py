"""A page asked for again is not put together again, and is never older than the list."""

from typing import Any

import httpx
import pytest

from services.publish.portal.reads import Reads
from tests.publish.publishing import API
from tests.publish.world import World


async def test_a_page_asked_for_again_is_the_same_and_takes_one_row(
    world: World, portal: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    list_id, _ = await world.enacted(5)
    path = f"{API}/lists/{list_id}/items?limit=2"
    asked: list[str] = []
    row = Reads.row

    async def noted(reads: Reads, sql: str, *values: Any) -> Any:
        asked.append(sql)
        return await row(reads, sql, *values)

    monkeypatch.setattr(Reads, "row", noted)
    first = await portal.get(path)
    following = f"{path}&cursor={first.json()['next']}"
    second = await portal.get(following)
    asked.clear()
    for address, before in ((path, first), (following, second)):
        again = await portal.get(address)
        assert (again.content, again.headers["etag"]) == (before.content, before.headers["etag"])
    assert len(asked) == 2
    assert not any("published_item" in sql for sql in asked)


async def test_what_changes_or_is_hidden_is_gone_from_the_page_at_once(world: World, portal: httpx.AsyncClient) -> None:
    list_id, items = await world.enacted(3, name="原名称")
    path = f"{API}/lists/{list_id}/items"
    assert (await portal.get(path)).text.count("原名称") == 3
    await world.update(items[:1], name="新名称")
    assert (await portal.get(path)).text.count("原名称") == 2
    await world.update(items[1:2], audience="staff")
    page = await portal.get(path)
    assert (page.json()["revision"], page.text.count("原名称")) == (3, 1)


async def test_a_page_of_a_former_revision_is_put_together_each_time(world: World, portal: httpx.AsyncClient) -> None:
    list_id, items = await world.enacted(4, name="原名称")
    first = (await portal.get(f"{API}/lists/{list_id}/items?limit=1")).json()
    await world.update(items[3:], name="新名称")
    path = f"{API}/lists/{list_id}/items?limit=3&cursor={first['next']}"
    assert (await portal.get(path)).json()["revision"] == 1
    await world.run(
        "DELETE FROM qingdan.published_item WHERE item_id = :item AND to_revision IS NOT NULL", item=items[3]
    )
    assert len((await portal.get(path)).json()["items"]) == 2
