"""The element dictionary over HTTP: one meaning for each element in all lists of a region (QX-36)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text

from services.catalog.dictionary.builtin import entries, install_builtin_dictionary
from tests.catalog.register_world import CITY, COUNTY, NATION, ZONE, RegisterWorld

NAME = {"key": "name", "title": "信用事项", "type": "text"}
GRADE = {"key": "credit_grade", "title": "信用等级", "type": "choice", "vocabulary": {"A": "守信", "D": "失信"}}


@pytest_asyncio.fixture(autouse=True)
async def nothing_of_before(register: RegisterWorld) -> AsyncIterator[None]:
    """Each test begins with what the product ships."""
    async with register.owner.begin() as connection:
        await connection.execute(text("DELETE FROM qingdan.dictionary_element"))
        await install_builtin_dictionary(connection)
    yield


async def defined(register: RegisterWorld, *elements: dict[str, Any], region: str | None = COUNTY) -> Any:
    """The answer to a new kind with these elements."""
    body = {"code": "test_dictionary", "title": "字典", "elements": [NAME, *elements], "region_code": region}
    return await register.post("/kinds", body)


async def added(register: RegisterWorld, region: str | None, **element: Any) -> Any:
    return await register.post("/dictionary-elements", GRADE | {"region_code": region, "reason": "统一口径"} | element)


@pytest.mark.req("QX-36")
async def test_an_element_of_the_dictionary_with_another_type_title_or_vocabulary_is_refused(
    register: RegisterWorld,
) -> None:
    wrong = [
        {"key": "service_objects", "title": "服务对象", "type": "text"},
        {"key": "result_name", "title": "随便什么", "type": "text"},
        {"key": "handling_kind", "title": "办件类型", "type": "choice", "vocabulary": {"immediate": "马上办"}},
        {"key": "fees", "title": "收费项目", "type": "rows", "columns": [
            {"key": "name", "title": "名", "type": "text"}, {"key": "amount", "title": "金额", "type": "integer"}]},
    ]  # fmt: skip
    refused = await defined(register, *wrong)
    assert (refused.status_code, refused.json()["code"]) == (422, "dictionary_disagrees")
    assert [(error["pointer"], error["code"]) for error in refused.json()["errors"]] == [
        ("/elements/1/type", "dictionary_type"), ("/elements/2/title", "dictionary_title"),
        ("/elements/3/vocabulary", "dictionary_vocabulary"), ("/elements/4/columns/1/type", "dictionary_type"),
    ]  # fmt: skip
    assert "换一个要素标识" in refused.json()["errors"][0]["message"]
    sound = [
        {"key": "service_objects", "title": "服务对象", "type": "choices", "vocabulary": {"enterprise": "企业法人"}},
        {"key": "result_name", "title": "审批结果名称", "type": "text"},
        {"key": "implementing_body", "title": "惩戒实施机关", "type": "organ"},
        {"key": "own_element", "title": "自有要素", "type": "text"},
    ]
    assert (await defined(register, *sound)).status_code == 201
    later = await register.post("/kinds/test_dictionary/profiles", {"elements": [NAME, wrong[0]]})
    assert later.json()["code"] == "dictionary_disagrees"


@pytest.mark.req("QX-36")
async def test_a_region_adds_an_element_and_its_lists_and_those_below_keep_to_it(register: RegisterWorld) -> None:
    made = await added(register, CITY, aliases=["信用评级"])
    assert (made.status_code, made.json()["number"]) == (201, 1)
    other = GRADE | {"vocabulary": {"A": "优秀"}}
    assert (await defined(register, other)).status_code == 422, "the county follows the city"
    assert (await defined(register, other | {"title": "级别"}, region=None)).status_code == 201, "others do not"
    await register.post("/kinds/test_dictionary/profiles", {"elements": [NAME]})
    named = GRADE | {"title": "信用评级"}
    body = {"code": "test_named", "title": "字典", "elements": [NAME, named], "region_code": ZONE}
    assert (await register.post("/kinds", body)).status_code == 201
    event = (await register.events("dictionary_element.versioned"))[-1]
    assert (event.region_code, event.elements, event.reason) == (CITY, ["credit_grade"], "统一口径")


async def test_a_later_version_counts_and_the_earlier_stays_readable(register: RegisterWorld) -> None:
    await added(register, CITY)
    more = await added(register, CITY, vocabulary={"A": "守信", "B": "一般", "D": "失信"})
    assert more.json()["number"] == 2
    await added(register, COUNTY, vocabulary={"A": "守信"})
    rows = (await register.get(f"/dictionary-elements/credit_grade?region_code={COUNTY}")).json()["items"]
    assert [(row["region_code"], row["number"]) for row in rows] == [(COUNTY, 1), (CITY, 2), (CITY, 1)]
    page = (await register.get(f"/dictionary-elements?region_code={COUNTY}&q=信用等级")).json()["items"]
    assert [(row["key"], row["vocabulary"]) for row in page] == [("credit_grade", {"A": "守信"})]
    assert (await register.get("/dictionary-elements/credit_grade")).status_code == 404


async def test_the_shipped_dictionary_is_read_in_pages_and_installed_once(register: RegisterWorld) -> None:
    async with register.owner.begin() as connection:
        await install_builtin_dictionary(connection)
        count = await connection.execute(text("SELECT count(*), max(number) FROM qingdan.dictionary_element"))
    assert tuple(count.one()) == (len(entries()), 1)
    seen: list[str] = []
    cursor = ""
    while cursor is not None:
        page = (await register.get(f"/dictionary-elements?limit=60{cursor and '&cursor=' + cursor}")).json()
        seen += [row["key"] for row in page["items"]]
        cursor = page["next"]
    assert seen == sorted(entry["key"] for entry in entries())


async def test_what_kinds_use_otherwise_cannot_be_defined_and_what_is_shaped_wrong_neither(
    register: RegisterWorld,
) -> None:
    assert (await defined(register, GRADE)).status_code == 201
    used = await added(register, COUNTY, type="text", vocabulary={})
    assert (used.status_code, used.json()["code"]) == (409, "element_in_use")
    assert "test_dictionary" in used.json()["detail"]
    wrong = await added(register, COUNTY, key="other_grade", vocabulary={})
    assert [error["pointer"] for error in wrong.json()["errors"]] == ["/vocabulary"]
    assert (await added(register, COUNTY, key="other_grade", type="picture")).status_code == 422


@pytest.mark.req("QX-36")
async def test_what_a_region_that_is_no_relative_calls_otherwise_hinders_nobody(register: RegisterWorld) -> None:
    assert (await defined(register, GRADE, region=ZONE)).status_code == 201
    elsewhere = await added(register, "130900000000", type="text", vocabulary={})
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (409, "element_in_use"), "the zone lies below the city"
    async with register.owner.begin() as connection:
        await connection.execute(text("UPDATE qingdan.element_profile SET region_code = '440000000000'"
                                      " WHERE kind = 'test_dictionary'"))  # fmt: skip
    assert (await added(register, CITY, type="text", vocabulary={})).status_code == 201


@pytest.mark.req("QX-36")
async def test_a_set_that_disagrees_with_the_dictionary_of_the_region_is_not_adopted(register: RegisterWorld) -> None:
    made = await added(register, COUNTY, key="exercise_content", title="行使内容", type="choice")
    assert made.status_code == 409, "the shipped lists of all regions have it as a text"
    other = {"key": "handling_area", "title": "通办范围", "type": "choice", "vocabulary": {"county": "全县"}}
    assert (await added(register, COUNTY, **other)).status_code == 201
    refused = await register.post("/kinds/implementation/profiles/3/adopt", {"region_code": COUNTY})
    assert (refused.status_code, refused.json()["code"]) == (422, "dictionary_disagrees")
    assert "通办范围" in str(refused.json()["errors"]) or "handling_area" in str(refused.json()["errors"])


async def test_only_the_administrator_of_the_region_writes_its_dictionary(register: RegisterWorld) -> None:
    county = register.token(("administrator", COUNTY))
    for region in (None, NATION, CITY):
        body = GRADE | {"region_code": region}
        assert (await register.post("/dictionary-elements", body, who=county)).status_code == 403
    lead = register.token(("list_authority", COUNTY))
    assert (await register.post("/dictionary-elements", GRADE | {"region_code": COUNTY}, who=lead)).status_code == 403
