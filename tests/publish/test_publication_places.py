"""What a publication says of its decision, and who may take it back, where it is about more than one place."""

from datetime import timedelta

import httpx
import pytest_asyncio

from services.publish.app import app
from shared import clock
from shared.identity.tokens import TokenVerifier
from shared.ledger.envelope import NewEvent
from shared.settings import Settings
from tests.publish.publishing import API, adjusted, decider, publication_of
from tests.publish.test_publication_notices import withdraw
from tests.publish.world import BORN, World

DISTRICTS = ("440104000000", "440106000000")


@pytest_asyncio.fixture(autouse=True)
async def _verified(portal: httpx.AsyncClient, configured: Settings) -> None:
    """Tokens of people hold."""
    app.state.verifier = TokenVerifier(configured.secrets)


async def test_a_new_name_of_an_organ_is_no_part_of_the_decision_about_the_entry_it_stands_in(
    world: World, portal: httpx.AsyncClient
) -> None:
    list_id, (item, other) = await world.enacted(2)
    adjustment = await adjusted(world, [([item], {"name": "新名称"})], trigger="BASIS_ADDED")
    await world.update([other], name="后来的名称")
    begun = clock.now()
    await world.run("UPDATE qingdan.organ SET name = '广州市环境局' WHERE id = :id", id=world.organ)
    await world.tell(NewEvent(type="organ.updated", elements=["name"], refs={"organs": [str(world.organ)]}))
    await world.publish()
    made = await publication_of(portal, adjustment)
    assert [part["list_id"] for part in made["parts"]] == [str(list_id)]
    (last,) = await world.run(
        "SELECT v.revision, v.adjustment_id, v.effective_at, p.adjustments FROM qingdan.list_revision AS v"
        " JOIN qingdan.publication AS p ON p.id = v.publication_id WHERE v.list_id = :id"
        " ORDER BY v.revision DESC LIMIT 1", id=list_id,
    )  # fmt: skip
    assert (last["adjustment_id"], last["adjustments"]) == (None, [])
    assert last["effective_at"] >= begun
    day = (BORN + timedelta(days=2)).date().isoformat()
    page = (await portal.get(f"{API}/lists/{list_id}/items", params={"as_of": day})).json()
    assert page["revision"] < last["revision"]
    assert "广州市环境局" not in str(page["items"])


async def test_a_decision_about_two_districts_is_not_taken_back_by_one_of_them(
    world: World, portal: httpx.AsyncClient, configured: Settings
) -> None:
    changes = []
    for district in DISTRICTS:
        await world.run(
            "INSERT INTO qingdan.region (code, name, level, kind, parent_code, ancestors) VALUES"
            " (:code, '某区', 'county', 'administrative', '440100000000', '{440100000000}') ON CONFLICT DO NOTHING",
            code=district,
        )
        list_id = await world.new_list()
        await world.run("UPDATE qingdan.list SET region_code = :code WHERE id = :id", code=district, id=list_id)
        items = await world.add(list_id, [world.elements(int(district[4:6]))])
        await world.enact(list_id)
        changes.append((items, {"name": "新名称"}))
    await world.publish()
    made = await publication_of(portal, await adjusted(world, changes, trigger="BASIS_ADDED"))
    for district in DISTRICTS:
        alone = decider(configured, region=district)
        assert (await withdraw(portal, alone, made["number"])).status_code == 403
    both = await withdraw(portal, decider(configured), made["number"])
    assert both.status_code == 200, both.text
