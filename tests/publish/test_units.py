"""Units: the parts of all implementing bodies are the consolidated list, in every revision, from one source."""

from __future__ import annotations

import random
import runpy
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import orjson
import pytest

from services.publish.channels.copies import service as copies
from services.publish.units.consumers import UNITS
from shared.identifiers import new_id
from shared.ledger.envelope import NewEvent
from tests.publish.channel_world import Channelled
from tests.publish.channel_world import channelled as channelled
from tests.publish.publishing import API, take
from tests.publish.world import REGION, World
from tests.statements import counted

list_hash = runpy.run_path(str(Path(__file__).parents[2] / "docs" / "verify_list_hash.py"))["list_hash"]


async def organ(world: World, name: str) -> tuple[UUID, str]:
    organ_id = new_id()
    code = f"12440100{organ_id.hex[-10:].upper()}"
    await world.run(
        "INSERT INTO qingdan.organ (id, name, credit_code, kind, region_code) VALUES (:id, :name, :code, 'department',"
        " :region)",
        id=organ_id, name=name, code=code, region=REGION,
    )  # fmt: skip
    return organ_id, code


async def file(portal: httpx.AsyncClient, address: str, **given: Any) -> tuple[dict[str, Any], list[bytes]]:
    answer = await portal.get(f"{API}{address}", params=given)
    assert answer.status_code == 200, answer.text
    manifest, *lines = answer.content.splitlines()
    return dict(orjson.loads(manifest)), lines


async def parts(portal: httpx.AsyncClient, list_id: UUID, **given: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = await portal.get(f"{API}/lists/{list_id}/units", params=given | ({"cursor": cursor} if cursor else {}))
        assert page.status_code == 200, page.text
        found += page.json()["items"]
        cursor = page.json()["next"]
        if cursor is None:
            return found


@pytest.mark.req("QX-41")
async def test_the_parts_of_all_units_are_the_consolidated_list_in_every_revision(
    world: World, portal: httpx.AsyncClient
) -> None:
    chance = random.Random(41)
    units = [(await organ(world, name))[0] for name in ("市场监管局", "林业局", "教育局")]
    list_id, items = await world.enacted(20)
    for step in range(6):
        some = chance.sample(items, 4)
        body = chance.choice([*map(str, units), None])
        await world.update(some[:2], implementing_body=body)
        await world.update(some[2:3], name=f"改名{step}")
        if step == 3:
            await world.update(some[3:], audience="staff")  # it leaves every revision
            items.remove(some[3])
        if step % 2:
            await take(world, UNITS)  # revisions that came together, and some that were not hashed yet
    revisions = (await portal.get(f"{API}/lists/{list_id}/revisions")).json()["items"]
    for told in revisions:
        number = told["revision"]
        _, whole = await file(portal, f"/lists/{list_id}/open-data", revision=number)
        lines: list[bytes] = []
        found = await parts(portal, list_id, revision=number, limit=2)
        for part in found:
            manifest, own = await file(portal, f"/lists/{list_id}/units/{part['unit']}/open-data", revision=number)
            assert (manifest["hash"], manifest["entries"], manifest["list_hash"]) == (
                part["hash"], part["entries"], told["hash"],
            )  # fmt: skip
            lines += own
            assert (list_hash(own), len(own)) == (part["hash"], part["entries"])
        assert sorted(lines) == sorted(whole)
        if not told["purged"]:
            assert sum(part["entries"] for part in found) == told["entries"]
            assert list_hash(lines) == told["hash"]
    assert {part["name"] for part in found} <= {"市场监管局", "林业局", "教育局", "广州市生态环境局", "未列明实施主体"}


@pytest.mark.req("QX-41")
async def test_a_unit_has_a_page_of_its_own_by_credit_code_and_by_id(world: World, portal: httpx.AsyncClient) -> None:
    forestry, code = await organ(world, "林业局")
    list_id, items = await world.enacted(5)
    await world.update(items[:3], implementing_body=str(forestry))
    await take(world, UNITS)
    walked: list[str] = []
    cursor = None
    for _ in range(2):
        given = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await portal.get(f"{API}/lists/{list_id}/units/{code}", params=given)).json()
        assert (page["part"]["name"], page["part"]["entries"], page["lead"]) == ("林业局", 3, "广州市生态环境局")
        walked += [row["id"] for row in page["items"]]
        cursor = page["next"]
    assert walked == sorted(map(str, items[:3]))
    assert (await portal.get(f"{API}/lists/{list_id}/units/{forestry}")).json()["part"]["unit"] == code
    first = await portal.get(f"{API}/lists/{list_id}/units/{code}", params={"revision": 1})
    assert (first.status_code, first.json()["code"]) == (404, "unit_not_in_list")
    for address in (f"{list_id}/units/none", f"{new_id()}/units", f"{list_id}/units/{new_id()}/open-data",
                    f"{list_id}/units/{'a' * 36}/open-data", f"{list_id}/units?revision=99"):  # fmt: skip
        assert (await portal.get(f"{API}/lists/{address}")).status_code == 404, address
    for address in (f"{list_id}/units/%00", f"{list_id}/units?cursor=x", f"{list_id}/units/x?revision=0"):
        assert (await portal.get(f"{API}/lists/{address}")).status_code == 422, address


async def test_one_change_hashes_one_unit_in_one_statement(world: World) -> None:
    units = [(await organ(world, name))[0] for name in ("市场监管局", "林业局")]
    list_id, items = await world.enacted(6)
    for unit, item in zip(units, items, strict=False):
        await world.update([item], implementing_body=str(unit))
    await take(world, UNITS)
    await world.update(items[:1], name="改名")
    with counted(world.engine) as statements:
        await take(world, UNITS)
    assert len([one for one in statements if "unit_part" in one]) == 1
    rows = await world.run(
        "SELECT unit_id FROM qingdan.unit_part WHERE list_id = :id AND from_revision = 4", id=list_id
    )
    assert [row["unit_id"] for row in rows] == units[:1]
    assert await take(world, UNITS) is None


async def test_how_many_units_a_revision_shows_is_counted_on_through_any_batches(
    world: World, portal: httpx.AsyncClient
) -> None:
    forestry, education = [(await organ(world, name))[0] for name in ("林业局", "教育局")]
    shown = []
    for batches in (set[int](), {0, 1, 2, 3, 4, 5}, {0, 3, 4}):
        list_id, items = await world.enacted(2)
        for number, body in enumerate([forestry, forestry, education, education, None, None]):
            if number in batches:
                await take(world, UNITS)
            await world.update([items[number % 2]], implementing_body=str(body) if body else None)
        await take(world, UNITS)
        rows = await world.run(
            "SELECT revision, units FROM qingdan.list_revision WHERE list_id = :id ORDER BY revision", id=list_id
        )
        for row in rows:
            assert row["units"] == len(await parts(portal, list_id, revision=row["revision"])), (batches, row)
        shown.append([row["units"] for row in rows])
    assert shown == [[1, 2, 1, 2, 1, 2, 1]] * 3


async def test_who_implements_leaves_every_revision_when_it_is_no_longer_public(
    world: World, portal: httpx.AsyncClient
) -> None:
    forestry, code = await organ(world, "林业局")
    list_id, items = await world.enacted(3)
    await world.update(items[:1], implementing_body=str(forestry))
    await take(world, UNITS)
    assert len(await parts(portal, list_id)) == 2
    kind = world.lists[list_id]
    await world.new_profile(kind, ["implementing_body"])
    await world.tell(NewEvent(type="profile.versioned", list_kind=kind))
    await world.publish()
    for _ in range(2):
        for number in (1, 2, 3):
            (only,) = await parts(portal, list_id, revision=number)
            assert (only["unit"], only["name"], only["entries"]) == ("none", "未列明实施主体", 3)
            for word in (code, str(forestry)):
                for address in (word, f"{word}/open-data"):
                    answer = await portal.get(f"{API}/lists/{list_id}/units/{address}", params={"revision": number})
                    assert answer.status_code == 404
        await take(world, UNITS)  # as counted on the way, and as kept


async def test_a_unit_s_channel_names_its_unit_and_shows_no_bulk_file(channelled: Channelled) -> None:
    list_id, _ = await channelled.world.enacted(1)
    ways = {"shows": "unit", "read_url": "https://a.gov.cn/x"}
    nobody = await channelled.send("POST", "", channelled.channel("department_site", list_id, **ways))
    assert (nobody.status_code, nobody.json()["errors"][0]["pointer"]) == (422, "/organ_id")
    given = ways | {"organ_id": str(channelled.world.organ), "delivery": "pull"}
    bulk = await channelled.send("POST", "", channelled.channel("open_data", list_id, **given))
    assert (bulk.status_code, bulk.json()["code"]) == (422, "bad_format")


async def there_and_back(world: World, list_id: UUID, items: list[UUID], unit: UUID, other: UUID) -> None:
    """Entries of a unit go to another and come back; its channel that showed the revision before is told so."""
    for body, expected in ((other, "划转至教育局"), (unit, "承接，原由教育局")):
        await world.update(items, implementing_body=str(body))
        async with world.engine.connect() as connection:
            made = await copies.make(connection, list_id, "article.txt", setting=copies.Setting(unit=unit))
        told = made.content.decode()
        assert (expected in told, "取消" in told) == (True, False)


@pytest.mark.req("QX-41", "ZL-36")
async def test_units_publish_their_own_part_on_their_own_channels_from_the_same_revision(
    channelled: Channelled,
) -> None:
    world = channelled.world
    forestry, _ = await organ(world, "林业局")
    education, _ = await organ(world, "教育局")
    list_id, (_first, *_) = await world.enacted(2)
    theirs = await world.add(list_id, [world.elements(710, implementing_body=str(forestry), name="林木采伐许可")])
    await world.tell(world.event("item.created", theirs))
    await world.publish()
    await channelled.follow()
    ways = {"read_url": "https://a.gov.cn/x", "role": "compiler"}
    whole = await channelled.register("portal", list_id, read_url="https://a.gov.cn/x")
    parts = [
        await channelled.register("department_site", list_id, shows="unit", organ_id=str(one), **ways)
        for one in (world.organ, forestry)
    ]
    idle = await channelled.register("department_site", list_id, shows="unit", organ_id=str(education), **ways)
    assert (await channelled.send("GET", f"/{idle}/copies")).json()["items"] == []
    path = f"{API}/lists/{list_id}/copies"
    everything, *own = [
        (await channelled.client.get(f"{path}/data.json", params={"channel": code})).json() for code in (whole, *parts)
    ]
    assert {one["hash"] for one in own} == {everything["hash"]}
    assert [len(one["items"]) for one in own] == [2, 1] == [one["unit_entries"] for one in own]
    together = sorted((item for one in own for item in one["items"]), key=lambda item: str(item["id"]))
    assert together == everything["items"]
    post = await channelled.register("wechat", list_id, shows="unit", organ_id=str(forestry), role="compiler")
    article = (await channelled.client.get(f"{path}/article.html", params={"channel": post})).text
    assert ("林木采伐许可" in article, "（林业局）" in article, "建设项目" in article) == (True, True, False)
    await there_and_back(world, list_id, theirs, forestry, education)
    # What was withdrawn leaves the unit's channel, although nothing says any more whose it was.
    await world.change(theirs, audience="staff")
    await world.tell(world.event("item.updated", theirs))
    await world.publish()
    await channelled.follow()
    assert (await channelled.copy(parts[1]))["due_revision"] == everything["revision"] + 3
    emptied = (await channelled.client.get(f"{path}/data.json", params={"channel": parts[1]})).json()
    assert (emptied["items"], emptied["unit_entries"]) == ([], 0)
