"""What is said of publications afterwards: put right with a notice at both, or taken back whole by decision."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio

from services.publish.app import app
from shared.identifiers import new_id
from shared.identity.tokens import TokenVerifier
from shared.settings import Settings
from tests.publish.publishing import API, adjusted, decider, publication, publication_of, settled
from tests.publish.world import BORN, World

WITHDRAWN = {
    "decision": {"number": "穗府〔2026〕9号", "authority": "广州市人民政府", "date": "2026-03-09"},
    "notice": "因前置评估未完成，决定撤回本次公布。",
    "reason": "程序未完成",
}


@pytest_asyncio.fixture(autouse=True)
async def _verified(portal: httpx.AsyncClient, configured: Settings) -> None:
    """Tokens of people hold."""
    app.state.verifier = TokenVerifier(configured.secrets)


async def correct(
    portal: httpx.AsyncClient, who: dict[str, str], number: str, by: str, tag: str = '"1"'
) -> httpx.Response:
    return await portal.post(
        f"{API}/publications/{number}/correct", headers=who | {"If-Match": tag, "Idempotency-Key": str(new_id())},
        json={"corrected_by": by, "notice": "原公布第1项名称有误，已予更正。"},
    )  # fmt: skip


async def test_a_later_correction_of_errors_puts_a_publication_right_with_a_notice_at_both(
    world: World, portal: httpx.AsyncClient, configured: Settings
) -> None:
    list_id, [item] = await world.enacted(1)
    who = decider(configured)
    wrong = await publication_of(portal, await adjusted(world, [([item], {"name": "错名"})], trigger="BASIS_ADDED"))
    plain = await publication_of(portal, await adjusted(world, [([item], {"name": "中间"})], trigger="BASIS_ADDED"))
    right = await publication_of(
        portal, await adjusted(world, [([item], {"name": "正名"})], trigger="ERROR_CORRECTION")
    )
    assert right["kind"] == "correction"
    assert (
        await correct(portal, decider(configured, role="reviewer"), wrong["number"], right["number"])
    ).status_code == 403
    assert (await correct(portal, {}, wrong["number"], right["number"])).status_code == 401
    assert (await correct(portal, who, wrong["number"], right["number"], '"9"')).status_code == 412
    refusals = [
        (right["number"], plain["number"]),
        (wrong["number"], plain["number"]),
        (right["number"], right["number"]),
    ]
    for number, by in refusals:
        refused = await correct(portal, who, number, by)
        assert (refused.status_code, refused.json()["code"]) == (409, "no_correction"), refused.text
    assert (await correct(portal, who, wrong["number"], "440100000000-1999-1")).json()[
        "code"
    ] == "publication_not_found"
    done = await correct(portal, who, wrong["number"], right["number"])
    assert (done.status_code, done.headers["etag"]) == (200, '"2"'), done.text
    (notice,) = done.json()["notices"]
    assert (notice["kind"], notice["number"]) == ("correction", right["number"])
    assert (await publication(portal, right["number"]))["corrects"] == [
        {"number": wrong["number"], "text": "原公布第1项名称有误，已予更正。"}
    ]
    assert (await correct(portal, who, wrong["number"], right["number"], '"2"')).json()["code"] == "corrected_already"
    await world.publish()
    last = (await world.feed(list_id))[-1]
    assert (last["type"], last["revision"]) == ("publication.corrected", 2)


async def withdraw(
    portal: httpx.AsyncClient, who: dict[str, str], number: str, tag: str = '"1"', **more: Any
) -> httpx.Response:
    return await portal.post(
        f"{API}/publications/{number}/withdraw", json=WITHDRAWN | more,
        headers=who | {"If-Match": tag, "Idempotency-Key": str(new_id())},
    )  # fmt: skip


async def says_what_was_decided(portal: httpx.AsyncClient, list_id: UUID, withdrawn: str, notice: str) -> None:
    revisions = (await portal.get(f"{API}/lists/{list_id}/revisions")).json()["items"]
    numbers = ["穗府〔2026〕9号", "穗府〔2026〕3号", "穗府〔2026〕1号"]
    assert [one["decision"]["number"] for one in revisions] == numbers, "each revision names its own decision"
    article = (await portal.get(f"{API}/lists/{list_id}/copies/article.txt")).text
    for said in (f"撤回{withdrawn}号公布", f"撤回说明：{notice.removesuffix('。')}。", numbers[0]):
        assert said in article


async def test_a_withdrawn_publication_is_taken_back_by_another_and_its_lists_show_what_stood_before(
    world: World, portal: httpx.AsyncClient, configured: Settings
) -> None:
    (one, [a, b]), (two, [c]) = [await world.enacted(count) for count in (2, 1)]
    before = {list_id: (await world.list_state(list_id))["hash"] for list_id in (one, two)}
    fresh = (await world.add(one, [world.elements(50)]))[0]
    adjustment = await adjusted(
        world, [([a, b], {"name": "新名", "promised_limit": {"amount": 5, "unit": "working_day"}}),
                ([c], {"state": "suspended"}), ([fresh], {"name": "新增事项"})], trigger="BASIS_ADDED",
    )  # fmt: skip
    made = await publication_of(portal, adjustment)
    who = decider(configured)
    assert (await withdraw(portal, decider(configured, region="440300000000"), made["number"])).status_code == 403
    ahead = await withdraw(portal, who, made["number"], decision=WITHDRAWN["decision"] | {"date": "2199-01-01"})
    assert (ahead.status_code, ahead.json()["errors"][0]["pointer"]) == (422, "/decision/date")
    begun = await withdraw(portal, who, made["number"])
    assert (begun.status_code, begun.json()["state"]) == (200, "withdrawing"), begun.text
    assert (await withdraw(portal, who, made["number"], '"2"')).status_code == 409
    await settled(world)
    old = await publication(portal, made["number"])
    (notice,) = old["notices"]
    assert (old["state"], notice["state"], notice["decision"]["number"]) == ("withdrawn", "done", "穗府〔2026〕9号")
    taken_back = await publication(portal, notice["number"])
    assert (taken_back["kind"], taken_back["withdraws"]) == ("withdrawal", made["number"])
    assert taken_back["decisions"][0]["authority"] == "广州市人民政府"
    await says_what_was_decided(portal, one, made["number"], notice["text"])
    # Entries say what they said, what was added is cancelled, and what was published stays readable.
    shown = {row["id"]: row for row in (await portal.get(f"{API}/lists/{one}/items")).json()["items"]}
    assert {shown[str(item)]["name"] for item in (a, b)} == {f"建设项目环境影响报告表审批{n}" for n in (0, 1)}
    assert shown[str(fresh)]["state"] == "cancelled"
    assert (await portal.get(f"{API}/items/{c}")).json()["state"] == "in_use"
    assert "promised_limit" not in (await portal.get(f"{API}/items/{a}")).json()["elements"]
    then = await portal.get(f"{API}/lists/{one}/open-data", params={"revision": old["parts"][0]["revision"]})
    assert then.status_code == 200
    assert (await world.list_state(one))["hash"] != before[one]
    assert {"publication.withdrawn"} <= {row["type"] for row in await world.feed(two)}


async def test_codes_successors_and_entries_only_the_staff_sees_go_back_with_a_withdrawn_publication(
    world: World, portal: httpx.AsyncClient, configured: Settings
) -> None:
    one, [a, b] = await world.enacted(2)
    (secret,) = await world.add(one, [world.elements(60, audience="staff")])
    materials = [{"name": "报告表", "code": "M-2"}]
    adjustment = await adjusted(
        world, [([a], {"materials": materials}), ([secret], {"name": "不公开的新名"})], trigger="BASIS_ADDED"
    )
    # What the adjustment noted of codes and successors, as a merger or a transfer does.
    await world.run(
        "INSERT INTO qingdan.item_successor (item_id, successor_id, since, adjustment_id) VALUES (:a, :b, :at, :by)",
        a=a, b=b, at=BORN, by=adjustment,
    )  # fmt: skip
    await world.run(
        "INSERT INTO qingdan.item_code (item_id, scheme, code, list_id, valid_from)"
        " VALUES (:a, 'material', 'M-2', :list, :at)",
        a=a, list=one, at=BORN,
    )  # fmt: skip
    made = await publication_of(portal, adjustment)
    assert (await withdraw(portal, decider(configured), made["number"])).status_code == 200
    await settled(world)
    assert (await publication(portal, made["number"]))["state"] == "withdrawn"
    assert await world.run("SELECT 1 FROM qingdan.item_successor WHERE item_id = :a", a=a) == []
    (code,) = await world.run("SELECT ended_by FROM qingdan.item_code WHERE item_id = :a AND code = 'M-2'", a=a)
    assert code["ended_by"] == "restore"
    (row,) = await world.run("SELECT version, name FROM qingdan.item WHERE id = :id", id=secret)
    assert (row["version"], row["name"]) == (3, world.elements(60)["name"])
    assert (await portal.get(f"{API}/items/{secret}")).status_code == 404


async def test_what_something_has_built_on_or_what_put_a_list_in_force_is_not_withdrawn(
    world: World, portal: httpx.AsyncClient, configured: Settings
) -> None:
    list_id, [item, other] = await world.enacted(2)
    who = decider(configured)
    enacted = (await portal.get(f"{API}/publications", params={"list": str(list_id)})).json()["items"][0]
    assert (await withdraw(portal, who, enacted["number"])).json()["code"] == "first_publication"
    first = await publication_of(
        portal, await adjusted(world, [([item, other], {"name": "一"})], trigger="BASIS_ADDED")
    )
    again = await publication_of(portal, await adjusted(world, [([item], {"name": "二"})], trigger="BASIS_ADDED"))
    refused = (await withdraw(portal, who, first["number"])).json()
    assert (refused["code"], again["number"] in refused["detail"]) == ("changed_since", True)
    # Decided while nobody saw the change that was on its way: the catalog refuses, and the notice says why.
    assert (await withdraw(portal, who, again["number"])).status_code == 200
    await world.change([item], name="三")
    await settled(world)
    told = await publication(portal, again["number"])
    assert (told["state"], told["notices"][0]["state"]) == ("current", "refused")
    assert "“三”" in told["notices"][0]["refusal"]


async def test_a_withdrawn_correction_puts_nothing_right(
    world: World, portal: httpx.AsyncClient, configured: Settings
) -> None:
    _, [item] = await world.enacted(1)
    who = decider(configured)
    wrong = await publication_of(portal, await adjusted(world, [([item], {"name": "错名"})], trigger="BASIS_ADDED"))
    right = await publication_of(
        portal, await adjusted(world, [([item], {"name": "正名"})], trigger="ERROR_CORRECTION")
    )
    assert (await withdraw(portal, who, right["number"])).status_code == 200
    refused = await correct(portal, who, wrong["number"], right["number"])
    assert (refused.status_code, refused.json()["code"]) == (409, "no_correction"), refused.text
    assert "撤回" in refused.json()["detail"]


@pytest.mark.req("HB-34")
async def test_an_entry_published_by_mistake_is_for_the_staff_again_when_its_publication_is_withdrawn(
    world: World, portal: httpx.AsyncClient, configured: Settings
) -> None:
    list_id, _ = await world.enacted(1)
    (secret,) = await world.add(list_id, [world.elements(70, audience="staff", name="不应公开")])
    await world.tell(world.event("item.created", [secret]))
    await world.publish()
    adjustment = await adjusted(world, [([secret], {"audience": "public"})], trigger="BASIS_ADDED")
    made = await publication_of(portal, adjustment)
    assert (await portal.get(f"{API}/items/{secret}")).status_code == 200
    assert (await withdraw(portal, decider(configured), made["number"])).status_code == 200
    await settled(world)
    assert (await publication(portal, made["number"]))["state"] == "withdrawn"
    assert (await portal.get(f"{API}/items/{secret}")).status_code == 404
    then = await portal.get(f"{API}/lists/{list_id}/open-data", params={"revision": made["parts"][0]["revision"]})
    assert "不应公开" not in then.text


async def test_what_another_decision_changed_out_of_public_sight_stands_when_a_publication_is_withdrawn(
    world: World, portal: httpx.AsyncClient, configured: Settings
) -> None:
    list_id, [item] = await world.enacted(1, hidden=["note"])
    await adjusted(world, [([item], {"note": "内部口径"})], trigger="BASIS_ADDED")
    assert (await world.list_state(list_id))["revision"] == 1, "nothing of it is public, so it is no publication"
    made = await publication_of(portal, await adjusted(world, [([item], {"name": "新名"})], trigger="BASIS_ADDED"))
    assert (await withdraw(portal, decider(configured), made["number"])).status_code == 200
    await settled(world)
    (row,) = await world.run(
        "SELECT elements FROM qingdan.item_version WHERE item_id = :id ORDER BY number DESC LIMIT 1", id=item
    )
    assert (row["elements"]["name"], row["elements"].get("note")) == (world.elements(0)["name"], "内部口径")
