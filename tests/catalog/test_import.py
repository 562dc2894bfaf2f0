"""Importing: what gets in, what is refused, and that the same file twice changes nothing."""

from __future__ import annotations

import pytest

from shared.identity.principal import Grant
from tests.catalog.import_fixtures import world
from tests.catalog.import_world import CITY, CITY_ORGAN, DEMO, HEADER, PROVINCE, ImportWorld, permit, rejected, table

__all__ = ["world"]
pytestmark = pytest.mark.asyncio

AIRPORT = "11440100MB2C9168"


@pytest.mark.req("QX-09")
async def test_the_demo_permits_go_into_the_lists_of_province_and_city_by_the_region_of_their_organ(
    world: ImportWorld,
) -> None:
    done = await world.imported((DEMO / "permits.csv").read_bytes())
    assert done["state"] == "succeeded", done["error"]
    counts = done["result"]["counts"]
    assert counts["rows"] == 510
    assert counts["rejected"] == 0, done["result"]
    items = await world.items()
    places = [item["region_code"] for item in items]
    assert (places.count(PROVINCE), places.count(CITY)) == (272, 238)
    story = [item for item in items if item["base_code"] == "440113106002"]
    assert {len(item["elements"]["materials"]) for item in story} == {2, 3}
    assert {item["elements"]["statutory_limit"]["unit"] for item in story} == {"working_day", "natural_day"}
    assert sum(item["handling_item"] != "" for item in items) == 250
    events = await world.events()
    assert sum(len(event["item_ids"]) for event in events) == 510
    assert {(event["type"], event["reason"], event["legal_basis"]) for event in events} == {
        ("item.imported", "首次编制", "国办发〔2022〕2号")
    }


@pytest.mark.req("ZZ-36")
async def test_the_demo_catalogue_goes_into_the_base_catalogue_of_the_province(world: ImportWorld) -> None:
    content = (DEMO / "catalog.csv").read_bytes()
    done = await world.imported(content, profile="guangdong_catalog_2021")
    assert done["state"] == "succeeded", done["error"]
    assert done["result"]["counts"]["added"] == 1965
    items = await world.items("base_catalogue")
    assert {item["item_type"] for item in items} == {"01", "05", "07", "08", "09", "10", "20"}
    assert {item["level"] for item in items} == {"2", "3", "2,3"}
    again = await world.imported(content, profile="guangdong_catalog_2021")
    assert again["result"]["counts"]["unchanged"] == 1965


async def test_rows_of_an_organ_registered_under_a_zone_go_into_the_list_of_the_zone(world: ImportWorld) -> None:
    zone = "440199000000"
    await world.run(
        "UPDATE qingdan.organ SET region_code = :zone WHERE credit_code = :code", zone=zone, code=CITY_ORGAN
    )
    done = await world.imported(table([permit(1, uscc=CITY_ORGAN), permit(2)]))
    assert [entry["added"] for entry in done["result"]["lists"]] == [1, 1]
    assert {item["region_code"] for item in await world.items()} == {zone, PROVINCE}


async def test_the_same_file_twice_is_an_empty_difference(world: ImportWorld) -> None:
    content = (DEMO / "permits.csv").read_bytes()
    await world.imported(content)
    before = await world.events()
    again = await world.imported(content)
    assert again["result"]["counts"] | {"noted": 0} == {
        "rows": 510, "added": 0, "changed": 0, "unchanged": 510, "rejected": 0, "applied": 0, "noted": 0,
    }  # fmt: skip
    assert again["result"]["differences"] == []
    assert await world.events() == before
    assert {item["version"] for item in await world.items()} == {1}


async def test_a_changed_row_becomes_a_new_version_and_only_its_elements_are_told(world: ImportWorld) -> None:
    await world.imported(table([permit(1), permit(2)]))
    done = await world.imported(table([permit(1, promised_days="5", materials=""), permit(2)]))
    result = done["result"]
    assert (result["counts"]["changed"], result["counts"]["unchanged"]) == (1, 1)
    assert result["changed_elements"] == {"materials": 1, "promised_limit": 1}
    (difference,) = result["differences"]
    assert difference["changes"]["promised_limit"] == {
        "from": {"amount": 10, "unit": "working_day"},
        "to": {"amount": 5, "unit": "working_day"},
    }
    first, second = await world.items()
    assert (first["version"], second["version"]) == (2, 1)
    assert "materials" not in first["elements"]
    assert (await world.events())[-1]["elements"] == ["materials", "promised_limit"]


async def test_elements_the_file_does_not_carry_are_left_alone(world: ImportWorld) -> None:
    await world.imported(table([permit(1)]))
    narrow = [name for name in HEADER if name not in ("materials", "promised_days", "promised_unit")]
    done = await world.imported(table([permit(1, statutory_days="15")], narrow))
    assert {"materials", "promised_limit"} <= set(done["result"]["absent_elements"])
    (item,) = await world.items()
    assert item["elements"]["promised_limit"]["amount"] == 10
    assert item["elements"]["statutory_limit"]["amount"] == 15


async def test_a_dry_run_tells_the_difference_and_writes_nothing(world: ImportWorld) -> None:
    done = await world.imported(table([permit(1), permit(2)]), dry_run="true")
    assert done["result"]["counts"]["added"] == 2
    assert done["result"]["counts"]["applied"] == 0
    assert await world.items() == []
    assert await world.events() == []


async def test_a_wrong_row_never_holds_back_the_others_and_the_reject_file_says_where_and_why(
    world: ImportWorld,
) -> None:
    rows = [
        permit(1),
        permit(2, uscc="11440000006939756B", task_code="114400000069400600" + "2440100002000"),
        permit(3, statutory_unit="天"),
        permit(4, uscc="11450721MB15580811", task_code="11450721MB15580811" + "2440100004000"),
        permit(5, task_name=""),
        permit(6, catalog_code="44010000600"),
        permit(7),
    ]
    done = await world.imported(table(rows))
    assert done["result"]["counts"]["added"] == 2
    found = {row["行号"]: row for row in await rejected(world, done["id"])}
    assert list(found) == ["3", "4", "5", "6", "7"]
    assert found["4"]["列"] == "statutory_days"
    assert "对照" in found["4"]["原因"]
    assert (found["5"]["列"], "未登记" in found["5"]["原因"]) == ("uscc", True)
    assert (found["6"]["列"], "必填" in found["6"]["原因"]) == ("task_name", True)
    assert found["7"]["列"] == "catalog_code"
    assert found["5"]["task_name"] == "测试许可事项4"


async def test_a_row_that_repeats_an_earlier_one_is_refused_and_names_it(world: ImportWorld) -> None:
    done = await world.imported(table([permit(1), permit(2), permit(1, promised_days="3")]))
    assert done["result"]["counts"]["added"] == 2
    (row,) = await rejected(world, done["id"])
    assert row["行号"] == "4"
    assert "第2行" in row["原因"]


async def test_one_code_for_two_matters_is_refused(world: ImportWorld) -> None:
    other = permit(2)
    await world.imported(table([permit(1)]))
    stolen = permit(1)["task_code"]
    done = await world.imported(table([other | {"task_code": stolen, "catalog_code": "440100002000"}]))
    assert done["result"]["counts"]["rejected"] == 1
    (row,) = await rejected(world, done["id"])
    assert "不一致" in row["原因"] or "已由其他事项使用" in row["原因"]


async def test_the_difference_is_read_in_pages(world: ImportWorld) -> None:
    done = await world.imported(table([permit(number) for number in range(1, 8)]), dry_run="1")
    seen, cursor = [], None
    while True:
        parameters = {"limit": 3} | ({"cursor": cursor} if cursor else {})
        answer = await world.client.get(
            f"/catalog/v1/imports/{done['id']}/diff", params=parameters, headers=world.token()
        )
        assert answer.status_code == 200, answer.text
        seen += [entry["row"] for entry in answer.json()["items"]]
        cursor = answer.json()["next"]
        if cursor is None:
            break
    assert seen == list(range(2, 9))
    wrong = await world.client.get(
        f"/catalog/v1/imports/{done['id']}/diff", params={"cursor": "WyJ4Il0"}, headers=world.token()
    )
    assert wrong.status_code == 422
    stranger = await world.client.get(
        f"/catalog/v1/imports/{done['id']}", headers=world.token(Grant("compiler", PROVINCE))
    )
    assert stranger.status_code == 403
