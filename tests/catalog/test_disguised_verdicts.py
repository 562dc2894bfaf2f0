"""Who judges suspected disguised permits, and verdicts that are kept, replayed and asked for anew."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from tests.catalog.disguised_world import cancelled, power, scan, suspects
from tests.catalog.documents_world import correct, declare, entered, open_findings, registered
from tests.catalog.register_world import CITY, COUNTY, RegisterWorld


async def test_who_looks_into_no_suspects_starts_no_scan_and_judges_none(register: RegisterWorld) -> None:
    body = {"region_code": COUNTY}
    for who in (register.token(("compiler", COUNTY)), register.token(("reviewer", "440000000000"))):
        assert (await register.post("/disguised-permits/scans", body, who=who)).status_code == 403
    await entered(register, "power", power(register, 1, conditions=["经营者经备案后方可从事测试经营"]))
    await scan(register)
    [suspect] = await suspects(register)
    path = f"/disguised-permits/{suspect['id']}"
    verdict = {"verdict": "other", "reason": "不是"}
    refused = await register.post(f"{path}/verdict", verdict, who=register.token(("compiler", COUNTY)))
    assert refused.status_code == 403
    stranger = register.token(("reviewer", "440000000000"))
    assert (await register.get(path, who=stranger)).json()["code"] == "suspect_not_found"
    assert (await register.get("/disguised-permits", who=stranger)).json()["items"] == []
    assert len((await register.get("/disguised-permits", who=register.token(("auditor", CITY)))).json()["items"]) == 1


@pytest.mark.req("ZZ-26")
async def test_a_verdict_is_kept_with_its_reason_and_replayed(register: RegisterWorld) -> None:
    await declare(register)
    [item] = await entered(register, "power", power(register, 1, conditions=["经营者经备案后方可从事测试经营"]))
    await scan(register)
    [suspect] = await suspects(register)
    path = f"/disguised-permits/{suspect['id']}/verdict"
    assert (await register.post(path, {"verdict": "lawful_filing"})).status_code == 422, "a verdict has its reason"
    reviewer = register.token(("reviewer", COUNTY))
    cleared = await register.post(path, {"verdict": "lawful_filing", "reason": "法律规定的备案"}, who=reviewer)
    assert (cleared.json()["state"], cleared.json()["verdict"]) == ("judged", "lawful_filing")
    assert await open_findings(register, "V20") == []
    assert (await scan(register))["opened"] == 0, "the same evidence is not asked about again"
    assert await suspects(register, "&state=open") == []
    await register.post(path, {"verdict": "disguised", "reason": "复核认定"}, who=reviewer)
    [finding] = await open_findings(register, "V20")
    assert finding["severity"] == "error"
    shown = (await register.get(f"/disguised-permits/{suspect['id']}")).json()
    assert [one["verdict"] for one in shown["verdicts"]] == ["disguised", "lawful_filing"]
    assert shown["verdicts"][0]["reason"] == "复核认定"
    stranger = register.token(("reviewer", "440000000000"))
    elsewhere = (await register.get("/disguised-permits/regression", who=stranger)).json()
    assert elsewhere["cases"]["disguised"] == 16, "what others judged is replayed where they may look"
    replayed = (await register.get("/disguised-permits/regression")).json()
    assert (replayed["lost"], replayed["cases"]["disguised"]) == ([], 17)
    assert [event.refs["verdict"] for event in await register.events("suspect.judged")][-2:] == [
        "lawful_filing", "disguised",
    ]  # fmt: skip
    await correct(register, item, {"conditions": ["经营者自主经营"]})
    await scan(register)
    assert (await register.get(f"/disguised-permits/{suspect['id']}")).json()["verdict"] == "disguised"


async def test_other_evidence_is_judged_anew_and_what_is_put_right_closes(register: RegisterWorld) -> None:
    await declare(register)
    [item] = await entered(register, "power", power(register, 1, conditions=["经营者经备案后方可从事测试经营"]))
    await scan(register)
    [suspect] = await suspects(register)
    path = f"/disguised-permits/{suspect['id']}"
    await register.post(f"{path}/verdict", {"verdict": "other", "reason": "说明"})
    await correct(register, item, {"conditions": ["经营者未取得认定不得从事测试经营"]})
    assert (await scan(register))["opened"] == 1
    assert (await register.get(path)).json()["state"] == "open"
    await correct(register, item, {"conditions": ["经营者自主经营"]})
    assert (await scan(register))["closed"] == 1
    assert await open_findings(register, "V20") == []
    gone = await register.post(f"{path}/verdict", {"verdict": "other", "reason": "说明"})
    assert (gone.status_code, gone.json()["code"]) == (409, "suspect_gone")


@pytest.mark.req("ZZ-26")
async def test_what_is_stopped_is_no_suspect_any_more_and_its_finding_closes(register: RegisterWorld) -> None:
    await declare(register)
    open_, judged = await entered(
        register, "power", power(register, 1, conditions=["经营者经备案后方可从事测试经营"]),
        power(register, 2, conditions=["未取得认定不得从事测试经营"]),
    )  # fmt: skip
    document = await registered(register, title="关于规范测试行业的通知", region_code=COUNTY,
                                full_text="各企业应当申请登记。未经登记的，不得开展测试活动。")  # fmt: skip
    await scan(register)
    found = {one["item_id"] or one["document_id"]: one for one in await suspects(register)}
    path = f"/disguised-permits/{found[judged]['id']}/verdict"
    await register.post(path, {"verdict": "disguised", "reason": "应停止实施"})
    assert len(await open_findings(register, "V20")) == 2
    for item in (open_, judged):
        await cancelled(register, item)
    async with register.owner.begin() as connection:
        await connection.execute(text("UPDATE qingdan.normative_document SET status = 'repealed'"))
    assert (await scan(register))["closed"] == 2
    assert await open_findings(register, "V20") == []
    states = {one["item_id"] or one["document_id"]: one["state"] for one in await suspects(register)}
    assert states == {open_: "gone", judged: "judged", document["id"]: "gone"}, "what people said stays said"
    assert (await scan(register))["closed"] == 0
