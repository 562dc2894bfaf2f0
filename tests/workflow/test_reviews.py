"""Reviews of a review system: the good ones are counted, each bad one is a complaint that has to be answered."""

from __future__ import annotations

from typing import Any

import pytest

from shared import clock
from tests.statements import counted
from tests.workflow.county import COUNTY, OTHER_COUNTY
from tests.workflow.oversight_world import COMPLAINTS, code_of, coded, credit_code, get, platform
from tests.workflow.test_tasks import tasks_of
from tests.workflow.timing import BEGIN, set_time
from tests.workflow.world import World

pytestmark = pytest.mark.usefixtures("at_the_beginning")
REVIEWS = "/workflow/v1/reviews"


@pytest.fixture
def at_the_beginning() -> Any:
    set_time(BEGIN)
    yield
    clock.use(None)


async def system(world: World, name: str = "好差评系统", **more: Any) -> None:
    await platform(world, name, scopes=("complaints",), **more)


async def review(world: World, number: str = "1", **more: Any) -> dict[str, Any]:
    return {
        "number": f"{world.suffix}-{number}", "organ_credit_code": await credit_code(world), "rating": 5,
        "reviewed_at": BEGIN.isoformat(),
    } | more  # fmt: skip


async def taken(world: World, *reviews: Any, who: str = "好差评系统") -> Any:
    answer = await world.call(who, "POST", REVIEWS, {"reviews": list(reviews)})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_only_a_system_with_the_scope_tells_of_reviews(world: World) -> None:
    await platform(world)
    body = {"reviews": [await review(world)]}
    assert code_of(await world.call("政务平台", "POST", REVIEWS, body), 403) == "insufficient_scope"
    assert (await world.call("审改办", "POST", REVIEWS, body)).status_code == 403
    assert (await world.call(None, "POST", REVIEWS, body)).status_code == 401


async def test_a_bad_row_is_told_and_the_others_are_taken(world: World) -> None:
    await system(world)
    await system(world, "外县系统", region=OTHER_COUNTY)
    rows = [
        await review(world, rating=6),
        await review(world, "2", reviewed_at="2026-03-06T10:00:00+08:00"),
        await review(world, "3", organ_credit_code="9" * 18),
        await review(world, "4", text=" "),
        "nonsense",
        await review(world, "5"),
    ]
    told = await taken(world, *rows)
    assert [row["state"] for row in told["items"]] == ["refused"] * 5 + ["taken"]
    assert [row["errors"][0]["pointer"] for row in told["items"][:4]] == [
        "/rating", "/reviewed_at", "/organ_credit_code", "/text",
    ]  # fmt: skip
    (foreign,) = (await taken(world, await review(world), who="外县系统"))["items"]
    assert foreign["errors"][0]["code"] == "foreign_organ"


@pytest.mark.req("ZZ-61")
async def test_a_bad_review_is_a_complaint_with_a_limit_and_a_good_one_is_counted(world: World) -> None:
    await system(world)
    item, code = await coded(world, "环评审批")
    bad = await review(world, "bad", rating=2, code=code, subject="attitude", text="推诿", record_number="QX1")
    mute = await review(world, "mute", rating=1)
    told = await taken(world, await review(world, "good", code=code), bad, mute, bad)
    assert (told["taken"], told["unchanged"], told["complaints"]) == (3, 1, 2)
    assert [row["complaint_id"] is None for row in told["items"]] == [True, False, False, False]
    shown = await get(world, f"{COMPLAINTS}/{told['items'][1]['complaint_id']}")
    assert (shown["source"], shown["item_id"], shown["rating"], shown["text"]) == (
        "good_bad_review", str(item), 2, "推诿",
    )  # fmt: skip
    assert shown["due_at"].startswith("2026-03-26"), "fifteen working days"
    assert shown["id"] in [task["id"] for task in await tasks_of(world, "环保编制", "&kind=complaint")]
    assert (await get(world, f"{COMPLAINTS}/{told['items'][2]['complaint_id']}"))["text"].startswith("差评")
    again = await taken(world, bad, mute)
    assert (again["unchanged"], again["complaints"]) == (2, 0)
    assert again["items"][0]["complaint_id"] == shown["id"]
    organ = world.organs["环保局"]
    found = (await get(world, f"{REVIEWS}?region={COUNTY}&organ={organ}&most=2", "环保编制"))["items"]
    assert {each["complaint_id"] for each in found} == {row["complaint_id"] for row in told["items"][1:3]}
    assert code_of(await world.call("环保编制", "GET", f"{REVIEWS}?region={COUNTY}"), 403) == "not_yours"
    figures = (await get(world, f"/workflow/v1/oversight/statistics?region={COUNTY}"))["items"]
    (mine,) = [each for each in figures if each["key"] == str(organ)]
    assert (mine["reviews"], mine["reviews_bad"], mine["complaints"]) == (3, 2, 2)
    words = await world.run("SELECT count(*) AS n FROM qingdan.event WHERE refs::text LIKE '%推诿%'")
    assert words[0].n == 0


async def test_a_bad_review_that_was_registered_by_hand_is_not_a_second_complaint(world: World) -> None:
    await system(world)
    given = await review(world, "hand", rating=1)
    by_hand = {"source": "good_bad_review", "reference": given["number"], "region_code": COUNTY,
               "organ_id": str(world.organs["环保局"]), "subject": "other", "text": "差评"}  # fmt: skip
    made = (await world.call("审改办", "POST", COMPLAINTS, by_hand)).json()
    assert (await taken(world, given))["items"][0]["complaint_id"] == made["id"]


async def test_a_batch_costs_the_same_statements_however_large_it_is(world: World) -> None:
    await system(world)
    sent = {}
    for size in (1, 40):
        rows = [await review(world, f"{size}-{number}", rating=1) for number in range(size)]
        with counted(world.engine) as statements:
            assert (await taken(world, *rows))["complaints"] == size
        sent[size] = len(statements)
    assert sent[40] == sent[1] <= 16, sent
