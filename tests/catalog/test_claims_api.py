"""Claims, levels and zones over HTTP: who may do what, refusals with their remedy, hostile input."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from sqlalchemy import text

from services.catalog.claims.consumers import CLAIMS
from shared.ledger import consume
from tests.catalog.register_world import CITY, COUNTY, ZONE, RegisterWorld

DECISION = {"decision": {"meeting": "县政府常务会议", "date": "2026-01-05", "number": "青政发〔2026〕1号"}}
PLAN = {"source_kinds": ["base_catalogue"], "item_types": ["01"], "due_days": 30, "required": True,
        "source": "青县许可清单编制方案"}  # fmt: skip
NEW = {"If-Match": '"0"'}


@pytest_asyncio.fixture
async def county(register: RegisterWorld) -> RegisterWorld:
    """A county that is to claim from its city's master list of two permits."""
    async with register.owner.begin() as connection:
        await connection.execute(text(
            "INSERT INTO qingdan.consumer (name, service, position)"
            " SELECT 'claims', 'catalog', position FROM qingdan.log_head"
            " ON CONFLICT (name) DO UPDATE SET position = excluded.position"
        ))  # fmt: skip
    bureau = register.organs["青县行政审批局"]
    made = await register.post("/lists", {"kind": "base_catalogue", "region_code": CITY, "lead_organ_id": str(bureau)})
    lead = register.token(("list_authority", CITY))
    names = ("name", "base_code", "item_type", "basis")
    rows = [{"elements": {k: register.permit(n)[k] for k in names} | {"level": "3,4"}} for n in (1, 2)]
    answer = await register.post(f"/lists/{made.json()['id']}/items", {"items": rows}, who=lead)
    assert answer.json()["rejected"] == 0, answer.text
    enacted = await register.post(f"/lists/{made.json()['id']}/enact", DECISION, who=register.token(("decider", CITY)))
    assert enacted.status_code == 200
    await register.list_of("permit", members=("青县行政审批局", "青县市场监督管理局"))
    planned = await register.put(f"/claim-plans/{COUNTY}/permit", PLAN, headers=NEW)
    assert planned.status_code == 200, planned.text
    await follow(register)
    return register


async def follow(register: RegisterWorld) -> None:
    while await consume.step(register.engine, CLAIMS):
        pass


async def claims(register: RegisterWorld, query: str = "") -> list[Any]:
    answer = await register.get(f"/claims?region={COUNTY}{query}")
    assert answer.status_code == 200, answer.text
    # Offered at one instant: their order is nobody's business.
    return sorted(answer.json()["items"], key=lambda row: str(row["superior_name"]))


async def test_plans_are_set_by_who_organises_the_claiming_and_on_the_version_they_saw(county: RegisterWorld) -> None:
    path = f"/claim-plans/{COUNTY}/permit"
    assert (await county.put(path, PLAN, who=county.token(("compiler", COUNTY)), headers=NEW)).status_code == 403
    assert (await county.put(path, PLAN)).status_code == 428
    assert (await county.put(path, PLAN, headers=NEW)).status_code == 412
    changed = await county.put(path, PLAN | {"due_days": 10}, who=county.token(("reviewer", COUNTY)),
                               headers={"If-Match": '"1"'})  # fmt: skip
    assert (changed.status_code, changed.json()["due_days"]) == (200, 10)
    assert (await county.put("/claim-plans/999999/permit", PLAN, headers=NEW)).status_code == 422
    assert (await county.put(f"/claim-plans/{COUNTY}/no_such", PLAN, headers=NEW)).status_code == 404
    [row] = (await county.get(f"/claim-plans?region={COUNTY}")).json()["items"]
    assert row["version"] == 2


@pytest.mark.req("ZZ-10")
async def test_a_list_is_enacted_only_when_all_that_was_offered_is_handled(county: RegisterWorld) -> None:
    [first, second] = await claims(county)
    list_id = (await county.get(f"/lists?kind=permit&region={COUNTY}")).json()["items"][0]["id"]
    decider = county.token(("decider", COUNTY))
    refused = await county.post(f"/lists/{list_id}/enact", DECISION, who=decider)
    assert (refused.status_code, refused.json()["code"]) == (409, "claims_open")
    assert (refused.json()["left"], refused.json()["offered"]) == (2, 2)
    shown = await county.client.get(refused.json()["claims"], headers=county.admin)
    assert {row["id"] for row in shown.json()["items"]} == {first["id"], second["id"]}
    bureau = county.organs["青县行政审批局"]
    mine = county.token(("compiler", COUNTY, bureau))
    done = await county.post("/claims/exclude", {"claim_ids": [second["id"]], "reason": "不涉及"}, who=mine)
    assert done.json() == {"done": 1, "refused": [], "more": False}
    row = {"elements": county.permit(1)}
    lead = county.token(("list_authority", COUNTY))
    answer = await county.post(f"/lists/{list_id}/items", {"items": [row]}, who=lead)
    assert answer.json()["created"] == 1, answer.text
    await follow(county)
    [claimed] = await claims(county, "&state=claimed")
    assert claimed["pending"]
    assert "办理流程" in [one["title"] for one in claimed["missing"]]
    enacted = await county.post(f"/lists/{list_id}/enact", DECISION, who=decider)
    assert enacted.status_code == 200, enacted.text
    [metric] = (await county.get(f"/claims/metrics?region={COUNTY}")).json()["items"]
    assert (metric["total"], metric["claimed"], metric["not_applicable"], metric["rate"]) == (2, 1, 1, 1.0)


@pytest.mark.req("ZZ-14")
async def test_what_is_inherited_is_read_only_and_the_refusal_shows_the_superiors_row(county: RegisterWorld) -> None:
    list_id = (await county.get(f"/lists?kind=permit&region={COUNTY}")).json()["items"][0]["id"]
    lead = county.token(("list_authority", COUNTY))
    answer = await county.post(f"/lists/{list_id}/items", {"items": [{"elements": county.permit(1)}]}, who=lead)
    item = answer.json()["rows"][0]["item_id"]
    await follow(county)
    for patch in ({"name": "本县自拟名称"}, {"basis": [county.permit(1)["basis"][0] | {"article": "第一条"}]}):
        refused = await county.send("PATCH", f"/items/{item}", {"elements": patch}, who=lead,
                                    headers={"If-Match": '"1"'})  # fmt: skip
        told = refused.json()
        assert (refused.status_code, told["code"]) == (409, "inherited_element"), refused.text
        assert (told["superior"]["name"], told["superior"]["region_code"]) == ("测试许可1", CITY)
        assert told["errors"][0]["pointer"] == f"/elements/{next(iter(patch))}"
    own = await county.send("PATCH", f"/items/{item}", {"elements": {"consult_phone": "0317-1"}}, who=lead,
                            headers={"If-Match": '"1"'})  # fmt: skip
    assert own.status_code == 200, own.text


@pytest.mark.req("TH-07")
async def test_a_dispute_a_contact_and_a_confirmation_over_http(county: RegisterWorld) -> None:
    [first, _] = await claims(county)
    bureau, market = county.organs["青县行政审批局"], county.organs["青县市场监督管理局"]
    mine = county.token(("compiler", COUNTY, bureau))
    path = f"/claims/{first['id']}"
    said = {"counterpart": "市局", "contacted_on": "2020-01-01", "note": "已沟通"}
    assert (await county.post(f"{path}/contacts", said, who=mine)).status_code == 201
    late = await county.post(f"{path}/contacts", said | {"contacted_on": "2999-01-01"}, who=mine)
    assert (late.status_code, late.json()["code"]) == (422, "date_in_future")
    assert len((await county.get(f"{path}/contacts")).json()["items"]) == 1
    early = await county.post(f"{path}/confirm", said, who=mine)
    assert (early.status_code, early.json()["code"]) == (409, "illegal_transition")
    assert set(early.json()["allowed"]) == {"claim", "exclude", "dispute", "assign"}
    dispute = {"opinion": "由市场监管局负责", "proposed_organ_id": str(market)}
    assert (await county.post(f"{path}/dispute", dispute, who=mine)).json()["state"] == "disputed"
    decision = DECISION | {"outcome": "claimed"}
    decider = county.token(("decider", COUNTY))
    assert (await county.post(f"{path}/decide", decision, who=decider)).status_code == 422
    decided = await county.post(f"{path}/decide", decision | {"organ_id": str(market)}, who=decider)
    assert (decided.json()["state"], decided.json()["organ_name"]) == ("claimed", "青县市场监督管理局")
    assert (await county.post(f"{path}/decide", decision, who=decider)).status_code == 409


async def test_bulk_acts_answer_row_by_row_and_take_only_what_the_caller_may(county: RegisterWorld) -> None:
    [first, second] = await claims(county)
    bureau, market = county.organs["青县行政审批局"], county.organs["青县市场监督管理局"]
    reviewer = county.token(("reviewer", COUNTY))
    unknown = str(uuid4())
    given = {"claim_ids": [first["id"], unknown], "organ_id": str(market)}
    told = (await county.post("/claims/assign", given, who=reviewer)).json()
    assert (told["done"], [one["code"] for one in told["refused"]]) == (1, ["claim_not_found"])
    theirs = county.token(("compiler", COUNTY, market))
    both = {"claim_ids": [first["id"], second["id"]]}
    told = (await county.post("/claims/claim", both, who=theirs)).json()
    assert (told["done"], [one["code"] for one in told["refused"]]) == (1, ["not_yours"])
    everything = {"region_code": COUNTY, "organ_id": str(bureau)}
    assert (await county.post("/claims/claim", everything, who=theirs)).status_code == 403
    assert (await county.post("/claims/claim", everything, who=reviewer)).json()["done"] == 1
    assert (await county.post("/claims/claim", {}, who=reviewer)).json()["code"] == "nothing_chosen"


HOSTILE = ["/claims?cursor=x", "/claims?region=%00", "/claims/nonsense", "/claims/metrics?cursor=W10",
           "/claim-plans?cursor=e30",
           "/vertical-check?region=999999", "/vertical-check?region=130922&cursor=WyJhIiwiYiIsImMiXQ",
           f"/lists/{uuid4()}/covered-items", "/local-optimisations?cursor=WyJhIiwiYiJd",
           "/regions/999999/coverage", "/regions/130922/coverage/missing?kind=%F0%9F%98%80", "/delegations?cursor=1",
           "/matrix?cursor=WzFd", "/matrix/130922/power", "/matrix/export.csv?region=999999"]  # fmt: skip


@pytest.mark.parametrize("path", HOSTILE)
async def test_bad_input_is_told_as_a_problem(register: RegisterWorld, path: str) -> None:
    answer = await register.get(path)
    assert 400 <= answer.status_code < 500, (path, answer.status_code, answer.text)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.req("QX-57", "QX-26", "QX-33")
async def test_levels_and_zones_are_read_over_http(county: RegisterWorld) -> None:
    told = (await county.get(f"/vertical-check?region={COUNTY}&limit=1")).json()
    assert told["items"][0]["problem"] == "unclaimed"
    rest = (await county.get(f"/vertical-check?region={COUNTY}&cursor={told['next']}")).json()
    assert [one["superior_name"] for one in [*told["items"], *rest["items"]]] == ["测试许可1", "测试许可2"]
    zone = (await county.get(f"/regions/{ZONE}/completeness")).json()
    assert (zone["complete"], zone["missing"]) == (False, 3)
    assert len((await county.get(f"/regions/{ZONE}/coverage")).json()["kinds"]) == 7
    duties = {"list_kinds": ["permit"], "source": "通知"}
    path = f"/regions/{COUNTY}/mandatory-lists/zone/mandatory"
    assert (await county.put(path, duties, who=county.token(("auditor", COUNTY)))).status_code == 403
    assert (await county.put(path, duties)).json()["items"][0]["list_kind"] == "permit"
    assert (await county.get(f"/regions/{ZONE}/completeness")).json()["missing"] == 1
    reason = {"reason": "不涉及"}
    exempt = f"/regions/{ZONE}/exemptions/permit"
    assert (await county.put(exempt, reason)).status_code == 200
    assert (await county.get(f"/regions/{ZONE}/completeness")).json()["complete"]
    assert (await county.send("DELETE", exempt)).status_code == 204
    assert (await county.send("DELETE", exempt)).status_code == 404
    body = {"region_code": ZONE, "list_kind": "permit", "base_code": "000116001000", "document_title": "决定",
            "granting_organ_id": str(county.organs["青县行政审批局"]), "document_number": "〔2026〕1号",
            "valid_from": "2026-01-01", "valid_until": "2025-01-01"}  # fmt: skip
    assert (await county.post("/delegations", body)).status_code == 422
    made = await county.post("/delegations", body | {"valid_until": None})
    assert made.status_code == 201, made.text
    revoke = f"/delegations/{made.json()['id']}/revoke"
    assert (await county.post(revoke, reason)).status_code == 428
    assert (await county.post(revoke, reason, headers={"If-Match": '"1"'})).json()["state"] == "revoked"
    assert (await county.post(revoke, reason, headers={"If-Match": '"2"'})).status_code == 409
    listed = (await county.get(f"/delegations?region={ZONE}")).json()["items"]
    assert [one["state"] for one in listed] == ["revoked"]
