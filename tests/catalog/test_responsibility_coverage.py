"""What powers and responsibilities owe each other: powers without duties, records, organs, fields; what is declared."""

from __future__ import annotations

import pytest

from tests.catalog.responsibility_entries import boundary, duty, special, supervision
from tests.catalog.responsibility_world import BUREAU, DECISION, MARKET, Lists, codes, power_of
from tests.statements import counted


@pytest.mark.req("HB-02")
@pytest.mark.req("ZL-06")
async def test_a_power_without_a_duty_stands_in_the_way_of_publication_and_is_reported(lists: Lists) -> None:
    covered, bare = power_of(lists.register, 1), power_of(lists.register, 2, MARKET)
    _, item = await lists.made(lists.power, covered, bare)
    await lists.made(lists.responsibility, duty(covered))
    for section in ("boundary", "public_service", "supervision"):
        await lists.declare(section=section)
    refused = (await lists.enact()).json()
    assert [error["code"] for error in refused["errors"]] == ["powers_without_duty"]
    gap = (await lists.coverage())["powers_without_duty"]
    assert (gap["count"], gap["items"][0]["item_id"], gap["items"][0]["organ"]) == (1, item, MARKET)
    await lists.made(lists.responsibility, duty(bare))
    assert (await lists.coverage())["powers_without_duty"] == {"count": 0, "items": []}
    assert (await lists.enact()).status_code == 200


@pytest.mark.req("HB-15")
async def test_focus_fields_without_a_boundary_are_flagged(lists: Lists) -> None:
    lead, other = lists.body(), lists.body(MARKET)
    await lists.made(lists.responsibility, boundary(lead, [other]), boundary(lead, [other], field="other"))
    found = {row["field"]: (row["boundaries"], row["missing"]) for row in (await lists.coverage())["fields"]}
    assert found == {
        "market_supervision": (0, True), "food_safety": (0, True), "work_safety": (0, True),
        "environment": (1, False), "other": (1, False),
    }  # fmt: skip


@pytest.mark.req("HB-17")
@pytest.mark.req("TH-33")
async def test_a_cancelled_power_without_a_record_is_an_error_until_somebody_answers_for_it(lists: Lists) -> None:
    matter = power_of(lists.register, 1)
    [item] = await lists.made(lists.power, matter | {"state": "cancelled"})
    await lists.made(lists.responsibility, duty(power_of(lists.register, 2)))
    await lists.drain()
    [found] = await lists.findings("K25")
    assert (found["item_id"], found["severity"]) == (item, "error")
    assert (await lists.coverage())["unsupervised"]["count"] == 1
    wrong = await lists.declare(list_id=lists.power, item_id=item)
    assert (wrong.status_code, wrong.json()["code"]) == (404, "no_sections")
    answer = await lists.declare(item_id=item, reason="审批取消后不再需要监管")
    assert answer.status_code == 201, answer.text
    assert answer.json()["rule"] == "K25"
    assert not await lists.findings("K25")
    assert (await lists.coverage())["unsupervised"]["count"] == 0
    assert (await lists.declare(item_id=item)).json()["code"] == "declaration_exists"
    path = f"/declarations/{answer.json()['id']}"
    assert (await lists.register.send("DELETE", path, who=lists.lead, params={"reason": "仍需监管"})).status_code == 204
    assert [row["item_id"] for row in await lists.findings("K25")] == [item]
    assert [row["withdrawn_at"] is None for row in await lists.declarations("?withdrawn=true")] == [False]
    assert not await lists.declarations()
    await lists.made(lists.responsibility, supervision(matter, disposition="cancelled"))
    await lists.drain()
    assert not await lists.findings("K25")


@pytest.mark.req("HB-04")
async def test_k07_organs_with_powers_and_organs_with_duties_are_the_same_or_the_difference_is_shown(
    lists: Lists,
) -> None:
    await lists.made(lists.power, power_of(lists.register, 1))
    await lists.made(lists.responsibility, duty(power_of(lists.register, 2, MARKET)))
    found = await lists.coverage()
    assert [row["organ"] for row in found["organs_without_duties"]] == [BUREAU]
    assert [row["organ"] for row in found["organs_without_powers"]] == [MARKET]
    await lists.made(lists.responsibility, duty(power_of(lists.register, 1)))
    await lists.made(lists.power, power_of(lists.register, 2, MARKET))
    found = await lists.coverage()
    assert found["organs_without_duties"] == found["organs_without_powers"] == []


@pytest.mark.req("QX-23")
@pytest.mark.req("QX-24")
async def test_k19_departments_of_a_special_list_have_a_duty_of_its_field(lists: Lists) -> None:
    matter = power_of(lists.register, 1)
    list_id = await lists.register.list_of("environment_responsibility", members=(BUREAU, MARKET))
    await lists.made(list_id, special(matter, [(lists.body(MARKET), "assist")], environment_element="水"))
    await lists.made(lists.responsibility, duty(matter, field="environment"))
    found = (await lists.coverage())["special_departments"]
    assert [(row["list_kind"], row["organ"]) for row in found] == [("environment_responsibility", MARKET)]
    await lists.made(lists.responsibility, duty(power_of(lists.register, 2, MARKET), field="environment"))
    assert (await lists.coverage())["special_departments"] == []


@pytest.mark.req("QX-07")
async def test_the_power_list_carries_type_body_and_basis_and_is_enacted(lists: Lists) -> None:
    register = lists.register
    matter = power_of(register, 1)
    for element in ("item_type", "implementing_body", "basis"):
        answer = await lists.enter(lists.power, {key: matter[key] for key in matter if key != element})
        assert codes(answer) == {"missing"}
    [item] = await lists.made(lists.power, matter)
    shown = (await register.get(f"/items/{item}")).json()["elements"]
    assert (shown["item_type"], shown["basis"]) == ("01", matter["basis"])
    template = await register.get("/kinds/power/template.xlsx")
    assert template.status_code == 200
    assert (await register.post(f"/lists/{lists.power}/enact", DECISION, who=lists.decider)).status_code == 200
    assert [row.list_kind for row in await register.events("list.enacted")][-1] == "power"


async def test_coverage_takes_a_bounded_number_of_queries(lists: Lists) -> None:
    await lists.made(lists.power, *[power_of(lists.register, number) for number in range(1, 30)])
    with counted(lists.register.engine) as sent:
        await lists.coverage()
    assert len(sent) <= 14, sent
