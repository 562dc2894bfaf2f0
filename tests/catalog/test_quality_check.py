"""The quality check, its report of five figures, the gates before a list is enacted."""

from __future__ import annotations

import time
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from services.catalog.quality.checks import jobs
from shared import clock
from shared.identifiers import new_id
from shared.ledger import operations
from shared.ledger.operations import Running
from tests.catalog.quality_world import ORGAN, OTHER, patched, stored
from tests.catalog.register_world import COUNTY, ZONE, RegisterWorld
from tests.statements import counted

DECISION = {"meeting": "县政府第12次常务会议", "date": "2026-01-05", "number": "青政发〔2026〕1号"}


async def checked(register: RegisterWorld, **asked: Any) -> dict[str, Any]:
    """The result of a check asked for over HTTP and carried out here."""
    answer = await register.post("/quality-check", asked)
    assert answer.status_code == 202, answer.text
    async with register.engine.begin() as connection:
        row = await operations.claim(connection, UUID(answer.json()["operation_id"]), "catalog")
    assert row is not None
    return dict(await jobs.run_check(register.engine, Running(register.engine, row)))


async def open_findings(register: RegisterWorld, list_id: str) -> dict[tuple[str, str], dict[str, Any]]:
    rows = (await register.get(f"/findings?list_id={list_id}&limit=200")).json()["items"]
    return {(row["item_id"], row["rule"]): row for row in rows if row["state"] == "open"}


LATE = {"promised_limit": {"amount": 60, "unit": "working_day"}}
VAGUE = {"materials": [{"name": "其他材料", "necessity": "required"}]}


@pytest.mark.req("ZL-08")
async def test_a_check_opens_findings_on_entries_and_closes_them_when_they_are_put_right(
    register: RegisterWorld,
) -> None:
    list_id = await register.list_of("permit", members=(OTHER,))
    sound, late, vague = await stored(register, list_id, register.permit(1), register.permit(2, **LATE),
                                      register.permit(3, OTHER, **VAGUE))  # fmt: skip
    tried = await checked(register, list_id=list_id, record=False)
    assert (tried["entries"], tried["opened"]) == (3, 0)
    assert await open_findings(register, list_id) == {}
    done = await checked(register, list_id=list_id)
    assert (done["opened"], done["closed"]) == (2, 0)
    rules = done["lists"][0]["rules"]
    assert (rules["V05"], rules["V08"]) == ({"block": 1}, {"block": 1, "warn": 3})
    found = await open_findings(register, list_id)
    assert set(found) == {(str(late), "V05"), (str(vague), "V08")}
    told = found[str(late), "V05"]
    assert (told["severity"], told["element"], told["due_at"] is not None) == ("block", "promised_limit", True)
    assert (await checked(register, list_id=list_id))["opened"] == 0, "a second look says nothing new"
    await patched(register, late, {"promised_limit": {"amount": 5, "unit": "working_day"}})
    again = await checked(register, region_code=COUNTY)
    assert (again["opened"], again["closed"]) == (0, 1)
    assert set(await open_findings(register, list_id)) == {(str(vague), "V08")}
    told_events = [event for event in await register.events("finding.closed") if str(event.list_id) == list_id]
    assert [event.item_ids for event in told_events] == [[late]]
    warned = await checked(register, list_id=list_id, warnings=True)
    assert warned["opened"] == 2, "the other two entries have materials without basis"
    assert (await register.get(f"/findings?item_id={sound}")).json()["items"][0]["severity"] == "warn"


async def test_findings_close_by_themselves_after_a_change_and_no_new_ones_open(register: RegisterWorld) -> None:
    list_id = await register.list_of("permit")
    late, other = await stored(register, list_id, register.permit(1, **LATE), register.permit(2, **LATE))
    await checked(register, list_id=list_id)
    await patched(register, late, {"promised_limit": {"amount": 5, "unit": "working_day"}, **VAGUE})
    await patched(register, other, {"promised_limit": {"amount": 70, "unit": "working_day"}})
    await jobs.look_again(register.engine)
    found = await open_findings(register, list_id)
    assert set(found) == {(str(other), "V05")}
    assert found[str(other), "V05"]["actual"]["amount"] == 70
    await patched(register, other, {"state": "cancelled"})
    await jobs.look_again(register.engine)
    assert await open_findings(register, list_id) == {}


async def test_a_waived_finding_stays_waived_while_it_says_the_same(register: RegisterWorld) -> None:
    list_id = await register.list_of("permit")
    (late,) = await stored(register, list_id, register.permit(1, **LATE))
    await checked(register, list_id=list_id)
    [finding] = (await open_findings(register, list_id)).values()
    lead = register.token(("list_authority", COUNTY))
    day = clock.now().date().replace(month=12, day=31).isoformat()
    body = {"reason": "年底前修改", "expires_on": day}
    answer = await register.post(f"/findings/{finding['id']}/waive", body, who=lead)
    assert answer.status_code == 200, answer.text
    assert (await checked(register, list_id=list_id))["opened"] == 0
    assert await open_findings(register, list_id) == {}
    await patched(register, late, {"promised_limit": {"amount": 99, "unit": "working_day"}})
    assert (await checked(register, list_id=list_id))["opened"] == 1


def figure(rows: list[dict[str, Any]], name: str) -> tuple[int, int, float | None]:
    found = next(row for row in rows if row["figure"] == name)
    return found["numerator"], found["denominator"], found["share"]


@pytest.mark.req("ZL-08")
async def test_the_report_has_five_figures_by_organ_with_what_was_counted(register: RegisterWorld) -> None:
    list_id = await register.list_of("permit", members=(OTHER,))
    illegal = {"basis": [{"document": "通知", "article": "1", "kind": "set", "document_kind": "normative"}]}
    _, late, _, unlawful = await stored(
        register, list_id, register.permit(1), register.permit(2, **LATE), register.permit(3, OTHER),
        register.permit(4, OTHER, **illegal) | {"name": ""},
    )  # fmt: skip
    before = (await register.get(f"/quality-report?list_id={list_id}")).json()
    for name in ("legality", "authenticity", "accuracy", "completeness"):
        assert figure(before["together"], name) == (0, 0, None), "nobody has looked yet"
    await checked(register, list_id=list_id)
    await register_finding(register, "K01", late)
    told = (await register.get(f"/quality-report?region_code={COUNTY}")).json()
    by_organ = {row["organ_name"]: row for row in told["items"] if row["list_id"] == list_id}
    own, market = by_organ[ORGAN]["figures"], by_organ[OTHER]["figures"]
    assert figure(own, "accuracy") == (1, 2, 0.5)
    assert figure(own, "legality") == (2, 2, 1.0)
    assert figure(own, "consistency") == (1, 2, 0.5)
    assert figure(own, "completeness") == (14, 14, 1.0)
    assert figure(market, "legality") == (1, 2, 0.5)
    assert figure(market, "completeness") == (13, 14, 0.9285)
    assert figure(told["together"], "completeness") == (27, 28, 0.9642), "rounded down"
    assert all(row["definition"] for row in own)
    assert unlawful


@pytest.mark.req("ZL-08")
async def test_what_is_filled_with_something_malformed_is_complete_and_not_accurate(register: RegisterWorld) -> None:
    list_id = await register.list_of("permit")
    await stored(register, list_id, register.permit(1), register.permit(2, service_objects=["martian"]))
    await checked(register, list_id=list_id)
    told = (await register.get(f"/quality-report?list_id={list_id}")).json()["together"]
    assert figure(told, "accuracy") == (1, 2, 0.5)
    assert figure(told, "completeness") == (14, 14, 1.0)


@pytest.mark.req("ZL-08")
async def test_the_figures_of_a_small_list_are_those_counted_by_hand(register: RegisterWorld) -> None:
    """Five entries of the responsibility list, and what each must have by its section.

    A duty must have section, name, body, category, basis; a boundary section, name, body, basis, field, parties,
    coordination; a record of supervision section, name, body, disposition, supervising body.
    """
    list_id = await register.list_of("responsibility", members=(OTHER,))
    body = str(register.organs[ORGAN])
    basis = [{"document": "三定规定", "article": "第三条", "kind": "set", "document_kind": "organ_duties"}]
    own = {"implementing_body": body, "basis": basis}
    duty = {"section": "duty", "name": "监管", "duty_category": "special_business"} | own
    parties = [{"organ": body, "role": "lead", "share": "牵头"},
               {"organ": str(register.organs[OTHER]), "role": "assist", "share": "配合"}]  # fmt: skip
    boundary = {"section": "boundary", "name": "界线", "field": "food_safety", "boundary_parties": parties,
                "coordination": "会商"} | own  # fmt: skip
    record = {"section": "supervision", "name": "监管记录", "disposition": "retained", "implementing_body": body,
              "supervising_body": body}  # fmt: skip
    lesser = [basis[0] | {"document_kind": "normative"}]
    await stored(
        register, list_id, duty, boundary, {key: value for key, value in boundary.items() if key != "coordination"},
        record, duty | {"name": "无依据的责任", "basis": lesser},
    )  # fmt: skip
    done = await checked(register, list_id=list_id)
    assert done["lists"][0]["rules"]["V01"] == {"block": 1}
    told = (await register.get(f"/quality-report?list_id={list_id}")).json()["together"]
    assert figure(told, "completeness") == (5 + 7 + 6 + 5 + 5, 5 + 7 + 7 + 5 + 5, 0.9655)
    assert figure(told, "legality") == (4, 5, 0.8), "a duty does not rest on lesser documents"
    assert figure(told, "accuracy") == (4, 5, 0.8), "the record lacks six elements"
    assert figure(told, "authenticity") == (5, 5, 1.0)
    assert figure(told, "consistency") == (5, 5, 1.0)


async def register_finding(register: RegisterWorld, rule: str, item: UUID) -> None:
    """A contradiction with another list, as the linkage leaves it."""
    async with register.owner.begin() as connection:
        await connection.execute(
            text(
                "INSERT INTO qingdan.finding (id, rule, severity, list_id, list_kind, region_code, item_id, element,"
                " message) SELECT gen_random_uuid(), :rule, 'block', list_id, kind, region_code, id, 'name', '不一致'"
                " FROM qingdan.item WHERE id = :item"
            ),
            {"rule": rule, "item": item},
        )


@pytest.mark.req("ZL-05", "ZL-08")
async def test_a_list_below_the_gates_of_its_region_is_not_enacted(register: RegisterWorld) -> None:
    list_id = await register.list_of("permit")
    item, _ = await stored(register, list_id, register.permit(1), register.permit(2))
    gates = [{"figure": "completeness", "minimum": 1}, {"figure": "consistency", "minimum": 1}]
    set_ = await register.post("/quality-gates", {"region_code": COUNTY, "gates": gates, "reason": "县政府要求"})
    assert set_.json()["in_force"] == {"completeness": 1.0, "consistency": 1.0}
    decider = register.token(("decider", COUNTY))
    path, body = f"/lists/{list_id}/enact", {"decision": DECISION}
    refused = await register.post(path, body, who=decider)
    assert (refused.status_code, refused.json()["code"]) == (409, "quality_gate")
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/completeness"]
    assert "请先运行质量检查" in refused.json()["errors"][0]["message"]
    await checked(register, list_id=list_id)
    await patched(register, item, {"visits": 1})
    stale = await register.post(path, body, who=decider)
    assert "请先运行质量检查" in stale.json()["detail"], "what was counted before the last change does not count"
    await checked(register, list_id=list_id)
    await register_finding(register, "K02", item)
    again = await register.post(path, body, who=decider)
    assert "一致性为50.00%（1/2），应不低于100.00%" in again.json()["detail"]
    async with register.owner.begin() as connection:
        await connection.execute(text("UPDATE qingdan.finding SET state = 'closed' WHERE item_id = :i"), {"i": item})
    assert (await register.post(path, body, who=decider)).status_code == 200


async def test_a_gate_is_not_passed_by_a_list_that_nobody_has_checked(register: RegisterWorld) -> None:
    list_id = await register.list_of("permit")
    await stored(register, list_id, register.permit(1, **LATE))
    gates = [{"figure": "accuracy", "minimum": 1}]
    assert (await register.post("/quality-gates", {"region_code": COUNTY, "gates": gates})).status_code == 200
    refused = await register.post(
        f"/lists/{list_id}/enact", {"decision": DECISION}, who=register.token(("decider", COUNTY))
    )
    assert (refused.status_code, refused.json()["code"]) == (409, "quality_gate")
    assert "请先运行质量检查" in refused.json()["errors"][0]["message"]


async def test_gates_come_from_the_nearest_region_and_are_taken_back(register: RegisterWorld) -> None:
    for region, minimum in (("130900", 0.9), (COUNTY, 0.8)):
        body = {"region_code": region, "gates": [{"figure": "accuracy", "minimum": minimum}]}
        assert (await register.post("/quality-gates", body)).status_code == 200
    assert (await register.get(f"/quality-gates?region_code={ZONE}")).json()["in_force"] == {"accuracy": 0.8}
    body = {"region_code": COUNTY, "gates": [{"figure": "accuracy", "minimum": None}]}
    assert (await register.post("/quality-gates", body)).json()["in_force"] == {"accuracy": 0.9}
    for wrong in ({"figure": "beauty", "minimum": 1}, {"figure": "accuracy", "minimum": 1.5}):
        assert (await register.post("/quality-gates", body | {"gates": [wrong]})).status_code == 422
    lead = register.token(("list_authority", COUNTY))
    assert (await register.post("/quality-gates", body, who=lead)).status_code == 403


async def test_a_check_or_report_of_nothing_or_of_two_things_is_refused(register: RegisterWorld) -> None:
    for body in ({}, {"list_id": str(new_id()), "region_code": COUNTY}):
        assert (await register.post("/quality-check", body)).status_code == 422
    assert (await register.post("/quality-check", {"list_id": str(new_id())})).status_code == 404
    assert (await register.post("/quality-check", {"region_code": "990000"})).status_code == 422
    assert (await register.get("/quality-report")).status_code == 422


async def test_a_large_list_is_judged_in_pages_with_few_statements(register: RegisterWorld) -> None:
    list_id = await register.list_of("follow_up_supervision")
    rows = [{"name": f"监管{n}", "permit_name": "许可", "base_code": "000116001000"} for n in range(3 * jobs.PAGE)]
    for start in range(0, len(rows), jobs.PAGE):
        await stored(register, list_id, *rows[start : start + jobs.PAGE])
    started = time.monotonic()
    with counted(register.engine) as sent:
        done = await checked(register, list_id=list_id)
    took = time.monotonic() - started
    assert done["opened"] == 2 * len(rows), "no supervising body, no measures"
    assert len(sent) < 60, len(sent)
    assert took < 40, "a hundred thousand entries in minutes, whatever else the machine does"
    assert (await checked(register, list_id=list_id))["opened"] == 0
