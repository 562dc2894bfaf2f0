"""An older worker beside a newer program: rules it cannot read make it wait, and nothing is parked or lost."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from services.catalog.linkage.builtin import BUILTIN
from services.catalog.linkage.consumers import CASCADE
from shared import clock, problems
from shared.ledger import consume
from shared.ledger.failure import data_failure, is_passing
from tests.catalog.linkage_fixtures import world
from tests.catalog.linkage_world import CITY, World

__all__ = ["world"]
pytestmark = pytest.mark.asyncio(loop_scope="module")
NEWER = 9_999


async def adopt(world: World, rules: dict[str, Any]) -> None:
    """Rules as the next version of the program installs them, in force from now on."""
    await world.run(
        "INSERT INTO qingdan.rule_set (version, rules, state, effective_from, created_by)"
        " VALUES (:version, CAST(:rules AS jsonb), 'adopted', :now, 'system:migrate')",
        version=NEWER, rules=orjson.dumps(rules).decode(), now=clock.now(),
    )  # fmt: skip


async def test_a_decision_waits_for_the_program_that_knows_the_words_of_the_rules(world: World) -> None:
    permit = world.permit(CITY, "排污许可")
    entries = await world.linked(permit)
    await world.drain()
    rules = BUILTIN.model_dump(mode="json")
    rules["rules"][0]["a_word_of_next_year"] = True
    await adopt(world, rules)
    await world.decide([("modify", entries["permit"], {"name": "排污许可"}, {"name": "排污许可证核发"})])
    for _ in range(2):
        with pytest.raises(problems.Unavailable) as waits:
            await consume.step(world.engine, CASCADE)
        assert waits.value.code == "newer_rules"
        assert (data_failure(waits.value), is_passing(waits.value)) == (None, True)
    assert await world.rows("SELECT * FROM qingdan.parked") == []
    assert (await world.entry(entries["permit"]))["name"] == "排污许可"
    await world.run("DELETE FROM qingdan.rule_set WHERE version = :version", version=NEWER)
    await world.drain()
    assert (await world.entry(entries["permit"]))["name"] == "排污许可证核发"
    assert (await world.entry(entries["power"]))["name"] == "排污许可证核发"
