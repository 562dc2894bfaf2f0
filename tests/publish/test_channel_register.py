"""Channels over HTTP: who registers them and sees them, what is refused, what everybody may read."""

from __future__ import annotations

from typing import Any
from uuid import UUID
from xml.etree import ElementTree

import orjson
import pytest

from shared.codes.region_code import NATION
from tests.publish.channel_world import BASE, Channelled
from tests.publish.channel_world import channelled as channelled
from tests.publish.world import REGION
from tests.statements import counted

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.mark.req("TH-24", "ZL-36")
async def test_everybody_may_read_the_copies_and_they_show_what_is_public_alone(channelled: Channelled) -> None:
    world = channelled.world
    list_id, (item, secret) = await world.enacted(2, hidden=["secret_note"], secret_note="不公开的内部意见")
    elements = [{"key": "name", "title": "事项名称", "type": "text"}, {"key": "secret_note", "public": False},
                {"key": "statutory_limit", "title": "法定办结时限", "type": "limit"}]  # fmt: skip
    await world.run(
        "UPDATE qingdan.element_profile SET elements = CAST(:elements AS jsonb) WHERE kind = :kind",
        kind=world.lists[list_id], elements=orjson.dumps(elements).decode(),
    )  # fmt: skip
    await channelled.follow()
    code = await channelled.register(
        "hall", list_id, read_url="https://hall.example.gov.cn/{list_id}", link="https://a.gov.cn/list",
        progress_url="https://a.gov.cn/progress",
    )  # fmt: skip
    await world.update([item], statutory_limit={"amount": 10, "unit": "working_day"})
    await world.change([secret], audience="staff")
    await world.tell(world.event("item.updated", [secret]))
    await world.publish()
    await channelled.follow()
    base = f"/publish/v1/lists/{list_id}/copies"
    for name in ("data.json", "kiosk.json", "sheet.html", "article.html", "article.txt", "posts.txt", "gazette.txt",
                 "press.txt", "bulk.jsonl", "bulk.csv", "checksums.txt"):  # fmt: skip
        answer = await channelled.client.get(f"{base}/{name}")
        assert answer.status_code == 200, (name, answer.text)
        assert answer.headers["qingdan-revision"] == "3"
        assert "不公开的内部意见" not in answer.text
        assert "secret_note" not in answer.text
        assert world.current[secret]["name"] not in answer.text, name
        again = {"If-None-Match": answer.headers["etag"]}
        assert (await channelled.client.get(f"{base}/{name}", headers=again)).status_code == 304
    kiosk = (await channelled.client.get(f"{base}/kiosk.json", params={"channel": code})).json()
    assert kiosk["progress_url"] == "https://a.gov.cn/progress"
    assert kiosk["organs"][0]["items"][0]["href"] == f"/publish/v1/items/{item}"
    press = (await channelled.client.get(f"{base}/press.txt", params={"revision": 2, "base": 1})).text
    assert "由“30个工作日”调整为“10个工作日”" in press
    assert (await channelled.client.get(f"{base}/press.txt", params={"revision": 99})).status_code == 404
    assert (await channelled.client.get(f"{base}/sheet.pdf")).json()["code"] == "copy_not_public"
    data = orjson.loads((await channelled.client.get(f"{base}/data.json")).content)
    assert (data["hash"], len(data["items"])) == ((await world.list_state(list_id))["hash"].hex(), 1)


async def test_what_is_withdrawn_leaves_the_copies_of_earlier_revisions_as_well(channelled: Channelled) -> None:
    world = channelled.world
    list_id, (item, other) = await world.enacted(2)
    await channelled.follow()
    await world.update([other], name="另一事项改名")
    earlier = {"params": {"revision": 1}}
    paths = [f"/publish/v1/lists/{list_id}/copies/{name}" for name in ("data.json", "press.txt", "sheet.html")]
    name = world.current[item]["name"]
    for path in paths:
        assert name in (await channelled.client.get(path, **earlier)).text
    await world.change([item], audience="staff")
    await world.tell(world.event("item.updated", [item]))
    await world.publish()
    for path in paths:
        assert name not in (await channelled.client.get(path, **earlier)).text, path
    for about in (f"lists/{list_id}", f"regions/{REGION}"):
        feed = (await channelled.client.get(f"/publish/v1/{about}/changes.atom")).text
        assert "撤回公开：" in feed
        assert "另一事项改名" in feed
        assert f"items/{item}" not in feed


async def test_a_copy_says_what_things_were_called_when_it_was_published(channelled: Channelled) -> None:
    world = channelled.world
    list_id, _ = await world.enacted(1)
    await channelled.follow()
    path = f"/publish/v1/lists/{list_id}/copies/bulk.csv"
    before = (await channelled.client.get(path)).content
    await world.run("UPDATE qingdan.list_kind SET title = '改了名称' WHERE code = :kind", kind=world.lists[list_id])
    profile = orjson.dumps([{"key": "name", "title": "新的名称", "type": "text", "public": True}]).decode()
    await world.run(
        "UPDATE qingdan.element_profile SET elements = CAST(:profile AS jsonb) WHERE kind = :kind",
        kind=world.lists[list_id], profile=profile,
    )  # fmt: skip
    assert (await channelled.client.get(path)).content == before


async def test_changes_can_be_followed_with_a_feed_reader(channelled: Channelled) -> None:
    list_id, items = await channelled.world.enacted(2)
    await channelled.world.update(items[:1], name="改名的<事项>")
    for path in (f"lists/{list_id}", f"regions/{REGION}"):
        answer = await channelled.client.get(f"/publish/v1/{path}/changes.atom")
        assert answer.headers["content-type"].startswith("application/atom+xml")
        feed = ElementTree.fromstring(answer.content)
        entries = feed.findall(f"{ATOM}entry")
        assert entries[0].findtext(f"{ATOM}title") == "调整：改名的<事项>"
        ids = [entry.findtext(f"{ATOM}id") for entry in entries]
        assert len(ids) == len(set(ids))
        assert all(UUID(str(one).removeprefix("urn:uuid:")) for one in ids)
        (link,) = entries[0].findall(f"{ATOM}link")
        assert link.get("href") == f"http://portal/publish/v1/items/{items[0]}"
        links = {one.get("rel"): one.get("href") for one in feed.findall(f"{ATOM}link")}
        assert links["self"] == f"http://portal/publish/v1/{path}/changes.atom"
        again = {"If-None-Match": answer.headers["etag"]}
        assert (await channelled.client.get(f"/publish/v1/{path}/changes.atom", headers=again)).status_code == 304
    assert (await channelled.client.get(f"/publish/v1/lists/{UUID(int=9)}/changes.atom")).status_code == 404
    assert (await channelled.client.get("/publish/v1/regions/999999000000/changes.atom")).status_code == 404


@pytest.mark.parametrize(
    ("changed", "status", "pointer"),
    [
        ({"kind": "carrier_pigeon"}, 422, "/kind"),
        ({"format": "bulk.csv"}, 422, "/format"),
        ({"read_url": "http://www.example.gov.cn/{list_id}"}, 422, "/read_url"),
        ({"read_url": "https://10.0.0.1/{list_id}"}, 422, "/read_url"),
        ({"read_url": None}, 422, "/read_url"),
        ({"credential": "publish.password"}, 422, "/credential"),
        ({"region_code": "999999000000"}, 422, "/region_code"),
        ({"organ_id": str(UUID(int=1))}, 422, "/organ_id"),
        ({"list_kinds": ["no_such_kind"]}, 422, "/list_kinds/0"),
        ({"window_seconds": 10**30}, 422, "/window_seconds"),
        ({"link": "javascript:alert(1)"}, 422, "/link"),
        ({"name": "a\u0000b"}, 422, "/name"),
        ({"unknown": 1}, 422, "/unknown"),
    ],
)
async def test_what_cannot_be_a_channel_is_refused_with_its_place(
    channelled: Channelled, changed: dict[str, Any], status: int, pointer: str
) -> None:
    given = {"code": "portal-x", "name": "门户", "kind": "portal", "region_code": REGION,
             "read_url": "https://www.example.gov.cn/{list_id}"} | changed  # fmt: skip
    answer = await channelled.send("POST", "", given)
    assert answer.status_code == status, answer.text
    assert answer.json()["errors"][0]["pointer"] == pointer, answer.text


@pytest.mark.req("ZL-35")
async def test_administrators_register_change_and_pause_others_of_the_region_look(channelled: Channelled) -> None:
    list_id, _ = await channelled.world.enacted(1)
    await channelled.follow()
    given = channelled.channel("notice_board", list_id)
    clerk, stranger = channelled.token(("compiler", REGION)), channelled.token(("administrator", "999999000000"))
    assert (await channelled.client.post(BASE, json=given)).status_code == 401
    assert (await channelled.send("POST", "", given, who=clerk)).status_code == 403
    assert (await channelled.send("POST", "", given, who=stranger)).status_code == 403
    answer = await channelled.send("POST", "", given)
    assert (answer.status_code, answer.headers["etag"]) == (201, '"1"')
    assert (answer.json()["format"], answer.json()["window_seconds"]) == ("sheet.html", 432_000)
    assert (await channelled.send("POST", "", given)).json()["code"] == "channel_exists"
    code = given["code"]
    assert (await channelled.send("GET", f"/{code}", who=clerk)).json()["standing"] == "due"
    assert (await channelled.send("GET", f"/{code}", who=stranger)).status_code == 404
    assert code in (await channelled.send("GET", "", who=clerk, params={"limit": 200})).text
    assert code not in (await channelled.send("GET", "", who=stranger, params={"limit": 200})).text
    assert len(await channelled.tasks(list_id)) == 1
    change = {"name": "改名的公告栏", "format": "sheet.pdf", "list_kinds": given["list_kinds"]}
    assert (await channelled.send("PUT", f"/{code}", change)).status_code == 428
    assert (await channelled.send("PUT", f"/{code}", change, headers={"If-Match": '"9"'})).status_code == 412
    changed = await channelled.send("PUT", f"/{code}", change, headers={"If-Match": '"1"'})
    assert (changed.json()["name"], changed.json()["version"]) == ("改名的公告栏", 2)
    assert len(await channelled.tasks(list_id)) == 1, "another copy is to be posted: a new task"
    paused = await channelled.send("POST", f"/{code}/pause")
    assert paused.json()["state"] == "paused"
    assert (await channelled.send("POST", f"/{code}/pause")).json()["allowed"] == ["resume"]
    assert await channelled.tasks(list_id) == []
    assert (await channelled.client.get(f"/publish/v1/lists/{list_id}/channels")).json()["items"] == []
    assert (await channelled.send("POST", f"/{code}/resume")).json()["state"] == "active"
    assert len(await channelled.tasks(list_id)) == 1
    with counted(channelled.world.engine) as statements:
        assert (
            await channelled.send("GET", "", params={"limit": 200}, who=channelled.token(("auditor", NATION)))
        ).json()
    assert len(statements) <= 2
