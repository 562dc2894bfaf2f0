"""A transfer that takes effect: codes end with their successors, materials included, and are not given again."""

from __future__ import annotations

from typing import Any

import pytest

from shared.identifiers import new_id
from tests.catalog.foretold import foretold
from tests.catalog.linkage_fixtures import world
from tests.catalog.linkage_world import CITY, COUNTY, World, events

__all__ = ["world"]
pytestmark = pytest.mark.asyncio(loop_scope="module")

TAKING = "11450721MB15580811"


def handed_over(world: World, permit: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Base and proposal of a transfer, as the workflow completes them."""
    new = f"{TAKING}3{permit['base_code']}"
    materials = [{**row, "code": new + row["code"][-3:]} for row in permit["materials"]]
    proposed = {"implementing_body": str(world.organs[COUNTY]), "implementation_code": new, "materials": materials}
    return {key: permit[key] for key in proposed}, proposed


def with_materials(world: World, name: str) -> dict[str, Any]:
    permit = world.permit(CITY, name)
    code = permit["implementation_code"]
    return permit | {"materials": [{"name": "申请表", "code": f"{code}001"}, {"name": "图纸", "code": f"{code}002"}]}


async def test_each_code_of_a_transferred_matter_names_its_successor(world: World) -> None:
    permit = with_materials(world, "户外广告设置审批")
    entries = await world.linked(permit)
    base, proposed = handed_over(world, permit)
    adjustment = await world.decide([("transfer", entries["permit"], base, proposed)])
    await world.drain()
    rows = await world.rows("SELECT * FROM qingdan.item_code WHERE item_id = :id", id=entries["permit"])
    old, new = permit["implementation_code"], proposed["implementation_code"]
    assert {(row["scheme"], row["code"]): (row["successor"], row["valid_until"] is None) for row in rows} == {
        ("base", permit["base_code"]): (None, True),
        ("implementation", old): (new, False),
        ("implementation", new): (None, True),
        ("material", f"{old}001"): (f"{new}001", False),
        ("material", f"{old}002"): (f"{new}002", False),
        ("material", f"{new}001"): (None, True),
        ("material", f"{new}002"): (None, True),
    }
    assert {(row["ended_by"], row["adjustment_id"]) for row in rows if row["valid_until"]} == {("transfer", adjustment)}
    [version] = await world.rows(
        "SELECT operation FROM qingdan.item_version WHERE item_id = :id AND number = 2", id=entries["permit"]
    )
    assert version["operation"] == "transfer"
    [follower] = await world.rows(
        "SELECT successor, ended_by FROM qingdan.item_code WHERE item_id = :id AND code = :code",
        id=entries["implementation"], code=old,
    )  # fmt: skip
    assert (follower["successor"], follower["ended_by"]) == (new, "sync")
    late = world.permit(CITY, "另一事项", base_code=permit["base_code"], implementation_code=old)
    refused = await world.decide([("add", new_id(), {}, late)], list_id=world.lists["permit", CITY])
    await world.drain()
    assert await events(world, "adjustment.conflicted", refused), "a code once given is never given again"


async def test_a_matter_that_comes_back_takes_up_its_codes_again(world: World) -> None:
    permit = with_materials(world, "临时占道审批")
    entries = await world.linked(permit)
    base, proposed = handed_over(world, permit)
    await world.decide([("transfer", entries["permit"], base, proposed)])
    await world.decide([("transfer", entries["permit"], proposed, base)])
    await world.drain()
    rows = await world.rows("SELECT * FROM qingdan.item_code WHERE item_id = :id", id=entries["permit"])
    held = {row["code"]: row["successor"] for row in rows if row["scheme"] != "base"}
    old, new = permit["implementation_code"], proposed["implementation_code"]
    assert held == {
        old: None, new: old, f"{old}001": None, f"{old}002": None, f"{new}001": f"{old}001", f"{new}002": f"{old}002",
    }  # fmt: skip
    open_codes = {row["code"] for row in rows if row["valid_until"] is None}
    assert open_codes == {old, f"{old}001", f"{old}002", permit["base_code"]}


async def test_the_preview_of_a_transfer_is_what_the_cascade_does(world: World) -> None:
    permit = with_materials(world, "燃气经营许可")
    entries = await world.linked(permit)
    await world.drain()
    base, proposed = handed_over(world, permit)
    change = ("transfer", entries["permit"], base, proposed)
    lists = {entries["permit"]: world.lists["permit", CITY]}
    await foretold(world, [change], lists, list_id=world.lists["permit", CITY])
