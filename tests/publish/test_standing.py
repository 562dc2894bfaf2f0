"""What the public is told of a code: in the list, suspended, cancelled, replaced, or not in any list."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from services.publish.validity.rules import STATEMENTS, Standing, standing_of
from tests.publish.world import World


async def standing(portal: httpx.AsyncClient, code: str, on: str = "2199-12-31") -> dict[str, Any]:
    answer = await portal.get(f"/publish/v1/codes/{code}?on={on}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@pytest.mark.req("ZZ-04")
async def test_a_code_no_list_knows_is_not_in_the_list_and_nothing_may_be_implemented_under_it(
    world: World, portal: httpx.AsyncClient
) -> None:
    told = await standing(portal, "000999999000")
    assert (told["valid"], told["standing"], told["entries"]) == (False, "not_in_list", [])
    assert "清单之外" in told["statement"]
    _, [item] = await world.enacted(1, base_code="000971001000", audience="staff")
    assert (await standing(portal, "000971001000"))["standing"] == "not_in_list"
    assert item


@pytest.mark.req("ZZ-04")
async def test_a_code_in_the_list_stands_as_its_entry_does(world: World, portal: httpx.AsyncClient) -> None:
    _, [item] = await world.enacted(1, base_code="000972001000")
    assert (await standing(portal, "000972001000"))["standing"] == "in_list"
    assert (await standing(portal, "000972001000", "2025-12-31"))["standing"] == "not_yet"
    for state, event in (("suspended", "item.suspended"), ("cancelled", "item.cancelled")):
        await world.change([item], state=state)
        await world.tell(world.event(event, [item]))
        await world.publish()
        told = await standing(portal, "000972001000")
        assert (told["standing"], told["valid"], told["statement"]) == (state, False, STATEMENTS[state])


def test_the_best_of_what_entries_say_counts() -> None:
    assert standing_of([Standing("cancelled", "a"), Standing("in_use", "a")], "a") == "in_list"
    assert standing_of([Standing("in_use", "b"), Standing("cancelled", "a")], "a") == "cancelled"
    assert standing_of([Standing("in_use", "b")], "a") == "replaced"
    assert standing_of([], "a") == "not_in_list"
