"""The check of all lists, and the preview: what they tell is what the cascade then does."""

from __future__ import annotations

import random
from typing import Any
from uuid import UUID

import pytest

from services.catalog.linkage import repository
from shared.identifiers import new_id
from tests.catalog.foretold import foretold
from tests.catalog.linkage_fixtures import world
from tests.catalog.linkage_world import CITY, PERMIT_KINDS, PROVINCE, World, check

__all__ = ["world"]
pytestmark = pytest.mark.asyncio(loop_scope="module")

ASKED = [{"name": "环评报告表", "necessity": "required"}, {"name": "申请表", "necessity": "required"}]


@pytest.mark.req("QX-30")
@pytest.mark.req("ZZ-41")
async def test_the_check_names_each_mismatch_and_finds_none_after_a_cascade(world: World) -> None:
    await world.run("UPDATE qingdan.item SET state = 'cancelled'")
    await world.run("UPDATE qingdan.draft SET state = 'superseded' WHERE state = 'open'")
    await world.run("UPDATE qingdan.finding SET state = 'closed' WHERE state <> 'closed'")
    permit = world.permit(CITY, "食品经营许可")
    entries = await world.linked(permit)
    await world.drain()
    assert (await check(world))["open"] == 0
    await world.run(
        "UPDATE qingdan.item SET name = '食品许可', base_code = base_code WHERE id = :id", id=entries["power"]
    )
    result = await check(world, record=False)
    seen = {(row["item_id"], row["element"]): row for row in result["mismatches"]}
    wrong = seen[str(entries["power"]), "name"]
    assert (wrong["left"], wrong["right"], wrong["rule"]) == ("食品许可", "食品经营许可", "K01")
    assert wrong["list_id"] == str(world.lists["power", CITY])
    assert {item for item, _ in seen} == {str(entries["power"]), str(entries["catalogue"])}
    recorded = await check(world)
    assert recorded["opened_findings"] == recorded["opened_drafts"] == 2
    await world.decide([("modify", entries["permit"], {"name": "食品经营许可"}, {"name": "食品生产经营许可"})])
    await world.drain()
    assert (await check(world))["open"] == 0
    assert not await world.open_findings()
    assert not await world.open_drafts()


@pytest.mark.parametrize("seed", range(6))
async def test_the_preview_is_what_the_cascade_then_does(
    world: World, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    if seed % 2:
        # As if there were many entries: the overlay stands in a table of its own.
        monkeypatch.setattr(repository, "MOST_FEW", 0)
    chance = random.Random(seed)
    permits = [world.permit(CITY, f"事项{seed}-{number}", investment=True, materials=ASKED) for number in range(4)]
    entries = [await world.linked(permit) for permit in permits]
    [upper] = await world.enter(
        "permit", PROVINCE, [world.permit(PROVINCE, "上级", base_code=permits[0]["base_code"], materials=ASKED)]
    )
    await world.drain()
    changes = [
        change for permit, made in zip(permits, entries, strict=True) if (change := some_change(chance, permit, made))
    ]
    added = world.permit(CITY, f"新增{seed}", investment=True)
    changes.append(("add", new_id(), {}, added))
    changes.append(("modify", upper, {"materials": ASKED}, {"materials": ASKED[: chance.randint(0, 2)]}))
    lists = {item: made_list(world, entries, upper, item) for _, item, _, _ in changes}
    await foretold(world, changes, lists, list_id=world.lists["permit", CITY])


def made_list(world: World, entries: list[dict[str, UUID]], upper: UUID, item: UUID) -> UUID:
    kinds = {made[kind]: kind for made in entries for kind in PERMIT_KINDS}
    return world.lists[kinds.get(item, "permit"), PROVINCE if item == upper else CITY]


def some_change(chance: random.Random, permit: dict[str, Any], made: dict[str, UUID]) -> Any:
    """A change people might make, of the permit or of an entry that follows it."""
    operation = chance.choice(["rename", "recode", "cancel", "suspend", "follower", "basis", "none"])
    code = f"4401{chance.randint(10, 98)}{chance.randint(100, 999)}{chance.randint(100, 999)}"
    match operation:
        case "rename":
            return ("modify", made["permit"], {"name": permit["name"], "level": "3"},
                    {"name": permit["name"] + "（新）", "level": "2"})  # fmt: skip
        case "recode":
            return ("modify", made["permit"], {"base_code": permit["base_code"]}, {"base_code": code})
        case "cancel" | "suspend":
            return (operation, made["permit"], {}, {})
        case "follower":
            return ("modify", made["power"], {"name": permit["name"]}, {"name": "擅自改名"})
        case "basis":
            return (
                "modify",
                made["permit"],
                {"basis": permit["basis"]},
                {"basis": [{"document": "新法", "kind": "set"}]},
            )
    return None
