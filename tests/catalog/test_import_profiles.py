"""Mapping profiles are data: registered over HTTP and usable at once."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from shared.identity.principal import Grant
from tests.catalog.import_fixtures import world
from tests.catalog.import_world import CITY_ORGAN, PROVINCE, ImportWorld

__all__ = ["world"]
pytestmark = pytest.mark.asyncio

ADMINISTRATOR = Grant("administrator", "000000000000")


def spec(**changed: Any) -> dict[str, Any]:
    """A profile for a table with Chinese headings; a source of its own for every test."""
    return {
        "code": f"county_{uuid4().hex[:8]}",
        "title": "县级行政许可事项表",
        "source": f"county_{uuid4().hex[:8]}",
        "list_kinds": ["permit"],
        "target": "organ",
        "columns": [
            {"element": "name", "transform": "text", "columns": ["事项名称"], "required": True},
            {"element": "base_code", "transform": "base_code", "columns": ["基本编码"], "required": True},
            {"element": "implementing_body", "transform": "organ", "columns": ["实施主体"], "required": True},
            {"element": "item_type", "transform": "constant", "value": "01"},
            {
                "element": "promised_limit", "transform": "limit", "columns": ["承诺时限"], "unit_column": "单位",
                "vocabulary": "limit_unit",
            },
            {"element": "basis", "transform": "json", "columns": ["设定依据"]},
        ],
        "vocabulary": {"limit_unit": {"工": "working_day"}},
    } | changed  # fmt: skip


async def register(world: ImportWorld, document: dict[str, Any], *grants: Grant) -> Any:
    return await world.client.post(
        "/catalog/v1/mapping-profiles", json=document, headers=world.token(*(grants or (ADMINISTRATOR,)))
    )


async def test_a_registered_profile_reads_a_foreign_table_at_once(world: ImportWorld) -> None:
    document = spec()
    answer = await register(world, document)
    assert answer.status_code == 201, answer.text
    assert (answer.json()["version"], answer.json()["origin"]) == (1, "custom")
    basis = '"[{""document"":""行政许可法"",""article"":""第十二条"",""kind"":""set"",""document_kind"":""law""}]"'
    done = await world.imported(
        f"事项名称,基本编码,实施主体,承诺时限,单位,设定依据\n采砂许可,440109001000,{CITY_ORGAN},5,工,{basis}\n",
        profile=document["code"],
    )
    assert done["state"] == "succeeded", done["error"]
    (item,) = await world.items()
    assert item["elements"]["promised_limit"] == {"amount": 5, "unit": "working_day"}
    assert item["elements"]["basis"][0]["article"] == "第十二条"


async def test_the_same_profile_again_is_the_same_version_and_another_content_the_next(world: ImportWorld) -> None:
    document = spec()
    await register(world, document)
    assert (await register(world, document)).json()["version"] == 1
    assert (await register(world, document | {"title": "修订后的事项表"})).json()["version"] == 2
    shown = await world.client.get(f"/catalog/v1/mapping-profiles/{document['code']}", headers=world.token())
    assert (shown.json()["version"], shown.json()["title"]) == (2, "修订后的事项表")


async def test_the_shipped_profiles_are_listed_and_cannot_be_overwritten(world: ImportWorld) -> None:
    codes, cursor = [], None
    while True:
        parameters = {"limit": 1} | ({"cursor": cursor} if cursor else {})
        page = await world.client.get("/catalog/v1/mapping-profiles", params=parameters, headers=world.token())
        codes += [entry["code"] for entry in page.json()["items"]]
        cursor = page.json()["next"]
        if cursor is None:
            break
    assert {"guangdong_permits_2021", "guangdong_catalog_2021"} <= set(codes)
    assert codes == sorted(codes)
    answer = await register(world, spec(code="guangdong_permits_2021"))
    assert (answer.status_code, answer.json()["code"]) == (409, "profile_built_in")


async def test_a_translation_once_given_keeps_its_meaning(world: ImportWorld) -> None:
    document = spec(source="guangdong_2021", vocabulary={"item_type": {"20": "20"}})
    answer = await register(world, document)
    assert (answer.status_code, answer.json()["code"]) == (409, "translation_taken")
    assert answer.json()["errors"][0]["pointer"] == "/vocabulary/item_type/20"
    gone = await world.client.get(f"/catalog/v1/mapping-profiles/{document['code']}", headers=world.token())
    assert gone.status_code == 404


async def test_only_an_administrator_registers_profiles(world: ImportWorld) -> None:
    assert (await register(world, spec(), Grant("list_authority", PROVINCE))).status_code == 403
    assert (await world.client.post("/catalog/v1/mapping-profiles", json=spec())).status_code == 401


async def test_the_next_version_of_a_profile_is_its_makers_or_the_nations(world: ImportWorld) -> None:
    document, maker, county = spec(), uuid4(), Grant("administrator", PROVINCE)
    path, changed = "/catalog/v1/mapping-profiles", document | {"title": "他人修订"}
    assert (await world.client.post(path, json=document, headers=world.token(county, account=maker))).is_success
    refused = await world.client.post(path, json=changed, headers=world.token(county))
    assert (refused.status_code, refused.json()["code"]) == (403, "profile_of_others")
    shown = await world.client.get(f"{path}/{document['code']}", headers=world.token())
    assert (shown.json()["version"], shown.json()["title"]) == (1, document["title"])
    own = await world.client.post(path, json=changed, headers=world.token(county, account=maker))
    assert own.json()["version"] == 2
    assert (await register(world, document | {"title": "统一修订"})).json()["version"] == 3
    after = await world.client.post(path, json=changed, headers=world.token(county, account=maker))
    assert after.status_code == 403, "what the nation has revised is the nation's"


COLUMNS: list[dict[str, Any]] = spec()["columns"]


@pytest.mark.parametrize(
    "changed",
    [
        {"columns": COLUMNS[1:]},
        {"columns": [*COLUMNS, COLUMNS[0]]},
        {"columns": [*COLUMNS, {"element": "online", "transform": "eval", "columns": ["x"]}]},
        {"columns": [*COLUMNS, {"element": "online", "transform": "boolean"}]},
        {"columns": [*COLUMNS, {"element": "online", "transform": "vocabulary", "columns": ["x"]}]},
        {"columns": [*COLUMNS, {"element": "online", "transform": "constant", "value": 10**30}]},
        {"columns": [*COLUMNS, {"element": "supervising_body", "transform": "organ", "columns": ["x"]}]},
        {"columns": [*COLUMNS, {"element": "x", "transform": "text", "columns": ["坏\x00名"]}]},
        {"list_kinds": ["no_such_kind"]},
        {"list_kinds": []},
        {"code": "Ü"},
        {"title": "坏\x00名"},
        {"rejecting": ["K01"]},
        {"vocabulary": {"limit_unit": {"工": 5}}},
        {"surplus": 1},
    ],
)
async def test_a_profile_that_could_not_work_is_refused_with_the_place(
    world: ImportWorld, changed: dict[str, Any]
) -> None:
    answer = await register(world, spec(**changed))
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"]
