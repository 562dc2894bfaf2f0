"""Procedures and campaigns name the registered document they come from."""

from datetime import date
from uuid import UUID

import pytest

from shared.identifiers import new_id
from tests.workflow.campaigning import CAMPAIGNS, at, kind, milestone, plan, set_time, settle_in
from tests.workflow.test_templates import BASE, DECIDE, REVIEW, SIGN, template
from tests.workflow.world import World


async def registered(world: World) -> UUID:
    """The earlier document of the city."""
    id_ = new_id()
    await world.run(
        "INSERT INTO qingdan.normative_document (id, title, title_key, number, kind, issuer)"
        " VALUES (:id, :title, :title, :number, 'local_document', '通化市人民政府办公室')",
        id=id_, title=f"承接下放事项的通知{world.suffix}", number=f"通市政办发〔2013〕{world.suffix}号",
    )  # fmt: skip
    return id_


@pytest.mark.req("TH-43")
async def test_a_procedure_keeps_its_source_document_in_every_version(world: World) -> None:
    document, code = await registered(world), f"taking_{world.suffix}"
    body = template(code, SIGN, REVIEW, DECIDE, source=f"通市政办发〔2013〕{world.suffix}号")
    for wrong, status in ((str(new_id()), 422), ("x", 422), ("\0", 422)):
        answer = await world.call("管理员", "POST", BASE, body | {"source_document_id": wrong})
        assert answer.status_code == status, wrong
    made = await world.call("管理员", "POST", BASE, body | {"source_document_id": str(document)})
    assert made.status_code == 201, made.text
    shown = (await world.call("环保编制", "GET", f"{BASE}/{code}")).json()["source_document"]
    assert (shown["id"], shown["number"], shown["status"]) == (
        str(document), f"通市政办发〔2013〕{world.suffix}号", "in_force",
    )  # fmt: skip
    again = await world.call("管理员", "POST", BASE, body)
    assert (again.json()["version"], again.json()["source_document"]) == (2, None)
    first = (await world.call("环保编制", "GET", f"{BASE}/{code}?version=1")).json()
    assert first["source_document"]["id"] == str(document), "an earlier version says what it came from"
    await world.run("UPDATE qingdan.normative_document SET status = 'repealed' WHERE id = :id", id=document)
    listed = (await world.call("环保编制", "GET", f"{BASE}/{code}?version=1")).json()
    assert listed["source_document"]["status"] == "repealed"


async def test_a_campaign_names_the_registered_document_that_arranges_it(world: World) -> None:
    set_time(at(2017, 6, 25))
    await settle_in(world)
    document = await registered(world)
    body = plan(milestone(1, "list", "lead", date(2017, 9, 30), kinds=[await kind(world, "so", "清单")]))
    unknown = await world.call("放管服组", "POST", CAMPAIGNS, body | {"source_document_id": str(new_id())})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "unknown_document")
    made = await world.call("放管服组", "POST", CAMPAIGNS, body | {"source_document_id": str(document)})
    assert made.json()["source_document_id"] == str(document)
    path = f"{CAMPAIGNS}/{made.json()['id']}"
    shown = await world.call("环保编制", "GET", path)
    assert shown.json()["source_document_id"] == str(document)
    change = {name: value for name, value in body.items() if name != "region_code"}
    assert (await world.call("放管服组", "PUT", path, change, **{"If-Match": '"1"'})).status_code == 200
    assert (await world.call("环保编制", "GET", path)).json()["source_document_id"] is None
