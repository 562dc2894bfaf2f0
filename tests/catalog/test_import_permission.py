"""Importing: who may, into which lists, and which parameters are refused."""

from __future__ import annotations

import pytest

from shared.identity.principal import Grant
from tests.catalog.import_fixtures import world
from tests.catalog.import_world import CITY, CITY_ORGAN, PROVINCE, ImportWorld, permit, table

__all__ = ["world"]
pytestmark = pytest.mark.asyncio


@pytest.mark.req("ZL-46")
async def test_only_the_authority_of_the_lists_may_import(world: ImportWorld) -> None:
    content = table([permit(1)])
    anonymous = await world.client.post("/catalog/v1/imports", content=b"a,b\n", headers={"content-type": "text/csv"})
    assert anonymous.status_code == 401
    compiler = await world.post(content, headers=world.token(Grant("compiler", PROVINCE)))
    assert compiler.status_code == 403
    elsewhere = await world.post(content, headers=world.token(Grant("list_authority", "130000000000")))
    assert elsewhere.status_code == 403
    other_organ = await world.post(
        content, headers=world.token(Grant("list_authority", PROVINCE, world.organs[CITY_ORGAN]))
    )
    assert other_organ.status_code == 403


async def test_who_leads_the_city_only_does_not_write_into_the_province(world: ImportWorld) -> None:
    done = await world.imported(
        table([permit(1), permit(2, uscc=CITY_ORGAN)]), headers=world.token(Grant("list_authority", CITY))
    )
    assert (done["result"]["counts"]["added"], done["result"]["counts"]["rejected"]) == (1, 1)
    assert [item["region_code"] for item in await world.items()] == [CITY]


async def test_lists_in_force_are_not_imported_into(world: ImportWorld) -> None:
    await world.run("UPDATE qingdan.list SET state = 'in_force'")
    answer = await world.post(table([permit(1)]))
    assert (answer.status_code, answer.json()["code"]) == (409, "no_list_compiling")
    assert "调整" in answer.json()["detail"]
    await world.run("UPDATE qingdan.list SET state = 'compiling' WHERE region_code = :region", region=CITY)
    done = await world.imported(table([permit(1), permit(2, uscc=CITY_ORGAN)]))
    assert (done["result"]["counts"]["added"], done["result"]["counts"]["rejected"]) == (1, 1)


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"profile": "unknown_profile"}, "/profile"),
        ({"profile": None}, "/profile"),
        ({"profile": "Ü"}, "/profile"),
        ({"region_code": "999999999999"}, "/region_code"),
        ({"region_code": "44"}, "/region_code"),
        ({"list_kind": "base_catalogue"}, "/list_kind"),
        ({"dry_run": "maybe"}, "/dry_run"),
        ({"reason": " "}, "/reason"),
        ({"legal_basis": None}, "/legal_basis"),
    ],
)
async def test_wrong_parameters_are_named(world: ImportWorld, changed: dict[str, str | None], pointer: str) -> None:
    answer = await world.post(table([permit(1)]), **changed)
    assert answer.status_code == 422, answer.text
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
