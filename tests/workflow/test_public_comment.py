"""Public comment: a period that opens and closes, comments of anybody, an answer to each, a published summary."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

from services.publish.app import app as publish_app
from shared import clock
from tests.statements import counted
from tests.workflow.conftest import as_role
from tests.workflow.county import OTHER_COUNTY
from tests.workflow.full_chain import of_act
from tests.workflow.preparing import CALL, assessing, later, prepared_so_far
from tests.workflow.world import World

PERIODS = "/publish/v1/comment-periods"
SAID = {"said_by": "enterprise", "text": "建议同时取消场地证明。"}


@pytest_asyncio.fixture(scope="module")
async def public(database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """Anybody, at the publish service."""
    engine = as_role(database_url, "publish")
    publish_app.state.engine = engine
    transport = httpx.ASGITransport(app=publish_app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://publish", timeout=60) as client:
        yield client
    await engine.dispose()


@pytest_asyncio.fixture
async def asking(full: World) -> World:
    """A county that asks the public before it decides."""
    await assessing(full)
    return full


async def asked(world: World) -> tuple[str, str]:
    """An adjustment about which the public is being asked: its id and that of the period."""
    id_ = await prepared_so_far(world)
    opened = await world.act("审批服务局", id_, "comment-period", CALL)
    assert opened.status_code == 201, opened.text
    return id_, opened.json()["id"]


async def say(public: httpx.AsyncClient, period: str, **more: Any) -> httpx.Response:
    return await public.post(f"{PERIODS}/{period}/comments", json=SAID | more)


async def said(world: World, period: str, number: int, minutes: int = 0) -> None:
    """So many comments of others, some minutes from now."""
    await world.run(
        "INSERT INTO qingdan.public_comment (id, period_id, said_by, text, text_digest, receipt_hash, received_at)"
        " SELECT gen_random_uuid(), CAST(:period AS uuid), 'citizen', 'x', sha256(CAST(CAST(n AS text) AS bytea)),"
        "  sha256(CAST('r' || n || :period AS bytea)), :at FROM generate_series(1, CAST(:number AS int)) AS n",
        period=period,
        number=number,
        at=clock.now() + timedelta(minutes=minutes),
    )


async def comments(world: World, id_: str, query: str = "") -> list[Any]:
    answer = await world.call("审批服务局", "GET", f"/workflow/v1/adjustments/{id_}/comments{query}")
    assert answer.status_code == 200, answer.text
    items: list[Any] = answer.json()["items"]
    return items


async def test_only_whoever_organises_it_asks_the_public_and_not_for_too_short_a_time(asking: World) -> None:
    id_ = await prepared_so_far(asking)
    for who in ("环保编制", "县政府", "司法局", "行政审批局"):
        assert (await asking.act(who, id_, "comment-period", CALL)).status_code == 403, who
    for body, pointer in (
        (CALL | {"days": 29}, "/days"),
        (CALL | {"days": 10**9}, "/days"),
        (CALL | {"title": " "}, "/title"),
        (CALL | {"explanation": "a\0b"}, "/explanation"),
        (CALL | {"documents": [{"title": "草案", "reference": "ftp://a"}]}, "/documents/0/reference"),
    ):
        answer = await asking.act("审批服务局", id_, "comment-period", body)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer), answer.text
    early = await asking.act("审批服务局", id_, "comment-summary", {"outcome": "pass", "summary": "无"})
    assert (early.status_code, early.json()["code"]) == (409, "no_period")
    left_out = await asking.act("审批服务局", id_, "comment-summary", {"outcome": "omitted", "summary": "无须征求"})
    assert (left_out.status_code, left_out.json()["code"]) == (409, "step_not_optional")
    assert (await asking.act("审批服务局", id_, "comment-period", CALL)).status_code == 201
    again = await asking.act("审批服务局", id_, "comment-period", CALL)
    assert (again.status_code, again.json()["code"]) == (409, "period_exists")


@pytest.mark.req("ZL-49")
async def test_what_is_no_comment_is_refused_and_too_many_are_put_off(asking: World, public: httpx.AsyncClient) -> None:
    _, period = await asked(asking)
    for body in (
        {},
        {"text": "短"},
        {"text": "!!!!!!!!!!"},
        {"text": "好" * 4001},
        {"text": "a\0bcdefgh"},
        {"text": "便宜 http://a.cn http://b.cn http://c.cn"},
        SAID | {"said_by": "robot"},
        SAID | {"more": 1},
    ):
        answer = await public.post(f"{PERIODS}/{period}/comments", json=body)
        assert answer.status_code == 422, answer.text
    raw = b'{"text": "\\ud800\\ud800\\ud800\\ud800\\ud800abcdefg"}'
    lone = await public.post(f"{PERIODS}/{period}/comments", content=raw, headers={"Content-Type": "application/json"})
    assert lone.status_code in (400, 422)
    assert (await say(public, "x")).status_code == 422
    assert (await say(public, "0197f3a0-0000-7000-8000-000000000999")).status_code == 404
    assert (await say(public, period)).status_code == 201
    twice = await say(public, period, text="  建议，同时取消 场地证明！ ")
    assert (twice.status_code, twice.json()["code"]) == (409, "duplicate_comment")
    await said(asking, period, 60)
    flood = await say(public, period, text="这一条来得太快了")
    assert (flood.status_code, flood.json()["code"], flood.headers["retry-after"]) == (429, "comments_too_fast", "60")


@pytest.mark.req("ZL-49")
async def test_what_is_asked_is_read_by_everybody_and_what_is_said_only_by_those_who_see_the_draft(
    asking: World, public: httpx.AsyncClient
) -> None:
    id_, period = await asked(asking)
    listed = (await public.get(f"{PERIODS}?region=130900000000&open=true")).json()["items"]
    assert period in [each["id"] for each in listed], "the city's people see what its counties ask"
    elsewhere = (await public.get(f"{PERIODS}?region={OTHER_COUNTY}")).json()["items"]
    assert period not in [each["id"] for each in elsewhere]
    assert (await say(public, period)).status_code == 201
    told_of = await asking.run("SELECT refs FROM qingdan.event WHERE type = 'public_comment.received'")
    assert told_of
    assert "场地证明" not in str([dict(row) for row in told_of])
    unseen = await asking.call("外县政府", "GET", f"/workflow/v1/adjustments/{id_}/comments")
    assert unseen.status_code == 404


@pytest.mark.req("ZL-49")
async def test_anybody_comments_everybody_is_answered_and_the_summary_is_public(
    asking: World, public: httpx.AsyncClient
) -> None:
    id_, period = await asked(asking)
    first, spam = await say(public, period), await say(public, period, text="低价代办各类证照，欢迎咨询")
    receipt = first.json()["receipt"]
    assert [each["outcome"] for each in await comments(asking, id_)] == [None, None]
    one, other = (each["id"] for each in await comments(asking, id_, "?waiting=true"))
    answers = [{"comment_id": one, "outcome": "adopted", "answer": "已采纳。"}]
    unexplained = [{"comment_id": one, "outcome": "not_adopted"}]
    assert (await asking.act("审批服务局", id_, "comment-answers", {"answers": unexplained})).status_code == 422
    assert (await asking.act("环保编制", id_, "comment-answers", {"answers": answers})).status_code == 403
    assert (await asking.act("审批服务局", id_, "comment-answers", {"answers": answers})).status_code == 200
    again = await asking.act("审批服务局", id_, "comment-answers", {"answers": answers})
    assert (again.status_code, again.json()["code"]) == (409, "already_answered")
    told = (await public.post("/publish/v1/comments/readings", json={"receipt": receipt})).json()
    assert (told["outcome_title"], told["answer"]) == ("采纳", "已采纳。")
    assert (await public.get(f"{PERIODS}/{period}/answers")).json()["items"] == [], "not before the summary"
    open_still = await asking.act("审批服务局", id_, "comment-summary", {"outcome": "pass", "summary": "采纳1条"})
    assert (open_still.status_code, open_still.json()["code"]) == (409, "period_open")
    later(days=32)
    late = await say(public, period, text="现在说还来得及吗")
    assert (late.status_code, late.json()["code"]) == (409, "period_closed")
    waiting = await asking.act("审批服务局", id_, "comment-summary", {"outcome": "pass", "summary": "采纳1条"})
    assert (waiting.status_code, waiting.json()["waiting"]) == (409, 1)
    dismissed = {"answers": [{"comment_id": other, "outcome": "dismissed"}]}
    assert (await asking.act("审批服务局", id_, "comment-answers", dismissed)).status_code == 200
    done = await asking.act("审批服务局", id_, "comment-summary", {"outcome": "pass", "summary": "采纳1条"})
    assert done.status_code == 200, done.text
    shown = (await public.get(f"{PERIODS}/{period}/answers")).json()["items"]
    assert [(each["said_by_title"], each["outcome_title"]) for each in shown] == [("企业", "采纳")]
    assert (await public.get(f"{PERIODS}/{period}")).json()["summary"] == "采纳1条"
    [step] = of_act(await asking.read(id_), "comment")
    assert (step["state"], step["record"]["comments"]["total"]) == ("passed", 2)
    assert spam.status_code == 201


async def test_a_draft_that_is_sent_back_is_not_open_any_more(asking: World, public: httpx.AsyncClient) -> None:
    id_, period = await asked(asking)
    withdrawn = await asking.act("环保编制", id_, "withdraw", {"reason": "暂缓"})
    assert withdrawn.status_code == 200
    late = await say(public, period)
    assert (late.status_code, late.json()["code"]) == (409, "period_closed")
    assert (await public.get(f"{PERIODS}/{period}")).json()["open"] is False


async def test_comments_cost_the_same_however_many_have_come(asking: World, public: httpx.AsyncClient) -> None:
    _, period = await asked(asking)
    sent = []
    for text in ("第一条意见在此", "第二条意见在此"):
        with counted(publish_app.state.engine) as statements:
            assert (await say(public, period, text=text)).status_code == 201
        sent.append(len(statements))
    assert sent[0] == sent[1] <= 6, sent


@pytest.mark.req("ZL-49")
async def test_of_comments_that_come_at_once_no_more_than_the_bound_are_taken(
    asking: World, public: httpx.AsyncClient
) -> None:
    _, period = await asked(asking)
    await said(asking, period, 57)
    answers = await asyncio.gather(*(say(public, period, text=f"同时提出的第{n}条意见") for n in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] * 3 + [429] * 5


@pytest.mark.req("ZL-49")
async def test_rubbish_that_was_dismissed_takes_nobodys_place(asking: World, public: httpx.AsyncClient) -> None:
    _, period = await asked(asking)
    await said(asking, period, 20_000, minutes=-5)
    full = await say(public, period)
    assert (full.status_code, full.json()["code"]) == (429, "comments_full")
    await asking.run(
        "INSERT INTO qingdan.comment_answer (id, period_id, outcome, answered_by, answered_at)"
        " SELECT id, period_id, 'dismissed', 'account:x', now() FROM qingdan.public_comment"
        " WHERE period_id = CAST(:period AS uuid) LIMIT 1",
        period=period,
    )
    assert (await say(public, period)).status_code == 201


@pytest.mark.req("ZL-49")
async def test_what_was_asked_is_found_beside_the_list_that_shows_what_was_decided(
    asking: World, public: httpx.AsyncClient
) -> None:
    id_, period = await asked(asking)
    permits = str(asking.lists["permit"])
    before = (await public.get(f"{PERIODS}?list_id={permits}")).json()["items"]
    assert period not in [each["id"] for each in before]
    await asking.run(
        "INSERT INTO qingdan.list_revision (list_id, revision, hash, entries, adjustment_id, effective_at)"
        " VALUES (CAST(:list AS uuid), 7, '\\x00', 1, CAST(:id AS uuid), now())",
        list=permits,
        id=id_,
    )
    after = (await public.get(f"{PERIODS}?list_id={permits}")).json()["items"]
    assert [each["id"] for each in after] == [period]
    assert (await public.get(f"{PERIODS}?list_id=x")).status_code == 422
