"""Transfer of body: what may be proposed, which codes follow, who takes part, and a whole organ at once."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from shared.codes import credit_code
from shared.identifiers import new_id
from tests.workflow.world import BASE, HEADER, World, modify

BASE_CODE = "130131001000"


def code_of(body: str) -> str:
    return credit_code.generate(authority="1", category="1", region="130922", organisation_body=body).value


async def organs(world: World) -> tuple[str, str]:
    """Credit codes of the giving and the taking organ, new for each test."""
    found = []
    for name in ("环保局", "住建局"):
        code = code_of(new_id().hex[-8:].upper().translate(str.maketrans("IOSVZ", "12345")))
        await world.run("UPDATE qingdan.organ SET credit_code = :code WHERE id = :id", code=code, id=world.organs[name])
        found.append(code)
    return found[0], found[1]


def transfer(item: UUID, to: UUID, **elements: Any) -> dict[str, Any]:
    return {"operation": "transfer", "item_id": str(item), "elements": {"implementing_body": str(to)} | elements}


async def coded(world: World, name: str, code: str, **more: Any) -> UUID:
    """An entry with codes of an organ, in the register of codes as well."""
    entry = {"base_code": BASE_CODE, "implementation_code": f"{code}4{BASE_CODE}", "level": "4"} | more
    item = await world.item(name, **entry)
    await world.run("UPDATE qingdan.item SET base_code = :base WHERE id = :id", base=entry["base_code"], id=item)
    whole = entry["implementation_code"] + entry.get("handling_item", "")
    await world.run(
        "INSERT INTO qingdan.item_code (item_id, code, list_id, scheme, valid_from)"
        " SELECT id, :code, list_id, 'implementation', effective_from FROM qingdan.item WHERE id = :id",
        code=whole, id=item,
    )  # fmt: skip
    return item


async def refused(world: World, *changes: dict[str, Any], who: str = "环保编制", **more: Any) -> dict[str, Any]:
    body = HEADER | {"organ_id": str(world.organs["环保局"]), "changes": list(changes)} | more
    answer = await world.call(who, "POST", BASE, body)
    assert answer.status_code in (403, 409, 422), answer.text
    told: dict[str, Any] = answer.json()
    return told


async def test_the_taking_organ_must_be_able_to_hold_the_matter_and_take_part(world: World) -> None:
    giving, taking = await organs(world)
    item = await coded(world, "环评审批", giving)
    to, own = world.organs["住建局"], world.organs["环保局"]
    joint = {"participants": [str(to)]}
    assert (await refused(world, transfer(item, to)))["code"] == "organ_not_participating"
    outside = world.organs["外单位"]
    told = await refused(world, transfer(item, outside), participants=[str(outside)])
    assert told["code"] == "organ_not_member"
    assert (await refused(world, transfer(item, own)))["errors"][0]["code"] == "same_body"
    missing = {"operation": "transfer", "item_id": str(item), "elements": {}}
    assert (await refused(world, missing))["errors"][0]["code"] == "body_missing"
    told = await refused(world, transfer(item, to, implementation_code=f"{taking}4{BASE_CODE}"), **joint)
    assert told["errors"][0]["code"] == "computed_code"
    assert (await refused(world, transfer(item, new_id()), **joint))["errors"][0]["code"] == "unknown_organ"
    await world.run("UPDATE qingdan.organ SET credit_code = NULL WHERE id = :id", id=to)
    assert (await refused(world, transfer(item, to), **joint))["errors"][0]["code"] == "credit_code_missing"
    await world.run("UPDATE qingdan.organ SET state = 'abolished' WHERE id = :id", id=to)
    told = await refused(world, transfer(item, to), **joint)
    assert told["errors"][0]["code"] == "organ_inactive"
    assert told["errors"][0]["pointer"] == "/changes/0/elements/implementing_body"


async def test_new_codes_follow_from_the_taking_organ_and_are_shown_in_the_change(world: World) -> None:
    giving, taking = await organs(world)
    old = f"{giving}4{BASE_CODE}"
    item = await coded(world, "环评审批", giving, materials=[{"name": "报告", "code": f"{old}001"}])
    to = world.organs["住建局"]
    opened = await world.open(transfer(item, to), participants=[str(to)])
    [change] = (await world.read(opened["id"]))["changes"]
    new = f"{taking}4{BASE_CODE}"
    assert change["operation"] == "transfer"
    assert change["proposed"] == {
        "implementing_body": str(to),
        "implementation_code": new,
        "materials": [{"name": "报告", "code": f"{new}001"}],
    }
    assert change["base"]["implementation_code"] == old
    assert change["organ_id"] == str(world.organs["环保局"])


async def test_two_handling_items_that_meet_in_one_organ_get_serials_of_their_own(world: World) -> None:
    giving, taking = await organs(world)
    to = world.organs["住建局"]
    first = await coded(world, "环评审批（新办）", giving, handling_item="01")
    await coded(world, "环评审批（住建）", taking, handling_item="01", body="住建局")
    bare = await coded(world, "环评审批（整项）", giving, base_code="130131002000",
                       implementation_code=f"{giving}4130131002000")  # fmt: skip
    await coded(world, "整项（住建）", taking, base_code="130131002000", body="住建局",
                implementation_code=f"{taking}4130131002000")  # fmt: skip
    told = await refused(world, transfer(first, to), transfer(bare, to), participants=[str(to)])
    assert [(error["pointer"], error["code"]) for error in told["errors"]] == [
        ("/changes/1/elements/implementing_body", "code_in_use")
    ]
    opened = await world.open(transfer(first, to), participants=[str(to)])
    [change] = (await world.read(opened["id"]))["changes"]
    assert change["proposed"]["handling_item"] == "02"


async def test_both_organs_sign_and_the_taking_one_may_compile(world: World) -> None:
    giving, _ = await organs(world)
    item = await coded(world, "环评审批", giving)
    to = world.organs["住建局"]
    body = HEADER | {"organ_id": str(to), "participants": [str(world.organs["环保局"])]}
    answer = await world.call("住建编制", "POST", BASE, body | {"changes": [transfer(item, to)]})
    assert answer.status_code == 201, answer.text
    id_ = answer.json()["id"]
    version = (await world.read(id_))["version"]
    header = HEADER | {"participants": []}
    left = await world.call("住建编制", "PUT", f"{BASE}/{id_}", header, **{"If-Match": f'"{version}"'})
    assert left.status_code == 409, left.text
    assert (await world.act("住建编制", id_, "submit")).status_code == 200
    await world.validated(id_)
    assert (await world.sign("住建局长", id_)).status_code == 200
    assert (await world.read(id_))["state"] == "signing", "the giving organ has not signed yet"
    assert (await world.sign("环保局长", id_)).status_code == 200
    assert (await world.read(id_))["state"] == "in_review"


@pytest.mark.req("QX-29")
async def test_all_matters_of_an_organ_move_in_one_adjustment(world: World) -> None:
    giving, taking = await organs(world)
    to = world.organs["住建局"]
    items = []
    for number in range(1, 4):
        base = f"1301310{number:02d}000"
        items.append(
            await coded(world, f"事项{number}", giving, base_code=base, implementation_code=f"{giving}4{base}")
        )
    gone = await coded(world, "已取消", giving, base_code="130131099000", state="cancelled",
                       implementation_code=f"{giving}4130131099000")  # fmt: skip
    opened = await world.open(transfer(items[0], to), participants=[str(to)])
    path = f"{BASE}/{opened['id']}/changes"
    chosen = {"list_id": str(world.lists["permit"]), "organ_id": str(world.organs["环保局"]),
              "elements": {"implementing_body": str(to)}}  # fmt: skip
    answer = await world.call("环保编制", "POST", path, {"selection": chosen})
    assert answer.status_code == 201, answer.text
    changes = (await world.read(opened["id"]))["changes"]
    assert [change["item_id"] for change in changes] == [str(item) for item in items]
    assert str(gone) not in {change["item_id"] for change in changes}
    assert all(change["proposed"]["implementation_code"].startswith(taking) for change in changes)
    again = await world.call("环保编制", "POST", path, {"selection": chosen})
    assert (again.status_code, again.json()["errors"][0]["code"]) == (422, "nothing_selected")
    nothing = await world.call("环保编制", "POST", path, {})
    assert nothing.status_code == 422
    foreign = await world.call("环保编制", "POST", path, {"selection": chosen | {"list_id": str(new_id())}})
    assert foreign.status_code == 422


@pytest.mark.req("TH-44")
async def test_an_entry_is_given_to_another_organ_only_by_a_transfer_that_both_sign(world: World) -> None:
    giving, _ = await organs(world)
    item = await coded(world, "环评审批", giving)
    given = modify(item, implementing_body=str(world.organs["住建局"]))
    told = await refused(world, given)
    assert told["code"] == "organ_not_participating"
    told = await refused(world, given, participants=[str(world.organs["住建局"])])
    assert [(error["code"], error["pointer"]) for error in told["errors"]] == [
        ("body_by_transfer", "/changes/0/elements/implementing_body")
    ]


async def test_no_entry_names_an_organ_that_is_closed(world: World) -> None:
    item = await world.item("环评审批")
    await world.run("UPDATE qingdan.organ SET state = 'abolished' WHERE id = :id", id=world.organs["住建局"])
    told = await refused(world, modify(item, supervising_body=str(world.organs["住建局"])))
    assert told["errors"][0]["code"] == "organ_inactive"
