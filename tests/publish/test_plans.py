"""Where a list has thousands of entries of one revision, each is found by itself and not among all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from services.publish.app import app
from services.publish.documents.annexes import repository as annexes
from shared.database import driver
from shared.statement import Row, Statement
from tests.publish.test_search import published
from tests.publish.world import World

MANY = 3_000


async def looked_at(connection: AsyncConnection, sql: str, values: tuple[Any, ...]) -> int:
    """Rows of what is published that a statement reads, those it throws away among them."""
    inner = await driver(connection)
    [plan] = await inner.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", *values)
    return sum(
        round((node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"])
        for node in nodes(plan["Plan"])
        if node.get("Relation Name") == "published_item"
    )


def nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)


async def test_search_and_annexes_read_of_a_large_list_what_they_show(
    world: World, portal: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    list_id, _ = await published(world, [{"base_code": f"{number:012}"} for number in range(MANY)])
    # Where there are a thousand lists a revision looks as if it led to a few entries only.
    await world.run("ALTER TABLE qingdan.published_item ALTER COLUMN list_id SET (n_distinct = 1000)")
    for table in ("published_item", "published_search"):
        await world.run(f"ANALYZE qingdan.{table}")
    read: list[int] = []
    rows = Statement.rows

    async def explained(one: Statement, connection: AsyncConnection, given: Mapping[str, Any] = {}) -> list[Row]:
        if "published_item" in one.sql:
            read.append(await looked_at(connection, one.sql, tuple(given[name] for name in one._names)))
        return await rows(one, connection, given)

    monkeypatch.setattr(Statement, "rows", explained)
    answer = await portal.get("/publish/v1/search", params={"q": "环境影响", "list_id": str(list_id)})
    assert len(answer.json()["items"]) == 20, answer.text
    async with app.state.engine.connect() as connection:
        await annexes.bodies(connection, list_id, await annexes.order(connection, list_id, 1, most=100))
    assert len(read) >= 3
    assert max(read) <= 2 * MANY, "each entry is looked for among all of the list"
