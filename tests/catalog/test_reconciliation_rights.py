"""Who may reconcile and repair lists, over HTTP."""

from __future__ import annotations

from tests.catalog.register_world import RegisterWorld


async def test_only_who_may_repairs_and_says_why(register: RegisterWorld) -> None:
    assert (await register.post("/reconciliations", {})).status_code == 202
    silent = await register.post("/reconciliations", {"repair": True})
    assert silent.status_code == 422
    reader = register.token(("auditor", "000000000000"))
    refused = await register.post("/reconciliations", {"repair": True, "reason": "核对"}, who=reader)
    assert refused.status_code == 403
    unknown = await register.post("/reconciliations", {"list_id": "0197f3a0-0000-7000-8000-000000000006"})
    assert unknown.status_code == 404
    assert (await register.post("/reconciliations", {"repair": True, "reason": "核对"})).status_code == 202
    assert (await register.get("/reconciliations?drifted=true")).json() == {"items": [], "next": None}
    assert (await register.get("/reconciliations?cursor=e30")).status_code == 422
