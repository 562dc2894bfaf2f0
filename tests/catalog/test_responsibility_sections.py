"""The responsibility list over HTTP: four sections in order, what blocks its enactment, what is declared empty."""

from __future__ import annotations

import io

import pytest
from python_calamine import CalamineWorkbook

from shared.identifiers import new_id
from tests.catalog.register_world import COUNTY
from tests.catalog.responsibility_entries import boundary, duty
from tests.catalog.responsibility_world import BUREAU, DECISION, MARKET, Lists, codes, power_of


@pytest.mark.req("TH-11")
@pytest.mark.req("QX-08")
async def test_a_list_with_an_empty_section_is_enacted_only_when_somebody_declares_it_empty(lists: Lists) -> None:
    matter = power_of(lists.register, 1)
    await lists.made(lists.power, matter)
    await lists.made(lists.responsibility, duty(matter))
    refused = await lists.enact()
    assert (refused.status_code, refused.json()["code"]) == (409, "list_incomplete")
    empty = [error["pointer"] for error in refused.json()["errors"]]
    assert empty == ["/sections/boundary", "/sections/public_service", "/sections/supervision"]
    for section in ("boundary", "public_service", "supervision"):
        answer = await lists.declare(section=section)
        assert answer.status_code == 201, answer.text
    assert (await lists.register.get(answer.headers["Location"].removeprefix("/catalog/v1"))).json() == answer.json()
    [said] = [row for row in await lists.declarations() if row["section"] == "boundary"]
    assert said["reason"] == "经核对，没有此类事项"
    assert said["declared_by"].startswith("account:")
    assert said["declared_at"]
    assert [row["state"] for row in await lists.sections()] == ["filled", *["declared_empty"] * 3]
    assert (await lists.enact()).status_code == 200
    told = await lists.register.events("declaration.made")
    assert {row.refs["section"] for row in told} >= {"boundary", "supervision"}


async def test_a_kind_of_the_administration_makes_lists_in_sections_as_well(lists: Lists) -> None:
    register = lists.register
    section = {
        "key": "section",
        "title": "部分",
        "type": "choice",
        "mandatory": True,
        "vocabulary": {"z": "第一部分", "a": "第二部分"},
        "order": ["z", "a"],
    }
    note = {"key": "note", "title": "说明", "type": "text", "mandatory_when": {"section": ["a"]}}
    kind = {
        "code": "test_sections",
        "title": "分部分清单",
        "region_code": COUNTY,
        "elements": [section, {"key": "name", "title": "名称", "type": "text", "mandatory": True}, note],
    }
    assert (await register.post("/kinds", kind)).status_code == 201
    list_id = await register.list_of("test_sections", members=(BUREAU,))
    assert codes(await lists.enter(list_id, {"name": "甲", "section": "a"})) == {"missing"}
    await lists.made(list_id, {"name": "甲", "section": "z"})
    found = (await register.get(f"/lists/{list_id}/sections")).json()["items"]
    assert [(row["section"], row["state"]) for row in found] == [("z", "filled"), ("a", "empty")]
    path = f"/lists/{list_id}/enact"
    assert (await register.post(path, DECISION, who=lists.decider)).json()["code"] == "list_incomplete"
    await lists.made(list_id, {"name": "乙", "section": "a", "note": "说明"})
    assert (await register.post(path, DECISION, who=lists.decider)).status_code == 200
    coverage = await register.get(f"/lists/{list_id}/duty-coverage")
    assert coverage.json()["code"] == "not_a_responsibility_list"


@pytest.mark.req("HB-10")
@pytest.mark.req("TH-11")
async def test_a_list_is_read_as_four_sections_and_duties_in_the_order_of_their_categories(lists: Lists) -> None:
    categories = ["other", "policy", "special_business", "planning", "policy"]
    matters = [power_of(lists.register, number) for number in range(1, 6)]
    entries = [duty(matter, duty_category=one) for matter, one in zip(matters, categories, strict=True)]
    await lists.made(lists.responsibility, *entries, boundary(lists.body(), [lists.body(MARKET)]))
    found = await lists.sections()
    assert [row["title"] for row in found] == ["责任事项", "职责边界", "公共服务事项", "事中事后监管"]
    assert [row["entries"] for row in found] == [5, 1, 0, 0]
    read: list[str] = []
    path, cursor = f"/lists/{lists.responsibility}/sections/duty/items?limit=2", ""
    while True:
        page = (await lists.register.get(path + cursor)).json()
        read += [row["elements"]["duty_category"] for row in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert read == ["planning", "policy", "policy", "special_business", "other"]
    for bad in ("?cursor=x", "?cursor=W10", "?cursor=WyJhIiwiYiJd"):
        answer = await lists.register.get(f"/lists/{lists.responsibility}/sections/duty/items{bad}")
        assert answer.status_code == 422, answer.text
    exported = await lists.register.get(f"/lists/{lists.responsibility}/export.xlsx")
    rows = CalamineWorkbook.from_filelike(io.BytesIO(exported.content)).get_sheet_by_index(0).to_python()
    titles = [str(title).removesuffix("*") for title in rows[0]]
    assert [row[titles.index("职责类别")] for row in rows[1:]] == [
        "发展规划", "政策法规", "政策法规", "专项业务", "其他", "",
    ]  # fmt: skip
    unknown = await lists.register.get(f"/lists/{lists.responsibility}/sections/nothing/items")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "section_not_found")
    plain = await lists.register.get(f"/lists/{lists.power}/sections")
    assert (plain.status_code, plain.json()["code"]) == (404, "no_sections")


async def test_what_is_there_or_blocks_is_not_declared_away(lists: Lists) -> None:
    matter = power_of(lists.register, 1)
    [item] = await lists.made(lists.power, matter)
    await lists.made(lists.responsibility, duty(matter))
    assert (await lists.declare(section="duty")).json()["code"] == "section_not_empty"
    assert (await lists.declare(item_id=item)).json()["code"] == "nothing_to_declare"
    assert (await lists.declare(item_id=str(new_id()))).status_code == 404
    assert (await lists.declare(section="nowhere")).json()["code"] == "section_not_found"
    assert (await lists.declare()).status_code == 422
    assert (await lists.declare(section="boundary", item_id=item)).status_code == 422
    body = {"section": "boundary", "reason": "无"}
    stranger = lists.register.token(("compiler", COUNTY))
    path = f"/lists/{lists.responsibility}/declarations"
    assert (await lists.register.post(path, body, who=stranger)).status_code == 403
