"""Organs and regions that are no more, and what took their place."""

from __future__ import annotations

import pytest

from tests.catalog.register_world import CITY, COUNTY, RegisterWorld, organ_code

SINCE = {"since": "2026-03-01", "reason": "机构改革", "legal_basis": "青办发〔2026〕3号"}


async def version(register: RegisterWorld, organ: str) -> dict[str, str]:
    return {"If-Match": (await register.get(f"/organs/{organ}")).headers["ETag"]}


@pytest.mark.req("TH-44")
async def test_an_organ_is_closed_for_its_successor_when_it_implements_nothing_any_more(
    register: RegisterWorld,
) -> None:
    former, heir = (str(register.organs[name]) for name in ("青县市场监督管理局", "青县行政审批局"))
    list_id = await register.list_of("permit", members=("青县市场监督管理局",))
    lead = register.token(("list_authority", COUNTY))
    entry = {"items": [{"elements": register.permit(1, "青县市场监督管理局")}]}
    assert (await register.post(f"/lists/{list_id}/items", entry, who=lead)).status_code == 200
    body = {"kind": "merged", "successors": [heir], **SINCE}
    path = f"/organs/{former}/successors"
    held = await register.put(path, body, headers=await version(register, former))
    assert (held.status_code, held.json()["code"]) == (409, "organ_still_implements")
    assert "1 项" in held.json()["detail"]
    assert "reform" in held.json()["detail"], "and says how to go on"
    other = str(register.organs["青县自来水公司"])
    closed = await register.put(
        f"/organs/{other}/successors", body | {"successors": [former]}, headers=await version(register, other)
    )
    assert closed.status_code == 200, closed.text
    assert (await register.get(f"/organs/{other}")).json()["state"] == "abolished"
    assert [row["name"] for row in closed.json()] == ["青县市场监督管理局"]
    [event] = await register.events("organ.succeeded")
    assert event.refs == {"organs": [other], "successors": [former]}


async def test_reforms_that_follow_one_another_lead_to_who_is_there_today(register: RegisterWorld) -> None:
    water, market, approval = (
        str(register.organs[name]) for name in ("青县自来水公司", "青县市场监督管理局", "青县行政审批局")
    )
    for former, heir in ((water, market), (market, approval)):
        body = {"kind": "merged", "successors": [heir], **SINCE}
        path = f"/organs/{former}/successors"
        assert (await register.put(path, body, headers=await version(register, former))).status_code == 200
    told = (await register.get(f"/organs/{water}/successors")).json()
    assert [(row["name"], row["state"]) for row in told] == [
        ("青县市场监督管理局", "abolished"),
        ("青县行政审批局", "active"),
    ]


@pytest.mark.req("TH-44")
async def test_an_organ_that_leads_lists_is_closed_only_when_another_leads_them(register: RegisterWorld) -> None:
    lead, heir = str(register.organs["青县行政审批局"]), str(register.organs["青县市场监督管理局"])
    await register.list_of("permit")
    path, body = f"/organs/{lead}/successors", {"kind": "merged", "successors": [heir], **SINCE}
    held = await register.put(path, body, headers=await version(register, lead))
    assert (held.status_code, held.json()["code"]) == (409, "organ_still_leads")
    assert "1 种清单" in held.json()["detail"]
    passed = await register.put(f"/matrix/{COUNTY}/permit", {"lead_organ_id": heir}, headers={"If-Match": '"0"'})
    assert passed.status_code == 200, passed.text
    closed = await register.put(path, body, headers=await version(register, lead))
    assert closed.status_code == 200, closed.text


async def test_a_successor_that_was_named_in_error_is_one_no_more(register: RegisterWorld) -> None:
    water, market, approval = (
        str(register.organs[name]) for name in ("青县自来水公司", "青县市场监督管理局", "青县行政审批局")
    )
    for heir in (market, approval):
        body = {"kind": "merged", "successors": [heir], **SINCE}
        path = f"/organs/{water}/successors"
        assert (await register.put(path, body, headers=await version(register, water))).status_code == 200
    told = (await register.get(f"/organs/{water}/successors")).json()
    assert [row["successor_id"] for row in told] == [approval]


@pytest.mark.parametrize("case", ["itself", "unknown", "abolished", "stale", "stranger"])
async def test_a_succession_that_cannot_be_is_refused(register: RegisterWorld, case: str) -> None:
    former, gone = (str(register.organs[name]) for name in ("青县行政审批局", "青县自来水公司"))
    heir = str(register.organs["青县市场监督管理局"])
    closing = {"kind": "merged", "successors": [heir], **SINCE}
    await register.put(f"/organs/{gone}/successors", closing, headers=await version(register, gone))
    successors = {"itself": former, "unknown": "0197f3a0-0000-7000-8000-00000000ffff", "abolished": gone}
    body = {"kind": "merged", "successors": [successors.get(case, heir)], **SINCE}
    headers = {"If-Match": '"99"'} if case == "stale" else await version(register, former)
    who = register.token(("administrator", ZONE_OF_OTHERS)) if case == "stranger" else register.admin
    answer = await register.put(f"/organs/{former}/successors", body, headers=headers, who=who)
    expected = {"itself": (422, "own_successor"), "unknown": (422, "organ_unknown"),
                "abolished": (422, "organ_inactive")}  # fmt: skip
    if case in expected:
        assert (answer.status_code, answer.json()["code"]) == expected[case]
    else:
        assert answer.status_code == {"stale": 412, "stranger": 403}[case]
    assert (await register.get(f"/organs/{former}")).json()["state"] == "active"


@pytest.mark.req("TH-44")
async def test_succession_alone_changes_the_state_of_an_organ(register: RegisterWorld) -> None:
    heir, gone = (str(register.organs[name]) for name in ("青县市场监督管理局", "青县自来水公司"))
    row = {"name": "青县市场监督管理局", "kind": "department", "credit_code": organ_code(2), "region_code": COUNTY}
    loaded = (await register.put("/organs", {"items": [row | {"state": "abolished"}]})).json()
    assert [(one["pointer"], one["code"]) for one in loaded["errors"]] == [("/items/0/state", "state_by_succession")]
    assert f"{heir}/successors" in loaded["errors"][0]["message"], "and says how to go on"
    single = await register.put(f"/organs/{heir}", row | {"state": "abolished"}, headers={"If-Match": "*"})
    assert (single.status_code, single.json()["code"]) == (409, "state_by_succession")
    assert (await register.get(f"/organs/{heir}")).json()["state"] == "active"
    closing = {"kind": "merged", "successors": [heir], **SINCE}
    await register.put(f"/organs/{gone}/successors", closing, headers=await version(register, gone))
    row |= {"name": "青县供水公司", "kind": "public_service_enterprise", "credit_code": organ_code(3)}
    assert (await register.put("/organs", {"items": [row]})).json()["updated"] == 1
    renamed = await register.put(f"/organs/{gone}", row | {"name": "青县水司"}, headers={"If-Match": "*"})
    assert renamed.json()["state"] == (await register.get(f"/organs/{gone}")).json()["state"] == "abolished"


ZONE_OF_OTHERS = "440000000000"


async def test_a_region_code_that_was_given_up_leads_to_its_successor(register: RegisterWorld) -> None:
    row = {"code": "130902", "successor_code": COUNTY, "kind": "merged", "since": "2026-01-01"}
    rows = [row, {**row, "successor_code": "990000"}, {**row, "code": COUNTY}, {**row, "code": "13"}]
    told = (await register.put("/region-successors", {"items": rows, "legal_basis": "民政部公告"})).json()
    assert (told["recorded"], told["rejected"]) == (1, 3)
    assert [error["pointer"] for error in told["errors"]] == [
        "/items/1/successor_code", "/items/2/successor_code", "/items/3/code",
    ]  # fmt: skip
    [heir] = (await register.get("/region-successors/130902")).json()
    assert (heir["successor_code"], heir["name"], heir["kind"]) == (COUNTY, "青县", "merged")
    refused = await register.post("/organs", {"name": "某局", "kind": "department", "region_code": "130902"})
    assert refused.status_code == 422
    assert "130922000000 青县" in refused.json()["detail"], "the remedy is the code that holds today"
    assert (await register.get("/region-successors/990000")).status_code == 404
    assert (await register.get(f"/region-successors/{CITY}")).json() == []
    assert len(await register.events("region.succeeded")) == 1
