"""The directory of complaint phones says what the published entries say, of every organ, and nothing that is hidden."""

from __future__ import annotations

import httpx
import pytest

from shared.identifiers import new_id
from tests.publish.world import REGION, World

PATH = "/publish/v1/complaint-phones"


@pytest.mark.req("TH-39")
async def test_all_organs_of_a_region_are_listed_with_the_numbers_their_entries_name(
    world: World, portal: httpx.AsyncClient
) -> None:
    list_id = await world.new_list()
    other = World(world.engine, organ=new_id())
    await other.begin()
    entries = [
        world.elements(1, complaint_phone="0317-4021234"), world.elements(2, complaint_phone=" 12345 "),
        world.elements(3, complaint_phone="12345"), world.elements(4),
        world.elements(5, complaint_phone="999", state="cancelled"),
        world.elements(6, complaint_phone="110", implementing_body=str(other.organ)),
    ]  # fmt: skip
    items = await world.add(list_id, entries)
    hidden = await world.new_list(hidden=["complaint_phone"])
    await world.add(hidden, [world.elements(7, complaint_phone="0317-0000000")])
    for one in (list_id, hidden):
        await world.enact(one)
    await world.publish()
    pages = [(await portal.get(PATH, params={"region": REGION, "limit": 1})).json()]
    while pages[-1]["next"]:
        asked = {"region": REGION, "limit": 1, "cursor": pages[-1]["next"]}
        pages.append((await portal.get(PATH, params=asked)).json())
    told = {one["organ_id"]: one for page in pages for one in page["items"]}
    mine = told[str(world.organ)]
    assert (mine["phones"], mine["entries"], mine["without"]) == (["0317-4021234", "12345"], 5, 2)
    assert told[str(other.organ)]["phones"] == ["110"]
    # It follows the entries at once.
    await world.update(items[:1], complaint_phone="0317-4029999")
    again = (await portal.get(PATH, params={"region": REGION})).json()["items"]
    assert [one["phones"] for one in again if one["organ_id"] == str(world.organ)] == [["0317-4029999", "12345"]]
    assert (await portal.get(PATH, params={"region": "999999999999"})).json()["items"] == []
    assert (await portal.get(PATH, params={"region": "x\0"})).status_code == 422
    assert (await portal.get(PATH)).status_code == 422
