"""Slots and annexes of what is published."""

from __future__ import annotations

import hashlib
from typing import Any

import httpx
import orjson
import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from services.publish.app import app
from services.publish.documents.printed import Prints
from shared.identifiers import new_id
from shared.identity.tokens import TokenVerifier
from shared.ledger.envelope import NewEvent
from shared.settings import Settings
from tests.publish.document_asking import done, headers, started, text_of_docx
from tests.publish.document_world import STEPS, Documents, enter, implementation, permit, published
from tests.publish.world import REGION, World
from tests.statements import counted

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n" + b"%" * 1_200_000 + b"\ntrailer\n<<>>\n%%EOF\n"


@pytest_asyncio.fixture
async def documents(world: World, portal: httpx.AsyncClient, configured: Settings) -> Documents:
    """Three entries with their permits; tokens of people hold."""
    app.state.verifier, app.state.settings = TokenVerifier(configured.secrets), configured
    app.state.prints = Prints()
    return await published(world, 3)


def unsaid(world: World, number: int) -> dict[str, Any]:
    """A permit whose specification says no standard."""
    bare = [{key: value for key, value in step.items() if key != "standard"} for step in STEPS]
    return permit(world, number, process_steps=bare)


@pytest.mark.req("ZL-09")
async def test_three_slots_are_public_and_an_organ_fills_the_third_where_no_standard_does(
    world: World, portal: httpx.AsyncClient, documents: Documents, configured: Settings
) -> None:
    path = f"/publish/v1/items/{documents.item}"
    await world.run(
        "INSERT INTO qingdan.normative_document (id, title, title_key, kind, status)"
        " VALUES (:id, '《中华人民共和国食品安全法》', '食品安全法', 'law', 'repealed')", id=new_id(),
    )  # fmt: skip
    slots = (await portal.get(f"{path}/documents")).json()
    [law] = slots["policy_documents"]["documents"]
    assert (law["title"], law["articles"], law["in_force"]) == ("食品安全法", ["第三十五条"], False)
    assert slots["guide"] == {"state": "present", "missing": [], "address": f"{path}/guide"}
    assert (slots["review_rules"]["state"], slots["review_rules"]["source"]) == ("present", "generated")
    assert "场所与布局图一致" in (await portal.get(f"{path}/review-rules.html")).text
    _, [bare] = await enter(world, "permit", [unsaid(world, 800)])
    _, [item] = await enter(world, "implementation", [implementation(world, 800)])
    assert bare
    path, who = f"/publish/v1/items/{item}/review-rules", headers(configured, "compiler", organ=world.organ)
    assert (await portal.get(path)).json()["code"] == "review_rules_missing"
    form, name = {"content": PDF}, {"file_name": "审查细则.pdf"}
    bytes_ = {"Content-Type": "application/octet-stream"}
    for given, content, code in (
        (who | bytes_, PDF, 428), (who | bytes_ | {"If-Match": '"1"'}, PDF, 412),
        (who | bytes_ | {"If-Match": '"0"'}, b"MZ", 422),
        (headers(configured, "compiler", organ=new_id()) | bytes_ | {"If-Match": '"0"'}, PDF, 403),
    ):  # fmt: skip
        refused = await portal.put(path, content=content, params=name, headers=given)
        assert refused.status_code == code, refused.text
    kept = await portal.put(path, params=name, headers=who | bytes_ | {"If-Match": '"0"'}, **form)
    assert len(PDF) > 1_000_000, "as large as a scan is"
    digest = hashlib.sha256(PDF).hexdigest()
    assert (kept.status_code, kept.headers["etag"], kept.json()["sha256"]) == (200, '"1"', digest)
    shown = await portal.get(path)
    assert (shown.content, shown.headers["content-type"]) == (PDF, "application/pdf")
    [event] = [one for one in await world.events(["review_rules.uploaded"]) if item in one.item_ids]
    assert event.refs["sha256"] == digest
    gone = await portal.delete(path, headers=who | {"If-Match": '"1"'})
    assert (gone.status_code, (await portal.get(path)).status_code) == (204, 404)


@pytest.mark.req("ZL-26", "TH-21", "ZZ-05")
async def test_what_is_missing_is_counted_by_organ_and_listed_as_the_guide_itself_says(
    world: World, portal: httpx.AsyncClient, documents: Documents, configured: Settings
) -> None:
    partly = {
        "windows": None, "consult_phone": None, "charged": True, "complaint_phone": "", "handling_forms": [],
        "promised_limit": None, "statutory_limit": None, "basis": [],
    }  # fmt: skip
    entries = [
        implementation(world, 810, **partly),
        implementation(world, 811, fees=[{"name": "工本费"}], charged=None),
    ]
    _, items = await enter(world, "implementation", entries)
    who = headers(configured, "reviewer")
    with counted(app.state.engine) as sent:
        report = await portal.get("/publish/v1/document-coverage", params={"region": REGION, "organ": str(world.organ)},
                                  headers=who)  # fmt: skip
    assert report.status_code == 200, report.text
    assert len(sent) == 2, "where, and one query for all"
    told = {one["kind"]: one for one in report.json()["items"]}
    assert (told["implementation"]["entries"], told["implementation"]["missing"]) == (
        5, {"policy_documents": 1, "guide": 2, "review_rules": 2})  # fmt: skip
    assert told["permit"]["missing"] == {"specification": 0, "manual": 0, "guide": 3}
    assert (report.json()["complete"], report.json()["covered"]["permit.specification"]) == (False, 1.0)
    asked = {"region": REGION, "organ": str(world.organ), "kind": "implementation"}
    listed = await portal.get("/publish/v1/document-coverage/items", headers=who, params=asked)
    missing = {one["item_id"]: one["missing"] for one in listed.json()["items"]}
    assert set(missing) == {str(item) for item in items}
    for item in (*items, *documents.items, documents.permit):
        guide = (await portal.get(f"/publish/v1/items/{item}/guide.json")).json()
        if item != documents.permit:
            assert missing.get(str(item), []) == guide["missing"], "the report and the guide say the same"
    gaps = await world.run("SELECT item_id, missing FROM qingdan.publish_guide_gap_v1 WHERE organ_id = :organ",
                           organ=world.organ)  # fmt: skip
    assert {str(one["item_id"]): list(one["missing"]) for one in gaps} == {
        item: lacks for item, lacks in missing.items() if lacks
    }, "what keeps a campaign from being closed is what the report lists"
    stranger = await portal.get("/publish/v1/document-coverage", params={"region": REGION},
                                headers=headers(configured, "reviewer", region="990000000000"))  # fmt: skip
    assert stranger.status_code == 403


async def test_an_annex_shows_a_published_revision_with_its_cover_to_everybody(
    world: World, portal: httpx.AsyncClient, documents: Documents, configured: Settings, engine: AsyncEngine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    path = f"/publish/v1/lists/{documents.permits}/annex"
    named = world.current[documents.permit]["name"]
    file = await portal.get(f"{path}.docx")
    assert (file.status_code, "穗府〔2026〕1号" in text_of_docx(file.content)) == (200, True)
    assert named in text_of_docx(file.content)
    first = (await portal.get(f"{path}.json", params={"revision": 1})).json()
    told = (await portal.get(f"/publish/v1/lists/{documents.permits}/open-data")).text.partition("\n")[0]
    mark = orjson.loads(told)
    said = f"清单版本{mark['list_id']}第{mark['revision']}次修订校验码{mark['hash']}"
    assert said in text_of_docx(file.content), "people who hold the paper can prove what it shows"
    headed = {name: file.headers[f"qingdan-{name}"] for name in ("revision", "list-hash")}
    assert headed == {"revision": str(mark["revision"]), "list-hash": mark["hash"]}
    assert named not in {cell for row in first["entries"] for cell in row["cells"]}
    assert (await portal.get(f"{path}.pdf", params={"revision": 99_999})).json()["code"] == "revision_not_found"
    both = await portal.get(f"{path}.pdf", params={"revision": 1, "edition": "2026版"})
    assert both.json()["code"] == "one_state"
    monkeypatch.setattr("services.publish.documents.annexes.service.AT_ONCE", {"csv": 1})
    monkeypatch.setattr("services.publish.documents.annexes.routes.AT_ONCE", {"csv": 1})
    large = await portal.get(f"{path}.csv")
    assert (large.status_code, large.json()["code"]) == (413, "annex_too_large")
    who = headers(configured, "compiler")
    operation = await started(portal, who, what="annex", format="csv", list_id=str(documents.permits))
    ended = await done(engine, operation)
    assert ended["state"] == "succeeded", ended["error"]
    written = await portal.get(ended["result"]["file"], headers=who)
    assert (named in written.text, hashlib.sha256(written.content).hexdigest()) == (True, ended["result"]["sha256"])
    await world.change([documents.permit], audience="staff")
    await world.tell(world.event("item.updated", [documents.permit]))
    await world.publish()
    assert (await portal.get(ended["result"]["file"], headers=who)).status_code == 410


async def test_an_element_that_was_hidden_once_is_in_public_annexes_again_when_it_is_public_again(
    world: World, portal: httpx.AsyncClient
) -> None:
    list_id, _ = await world.enacted(1, name="曾不公开的名称")
    kind, path = world.lists[list_id], f"/publish/v1/lists/{list_id}/annex.json"
    for hidden, shown in ((["name"], False), ([], True)):
        await world.new_profile(kind, hidden)
        await world.tell(NewEvent(type="profile.versioned", list_kind=kind))
        await world.publish()
        assert ("曾不公开的名称" in (await portal.get(path)).text) is shown, hidden
