"""The public search over real tables: words, ranks, filters, what must never be found, bad queries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from services.publish.app import app
from services.publish.search import consumers
from services.publish.search.consumers import SEARCH
from shared.ledger import consume, position
from shared.ledger.envelope import NewEvent
from tests.publish.world import REGION, World
from tests.statements import counted


async def follow(world: World) -> None:
    """Let publication and search take everything."""
    async with world.engine.begin() as connection:
        await position.register(connection, [SEARCH.name], "publish")
    await world.publish()
    while await consume.step(world.engine, SEARCH):
        pass


async def published(world: World, entries: Sequence[dict[str, Any]], *, hidden: Sequence[str] = ()) -> Any:
    list_id = await world.new_list(hidden=hidden)
    items = await world.add(list_id, [world.elements(n, **entry) for n, entry in enumerate(entries)])
    await world.enact(list_id)
    await follow(world)
    return list_id, items


async def find(portal: httpx.AsyncClient, **asked: Any) -> dict[str, Any]:
    answer = await portal.get("/publish/v1/search", params=asked)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def names(page: dict[str, Any]) -> list[str]:
    return [hit["name"] for hit in page["items"]]


async def test_exact_names_come_first_then_beginnings_names_basis_and_the_rest(
    world: World, portal: httpx.AsyncClient
) -> None:
    basis = [{"document": "水上浮桥条例", "article": "第三条", "kind": "set"}]
    list_id, _ = await published(world, [
        {"name": "其他事项审批", "materials": [{"name": "水上浮桥设计图"}]},
        {"name": "渡口设置审批", "basis": basis},
        {"name": "内河水上浮桥设置许可"},
        {"name": "水上浮桥架设许可"},
        {"name": "水上浮桥"},
    ])  # fmt: skip
    page = await find(portal, q="水上浮桥", list_id=list_id)
    assert names(page) == ["水上浮桥", "水上浮桥架设许可", "内河水上浮桥设置许可", "渡口设置审批", "其他事项审批"]
    assert [hit["match"] for hit in page["items"]] == ["exact_name", "name_begins", "name", "basis", "elsewhere"]
    assert (page["entries"], page["complete"]) == (5, True)
    marks = [(mark["element"], mark["ranges"]) for hit in page["items"] for mark in hit["highlights"]]
    assert marks == [
        ("/name", [[0, 4]]), ("/name", [[0, 4]]), ("/name", [[2, 6]]), ("/basis/0/document", [[0, 4]]),
        ("/materials/0/name", [[0, 4]]),
    ]  # fmt: skip


async def test_all_words_must_be_there_each_where_it_likes(world: World, portal: httpx.AsyncClient) -> None:
    list_id, _ = await published(world, [
        {"name": "风景名胜区建设许可", "materials": [{"name": "选址论证报告"}]},
        {"name": "风景名胜区活动许可", "materials": [{"name": "活动方案"}]},
    ])  # fmt: skip
    assert names(await find(portal, q="风景名胜 选址论证", list_id=list_id)) == ["风景名胜区建设许可"]
    assert names(await find(portal, q="名胜风景", list_id=list_id)) == []
    assert names(await find(portal, q="生态环境局 风景", list_id=list_id)) == [
        "风景名胜区建设许可",
        "风景名胜区活动许可",
    ]


async def test_a_code_is_found_by_its_beginning(world: World, portal: httpx.AsyncClient) -> None:
    list_id, _ = await published(world, [{"base_code": "000188123000"}, {"base_code": "000177123000"}])
    page = await find(portal, q="000188", list_id=list_id)
    assert [hit["base_code"] for hit in page["items"]] == ["000188123000"]


async def test_filters_narrow_and_facets_count(world: World, portal: httpx.AsyncClient) -> None:
    kind_list, _ = await published(world, [
        {"name": "渔业捕捞许可一", "state": "suspended", "service_objects": ["enterprise"]},
        {"name": "渔业捕捞许可二", "level": "3,4", "service_objects": ["natural_person"],
         "legal_person_topics": ["渔业"], "natural_person_topics": ["退休\x1f\x1fkind:power"]},
        {"name": "渔业捕捞许可三", "item_type": "07"},
    ])  # fmt: skip
    asked = {"q": "渔业捕捞", "list_id": kind_list}
    assert names(await find(portal, **asked, state="suspended")) == ["渔业捕捞许可一"]
    assert names(await find(portal, **asked, level="4")) == ["渔业捕捞许可二"]
    assert names(await find(portal, **asked, type="07")) == ["渔业捕捞许可三"]
    assert names(await find(portal, **asked, service_object="enterprise")) == ["渔业捕捞许可一"]
    by_topic = await find(portal, list_id=kind_list, topic="渔业")
    assert [(hit["name"], hit["match"], hit["highlights"]) for hit in by_topic["items"]] == [
        ("渔业捕捞许可二", "elsewhere", [])
    ]
    # Nothing an entry says makes it look like one of another kind.
    assert names(await find(portal, **asked, kind="power")) == []
    assert len(names(await find(portal, **asked, region=REGION))) == 3
    assert names(await find(portal, **asked, region="110000000000")) == []
    assert names(await find(portal, **asked, organ="不存在的局")) == []
    facets = (await find(portal, **asked, facets=True))["facets"]
    assert {one["value"]: one["entries"] for one in facets["state"]} == {"in_use": 2, "suspended": 1}
    assert {one["value"]: one["entries"] for one in facets["item_type"]} == {"01": 2, "07": 1}
    assert [(one["title"], one["entries"]) for one in facets["organ"]] == [("广州市生态环境局", 3)]
    # The organ is told by what it is known by outside, never by our id.
    assert facets["organ"][0]["value"].startswith("11440100")


async def test_pages_follow_one_another_without_gaps(world: World, portal: httpx.AsyncClient) -> None:
    list_id, _ = await published(world, [{"name": f"石油天然气管道保护第{n}号"} for n in range(7)])
    seen, cursor = [], None
    for _ in range(4):
        page = await find(portal, q="天然气管道", list_id=list_id, limit=2, **({"cursor": cursor} if cursor else {}))
        seen += names(page)
        cursor = page["next"]
    assert cursor is None
    assert sorted(seen) == sorted(f"石油天然气管道保护第{n}号" for n in range(7))


async def test_what_is_hidden_cannot_be_searched_for(world: World, portal: httpx.AsyncClient) -> None:
    list_id, items = await published(
        world,
        [{"name": "印章刻制许可", "materials": [{"name": "绝密材料清册"}]}, {"name": "内部印章", "audience": "staff"}],
        hidden=["materials"],
    )
    assert names(await find(portal, q="印章", list_id=list_id)) == ["印章刻制许可"]
    assert names(await find(portal, q="绝密材料", list_id=list_id)) == []
    assert names(await find(portal, q="绝密材料")) == []
    assert items


async def test_what_was_changed_or_hidden_a_moment_ago_is_not_found_by_what_it_said(
    world: World, portal: httpx.AsyncClient
) -> None:
    list_id, items = await published(world, [{"name": "旧称谓许可"}, {"name": "将要保密的许可"}])
    await world.change(items[:1], name="新称谓许可")
    await world.tell(world.event("item.updated", items[:1]))
    await world.change(items[1:], audience="staff")
    await world.tell(world.event("item.updated", items[1:]))
    await world.publish()
    # Published, and search has not followed yet.
    assert names(await find(portal, q="称谓许可", list_id=list_id)) == []
    assert names(await find(portal, q="将要保密", list_id=list_id)) == []
    await follow(world)
    assert names(await find(portal, q="新称谓", list_id=list_id)) == ["新称谓许可"]
    assert names(await find(portal, q="旧称谓", list_id=list_id)) == []
    assert await world.run("SELECT * FROM qingdan.published_search WHERE item_id = :id", id=items[1]) == []


async def test_what_was_published_before_search_was_there_is_taken_in(world: World, portal: httpx.AsyncClient) -> None:
    list_id, _ = await published(world, [{"name": f"航道养护第{n}项"} for n in range(3)])
    await world.run("DELETE FROM qingdan.published_search WHERE list_id = :id", id=list_id)
    await world.run("UPDATE qingdan.published_search_fill SET filled = false, after_list = NULL, after_item = NULL")
    assert names(await find(portal, q="航道养护", list_id=list_id)) == []
    await consumers.fill(world.engine)
    assert len(names(await find(portal, q="航道养护", list_id=list_id))) == 3
    assert (await world.run("SELECT filled FROM qingdan.published_search_fill"))[0]["filled"]


async def test_a_region_under_another_parent_is_found_there(world: World, portal: httpx.AsyncClient) -> None:
    list_id, _ = await published(world, [{"name": "盐业批发许可"}])
    await world.run("UPDATE qingdan.region SET ancestors = '{990000000000}' WHERE code = :code", code=REGION)
    await world.tell(NewEvent(type="region.updated", refs={"regions": [REGION]}))
    await follow(world)
    assert names(await find(portal, q="盐业批发", region="990000000000", list_id=list_id)) == ["盐业批发许可"]
    await world.run("UPDATE qingdan.region SET ancestors = '{}' WHERE code = :code", code=REGION)


@pytest.mark.parametrize(
    ("asked", "code"),
    [({"q": "*"}, "query_empty"), ({"q": "%_%"}, "query_empty"),
     ({"q": "税"}, "query_too_short"), ({}, "query_missing"),
     ({"q": "建" * 90}, "query_too_long")],
)  # fmt: skip
async def test_a_query_with_nothing_to_look_for_is_a_clear_400(
    portal: httpx.AsyncClient, asked: dict[str, str], code: str
) -> None:
    answer = await portal.get("/publish/v1/search", params=asked)
    assert answer.status_code == 400
    assert answer.json()["code"] == code
    assert answer.json()["errors"][0]["pointer"] == "query/q"


@pytest.mark.parametrize(
    "query",
    ["q=%00", "q=%ff%fe", "q=ab&cursor=e30", "q=ab&cursor=WzEsMiwieCJd", "q=ab&limit=0", "q=ab&limit=9999",
     "q=ab&level=9", "q=ab&type=x", "q=ab&list_id=1", "q=" + "a" * 300, "q=ab&state=gone", "q=ab&kind=%00",
     "q=ab&cursor=WzE4NDQ2NzQ0MDczNzA5NTUxNjE2LDEsIjAiXQ"],
)  # fmt: skip
async def test_bad_input_is_a_4xx(portal: httpx.AsyncClient, query: str) -> None:
    answer = await portal.get(f"/publish/v1/search?{query}")
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "query", ["'; DROP TABLE x --", "a' | 'b:*", "\\\\", "&|!()<->", "许可'::tsquery", "🀄🀄 𠮷野家"]
)
async def test_whatever_is_typed_is_only_ever_looked_for(portal: httpx.AsyncClient, query: str) -> None:
    answer = await portal.get("/publish/v1/search", params={"q": query, "kind": 'o\'brien \\ "x" :*'})
    assert answer.status_code in (200, 400), answer.text


async def test_a_search_takes_a_bounded_number_of_statements(world: World, portal: httpx.AsyncClient) -> None:
    list_id, _ = await published(world, [{"name": f"特种设备使用登记{n}"} for n in range(30)])
    with counted(app.state.engine) as sent:
        page = await find(portal, q="特种设备 使用", list_id=list_id, facets=True, organ="广州市生态环境局")
    assert page["items"]
    assert len(sent) <= 6, sent
