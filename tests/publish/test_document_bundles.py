"""Bundles: what they can be made of, that they go on and end, and what of them may still go out."""

from __future__ import annotations

import hashlib
import io
import zipfile

import httpx
import orjson
import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from services.publish.app import app
from services.publish.documents.bundles import jobs, rules
from services.publish.documents.printed import Prints
from shared import clock
from shared.identifiers import new_id
from shared.identity.tokens import TokenVerifier
from shared.ledger.envelope import NewEvent
from shared.settings import Settings
from tests.publish.document_asking import done, headers, started, text_of_pdf
from tests.publish.document_world import Documents, enter, published
from tests.publish.world import REGION, World


@pytest_asyncio.fixture
async def documents(world: World, portal: httpx.AsyncClient, configured: Settings) -> Documents:
    """Three entries with their permits; tokens of people hold."""
    app.state.verifier, app.state.settings = TokenVerifier(configured.secrets), configured
    app.state.prints = Prints()
    return await published(world, 3)


async def test_a_bundle_says_what_it_can_be_made_of_and_when_it_is_ready(
    portal: httpx.AsyncClient, documents: Documents, configured: Settings
) -> None:
    who, body = headers(configured, "compiler"), {"what": "guide", "format": "pdf", "organ": str(documents.world.organ)}
    wrong = (
        (body | {"region": REGION}, "one_place"), ({**body, "format": "xlsx"}, "format_not_available"),
        (body | {"organ": str(new_id())}, "nothing_published"), (body | {"revision": 1}, "annex_only"),
        (body | {"what": "annex"}, "missing"),
    )  # fmt: skip
    for given, code in wrong:
        refused = await portal.post("/publish/v1/documents", json=given, headers=who)
        assert refused.json()["code"] == code
    assert (await portal.post("/publish/v1/documents", json=body)).status_code == 401
    strangers = [headers(configured, *given[0], **given[1]) for given in (
        (("auditor",), {}), (("joint_reviewer",), {}), (("compiler",), {"organ": new_id()}),
        (("decider",), {"region": "990000000000"}),
    )]  # fmt: skip
    places = (body, {"what": "guide", "format": "pdf", "region": REGION},
              {"what": "annex", "format": "csv", "list_id": str(documents.permits)})  # fmt: skip
    for stranger in strangers:
        for given in places:
            refused = await portal.post("/publish/v1/documents", json=given, headers=stranger)
            assert (refused.status_code, refused.json()["code"]) == (403, "not_yours"), refused.text
    limited = headers(configured, "compiler", organ=documents.world.organ)
    assert (await portal.post("/publish/v1/documents", json=places[1], headers=limited)).status_code == 403
    operation = await started(portal, limited, **body)
    for fetcher, code in ((strangers[0], 403), (strangers[2], 403), (limited, 409), (who, 409)):
        early = await portal.get(f"/publish/v1/documents/{operation}/file", headers=fetcher)
        assert early.status_code == code, early.text
    early = await portal.get(f"/publish/v1/documents/{operation}/file", headers=who)
    assert (early.status_code, early.json()["code"]) == (409, "documents_not_ready")


async def test_a_bundle_goes_on_where_a_killed_worker_stopped(
    portal: httpx.AsyncClient, documents: Documents, configured: Settings, engine: AsyncEngine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(jobs, "PART", 1)
    who = headers(configured, "compiler")
    operation = await started(portal, who, what="guide", format="json", organ=str(documents.world.organ))
    made: list[str] = []

    def killed(point: str) -> None:
        made.append(point)
        if made.count("documents-part") == 2:
            made.append("killed")
            raise ConnectionError("the worker is gone")

    monkeypatch.setattr("shared.telemetry.crash_point", killed)
    with pytest.raises(ConnectionError):
        await done(engine, operation)
    await documents.world.run("UPDATE qingdan.operation SET not_before = NULL")  # the wait before it is tried again
    ended = await done(engine, operation)
    assert (ended["state"], ended["done"], ended["total"], ended["result"]["documents"]) == ("succeeded", 3, 3, 3)
    assert made == ["documents-part"] * 2 + ["killed", "documents-part"], "two before it died, one after"


async def test_a_bundle_proves_its_files_and_leaves_out_what_was_withdrawn_until_its_time_is_over(
    world: World, portal: httpx.AsyncClient, documents: Documents, configured: Settings, engine: AsyncEngine
) -> None:
    who = headers(configured, "compiler")
    ended = await done(engine, await started(portal, who, what="guide", format="pdf", organ=str(world.organ)))
    await world.change([documents.items[1]], audience="staff")
    await world.tell(world.event("item.updated", [documents.items[1]]))
    await world.publish()
    file = await portal.get(ended["result"]["file"], headers=who)
    with zipfile.ZipFile(io.BytesIO(file.content)) as archive:
        manifest = orjson.loads(archive.read("manifest.json"))["files"]
        kept = {one["name"]: one for one in manifest if "name" in one}
        assert set(archive.namelist()) == {*kept, "manifest.json"}
        assert len(kept) == 2
        for name, one in kept.items():
            content = archive.read(name)
            assert one["sha256"] == hashlib.sha256(content).hexdigest()
            assert "办事指南" in text_of_pdf(content)
    assert [one for one in manifest if one.get("withdrawn")] == [
        {"item_id": str(documents.items[1]), "withdrawn": True}]  # fmt: skip
    later = (await world.run("SELECT now() AS at"))[0]["at"] + rules.KEPT * 2
    clock.use(lambda: later)
    try:
        await jobs.clear_away(engine)
    finally:
        clock.use(None)
    gone = await portal.get(ended["result"]["file"], headers=who)
    assert (gone.status_code, gone.json()["code"]) == (410, "documents_gone")


async def test_a_manual_in_a_bundle_is_left_out_once_an_entry_of_another_list_in_it_is_withdrawn_or_hidden(
    world: World, portal: httpx.AsyncClient, documents: Documents, configured: Settings, engine: AsyncEngine
) -> None:
    who = headers(configured, "compiler")
    codes = [world.current[item]["base_code"] for item in documents.items]
    duties = [world.elements(number) | {"base_code": code, "name": f"{code}审批责任", "duty_content": "依法审批"}
              for number, code in enumerate(codes, start=300)]  # fmt: skip
    _, (withdrawn, *_) = await enter(world, "responsibility", duties)
    ended = await done(engine, await started(portal, who, what="manual", format="json", organ=str(world.organ)))

    async def kept() -> set[str]:
        file = await portal.get(ended["result"]["file"], headers=who)
        with zipfile.ZipFile(io.BytesIO(file.content)) as archive:
            texts = [archive.read(name).decode() for name in archive.namelist() if name != "manifest.json"]
        return {code for code in codes for text in texts if f"{code}审批责任" in text}

    assert await kept() == set(codes)
    await world.change([withdrawn], audience="staff")
    await world.tell(world.event("item.updated", [withdrawn]))
    await world.publish()
    assert await kept() == set(codes[1:])
    await world.new_profile("responsibility", ["duty_content"])
    await world.tell(NewEvent(type="profile.versioned", list_kind="responsibility"))
    await world.publish()
    assert await kept() == set()


async def test_a_manual_of_which_is_not_known_what_other_entries_it_shows_is_left_out_of_its_bundle(
    world: World, portal: httpx.AsyncClient, documents: Documents, configured: Settings, engine: AsyncEngine
) -> None:
    who, left = headers(configured, "compiler"), {}
    for what in ("manual", "guide"):
        ended = await done(engine, await started(portal, who, what=what, format="json", organ=str(world.organ)))
        # As an earlier program kept them.
        await world.run("UPDATE qingdan.document_bundle_part SET entries = (SELECT jsonb_agg(e - 'related')"
                        " FROM jsonb_array_elements(entries) AS e) WHERE operation_id = CAST(:id AS uuid)",
                        id=str(ended["id"]))  # fmt: skip
        file = await portal.get(ended["result"]["file"], headers=who)
        with zipfile.ZipFile(io.BytesIO(file.content)) as archive:
            left[what] = len(archive.namelist()) - 1
    assert left == {"manual": 0, "guide": len(documents.items)}


async def test_a_bundle_that_is_cancelled_leaves_nothing(
    world: World, portal: httpx.AsyncClient, documents: Documents, configured: Settings, engine: AsyncEngine
) -> None:
    operation = await started(portal, headers(configured, "compiler"), what="manual", format="html", region=REGION)
    await world.run("UPDATE qingdan.operation SET cancel_requested = 1 WHERE id = CAST(:id AS uuid)", id=operation)
    assert (await done(engine, operation))["state"] == "cancelled"
    assert await world.run("SELECT number FROM qingdan.document_bundle_part WHERE operation_id = CAST(:id AS uuid)",
                           id=operation) == []  # fmt: skip
