"""Channels of paper and people: a task with the copy, until it is confirmed with a day and evidence."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.publish.channel_world import BASE, Channelled
from tests.publish.channel_world import channelled as channelled
from tests.publish.world import REGION
from tests.workflow.files import JPEG

DAY = "2026-01-06"
REVIEWER = ("reviewer", REGION)


async def copy_of_task(channelled: Channelled, task: Any) -> httpx.Response:
    """The copy a task leads to."""
    who = channelled.token(REVIEWER)
    path = f"/publish/v1/channel-findings/{task['subject'].split('/')[1]}"
    finding = (await channelled.client.get(path, headers=who)).json()
    return await channelled.client.get(finding["href"], headers=who)


async def upload(channelled: Channelled, code: str, name: str, content: bytes) -> httpx.Response:
    path = f"{BASE}/{code}/evidence"
    return await channelled.client.post(path, headers=channelled.token(REVIEWER), files={"file": (name, content)})


async def confirm(
    channelled: Channelled, code: str, list_id: UUID, who: tuple[str, str] = REVIEWER, **given: Any
) -> httpx.Response:
    body = {"revision": 1, "posted_on": DAY} | given
    return await channelled.send("POST", f"/{code}/lists/{list_id}/postings", body, who=channelled.token(who))


async def test_what_was_not_posted_or_cannot_be_shown_is_not_confirmed(channelled: Channelled) -> None:
    list_id, _ = await channelled.world.enacted(1)
    await channelled.follow()
    code = await channelled.register("notice_board", list_id, role="reviewer")
    link = "https://www.example.gov.cn/board"
    bare = await confirm(channelled, code, list_id)
    assert (bare.status_code, bare.json()["errors"][0]["pointer"]) == (422, "/evidence_id")
    foreign = await confirm(channelled, code, list_id, evidence_id=str(UUID(int=1)))
    assert (foreign.status_code, foreign.json()["code"]) == (422, "evidence_not_found")
    refused = await upload(channelled, code, "photo.jpg", b"MZ no picture")
    assert (refused.status_code, refused.json()["code"]) == (422, "not_of_format")
    assert (await upload(channelled, code, "photo.jpg", b"")).json()["code"] == "empty_file"
    assert (await confirm(channelled, code, list_id, ("compiler", REGION), link=link)).status_code == 403
    stale = await confirm(channelled, code, list_id, revision=7, link=link)
    assert (stale.status_code, stale.json()["due_revision"]) == (409, 1)
    tomorrow = await confirm(channelled, code, list_id, posted_on="2999-01-01", link=link)
    assert tomorrow.json()["errors"][0]["code"] == "in_future"
    assert (await confirm(channelled, code, UUID(int=1), link=link)).status_code == 404
    assert (await channelled.copy(code))["state"] == "due"
    assert len(await channelled.tasks(list_id)) == 1


async def test_a_photo_may_be_as_large_as_photos_are(channelled: Channelled) -> None:
    list_id, _ = await channelled.world.enacted(1)
    code = await channelled.register("notice_board", list_id, role="reviewer")
    photo = JPEG[:-2] + b"\0" * 2_000_000 + JPEG[-2:]
    kept = await upload(channelled, code, "公告栏.jpg", photo)
    assert (kept.status_code, kept.json().get("size")) == (201, len(photo)), kept.text
    elsewhere = await channelled.send("POST", f"/{code}/lists/{list_id}/postings", {"note": "x" * 2_000_000})
    assert elsewhere.status_code == 413


@pytest.mark.req("HB-35", "ZL-35")
async def test_what_people_post_is_a_task_with_the_copy_until_it_is_confirmed_with_evidence(
    channelled: Channelled,
) -> None:
    list_id, (item, *_) = await channelled.world.enacted(2)
    code = await channelled.register("gazette", list_id, role="reviewer")
    await channelled.follow()
    (task,) = await channelled.tasks(list_id)
    assert (task["title"].startswith("发布清单：渠道"), task["role"]) == (True, "reviewer")
    paper = await copy_of_task(channelled, task)
    assert "1. 建设项目环境影响报告表审批0" in paper.text
    assert f'filename="{code}-r1-gazette.txt"' in paper.headers["content-disposition"]
    kept = (await upload(channelled, code, "公报.jpg", JPEG)).json()
    done = await confirm(channelled, code, list_id, evidence_id=kept["id"], note="公报第3期")
    assert done.status_code == 201, done.text
    assert done.json()["sha256"] == hashlib.sha256(paper.content).hexdigest()
    assert (await channelled.copy(code))["state"] == "current"
    assert await channelled.tasks(list_id) == []
    evidence = await channelled.send("GET", f"/{code}/evidence/{kept['id']}")
    assert (evidence.content, evidence.headers["content-type"]) == (JPEG, "image/jpeg")
    await channelled.world.update([item], name="改名后的事项")
    await channelled.follow()
    await channelled.late(code)
    assert (await channelled.look(code))["state"] == "late"
    assert [one["title"].partition("：")[0] for one in await channelled.tasks(list_id)] == [
        "发布清单",
        "渠道逾期未更新",
    ]
    again = await confirm(channelled, code, list_id, revision=2, link="https://www.example.gov.cn/gb/3")
    assert again.status_code == 201
    assert await channelled.tasks(list_id) == []
    log = (await channelled.send("GET", f"/{code}/postings")).json()["items"]
    assert [(one["revision"], one["evidence_name"]) for one in log] == [(2, None), (1, "公报.jpg")]
    assert await channelled.told(list_id) == ["due", "levelled", "posted", "due", "lagging", "levelled", "posted"]
