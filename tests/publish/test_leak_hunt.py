"""Marked content is seeded everywhere and looked for in everything that goes out: nothing of it leaves (HB-34, TH-25).

Public operations are taken from the API's own document: one that comes new is looked through without being named here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from prometheus_client import generate_latest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.publish.app import app
from services.publish.backbone import repository as backbone
from services.publish.backbone.rules import Known, message
from services.publish.channels.consumers import CHANNELS
from services.publish.offline.jobs import OPERATIONS as PACKAGES
from services.publish.platform import service as platforms
from services.publish.platform.library import service as library
from services.publish.platform.mapping import built_in
from services.publish.platform.rules import Verdict
from services.publish.platform.service import Conversation
from services.publish.platform.transports import registry
from services.publish.platform.transports.contract import Answer, Batch, Capability, Transport
from services.publish.search.consumers import CONSUMERS as SEARCH
from services.publish.units.consumers import UNITS
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.identity.tokens import TokenVerifier
from shared.ledger import operations
from shared.ledger.transaction import begin
from shared.seals import keys
from shared.settings import Settings
from tests.publish import document_asking, leak_world, platform_world, signing
from tests.publish.leak_asking import API, Parameters, fillers, public_operations, requests_of, said_by, texts_of
from tests.publish.leak_world import Seeded
from tests.publish.publishing import take
from tests.publish.subscribing import Subscriber, match, staff_token
from tests.publish.world import REGION, World

LIBRARIAN = Principal(new_id(), "library", "省事项库", None, (), client=True, scopes=frozenset({"item_library"}))
AT_ONCE = 4


@pytest_asyncio.fixture(scope="module")
async def found(engine: AsyncEngine) -> Seeded:
    """Everything seeded and published, once for all ways out."""
    world = World(engine)
    await world.begin()
    seeded = await leak_world.seeded(world)
    for consumer in (*SEARCH, UNITS):
        await take(world, consumer)
    return seeded


@pytest.fixture(autouse=True)
def _verified(configured: Settings) -> None:
    """Tokens hold, and addresses on this machine may be named."""
    app.state.verifier = TokenVerifier(configured.secrets)
    app.state.settings = configured


@pytest.fixture(autouse=True)
def _nothing_beside(found: Seeded, capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """What is logged and what is measured says nothing of it either, whichever way out was taken."""
    yield
    logged = capfd.readouterr()
    assert [f"the log: {what}" for what in found.marks.found_in(logged.out + logged.err)] == []
    assert [f"the metrics: {what}" for what in found.marks.found_in(generate_latest().decode())] == []


async def _channel(found: Seeded, portal: httpx.AsyncClient, configured: Settings) -> None:
    """A channel that shows the list, whose addresses nobody outside is told."""
    address = f"https://open.example.cn/{found.marks.new('where copies are put')}"
    given = {"code": f"c{new_id().hex[-12:]}", "name": "开放数据", "kind": "open_data", "region_code": REGION,
             "list_kinds": [leak_world.KIND], "delivery": "put", "put_url": address,
             "read_url": f"{address}/{found.marks.new('where copies are read back')}"}  # fmt: skip
    who = {"Authorization": f"Bearer {staff_token(configured)}"}
    registered = await portal.post(f"{API}/channels", json=given, headers=who)
    assert registered.status_code == 201, registered.text
    await take(found.world, CHANNELS)


@pytest.mark.req("HB-33", "HB-34", "TH-25")
async def test_no_public_operation_of_the_api_says_anything_that_is_not_public(
    found: Seeded, portal: httpx.AsyncClient, configured: Settings
) -> None:
    await _channel(found, portal, configured)
    known = await fillers(found, portal)
    signer = await signing.signer(portal, configured, await signing.new_client(found.world))
    turns = asyncio.Semaphore(AT_ONCE)

    async def leaks_of(operation: Mapping[str, Any], place: str, query: Parameters) -> tuple[str, list[str]]:
        """The operation, if it has answered, and what its answer says that it may not."""
        async with turns:
            if place.startswith(signing.BASE):
                spelt = str(httpx.QueryParams(dict(query)))
                answer = await signer.call("GET", place.removeprefix(signing.BASE), query=spelt)
            else:
                answer = await portal.get(place, params=dict(query))
        assert answer.status_code != 500, f"{place} {query}: {answer.text}"
        asked = [part for part in place.split("/") if part]
        said = found.marks.found_in(said_by(answer), asked=asked)
        name = operation["operationId"] if answer.status_code == 200 else ""
        return name, [f"{place} {dict(query)}: {what}" for what in said]

    wanted = [
        leaks_of(operation, *one) for path, operation in public_operations()
        for one in requests_of(path, operation, known)
    ]  # fmt: skip
    told = await asyncio.gather(*wanted)
    leaks = [leak for _, found_there in told for leak in found_there]
    assert leaks == []
    # What always refuses would prove nothing: the rest has really said something.
    silent = {operation["operationId"] for _, operation in public_operations()} - {name for name, _ in told}
    assert silent <= {"get_seal", "get_seal_key"}


@pytest.mark.parametrize("form", ["html", "json", "docx", "pdf"])
async def test_a_mark_that_is_public_is_found_in_every_form_of_a_document(
    found: Seeded, portal: httpx.AsyncClient, form: str
) -> None:
    answer = await portal.get(f"{API}/items/{found.items[0]}/guide.{form}")
    assert leak_world.OPEN in "".join(said_by(answer).split())


@pytest.mark.req("HB-34")
async def test_what_is_not_public_is_neither_found_nor_counted(found: Seeded, portal: httpx.AsyncClient) -> None:
    for mark, meaning in found.marks.meaning.items():
        hits = (await portal.get(f"{API}/search", params={"q": mark, "facets": "true"})).json()
        assert (hits["items"], hits.get("total", 0)) == ([], 0), meaning
    for mark in list(found.marks.meaning)[:3]:
        page = (await portal.get(f"{API}/lists/{found.list_id}/items", params={"q": mark, "count": "exact"})).json()
        assert (page["items"], page["count"]) == ([], 0)
    unknown = (await portal.get(f"{API}/items/{new_id()}")).json()
    for item in found.items[1:]:
        # An entry that is secret answers as one that never was.
        answer = (await portal.get(f"{API}/items/{item}")).json()
        assert {key: answer[key] for key in ("title", "detail", "code", "status")} == {
            key: unknown[key] for key in ("title", "detail", "code", "status")
        }


@pytest.mark.req("HB-34")
async def test_no_event_that_is_sent_to_systems_says_anything_that_is_not_public(
    found: Seeded, subscriber: Subscriber
) -> None:
    opened = await subscriber.open(None, filter={"kinds": [leak_world.KIND, "permit"]}, after=0)
    await match(found.world.engine)
    told = await subscriber.call("GET", f"/{opened['id']}/events", params={"after": 0, "limit": 500})
    assert len(told.json()) > 3
    previewed = await subscriber.call("POST", "/preview", json={"filter": {"kinds": [leak_world.KIND]}})
    assert previewed.status_code == 200, previewed.text
    assert found.marks.found_in(said_by(told) + said_by(previewed)) == []
    async with found.world.engine.connect() as connection:
        rows = await backbone.entries(connection, 0, 1_000)
    known = Known(0, new_id(), new_id(), new_id())
    written = [message(row, prefix="lists", known=known, largest=2**20) for row in rows]
    assert len(written) > 3
    said = "\n".join(f"{one.subject} {dict(one.headers)} {one.body.decode()}" for one in written)
    assert found.marks.found_in(said) == []


class Written(Transport):
    """A platform that writes everything down, takes nothing, and says why."""

    capabilities = frozenset({Capability.PUSH})

    def __init__(self, remark: str) -> None:
        self.rows: list[Any] = []
        self.remark = remark

    async def send(self, batch: Batch) -> Answer:
        """Refuse a batch, row by row."""
        self.rows += batch.rows
        return Answer([Verdict(guid, "05", self.remark) for guid in batch.row_guids])


@pytest.mark.req("HB-34")
@pytest.mark.parametrize("mapping", sorted({kind.mapping for kind in registry.KINDS.values()}))
async def test_no_row_for_a_platform_says_anything_that_is_not_public(found: Seeded, mapping: str) -> None:
    talk = await platform_world.exchange(found.world, None, leak_world.KIND, "permit")
    written = Written(found.marks.new(f"what a platform of {mapping} says of rows"))
    partner = replace(talk.partner, mapping=built_in(mapping))
    conversation = Conversation(found.world.engine, partner, written, 5.0, 100)
    while await platforms.push(conversation):
        pass
    assert written.rows
    assert found.marks.found_in(str(written.rows)) == []
    said = await found.world.run("SELECT count(*) AS rows FROM qingdan.peer_row WHERE remark = :it", it=written.remark)
    assert said[0]["rows"] == len(written.rows)


@pytest.mark.req("HB-34")
async def test_the_item_library_says_nothing_that_is_not_public(found: Seeded) -> None:
    await library.advance(found.world.engine)
    async with begin(found.world.engine, service="publish", actor="client:test") as tx:
        told = await library.changes(tx, LIBRARIAN, since=0, kind=leak_world.KIND, region=None, limit=100)
    assert told.data.items
    assert found.marks.found_in(told.model_dump_json()) == []


@pytest.mark.req("HB-34")
async def test_no_package_for_a_separated_network_holds_anything_that_is_not_public(
    found: Seeded, portal: httpx.AsyncClient, configured: Settings
) -> None:
    keys.ensure_keys(configured.secrets, keys.PACKAGES)
    who = {"Authorization": f"Bearer {staff_token(configured)}"}
    given = {"code": f"inner-{new_id().hex[-12:]}", "name": "涉密网清单系统", "own_code": "outer",
             "public_keys": (configured.secrets / "offline.public.pem").read_text(), "region_codes": [REGION],
             "list_kinds": [leak_world.KIND, "permit"]}  # fmt: skip
    registered = await portal.post(f"{API}/offline-partners", json=given, headers=who)
    assert registered.status_code == 201, registered.text
    for asked in ({}, {"everything": True}):
        place = f"{API}/offline-partners/{given['code']}/packages"
        started = await portal.post(place, json=asked, headers=who)
        operation = UUID(started.json()["operation_id"])
        await operations.execute(found.world.engine, "publish", {one.kind: one for one in PACKAGES}, operation)
        result = (await portal.get(f"{API}/operations/{operation}", headers=who)).json()["result"]
        package = await portal.get(result["location"], headers=who)
        assert package.headers["content-type"] == "application/zip"
        assert found.marks.found_in("\n".join(texts_of(package.content))) == []


@pytest.mark.req("HB-34")
async def test_files_made_before_something_became_secret_leave_without_it(
    found: Seeded, portal: httpx.AsyncClient, configured: Settings
) -> None:
    who = document_asking.headers(configured, "reviewer")
    guides, annex = [await portal.get(f"{API}/documents/{one}/file", headers=who) for one in found.archived]
    assert (guides.status_code, annex.status_code) == (200, 410), "the annex is made anew"
    assert found.marks.found_in("\n".join([*texts_of(guides.content), annex.text])) == []


@pytest.mark.req("HB-34")
@pytest.mark.parametrize("what", ["guide", "annex"])
async def test_no_bundle_of_documents_says_anything_that_is_not_public(
    found: Seeded, portal: httpx.AsyncClient, configured: Settings, what: str
) -> None:
    who = document_asking.headers(configured, "reviewer")
    body = {"what": what, "format": "docx", "list_id": str(found.list_id)}
    operation = await document_asking.started(portal, who, **body)
    await document_asking.done(found.world.engine, operation)
    file = await portal.get(f"{API}/documents/{operation}/file", headers=who)
    assert file.status_code == 200, file.text
    assert found.marks.found_in("\n".join(texts_of(file.content))) == []
