"""The staff's search: entries of every list in every state, followed from the log."""

from __future__ import annotations

from typing import Any

from services.catalog.search import consumers
from services.catalog.search.consumers import SEARCH
from shared.ledger import consume, position
from tests.catalog.register_world import CITY, COUNTY, RegisterWorld
from tests.statements import counted

ENACT = {"decision": {"meeting": "常务会议", "date": "2026-11-20", "number": "8号"}}


def lead(register: RegisterWorld) -> dict[str, str]:
    return register.token(("list_authority", COUNTY))


async def follow(register: RegisterWorld) -> None:
    async with register.engine.begin() as connection:
        await position.register(connection, [SEARCH.name], "catalog")
    while await consume.step(register.engine, SEARCH):
        pass


async def entered(register: RegisterWorld, *names: str, **more: Any) -> tuple[str, list[str]]:
    list_id = await register.list_of("permit", members=("青县市场监督管理局",))
    entries = [{"elements": register.permit(n, name=name, **more)} for n, name in enumerate(names, start=1)]
    answer = await register.post(f"/lists/{list_id}/items", {"items": entries}, who=lead(register))
    assert answer.json()["created"] == len(names), answer.text
    await follow(register)
    return list_id, [row["item_id"] for row in answer.json()["rows"]]


async def find(register: RegisterWorld, query: str) -> dict[str, Any]:
    answer = await register.get(f"/search?{query}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def names(page: dict[str, Any]) -> list[str]:
    return [hit["name"] for hit in page["items"]]


async def test_nobody_searches_without_signing_in(register: RegisterWorld) -> None:
    assert (await register.get("/search?q=许可证", who={})).status_code == 401
    assert (await register.get("/search?q=**")).json()["code"] == "query_empty"
    assert (await register.get("/search")).json()["code"] == "query_missing"


async def test_entries_that_are_being_compiled_are_found_by_name_basis_material_and_organ(
    register: RegisterWorld,
) -> None:
    _, [item, _] = await entered(register, "食品经营许可（新办）", "药品零售许可")
    page = await find(register, "q=经营许可 新办")
    assert [(hit["id"], hit["organ_name"], hit["match"]) for hit in page["items"]] == [(item, "青县行政审批局", "name")]
    assert page["items"][0]["highlights"][0] == {
        "element": "/name", "text": "食品经营许可（新办）", "ranges": [[2, 6], [7, 9]],
    }  # fmt: skip
    assert len(names(await find(register, "q=食品安全法"))) == 2
    assert names(await find(register, "q=食品安全法 药品")) == ["药品零售许可"]
    assert len(names(await find(register, "q=申请表"))) == 2
    assert len(names(await find(register, f"q=行政审批局&region={CITY}&facets=true"))) == 2


async def test_a_changed_entry_is_found_by_what_it_says_now_and_a_former_code_still_leads_to_it(
    register: RegisterWorld,
) -> None:
    _, [item] = await entered(register, "旧名称许可")
    whole = (await register.get(f"/items/{item}")).json()["elements"]["implementation_code"]
    codes = {"base_code": "000116999000", "implementation_code": whole.replace("000116001000", "000116999000")}
    changed = {"elements": {"name": "新名称许可"} | codes, "reason": "更正"}
    answer = await register.send("PATCH", f"/items/{item}", changed, who=lead(register), headers={"If-Match": '"1"'})
    assert answer.status_code == 200, answer.text
    await follow(register)
    assert names(await find(register, "q=旧名称")) == []
    assert names(await find(register, "q=新名称&state=in_use")) == ["新名称许可"]
    assert names(await find(register, "q=000116001000")) == ["新名称许可"]
    assert names(await find(register, "q=000116999")) == ["新名称许可"]


async def test_a_renamed_organ_is_found_under_its_new_name(register: RegisterWorld) -> None:
    await entered(register, "取水许可")
    organ = register.organs["青县行政审批局"]
    current = await register.get(f"/organs/{organ}")
    body = {"name": "青县政务服务中心", "kind": "department", "reason": "改名",
            "credit_code": current.json()["credit_code"], "region_code": COUNTY}  # fmt: skip
    answer = await register.put(f"/organs/{organ}", body, headers={"If-Match": current.headers["etag"]})
    assert answer.status_code == 200, answer.text
    await follow(register)
    assert names(await find(register, "q=政务服务中心")) == ["取水许可"]
    assert names(await find(register, "q=行政审批局")) == []


async def test_what_was_there_before_search_is_taken_in(register: RegisterWorld) -> None:
    await entered(register, "采砂许可一", "采砂许可二")
    async with register.owner.begin() as connection:
        await connection.exec_driver_sql("DELETE FROM qingdan.item_search")
        await connection.exec_driver_sql("UPDATE qingdan.item_search_fill SET filled = false, after_item = NULL")
    await consumers.fill(register.engine)
    assert len(names(await find(register, "q=采砂许可"))) == 2


async def test_a_search_takes_five_statements_at_most(register: RegisterWorld) -> None:
    await entered(register, *(f"林木采伐许可{n}" for n in range(20)))
    with counted(register.engine) as sent:
        page = await find(register, "q=林木 采伐&facets=true&limit=20")
    assert len(page["items"]) == 20
    assert len(sent) <= 5, sent
