"""Files of an adjustment: who may attach and read them, what is taken, and records that rest on them."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import quote

import pytest

from services.workflow.attachments import rules
from tests.workflow.county import OTHER_COUNTY
from tests.workflow.files import ATTACHMENTS, JPEG, attached, pdf, upload
from tests.workflow.full_chain import of_act
from tests.workflow.world import BASE, DECISION, World, modify

NOBODY = "0197f3a0-0000-7000-8000-000000000003"


async def draft(world: World) -> str:
    return str((await world.open(modify(await world.item("环评审批"), name="新名称")))["id"])


async def test_a_file_is_kept_with_its_digest_and_given_out_only_to_be_saved(world: World) -> None:
    id_ = await draft(world)
    content = pdf()
    made = await attached(world, "环保编制", id_, "..\\会议 纪要.pdf", content)
    assert made["file_name"] == made["title"] == "会议 纪要.pdf"
    assert (made["sha256"], made["size"]) == (hashlib.sha256(content).hexdigest(), len(content))
    answer = await world.call("审改办", "GET", f"{ATTACHMENTS}/{made['id']}/content")
    assert answer.content == content
    headers = answer.headers
    assert headers["content-type"] == "application/pdf"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-disposition"].startswith('attachment; filename="attachment.pdf"; ')
    assert quote("会议 纪要.pdf") in headers["content-disposition"]
    assert "sandbox" in headers["content-security-policy"]
    assert headers["cache-control"] == "private, no-store"
    told = (await world.events(id_))[-2]
    assert (told["type"], told["actor"]) == ("adjustment.attached", made["uploaded_by"])
    assert made["id"] in told["refs"]
    assert made["sha256"] in told["refs"]
    assert "纪要" not in told["refs"]
    [listed] = (await world.call("审改办", "GET", f"{BASE}/{id_}/attachments")).json()["items"]
    assert listed["id"] == made["id"]
    page = await world.read(id_)
    assert [each["id"] for each in page["attachments"]] == [made["id"]]
    assert "上传附件" in [each["title"] for each in page["timeline"]]


async def test_the_same_content_is_kept_once_and_a_bare_body_is_taken_as_well(world: World) -> None:
    id_ = await draft(world)
    first = await attached(world, "环保编制", id_)
    second = await attached(world, "环保编制", id_, "另一个名称.pdf")
    assert second["id"] == first["id"]
    assert [event["type"] for event in await world.events(id_)].count("adjustment.attached") == 1
    headers = {"Authorization": f"Bearer {world.token('环保编制')}", "Content-Type": "application/octet-stream"}
    path = f"{ATTACHMENTS}?adjustment_id={id_}&title={quote('现场照片')}"
    bare = await world.client.post(f"{path}&file_name=a.jpg", content=JPEG, headers=headers)
    assert (bare.status_code, bare.json()["title"], bare.json()["media_type"]) == (201, "现场照片", "image/jpeg")
    nameless = await world.client.post(path, content=JPEG, headers=headers)
    assert (nameless.status_code, nameless.json()["errors"][0]["pointer"]) == (422, "query/file_name")


async def test_what_is_not_taken_is_refused_with_its_reason_and_leaves_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    id_ = await draft(world)
    for name, content, status, code in (
        ("a.exe", b"MZ", 422, "format_not_taken"),
        ("a.pdf", JPEG, 422, "not_of_format"),
        ("a.txt", b"", 422, "empty_file"),
        ("a.pdf", pdf(b"/OpenAction<</S/JavaScript>>"), 422, "active_content"),
        ("\0.pdf", b"x", 422, "not_of_format"),
        ("a.txt", b"x" * (rules.LARGEST_FILE + 1), 413, "too_large"),
    ):
        answer = await upload(world, "环保编制", id_, name, content)
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    sent = {"Authorization": f"Bearer {world.token('环保编制')}"}
    path = f"{ATTACHMENTS}?adjustment_id={id_}"
    for body in ({"json": {}}, {"data": {"file": "x"}}, {"content": b"x", "headers": {"Content-Type": "text/plain"}}):
        wrong: Any = body
        answer = await world.client.post(path, **wrong | {"headers": sent | wrong.get("headers", {})})
        assert (answer.status_code, answer.json()["code"]) == (400, "unsupported_content_type"), answer.text
    broken = sent | {"Content-Type": "multipart/form-data"}
    answer = await world.client.post(path, content=b"--x", headers=broken)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_form")
    monkeypatch.setattr(rules, "MOST_FILES", 0)
    answer = await upload(world, "环保编制", id_, "a.pdf", pdf())
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_attachments")
    assert (await world.read(id_))["attachments"] == []


async def test_only_who_may_see_the_adjustment_sees_that_there_is_a_file(world: World) -> None:
    world.person("外县编制", ("compiler", OTHER_COUNTY, None))
    id_ = await draft(world)
    made = await attached(world, "环保编制", id_)
    for path in (f"{ATTACHMENTS}/{made['id']}", f"{ATTACHMENTS}/{made['id']}/content", f"{BASE}/{id_}/attachments"):
        assert (await world.call("外县编制", "GET", path)).status_code == 404, path
        assert (await world.call(None, "GET", path)).status_code == 401, path
        assert (await world.call("审改办", "GET", path)).status_code == 200, path
    assert (await upload(world, "外县编制", id_, "a.pdf", pdf())).status_code == 404
    assert (await upload(world, None, id_, "a.pdf", pdf())).status_code == 401
    assert (await upload(world, "环保编制", NOBODY, "a.pdf", pdf())).status_code == 404
    assert (await world.call("审改办", "GET", f"{ATTACHMENTS}/{NOBODY}")).status_code == 404


async def test_only_those_with_whom_it_lies_attach_files_each_at_his_step(world: World) -> None:
    await world.bind("full", "modify")
    opened = await world.until("checking", modify(await world.item("环评审批"), name="新名称"))
    id_ = opened["id"]
    for who in ("环保编制", "环保局长", "审改办", "县政府"):
        refused = await upload(world, who, id_, "a.pdf", pdf())
        assert (refused.status_code, refused.json()["code"]) == (403, "not_taking_part"), who
    await world.validated(id_)
    scan = await attached(world, "环保局长", id_, "盖章件.pdf")
    [signing] = of_act(await world.read(id_), "sign")
    assert scan["step_id"] == signing["id"]
    assert (await upload(world, "住建局长", id_, "b.pdf", pdf(b"/A 1"))).status_code == 403
    assert (await upload(world, "环保编制", id_, "b.pdf", pdf(b"/A 1"))).status_code == 403
    other = await upload(world, "环保局长", id_, "b.pdf", pdf(b"/A 1"), f"&step_id={NOBODY}")
    assert (other.status_code, other.json()["errors"][0]["pointer"]) == (422, "query/step_id")
    accounts = (await world.read(id_))["compiled_by"]
    assert str(world.tokens.people[world.token("环保局长")].account_id) not in accounts, "he may still sign"


async def test_a_record_that_rests_on_a_file_has_its_digest_and_no_other(world: World) -> None:
    opened = await world.until("signing", modify(await world.item("环评审批"), name="新名称"))
    id_ = opened["id"]
    elsewhere = await draft(world)
    foreign = await attached(world, "环保编制", elsewhere, "别的.pdf", pdf(b"/Other 1"))
    scan = await attached(world, "环保局长", id_, "盖章件.pdf")
    for seal, pointer in (
        ({"attachment_id": NOBODY}, "/seal/attachment_id"),
        ({"attachment_id": foreign["id"]}, "/seal/attachment_id"),
        ({"attachment_id": scan["id"], "sha256": "5f" * 32}, "/seal/sha256"),
        ({"sha256": scan["sha256"]}, "/seal"),
    ):
        answer = await world.act("环保局长", id_, "sign", {"seal": seal})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer), answer.text
    assert (await world.act("环保局长", id_, "sign", {"seal": {"attachment_id": scan["id"]}})).status_code == 200
    [signed] = of_act(await world.read(id_), "sign")
    assert signed["record"]["seal"] == {
        "attachment_id": scan["id"], "reference": "盖章件.pdf", "sha256": scan["sha256"],
    }  # fmt: skip
    await world.act("审改办", id_, "review", {"outcome": "pass"})
    minutes = await attached(world, "县政府", id_, "常务会议纪要.pdf", pdf(b"/Minutes 1"))
    body = {"decision": DECISION, "document": {"attachment_id": minutes["id"], "reference": "青政纪〔2026〕3号"}}
    wrong = await world.act("县政府", id_, "decide", body | {"document": {"attachment_id": foreign["id"]}})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/document/attachment_id")
    assert (await world.act("县政府", id_, "decide", body)).status_code == 200
    [decided] = of_act(await world.read(id_), "decide")
    assert decided["record"]["document"]["sha256"] == minutes["sha256"]
    assert decided["record"]["document"]["reference"] == "青政纪〔2026〕3号"


async def test_what_was_attached_stays_when_the_adjustment_is_taken_back(world: World) -> None:
    id_ = await draft(world)
    made = await attached(world, "环保编制", id_)
    assert (await world.act("环保编制", id_, "withdraw", {"reason": "不再需要"})).status_code == 200
    assert (await world.call("环保编制", "GET", f"{ATTACHMENTS}/{made['id']}/content")).content == pdf()
    assert (await upload(world, "环保编制", id_, "b.pdf", pdf(b"/A 1"))).status_code == 403
