"""K03, K19, K26: the sections of the responsibility list, public services and special lists follow one another."""

from __future__ import annotations

import random
from typing import Any

import pytest

from services.catalog.linkage import service
from services.catalog.linkage.schemas import NewPreview, ProposedChange
from shared.identifiers import new_id
from tests.catalog.foretold import foretold
from tests.catalog.linkage_entries import power
from tests.catalog.linkage_fixtures import world
from tests.catalog.linkage_steps import clear, drafts_of, entered, findings_of
from tests.catalog.linkage_world import CITY, COUNTY, PROVINCE, World, accept, check, events
from tests.catalog.responsibility_entries import duty, public_service, special, supervision
from tests.statements import counted

__all__ = ["world"]
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.req("HB-22")
@pytest.mark.req("TH-14")
async def test_k26_the_public_service_section_equals_the_list_of_public_services(world: World) -> None:
    await clear(world)
    await world.list_of("responsibility", CITY)
    service_entry = public_service(world.permit(CITY, "义务教育阶段入学服务"))
    item = await entered(world, "public_service", service_entry)
    await world.drain()
    [draft] = await drafts_of(world, "K26")
    assert (draft["elements"]["section"], draft["elements"]["service_domain"]) == ("public_service", "education")
    await accept(world, [draft["id"]])
    await world.drain()
    [shown] = await world.rows(
        "SELECT id FROM qingdan.item WHERE kind = 'responsibility' AND section = 'public_service' AND state = 'in_use'"
    )
    change = {"name": "义务教育入学登记服务", "service_domain": "social_service"}
    await world.decide([("modify", item, {key: service_entry[key] for key in change}, change)])
    await world.drain()
    entry = await world.entry(shown["id"])
    assert {key: entry[key] for key in change} == change
    await world.decide([("cancel", item, {}, {})])
    await world.drain()
    assert (await world.entry(shown["id"]))["state"] == "cancelled"


@pytest.mark.req("ZL-19")
async def test_k03_public_services_of_a_department_that_the_catalogue_lacks_are_drafted(world: World) -> None:
    await clear(world)
    await world.list_of("catalogue", CITY)
    first, second = (public_service(world.permit(CITY, name)) for name in ("就业登记", "图书借阅"))
    ids = await world.enter("public_service", CITY, [first, second])
    await world.enter("catalogue", CITY, [{key: first[key] for key in first if not key.startswith("service_")}])
    await world.drain()
    [draft] = await drafts_of(world, "K03")
    assert (draft["source_item_id"], draft["elements"]["name"]) == (ids[1], "图书借阅")
    await accept(world, [draft["id"]])
    await world.drain()
    assert not await drafts_of(world, "K03")
    [made] = await world.rows("SELECT id FROM qingdan.item WHERE kind = 'catalogue' AND base_code = :code"
                              " AND state = 'in_use'", code=second["base_code"])  # fmt: skip
    await world.decide([("cancel", made["id"], {}, {})])
    await world.drain()
    [found] = await findings_of(world, "K03")
    assert (found["item_id"], found["severity"]) == (ids[1], "error")


@pytest.mark.parametrize("kind", ["environment_responsibility", "work_safety_responsibility"])
@pytest.mark.req("QX-23")
@pytest.mark.req("QX-24")
async def test_k19_a_special_list_follows_the_duties_of_the_responsibility_list(world: World, kind: str) -> None:
    await clear(world)
    matter = power(world, "排污检查")
    item = await entered(world, "power", matter)
    made = await entered(world, "responsibility", duty(matter))
    entry = await entered(world, kind, special(matter, [(str(world.organs[COUNTY]), "assist")]))
    stranger = await entered(world, kind, special(power(world, "无责任事项"), []))
    await world.drain()
    [found] = [row for row in await world.open_findings() if row["rule"].startswith("K19")]
    assert (found["item_id"], found["element"], found["severity"]) == (stranger, "base_code", "error")
    new = {"name": "排污现场检查", "implementing_body": str(world.organs[PROVINCE])}
    await world.decide([("modify", item, {key: matter[key] for key in new}, new)])
    await world.drain()
    followed = await world.entry(entry)
    assert (followed["power_name"], followed["implementing_body"]) == tuple(new.values())
    await world.decide([("cancel", made, {}, {})])
    await world.drain()
    proposed = [row for row in await world.open_drafts() if row["rule"].startswith("K19")]
    assert [(row["item_id"], row["elements"]) for row in proposed] == [(entry, {"state": "cancelled"})]


@pytest.mark.req("QX-29")
async def test_a_renamed_permit_reaches_the_lists_that_rest_on_powers_in_the_same_cascade(world: World) -> None:
    await clear(world)
    permit = world.permit(CITY, "食品生产许可")
    item = await entered(world, "permit", permit)
    await entered(world, "power", permit)
    entries = [await entered(world, "responsibility", made) for made in (duty(permit), supervision(permit))]
    for kind in ("environment_responsibility", "work_safety_responsibility"):
        entries.append(await entered(world, kind, special(permit, [])))
    await world.drain()
    adjustment = await world.decide([("modify", item, {"name": permit["name"]}, {"name": "食品（含添加剂）生产许可"})])
    await world.drain()
    assert {(await world.entry(one))["power_name"] for one in entries} == {"食品（含添加剂）生产许可"}
    told = await events(world, "item.updated", adjustment)
    assert {one for row in told for one in row["item_ids"]} >= set(entries)
    left = [row for row in (await check(world, record=False))["mismatches"] if row["item_id"] in map(str, entries)]
    assert left == []


@pytest.mark.parametrize("seed", range(6))
async def test_the_preview_is_what_the_cascade_does_in_the_responsibility_list(world: World, seed: int) -> None:
    await clear(world)
    chance = random.Random(seed)
    changes, lists = [], {}
    for number in range(3):
        matter = power(world, f"预演{seed}-{number}")
        made = await entered(world, "power", matter)
        [first, second] = await world.enter("responsibility", CITY, [duty(matter), supervision(matter)])
        other = await entered(world, "environment_responsibility", special(matter, []))
        change = chance.choice(
            [
                ("modify", made, {"name": matter["name"]}, {"name": matter["name"] + "新"}),
                ("modify", made, {"implementing_body": matter["implementing_body"]},
                 {"implementing_body": str(world.organs[COUNTY])}),
                ("cancel", made, {}, {}),
                ("suspend", made, {}, {}),
                ("cancel", first, {}, {}),
                ("cancel", second, {}, {}),
            ]
        )  # fmt: skip
        changes.append(change)
        kinds = {made: "power", first: "responsibility", second: "responsibility", other: "environment_responsibility"}
        lists |= {item: world.lists[kind, CITY] for item, kind in kinds.items()}
    await world.drain()
    assert not await world.open_findings(), [dict(row) for row in await world.open_findings()]
    await foretold(world, changes, lists, list_id=world.lists["power", CITY])


async def test_a_region_without_a_responsibility_list_pays_nothing_for_its_rules(world: World) -> None:
    await clear(world)
    permit = world.permit(PROVINCE, "省级许可")
    ids = {kind: (await world.enter(kind, PROVINCE, [permit]))[0] for kind in ("permit", "power")}
    await world.drain()
    await world.decide([("modify", ids["permit"], {"name": permit["name"]}, {"name": "改名"})], region=PROVINCE)
    with counted(world.engine) as sent:
        await world.drain()
    assert [query for query in sent if "k01_pair" in query]
    assert not [query for query in sent if "k06_pair" in query or "k25_pair" in query or "k26_pair" in query]


@pytest.mark.req("TH-11")
async def test_a_submission_that_empties_a_section_is_refused_unless_it_is_declared_empty_or_filled(
    world: World,
) -> None:
    await clear(world)
    matter = power(world, "末项监管")
    await entered(world, "power", matter)
    await entered(world, "responsibility", duty(matter))
    only = await entered(world, "responsibility", supervision(matter))
    list_id = world.lists["responsibility", CITY]
    leaving = ProposedChange(operation="cancel", item_id=only, list_id=list_id, elements={})
    coming = ProposedChange(operation="add", list_id=list_id, elements=supervision(matter))

    async def verdicts(*changes: ProposedChange) -> list[Any]:
        async with world.transaction() as tx:
            seen = await service.preview_of(tx, NewPreview(changes=list(changes)))
        return [(row["severity"], row["item_id"]) for row in seen.verdicts if row["rule"] == "V15"]

    assert await verdicts(leaving) == [("block", str(only))]
    assert await verdicts(leaving, coming) == []
    await world.run(
        "INSERT INTO qingdan.declaration (id, list_id, section, reason, declared_by, declared_at)"
        " VALUES (:id, :list, 'supervision', '无', 'account:x', now())", id=new_id(), list=list_id,
    )  # fmt: skip
    assert await verdicts(leaving) == []
