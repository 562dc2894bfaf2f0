"""What entries may rest on: refused at entry, proposed for cancellation where it is there, blocked at submission."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from tests.catalog.documents_world import (
    LAW,
    act,
    basis,
    correct,
    declare,
    drain,
    entered,
    open_findings,
    registered,
    run_operation,
)
from tests.catalog.register_world import CITY, COUNTY, RegisterWorld


@pytest.mark.req("ZL-03")
async def test_a_matter_without_legal_basis_cannot_be_entered(register: RegisterWorld) -> None:
    lead = register.token(("list_authority", COUNTY))
    list_id = await register.list_of("permit")
    notice = basis("某某管理的通知", "第一条", document_kind="normative")
    for given, code in (([notice], "may_not_set"), ([basis(kind="implement")], "no_setting_basis"), ([], "missing")):
        body = {"items": [{"elements": register.permit(1, basis=given)}]}
        refused = await register.post(f"/lists/{list_id}/items", body, who=lead)
        assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, code)


@pytest.mark.req("ZL-03")
async def test_what_is_there_without_legal_basis_is_proposed_for_cancellation(register: RegisterWorld) -> None:
    await declare(register)
    unfounded, sound = await entered(register, "permit", register.permit(1), register.permit(2))
    async with register.owner.begin() as connection:
        await connection.execute(
            text("UPDATE qingdan.item_version SET elements = elements - 'basis' WHERE item_id = CAST(:id AS uuid)"),
            {"id": unfounded},
        )
    await drain(register)
    assert await open_findings(register, "V04") == [], "only a check opens them"
    compiler = register.token(("compiler", COUNTY))
    assert (await register.post("/basis-checks", {"region_code": COUNTY}, who=compiler)).status_code == 403
    done = await run_operation(register, (await register.post("/basis-checks", {"region_code": CITY})).json())
    assert done["result"] == {"looked_at": 2, "opened": 1}
    [finding] = await open_findings(register, "V04")
    assert (finding["item_id"], finding["severity"]) == (unfounded, "error")
    assert "建议取消" in finding["message"]
    assert sound != unfounded
    await correct(register, unfounded, {"basis": [basis()]})
    await drain(register)
    assert await open_findings(register, "V04") == []


@pytest.mark.req("TH-51")
async def test_a_submission_that_rests_on_a_repealed_document_is_blocked(register: RegisterWorld) -> None:
    await declare(register)
    law = await registered(register, **LAW)
    await act(register, law, "repealed")
    [item] = await entered(register, "permit", register.permit(1, basis=[basis("行政许可法", "第十二条")]))
    list_id = (await register.get("/lists?kind=permit")).json()["items"][0]["id"]
    for elements, blocked in (({"basis": [basis()]}, True), ({"name": "新名称的许可"}, False)):
        body = {"changes": [{"operation": "modify", "list_id": list_id, "item_id": item, "elements": elements}]}
        preview = (await register.post("/preview", body)).json()
        verdicts = [one for one in preview["verdicts"] if one["rule"] == "V04"]
        assert bool(verdicts) is blocked, preview
        if blocked:
            assert (verdicts[0]["severity"], verdicts[0]["element"]) == ("block", "basis")
            assert "已废止" in verdicts[0]["message"]
