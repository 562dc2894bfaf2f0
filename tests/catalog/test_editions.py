"""Editions, differences of lists and versions, history, and reading as of a date, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from tests.catalog.register_world import COUNTY, PROVINCE, RegisterWorld

ENACT = {"decision": {"meeting": "常务会议", "date": "2026-11-20", "number": "8号"}}


def lead(register: RegisterWorld) -> dict[str, str]:
    return register.token(("list_authority", COUNTY))


async def compiled(register: RegisterWorld, count: int = 3) -> tuple[str, list[str]]:
    """A compiling permit list with entries: (list, items)."""
    list_id = await register.list_of("permit", members=("青县市场监督管理局",))
    body = {"items": [{"elements": register.permit(number)} for number in range(1, count + 1)]}
    answer = await register.post(f"/lists/{list_id}/items", body, who=lead(register))
    assert answer.status_code == 200, answer.text
    return list_id, [row["item_id"] for row in answer.json()["rows"]]


async def correct(register: RegisterWorld, item: str, version: int, **elements: Any) -> dict[str, Any]:
    answer = await register.send("PATCH", f"/items/{item}", {"elements": elements, "reason": "更正"},
                                 who=lead(register), headers={"If-Match": f'"{version}"'})  # fmt: skip
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def named(register: RegisterWorld, list_id: str, name: str, **more: Any) -> Any:
    return await register.post(f"/lists/{list_id}/editions", {"name": name, "reason": "年度公布", **more},
                               who=lead(register))  # fmt: skip


async def test_a_list_that_is_not_in_force_has_no_editions(register: RegisterWorld) -> None:
    list_id, _ = await compiled(register)
    assert (await named(register, list_id, "2017版")).status_code == 409
    assert (await register.get(f"/lists/{list_id}/editions")).json()["items"] == []
    unknown = await register.get(f"/lists/{list_id}/items?edition=2017版")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "edition_not_found")
    unclear = await register.get(f"/lists/{list_id}/differences")
    assert (unclear.status_code, unclear.json()["errors"][0]["pointer"]) == (422, "query/from")


@pytest.mark.req("QX-31", "QX-18")
async def test_an_edition_keeps_what_the_list_said_and_two_editions_can_be_compared(register: RegisterWorld) -> None:
    list_id, items = await compiled(register)
    await register.post(f"/lists/{list_id}/enact", ENACT, who=register.token(("decider", COUNTY)))
    assert (await named(register, list_id, "2017版")).status_code == 200
    again = await named(register, list_id, "2017版")
    assert (again.status_code, again.json()["code"]) == (409, "edition_exists")
    changed = await correct(register, items[0], 1, consult_phone="0317-4022000")
    assert (await named(register, list_id, "2026版")).status_code == 200
    await correct(register, items[1], 1, consult_phone="0317-4022001")

    editions = (await register.get(f"/lists/{list_id}/editions?limit=1")).json()
    assert [edition["name"] for edition in editions["items"]] == ["2026版"]
    older = (await register.get(f"/lists/{list_id}/editions?limit=1&cursor={editions['next']}")).json()
    assert [(edition["name"], edition["reason"]) for edition in older["items"]] == [("2017版", "年度公布")]
    assert older["next"] is None

    then = (await register.get(f"/lists/{list_id}/items?edition=2017版")).json()["items"]
    assert [row["version"] for row in then] == [1, 1, 1]
    now = (await register.get(f"/lists/{list_id}/items?edition=2026版")).json()["items"]
    assert [row["version"] for row in now] == [changed["version"], 1, 1]

    found = (await register.get(f"/lists/{list_id}/differences?from=2017版&to=2026版")).json()
    assert [(one["item_id"], one["change"], one["from_version"], one["to_version"]) for one in found["items"]] == [
        (items[0], "changed", 1, 2)
    ]
    [element] = found["items"][0]["differences"]
    assert (element["element"], element["title"], element["before"], element["after"]) == (
        "consult_phone", "咨询电话", None, "0317-4022000",
    )  # fmt: skip
    until_now = (await register.get(f"/lists/{list_id}/differences?from=2017版&limit=1")).json()
    rest = (await register.get(f"/lists/{list_id}/differences?from=2017版&limit=1&cursor={until_now['next']}")).json()
    assert [one["item_id"] for one in until_now["items"] + rest["items"]] == items[:2]


@pytest.mark.req("QX-31")
async def test_an_edition_of_an_earlier_instant_is_the_list_as_it_stood_then(register: RegisterWorld) -> None:
    list_id, items = await compiled(register)
    enacted = await register.post(f"/lists/{list_id}/enact", ENACT, who=register.token(("decider", COUNTY)))
    at = enacted.json()["enacted_at"]
    await correct(register, items[0], 1, consult_phone="0317-4022000")
    early = await named(register, list_id, "过早", in_force_at="2001-01-01T00:00:00Z")
    assert (early.status_code, early.json()["errors"][0]["pointer"]) == (422, "/in_force_at")
    late = await named(register, list_id, "过晚", in_force_at="2199-01-01T00:00:00Z")
    assert late.json()["code"] == "bad_instant"
    answer = await named(register, list_id, "首版", in_force_at=at)
    assert answer.status_code == 200, answer.text
    assert answer.json()["edition"] is None
    then = (await register.get(f"/lists/{list_id}/items?edition=首版")).json()["items"]
    assert [row["version"] for row in then] == [1, 1, 1]
    [event] = [event for event in await register.events("list.edition_named") if str(event.list_id) == list_id]
    assert event.refs["in_force_at"].startswith(at[:19])


@pytest.mark.req("QX-18")
async def test_a_moved_material_is_no_change_and_a_changed_one_is_one_row(register: RegisterWorld) -> None:
    _, [item] = await compiled(register, 1)
    both = [{"name": "申请表", "necessity": "required"}, {"name": "营业执照", "necessity": "required"}]
    await correct(register, item, 1, materials=both)
    await correct(register, item, 2, materials=both[::-1])
    await correct(register, item, 3, materials=[both[0], {"name": "营业执照", "necessity": "optional"}])
    moved = (await register.get(f"/items/{item}/diff?from=2&to=3")).json()
    assert moved["differences"] == []
    [element] = (await register.get(f"/items/{item}/diff?from=2&to=4")).json()["differences"]
    assert [(row["change"], row["key"], row["columns"]) for row in element["rows"]] == [
        ("changed", "营业执照", ["necessity"])
    ]
    [element] = (await register.get(f"/items/{item}/diff?from=1&to=2")).json()["differences"]
    assert [(row["change"], row["key"]) for row in element["rows"]] == [("added", "营业执照")]
    history = (await register.get(f"/items/{item}/versions?limit=3")).json()
    assert [(one["number"], one["reason"], one["rules"]) for one in history["items"]] == [
        (4, "更正", []), (3, "更正", []), (2, "更正", []),
    ]  # fmt: skip
    assert (await register.get(f"/items/{item}/versions?limit=3&cursor={history['next']}")).json()["next"] is None


async def test_items_are_narrowed_by_what_they_say_and_as_of_when(register: RegisterWorld) -> None:
    list_id, items = await compiled(register)
    first = (await register.get(f"/items/{items[0]}")).json()["effective_from"].replace("+", "%2B")
    last = (await register.get(f"/items/{items[2]}")).json()["effective_from"].replace("+", "%2B")
    await correct(register, items[0], 1, service_objects=["natural_person"], level="3,4")
    of = f"/lists/{list_id}/items"

    async def ids(query: str, path: str = of) -> list[str]:
        answer = await register.get(f"{path}?{query}")
        assert answer.status_code == 200, answer.text
        return [row["id"] for row in answer.json()["items"]]

    assert await ids("service_object=natural_person") == items[:1]
    assert await ids("service_object=enterprise") == items[1:]
    assert await ids(f"service_object=enterprise&as_of={last}") == items
    assert await ids("level=3") == items[:1]
    assert await ids(f"level=3&as_of={last}") == []
    assert await ids("topic=渔业") == []
    assert await ids("as_of=2001-01-01T00:00:00Z") == []
    assert await ids(f"within={PROVINCE}&kind=permit&type=01&state=in_use", "/items") == items
    assert await ids(f"within={COUNTY}&kind=power", "/items") == []
    assert await ids(f"within=110000&as_of={first}", "/items") == []
    organ = register.organs["青县行政审批局"]
    assert await ids(f"organ={organ}&as_of={last}&q=测试许可2", "/items") == items[1:2]


@pytest.mark.parametrize(
    "query",
    ["as_of=yesterday", "as_of=2026-01-01T00:00:00", "level=9", "edition=%00", "service_object=%00", "cursor=e30",
     "topic=" + "x" * 101],
)  # fmt: skip
async def test_bad_filters_are_a_4xx(register: RegisterWorld, query: str) -> None:
    list_id, _ = await compiled(register, 1)
    answer = await register.get(f"/lists/{list_id}/items?{query}")
    assert 400 <= answer.status_code < 500, answer.text


@pytest.mark.parametrize("query", ["from_at=x", "from=a&from_at=2026-01-01T00:00:00Z", "from=%00", "from=a&cursor=e30"])
async def test_bad_states_are_a_4xx(register: RegisterWorld, query: str) -> None:
    list_id, _ = await compiled(register, 1)
    assert 400 <= (await register.get(f"/lists/{list_id}/differences?{query}")).status_code < 500
    assert 400 <= (await register.get(f"/lists/{list_id}/editions?cursor=WyJ4IiwieSJd")).status_code < 500
    far = await register.get(f"/lists/{list_id}/differences?from_at=9999-12-31T23:59:59-12:00")
    assert (far.status_code, far.json()["errors"][0]["pointer"]) == (422, "query/from_at")
