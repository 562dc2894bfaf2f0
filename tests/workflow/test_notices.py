"""Notices that commend and criticise: drafted with the evidence of each name, approved by another, then fixed."""

import hashlib
import io
from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import docx
import pytest
import pytest_asyncio
from sqlalchemy.exc import IntegrityError

from tests.workflow.campaigning import CAMPAIGNS, PAPER, act, at, enact, kind, milestone, owed, plan, set_time, started
from tests.workflow.county import COUNTY
from tests.workflow.september import september, settled
from tests.workflow.world import World

NOTICES = "/workflow/v1/notices"


@pytest_asyncio.fixture
async def county(world: World) -> AsyncIterator[World]:
    await settled(world)
    yield world
    await world.run("UPDATE qingdan.campaign SET state = 'closed' WHERE state = 'running'")


async def drafted(county: World, campaign: Any, **more: Any) -> Any:
    body = {"kind": "criticism", "first_day": "2017-09-01", "last_day": "2017-09-30"} | more
    answer = await county.call("放管服组", "POST", f"{CAMPAIGNS}/{campaign['id']}/notices", body)
    assert answer.status_code == 201, answer.text
    return answer.json()


APPROVAL = {"number": "青政办通报〔2017〕3号", "issued_on": "2017-10-02"}


@pytest.mark.req("QX-63", "ZL-56")
async def test_a_criticism_names_units_with_their_overdue_items_and_never_changes_once_approved(county: World) -> None:
    campaign = await september(county)
    path = f"{CAMPAIGNS}/{campaign['id']}/notices"
    for who, status in (("环保编制", 403), ("县政府", 403), ("外县政府", 404)):
        assert (await county.call(who, "POST", path, {"kind": "criticism"})).status_code == status, who
    for wrong in ({"kind": "x"}, {"kind": "criticism", "names": []}, {"kind": "criticism", "reasons": []},
                  {"kind": "criticism", "title": "\0"}):  # fmt: skip
        assert (await county.call("放管服组", "POST", path, wrong)).status_code == 422, wrong
    notice = await drafted(county, campaign)
    assert [(each["name"], each["level"]) for each in notice["names"]] == [
        ("住建局", "criticism"), ("青县开发区", "criticism"), ("外单位", "reminder"), ("环保局", "reminder"),
    ]  # fmt: skip
    first = notice["names"][0]
    assert [(each["subject"], each["reason"], each["days_late"]) for each in first["evidence"]] == [
        ("report", "not_reported", 25), ("list", "slow", 10),
    ]  # fmt: skip
    own = f"{NOTICES}/{notice['id']}"
    assert (await county.call("环保编制", "GET", own)).status_code == 404, "a draft is not for those it names"
    inbox = (await county.call("县政府", "GET", "/workflow/v1/tasks?kind=notice")).json()["items"]
    assert own in [task["href"] for task in inbox]
    left = {"title": "通报", "preamble": "通报如下。\n请整改。",
            "omitted": [{"unit": notice["names"][2]["unit"], "reason": "另行约谈"}]}  # fmt: skip
    assert (await county.call("放管服组", "PUT", own, left)).status_code == 428
    strange = left | {"omitted": [{"unit": "organ:nobody", "reason": "x"}]}
    refused = await county.call("放管服组", "PUT", own, strange, **{"If-Match": '"1"'})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/omitted/0/unit")
    changed = await county.call("放管服组", "PUT", own, left, **{"If-Match": '"1"'})
    assert [each["name"] for each in changed.json()["names"]] == ["住建局", "青县开发区", "环保局"]
    approve, tag = f"{own}/approve", {"If-Match": changed.headers["etag"]}
    assert (await county.call("放管服组", "POST", approve, APPROVAL, **tag)).status_code == 403
    assert (await county.call("县政府", "POST", approve, APPROVAL)).status_code == 428
    early = APPROVAL | {"issued_on": "2017-09-29"}
    assert (await county.call("县政府", "POST", approve, early, **tag)).status_code == 422
    done = await county.call("县政府", "POST", approve, APPROVAL, **tag)
    assert (done.status_code, done.json()["state"], done.json()["allowed"]) == (200, "approved", [])
    await proves_itself(county, done.json())


async def proves_itself(county: World, notice: Any) -> None:
    """Content and document have the digests that were told, and nobody can change a byte."""
    own = f"{NOTICES}/{notice['id']}"
    content = await county.call("环保编制", "GET", f"{own}/content")
    assert hashlib.sha256(content.content).hexdigest() == notice["content_hash"]
    assert [each["name"] for each in content.json()["names"]] == [each["name"] for each in notice["names"]]
    assert "另行约谈" not in content.text
    document = await county.call("环保编制", "GET", f"{own}/document")
    assert hashlib.sha256(document.content).hexdigest() == notice["file_hash"]
    said = docx.Document(io.BytesIO(document.content))
    rows = [[cell.text for cell in row.cells] for row in said.tables[0].rows]
    assert [row[1] for row in rows[1:]] == ["住建局", "青县开发区", "环保局"]
    assert "未完成，已逾期10天" in rows[1][3]
    assert notice["number"] in [paragraph.text for paragraph in said.paragraphs]
    told = await county.run(
        "SELECT refs FROM qingdan.event WHERE type = 'notice.approved' AND refs->>'notice' = :id", id=notice["id"]
    )
    assert [row.refs["content_hash"] for row in told] == [notice["content_hash"]]
    tag = {"If-Match": "*"}
    change = {"title": "别的", "preamble": "别的", "omitted": []}
    assert (await county.call("放管服组", "PUT", own, change, **tag)).status_code == 409
    assert (await county.call("县政府", "POST", f"{own}/approve", APPROVAL, **tag)).status_code == 409
    assert (await county.call("县政府", "POST", f"{own}/discard", {"reason": "x"}, **tag)).status_code == 409
    for statement in ("UPDATE qingdan.notice SET title = '别的'", "DELETE FROM qingdan.notice"):
        with pytest.raises(IntegrityError):
            await county.run(f"{statement} WHERE id = CAST(:id AS uuid)", id=notice["id"])


@pytest.mark.req("HB-40")
async def test_what_was_criticised_and_is_still_not_done_is_to_be_accounted_for(county: World) -> None:
    campaign = await september(county)
    notice = await drafted(county, campaign, reasons=["slow"])
    assert [each["name"] for each in notice["names"]] == ["住建局", "青县开发区"]
    answer = await county.call("县政府", "POST", f"{NOTICES}/{notice['id']}/approve", APPROVAL, **{"If-Match": '"1"'})
    assert answer.status_code == 200, answer.text
    set_time(at(2017, 10, 20))
    await enact(county, "sb", at(2017, 10, 12))
    later = (await county.call("放管服组", "GET", f"{CAMPAIGNS}/{campaign['id']}/standings")).json()["items"]
    levels = {each["name"]: each["level"] for each in later}
    assert (levels["青县开发区"], levels["住建局"]) == ("accountability", "criticism"), (
        "the one has done its list since"
    )


async def test_a_draft_whose_ground_has_gone_is_not_approved(county: World) -> None:
    campaign = await september(county)
    notice = await drafted(county, campaign)
    overdue = next(one for one in await owed(county, campaign, "overdue=true&subject=list") if one["organ_name"])
    assert (await act(county, "放管服组", overdue, "waive", {"reason": "无此类事项"})).status_code == 200
    path = f"{NOTICES}/{notice['id']}"
    refused = await county.call("县政府", "POST", f"{path}/approve", APPROVAL, **{"If-Match": '"1"'})
    assert (refused.status_code, refused.json()["code"]) == (409, "evidence_changed")
    assert refused.json()["units"] == ["住建局"]
    assert (await county.call("环保编制", "POST", f"{path}/discard", {"reason": "重新起草"})).status_code == 404
    gone = await county.call("放管服组", "POST", f"{path}/discard", {"reason": "重新起草"})
    assert (gone.status_code, gone.json()["state"]) == (200, "discarded")
    open_ = (await county.call("县政府", "GET", "/workflow/v1/tasks?kind=notice")).json()["items"]
    assert notice["id"] not in [task["id"] for task in open_]


async def test_who_drafts_does_not_approve_even_with_both_roles(county: World) -> None:
    county.person("两职", ("coordination_group", COUNTY, None), ("decider", COUNTY, None))
    campaign = await september(county)
    answer = await county.call("两职", "POST", f"{CAMPAIGNS}/{campaign['id']}/notices", {"kind": "criticism"})
    path = f"{NOTICES}/{answer.json()['id']}/approve"
    refused = await county.call("两职", "POST", path, APPROVAL, **{"If-Match": '"1"'})
    assert (refused.status_code, refused.json()["code"]) == (403, "own_draft")


async def test_who_leaves_a_unit_out_does_not_approve_what_is_left(county: World) -> None:
    county.person("两职", ("coordination_group", COUNTY, None), ("decider", COUNTY, None))
    notice = await drafted(county, await september(county))
    own = f"{NOTICES}/{notice['id']}"
    left = {"title": "通报", "preamble": "通报如下。",
            "omitted": [{"unit": notice["names"][0]["unit"], "reason": "另行约谈"}]}  # fmt: skip
    changed = await county.call("两职", "PUT", own, left, **{"If-Match": '"1"'})
    assert changed.status_code == 200, changed.text
    tag = {"If-Match": changed.headers["etag"]}
    refused = await county.call("两职", "POST", f"{own}/approve", APPROVAL, **tag)
    assert (refused.status_code, refused.json()["code"]) == (403, "own_draft")
    assert (await county.call("县政府", "POST", f"{own}/approve", APPROVAL, **tag)).status_code == 200


async def test_a_title_that_looks_like_a_mark_of_ours_is_only_a_title(county: World) -> None:
    notice = await drafted(county, await september(county), title="@rows@ <w:tbl></w:tr>")
    answer = await county.call("放管服组", "GET", f"{NOTICES}/{notice['id']}/document")
    assert answer.status_code == 200, answer.text
    said = docx.Document(io.BytesIO(answer.content))
    assert said.paragraphs[0].text == "@rows@ <w:tbl></w:tr>"
    assert [row.cells[1].text for row in said.tables[0].rows][:2] == ["单位", "住建局"]


async def test_what_was_due_on_the_last_day_of_the_period_is_not_late_by_no_days(county: World) -> None:
    first = await kind(county, "ld", "清单甲", lead="住建局")
    campaign = await started(county, plan(milestone(1, "list", "lead", date(2017, 9, 30), kinds=[first])))
    set_time(at(2017, 10, 2))
    notice = await drafted(county, campaign)
    document = await county.call("放管服组", "GET", f"{NOTICES}/{notice['id']}/document")
    said = docx.Document(io.BytesIO(document.content))
    (row,) = said.tables[0].rows[1:]
    assert row.cells[3].text.endswith("应于2017年9月30日前完成，到期未完成")


@pytest.mark.req("QX-63")
async def test_a_commendation_names_those_who_did_everything_in_time_equal_ones_together(county: World) -> None:
    first, second = await kind(county, "pa", "清单甲"), await kind(county, "pb", "清单乙", lead="住建局")
    body = plan(milestone(1, "list", "lead", date(2017, 9, 20), kinds=[first, second]),
                milestone(2, "plan", "lead", date(2017, 7, 20), kinds=[]))  # fmt: skip
    body["milestones"][1] |= {"unit": "obliged"}
    campaign = await started(county, body)
    path = f"{CAMPAIGNS}/{campaign['id']}/notices"
    early = await county.call("放管服组", "POST", path, {"kind": "commendation"})
    assert (early.status_code, early.json()["code"]) == (409, "nobody_named"), "nothing was due yet"
    for one, who in ((each, "牵头单位" if each["organ_name"] == "环保局" else "住建牵头")
                     for each in await owed(county, campaign, "subject=plan")):  # fmt: skip
        assert (await act(county, who, one, "submit", PAPER)).status_code == 200
    set_time(at(2017, 8, 1))
    ahead = await county.call("放管服组", "POST", path, {"kind": "commendation", "last_day": "2017-09-30"})
    assert (ahead.status_code, ahead.json()["errors"][0]["pointer"]) == (422, "/last_day"), "not over yet"
    notice = (await county.call("放管服组", "POST", path, {"kind": "commendation", "best": 1})).json()
    assert [(each["name"], each["rank"], each["tied"]) for each in notice["names"]] == [
        ("住建局", 1, True), ("环保局", 1, True),
    ]  # fmt: skip
    assert [each["outcome"] for name in notice["names"] for each in name["evidence"]] == ["in_time", "in_time"]
    draft = await county.call("放管服组", "GET", f"{NOTICES}/{notice['id']}/document")
    assert "（草稿，未签发）" in [each.text for each in docx.Document(io.BytesIO(draft.content)).paragraphs]
    listed = (await county.call("放管服组", "GET", f"{path}?kind=commendation&state=draft")).json()["items"]
    assert [(each["id"], each["named"]) for each in listed] == [(notice["id"], 2)]
    assert (await county.call("环保编制", "GET", path)).json()["items"] == []
