"""Suspected disguised permits over HTTP: what a scan finds in entries and documents, and what it leaves."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from services.catalog.disguised import scan as scanning
from services.catalog.documents.consumers import CONSUMERS
from tests.catalog.disguised_world import cancelled, power, scan, suspects
from tests.catalog.documents_world import declare, drain, entered, open_findings, registered
from tests.catalog.register_world import COUNTY, PROVINCE, RegisterWorld, organ_code
from tests.statements import counted

ASSOCIATION = "青县测试行业协会"


def signals(suspect: dict[str, Any]) -> set[str]:
    return {one["signal"] for one in suspect["signals"]}


@pytest.mark.req("ZZ-26", "ZZ-28")
async def test_a_power_that_must_be_approved_first_is_a_suspect_with_its_evidence(register: RegisterWorld) -> None:
    await declare(register)
    disguised, _lawful, inside = await entered(
        register, "power",
        power(register, 1, name="户外测试经营备案", conditions=["经营者经备案后方可从事测试经营"]),
        power(register, 2, name="分店备案", conditions=["经营者设立分店后十日内向主管部门备案"]),
        power(register, 3, name="公车登记", conditions=["经登记后方可使用"], service_objects=["government"]),
    )  # fmt: skip
    await entered(register, "permit", register.permit(9, conditions=["未经许可不得经营"]))
    result = await scan(register)
    assert (result["suspected"], result["opened"]) == (1, 1)
    [suspect] = await suspects(register)
    assert (suspect["item_id"], suspect["state"], suspect["pattern"]) == (disguised, "open", "disguised")
    assert suspect["notice"].startswith("疑似")
    assert signals(suspect) >= {"S1", "S2", "S3", "S4", "S6"}
    [first] = [one for one in suspect["signals"] if one["signal"] == "S4"]
    assert (first["weight"], first["hits"][0]["path"], first["hits"][0]["term"]) == (4, "/conditions/0", "P2")
    [finding] = await open_findings(register, "V20")
    assert (finding["item_id"], finding["severity"]) == (disguised, "warn")
    assert finding["message"].startswith("疑似变相许可")
    event = (await register.events("suspect.opened"))[-1]
    assert event.refs == {"suspects": [suspect["id"]]}
    assert inside not in str(event.refs)


async def test_lists_that_nobody_applies_by_are_not_looked_through(register: RegisterWorld) -> None:
    body = {"implementing_body": str(register.organs["青县行政审批局"])}
    basis = [{"document": "条例", "article": "第一条", "kind": "set", "document_kind": "local_regulation"}]
    words = "企业未取得许可不得经营"
    duty = {"section": "duty", "duty_category": "other", "duty_content": [words]}
    lists = {
        "responsibility": body | duty, "work_safety_responsibility": body | {"duty_content": [words]},
        "environment_responsibility": body | {"duty_content": [words]},
        "prohibited_investment": {"industry_code": "C2511", "prohibition": words},
    }  # fmt: skip
    for kind, entry in lists.items():
        await entered(register, kind, {"name": "某行业", "basis": basis} | entry)
    assert (await scan(register))["looked_at"] == 0


@pytest.mark.req("ZZ-30")
async def test_a_condition_that_the_superior_does_not_have_is_told_with_the_complaint(register: RegisterWorld) -> None:
    await declare(register)
    kept = ["有固定的经营场所", "有专业技术人员"]
    await entered(register, "permit", register.permit(1, conditions=kept), region=PROVINCE)
    base = register.permit(1)["base_code"]
    local = register.permit(2, base_code=base, implementation_code=f"{organ_code(1)}4{base}",
                            conditions=[*kept, "须先加入测试行业协会并缴纳保证金"])  # fmt: skip
    local["implementation_code"] = f"{organ_code(2)}4{base}"
    local["implementing_body"] = str(register.organs["青县市场监督管理局"])
    [item] = await entered(register, "permit", local, organ="青县市场监督管理局")
    await scan(register)
    [suspect] = await suspects(register, "&pattern=precondition")
    assert suspect["item_id"] == item
    [signal] = [one for one in suspect["signals"] if one["signal"] == "S9"]
    assert [hit["path"] for hit in signal["hits"]] == ["/conditions/2"]
    complaint = {"reference": "12345-2026-0001"}
    linked = await register.post(f"/disguised-permits/{suspect['id']}/complaints", complaint)
    assert linked.json()["complaints"] == ["12345-2026-0001"]
    assert (await register.post(f"/disguised-permits/{suspect['id']}/complaints", complaint)).status_code == 409
    assert len(await register.events("suspect.complaint_linked")) == 1


@pytest.mark.req("ZZ-31")
async def test_an_association_that_goes_on_with_a_cancelled_permit_is_a_suspect(register: RegisterWorld) -> None:
    await declare(register, *CONSUMERS)
    row = {"name": ASSOCIATION, "kind": "institution_with_administrative_duties", "credit_code": organ_code(9),
           "region_code": COUNTY, "administrative_subject": True}  # fmt: skip
    answer = (await register.put("/organs", {"items": [row]})).json()
    register.organs[ASSOCIATION] = answer["ids"][row["credit_code"]]
    other_law = [{"document": "测试条例", "article": "第九条", "kind": "set", "document_kind": "local_regulation"}]
    ended, second = await entered(
        register, "permit", register.permit(1, name="测试设备安装维修企业资质许可", basis=other_law),
        register.permit(2, name="全然另一件事"),
    )  # fmt: skip

    def of_association(number: int, name: str, **more: Any) -> dict[str, Any]:
        base = f"001016{number:03d}000"
        body = {"implementing_body": str(register.organs[ASSOCIATION]),
                "implementation_code": f"{organ_code(9)}4{base}"}  # fmt: skip
        return power(register, number, name=name, **body, **more)

    unlike = [{"document": "另一条例", "article": "第一条", "kind": "set", "document_kind": "local_regulation"}]
    same_name, same_basis, _unlike = await entered(
        register, "power", of_association(5, "测试设备安装维修企业资质评定", basis=unlike),
        of_association(6, "行业能力等级评价", basis=other_law), of_association(7, "会员活动场地服务", basis=unlike),
        organ=ASSOCIATION,
    )  # fmt: skip
    await drain(register)
    await scan(register)
    assert await suspects(register) == [], "the permits are in force"
    await cancelled(register, ended)
    await scan(register)
    found = {one["item_id"]: one for one in await suspects(register, "&pattern=continued")}
    assert set(found) == {same_name, same_basis}
    hits = [hit for one in found[same_name]["signals"] if one["signal"] == "S8" for hit in one["hits"]]
    assert hits[0]["term"] == "测试设备安装维修企业资质许可"
    basis_hits = [hit for one in found[same_basis]["signals"] if one["signal"] == "S8" for hit in one["hits"]]
    assert "《测试条例》第9条" in basis_hits[0]["text"]
    assert second not in found


@pytest.mark.req("TH-52")
async def test_registered_and_draft_documents_are_read_as_entries_are(register: RegisterWorld) -> None:
    text_ = "一、要求\n各企业应当申请登记。未经登记的，不得开展测试活动。"
    document = await registered(register, title="关于规范测试行业的通知", full_text=text_, region_code=COUNTY)
    await registered(register, title="测试条例", kind="local_regulation", full_text=text_, region_code=COUNTY)
    await registered(register, title="关于优化服务的通知", full_text="企业可以网上办理。", region_code=COUNTY)
    await scan(register)
    [suspect] = await suspects(register)
    assert (suspect["document_id"], suspect["subject"]) == (document["id"], "document")
    assert "/full_text/2" in str(suspect["signals"])
    draft = {"title": "关于规范测试行业的通知", "text": text_}
    scored = (await register.post("/disguised-permits/readings", draft)).json()
    assert scored["suspected"] is True
    assert scored["notice"].startswith("疑似")
    assert (await register.post("/disguised-permits/readings", draft | {"kind": "local_regulation"})).json()[
        "suspected"
    ] is False
    await register.post(f"/disguised-permits/{suspect['id']}/verdict", {"verdict": "disguised", "reason": "设定许可"})
    assert (await register.get("/disguised-permits/regression")).json()["cases"]["disguised"] >= 17


async def test_pages_of_suspects_begin_with_the_highest_score(register: RegisterWorld) -> None:
    strong = ["经营者经年检合格后方可继续经营，未经备案不得从事测试"]
    await entered(
        register, "power", power(register, 1, conditions=["经营者经备案后方可从事测试经营"]),
        power(register, 2, conditions=strong), power(register, 3, conditions=["凭备案表办理"]),
    )  # fmt: skip
    await scan(register)
    first = (await register.get("/disguised-permits?limit=2")).json()
    rest = (await register.get(f"/disguised-permits?limit=2&cursor={first['next']}")).json()
    scores = [one["score"] for one in first["items"] + rest["items"]]
    assert scores == sorted(scores, reverse=True)
    assert (len(scores), rest["next"]) == (3, None)
    assert await suspects(register, f"&least_score={scores[0]}&within={PROVINCE}&state=open&verdict=other") == []
    assert (await register.get("/disguised-permits?cursor=xx")).status_code == 422


async def test_nothing_is_open_while_a_page_is_judged_and_what_changes_meanwhile_is_judged_again(
    register: RegisterWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = await entered(
        register, "power",
        *(power(register, number, conditions=["经营者经备案后方可从事测试经营"]) for number in (1, 2)),
    )  # fmt: skip
    loop, judge, idle, pages = asyncio.get_running_loop(), scanning._judge_entries, [], []

    async def meanwhile() -> None:
        async with register.owner.connect() as connection:
            idle.append(await connection.scalar(text(
                "SELECT count(*) FROM pg_stat_activity WHERE usename = 'qingdan_catalog'"
                " AND state LIKE 'idle in transaction%' AND datname = current_database()"
            )))  # fmt: skip
        await cancelled(register, first)

    def slowly(rows: Any, *others: Any) -> Any:
        pages.append(len(rows))
        asyncio.run_coroutine_threadsafe(meanwhile(), loop).result(30)
        return judge(rows, *others)

    monkeypatch.setattr(scanning, "_judge_entries", slowly)
    result = await scan(register)
    assert idle == [0, 0]
    assert (pages, result["looked_at"]) == ([2, 1], 1), "read again without what was cancelled meanwhile"
    assert [row["item_id"] for row in await suspects(register)] == [second]


async def test_ten_thousand_entries_take_no_query_each(register: RegisterWorld) -> None:
    await entered(register, "power", power(register, 1, conditions=["经营者经备案后方可从事测试经营"] * 10))
    async with register.owner.begin() as connection:
        for statement in (
            "INSERT INTO qingdan.item (id, list_id, kind, region_code, version, effective_from, name, base_code,"
            " item_type, implementing_body, state, basis_digest, burden_digest)"
            " SELECT gen_random_uuid(), i.list_id, i.kind, i.region_code, 1, i.effective_from, i.name || g, NULL, '10',"
            " i.implementing_body, 'in_use', 0, 0 FROM qingdan.item AS i, generate_series(1, 9999) AS g",
            "INSERT INTO qingdan.item_version (item_id, number, effective_from, elements, changed, operation)"
            " SELECT i.id, 1, i.effective_from, v.elements || jsonb_build_object('name', i.name)"
            " || CASE WHEN i.name LIKE '%00' THEN '{}'::jsonb"
            " ELSE jsonb_build_object('conditions', jsonb_build_array('有固定的场所和设施', '如实填写申请表')) END,"
            " v.changed, 'import'"
            " FROM qingdan.item AS i, qingdan.item_version AS v WHERE i.base_code IS NULL",
            "ANALYZE qingdan.item",
            "ANALYZE qingdan.item_version",
        ):
            await connection.execute(text(statement))
    with counted(register.engine) as sent:
        result = await scan(register)
    assert (result["looked_at"], result["suspected"]) == (10_000, 100)
    assert len(sent) < result["suspected"], "not one for each suspect, let alone for each entry"
