"""Contacts of organs: who leads, who is concretely in charge, who does the work."""

from typing import Any
from uuid import uuid4

import pytest

from tests.workflow.county import COUNTY
from tests.workflow.test_inbox import account
from tests.workflow.world import World

PRINCIPAL = {"duty": "principal", "name": "局主要负责人"}


def path(world: World, organ: str = "环保局") -> str:
    return f"/workflow/v1/organ-contacts/{world.organs[organ]}"


@pytest.mark.parametrize(
    "contacts",
    [
        [PRINCIPAL, PRINCIPAL],
        [{"duty": "chief", "name": "某"}],
        [{"duty": "operator", "name": ""}],
        [{"duty": "operator", "name": "\0"}],
        [{"duty": "operator", "name": "某", "phone": "call me"}],
        [{"duty": "operator", "name": "某", "account_id": "x"}],
        [{"duty": "operator", "name": "某", "more": 1}],
        [{"duty": "operator", "name": "某", "account_id": str(uuid4())}],
        [{"duty": "operator", "name": "某"}] * 51,
    ],
)
async def test_contacts_that_make_no_sense_are_refused(world: World, contacts: Any) -> None:
    answer = await world.call("环保局长", "PUT", path(world), {"contacts": contacts}, **{"If-Match": '"0"'})
    assert answer.status_code == 422, answer.text


async def test_contacts_are_the_business_of_the_organ_and_of_who_administers_the_region(world: World) -> None:
    body = {"contacts": [PRINCIPAL]}
    for who in ("住建局长", "环保编制", "审改办"):
        assert (await world.call(who, "PUT", path(world), body, **{"If-Match": '"0"'})).status_code == 403, who
    assert (await world.call("环保局长", "PUT", path(world), body)).status_code == 428
    assert (await world.call("环保局长", "PUT", path(world), body, **{"If-Match": '"3"'})).status_code == 412
    missing = await world.call("审改办", "GET", f"/workflow/v1/organ-contacts/{uuid4()}")
    assert (missing.status_code, missing.json()["code"]) == (404, "organ_not_found")
    assert (await world.call(None, "GET", path(world))).status_code == 401


@pytest.mark.req("ZL-41", "ZL-54")
async def test_an_organ_names_its_principal_its_deputy_and_its_operators_with_a_note(world: World) -> None:
    operator = await account(world, "环保经办", "compiler", COUNTY, "环保局")
    contacts = [
        PRINCIPAL | {"phone": "0317-4020000"},
        {"duty": "deputy", "name": "分管负责人甲"},
        {"duty": "operator", "name": "经办人员甲", "account_id": str(operator.account_id), "note": "同时优化审批流程"},
    ]
    empty = await world.call("审改办", "GET", path(world))
    assert empty.json()["contacts"] == []
    put = await world.call(
        "环保局长", "PUT", path(world), {"contacts": contacts}, **{"If-Match": empty.headers["etag"]}
    )
    assert put.status_code == 200, put.text
    shown = await world.call("审改办", "GET", path(world))
    assert [(one["duty"], one["duty_title"], one["name"]) for one in shown.json()["contacts"]] == [
        ("principal", "主要负责人", "局主要负责人"),
        ("deputy", "分管负责人", "分管负责人甲"),
        ("operator", "经办人员", "经办人员甲"),
    ]
    assert shown.json()["contacts"][2]["note"] == "同时优化审批流程"
    fewer = await world.call("管理员", "PUT", path(world), {"contacts": []}, **{"If-Match": shown.headers["etag"]})
    assert (fewer.status_code, fewer.headers["etag"]) == (200, '"2"')
    events = await world.run(
        "SELECT refs::text AS refs FROM qingdan.event WHERE type = 'organ_contact.changed'"
        " AND refs->>'organ' = :organ ORDER BY position",
        organ=str(world.organs["环保局"]),
    )
    assert len(events) == 2
    assert "负责人甲" not in events[0].refs, "an event names nobody"
