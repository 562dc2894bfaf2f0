"""What a matter costs those who apply: burdens before and after a change, and what is kept back from the hall."""

from __future__ import annotations

import pytest

from shared.identifiers import new_id
from tests.catalog.quality_world import ORGAN, OTHER, patched, stored
from tests.catalog.register_world import RegisterWorld


@pytest.mark.req("ZL-28")
async def test_the_burden_of_a_matter_is_counted_and_compared_before_and_after(register: RegisterWorld) -> None:
    list_id = await register.list_of("implementation")
    materials = [{"name": f"材料{number}", "necessity": "required"} for number in range(3)]
    materials.append({"name": "说明", "necessity": "optional"})
    heavy = {"materials": materials, "visits": 2, "process_steps": [{"name": "受理"}, {"name": "审查"}],
             "fees": [{"name": "工本费", "amount": "10.50"}]}  # fmt: skip
    (item,) = await stored(register, list_id, register.permit(1, **heavy))
    told = (await register.get(f"/items/{item}/burden")).json()
    assert told == {"materials": 3, "steps": 2, "visits": 2, "days": 10.0, "fees": 1, "amount": 10.5}
    root = new_id()
    light = {
        "materials": materials[:1],
        "visits": 0,
        "fees": [],
        "promised_limit": {"amount": 7, "unit": "natural_day"},
    }
    await patched(register, item, light, root)
    [change] = (await register.get(f"/burdens/{root}")).json()["items"]
    assert change["before"] == told
    assert change["difference"] == {
        "materials": -2,
        "steps": 0,
        "visits": -2,
        "days": -5.0,
        "fees": -1,
        "amount": -10.5,
    }
    assert (await register.get(f"/burdens/{new_id()}")).json()["items"] == []


@pytest.mark.req("ZL-28")
async def test_several_versions_of_one_adjustment_are_one_change_of_the_burden(register: RegisterWorld) -> None:
    list_id = await register.list_of("implementation")
    first, second = await stored(register, list_id, register.permit(1, visits=3), register.permit(2, visits=3))
    root = new_id()
    for visits in (2, 1):
        await patched(register, first, {"visits": visits}, root)
        await patched(register, second, {"visits": visits}, root)
    page = (await register.get(f"/burdens/{root}?limit=1")).json()
    rest = (await register.get(f"/burdens/{root}?limit=1&cursor={page['next']}")).json()
    changes = [*page["items"], *rest["items"]]
    assert sorted(change["item_id"] for change in changes) == sorted([str(first), str(second)])
    assert [change["difference"]["visits"] for change in changes] == [-2, -2]
    assert rest["next"] is None


@pytest.mark.req("ZL-28")
async def test_a_matter_that_is_cancelled_costs_nobody_anything_afterwards(register: RegisterWorld) -> None:
    list_id = await register.list_of("implementation")
    (item,) = await stored(register, list_id, register.permit(1, visits=3))
    root = new_id()
    await patched(register, item, {"state": "cancelled"}, root)
    [change] = (await register.get(f"/burdens/{root}")).json()["items"]
    assert (change["before"]["visits"], change["after"], change["difference"]) == (3, None, {})


async def test_what_is_done_on_the_spot_takes_no_days_whatever_the_law_allows(register: RegisterWorld) -> None:
    list_id = await register.list_of("implementation")
    (item,) = await stored(register, list_id, register.permit(1, promised_limit={"amount": 0, "unit": "working_day"}))
    assert (await register.get(f"/items/{item}/burden")).json()["days"] == 0


@pytest.mark.req("TH-16")
async def test_the_hall_report_names_the_organs_that_keep_something_back(register: RegisterWorld) -> None:
    list_id = await register.list_of("implementation", members=(OTHER,))
    done = {"approval_office": True, "in_hall": True, "online": True, "window_authorised": True}
    await stored(
        register, list_id, register.permit(1, **done), register.permit(2, OTHER, **(done | {"in_hall": False}))
    )
    rows = {row["organ_name"]: row for row in (await register.get(f"/hall-report?list_id={list_id}")).json()["items"]}
    assert (rows[ORGAN]["lacking"], rows[OTHER]["lacking"]) == ([], ["in_hall"])
