"""Annexes that take their time or look back: long ones are operations with files, named editions stay as they were."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
import pytest

from services.catalog.annexes import jobs
from services.catalog.items import repository as items
from services.publish.revisions.consumers import PUBLICATION
from shared import clock, settings
from shared.annex.offer import mark_of
from shared.identifiers import new_id
from shared.identity.principal import Grant
from shared.ledger import consume, operations, position
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import begin
from tests.catalog.annex_world import cover_of, enter, entry, fetch, table_of, text_of
from tests.catalog.import_fixtures import world
from tests.catalog.import_world import CITY, CITY_ORGAN, NATION, PROVINCE, PROVINCE_ORGAN, ImportWorld

__all__ = ["world"]

KINDS = {kind.kind: kind for kind in jobs.OPERATIONS}


async def started(world: ImportWorld, **body: Any) -> UUID:
    list_id = world.lists["permit", PROVINCE]
    answer = await world.client.post(f"/catalog/v1/lists/{list_id}/annexes", json=body, headers=world.token())
    assert answer.status_code == 202, answer.text
    return UUID(answer.json()["operation_id"])


async def done(world: ImportWorld, operation_id: UUID) -> Mapping[str, Any]:
    await operations.execute(world.service, "catalog", KINDS, operation_id)
    return await world.state(operation_id)


async def test_a_long_annex_is_an_operation_with_a_file_for_each_unit(
    world: ImportWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    organs = [PROVINCE_ORGAN, CITY_ORGAN]
    await enter(world, [entry(world, number, organs[number % 2]) for number in range(12)])
    monkeypatch.setattr("services.catalog.annexes.rules.AT_ONCE", {"docx": 5, "json": 100})
    refused = await world.client.get(
        f"/catalog/v1/lists/{world.lists['permit', PROVINCE]}/annex.docx", headers=world.token()
    )
    assert (refused.status_code, refused.json()["code"]) == (413, "annex_too_large")
    whole = table_of("json", await fetch(world, "json"))[1:]
    operation_id = await started(world, format="docx", by_unit=True)
    early = await world.client.get(f"/catalog/v1/annexes/{operation_id}/file", headers=world.token())
    assert (early.status_code, early.json()["code"]) == (409, "annex_not_ready")
    ended = await done(world, operation_id)
    assert (ended["state"], ended["done"], ended["total"]) == ("succeeded", 12, 12), ended["error"]
    assert ended["result"]["entries"] == 12
    answer = await world.client.get(ended["result"]["file"], headers=world.token())
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        names = archive.namelist()
        rows = [row for name in names for row in table_of("docx", archive.read(name))[1:]]
    assert len(names) == 2
    assert sorted(row[1:] for row in rows) == sorted(row[1:] for row in whole)


async def test_an_annex_that_is_cancelled_leaves_no_file(world: ImportWorld) -> None:
    await enter(world, [entry(world, number) for number in range(3)])
    queued = await started(world, format="json")
    admin = world.token(Grant("administrator", NATION))
    asked = await world.client.post(f"/catalog/v1/operations/{queued}/cancel", headers=admin)
    assert asked.status_code == 200, asked.text
    assert (await done(world, queued))["state"] == "cancelled"
    operation_id = await started(world, format="pdf")
    await world.run("UPDATE qingdan.operation SET cancel_requested = 1 WHERE id = :id", id=operation_id)
    ended = await done(world, operation_id)
    assert ended["state"] == "cancelled"
    assert list((settings.load().state_dir / "spool").rglob(f"{operation_id}*")) == []
    gone = await world.client.get(f"/catalog/v1/annexes/{operation_id}/file", headers=world.token())
    assert gone.status_code == 409


@pytest.mark.parametrize("grant", [Grant("auditor", NATION), Grant("administrator", CITY)], ids=["auditor", "below"])
async def test_who_may_look_or_administers_below_stops_no_work_of_others(world: ImportWorld, grant: Grant) -> None:
    await enter(world, [entry(world, 1)])
    queued = await started(world, format="json")
    refused = await world.client.post(f"/catalog/v1/operations/{queued}/cancel", headers=world.token(grant))
    assert refused.status_code == 403, refused.text
    assert (await done(world, queued))["state"] == "succeeded"


async def shown_to_all(world: ImportWorld, element: str, *, public: bool) -> None:
    await world.run(
        "UPDATE qingdan.element_profile SET elements = (SELECT jsonb_agg(CASE WHEN e ->> 'key' = :key"
        " THEN e || jsonb_build_object('public', CAST(:public AS boolean)) ELSE e END)"
        " FROM jsonb_array_elements(elements) AS e) WHERE kind = 'permit'", key=element, public=public,
    )  # fmt: skip


async def test_whose_entries_are_is_told_nowhere_when_the_public_may_not_know(world: ImportWorld) -> None:
    organs = [PROVINCE_ORGAN, CITY_ORGAN]
    await enter(world, [entry(world, number, organs[number % 2]) for number in range(4)])
    list_id = world.lists["permit", PROVINCE]
    await shown_to_all(world, "implementing_body", public=False)
    try:
        units = (await world.client.get(f"/catalog/v1/lists/{list_id}/annex-units", headers=world.token())).json()
        assert [(unit["organ_id"], unit["name"], unit["entries"]) for unit in units["items"]] == [(None, None, 4)]
        path = f"/catalog/v1/lists/{list_id}/annex.csv"
        alone = await world.client.get(path, params={"unit": str(world.organs[CITY_ORGAN])}, headers=world.token())
        assert alone.json()["code"] == "unit_not_in_list"
        ended = await done(world, await started(world, format="csv", by_unit=True))
        answer = await world.client.get(ended["result"]["file"], headers=world.token())
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            assert archive.namelist() == ["001-未列实施机关.csv"]
            rows = table_of("csv", archive.read(archive.namelist()[0]))
        assert [row[2] for row in rows[1:]] == [f"采砂许可{number}" for number in range(4)], "by code, not by unit"
    finally:
        await shown_to_all(world, "implementing_body", public=True)


async def cleared(world: ImportWorld, at: datetime) -> None:
    clock.use(lambda: at)
    try:
        await jobs.clear_away(world.service)
    finally:
        clock.use(None)


async def test_a_file_past_its_time_is_gone_and_so_is_what_a_killed_worker_left(world: ImportWorld) -> None:
    await enter(world, [entry(world, 1)])
    operation_id = await started(world, format="csv")
    ended = await done(world, operation_id)
    left = jobs.path_of(settings.load().state_dir, new_id(), "pdf").with_suffix("") / "file.part0.pdf"
    left.parent.mkdir()
    left.write_bytes(b"%PDF")
    await cleared(world, clock.now() + jobs.UNFINISHED * 2)
    assert not left.parent.exists()
    assert (await world.client.get(ended["result"]["file"], headers=world.token())).status_code == 200
    await cleared(world, clock.now() + jobs.KEPT * 2)
    gone = await world.client.get(ended["result"]["file"], headers=world.token())
    assert (gone.status_code, gone.json()["code"]) == (410, "annex_gone")


async def publish(world: ImportWorld, *events: NewEvent) -> None:
    async with begin(world.service, service="catalog", actor="system:test") as tx:
        for event in events:
            tx.append(event)
    async with world.owner.begin() as connection:
        await position.register(connection, ["publication"], "publish")
    while await consume.step(world.owner, PUBLICATION):
        pass


async def renamed(world: ImportWorld, item_id: UUID, name: str) -> None:
    async with begin(world.service, service="catalog", actor="system:test") as tx:
        patches = items.Patches(
            item_ids=[item_id], patch=[{"name": name}], effective_ats=[clock.now()], operation="modify"
        )
        await items.write_versions(tx.connection, patches)


async def twice_published(world: ImportWorld) -> tuple[UUID, UUID, list[str]]:
    """A list of two entries, one of which got another name in revision 2: list, that entry, marks of both revisions."""
    [first, _] = await enter(world, [entry(world, 1), entry(world, 2)])
    list_id = world.lists["permit", PROVINCE]
    told = {"region_code": PROVINCE, "list_kind": "permit", "list_id": list_id}
    await world.run(
        "UPDATE qingdan.list SET state = 'in_force', enacted_at = now(), edition = '2026版', decision ="
        """ '{"meeting": "常务会议", "date": "2026-01-04", "number": "粤府〔2026〕1号"}' WHERE id = :id""",
        id=list_id,
    )
    await publish(world, NewEvent(type="list.enacted", **told),
                  NewEvent(type="list.edition_named", refs={"edition": "2026版"}, **told))  # fmt: skip
    await renamed(world, first, "采砂许可（新）")
    await publish(world, NewEvent(type="item.updated", item_ids=[first], versions=[2], **told))
    hashes = await world.run(
        "SELECT encode(hash, 'hex') AS hash FROM qingdan.list_revision WHERE list_id = :id ORDER BY revision",
        id=list_id,
    )  # fmt: skip
    marks = [mark_of(list_id, number, row["hash"]) for number, row in enumerate(hashes, start=1)]
    return list_id, first, marks


async def test_a_named_edition_is_exported_as_it_was_published_then(world: ImportWorld) -> None:
    list_id, _, marks = await twice_published(world)
    now = table_of("json", await fetch(world, "json", revision=2))
    assert [row[2] for row in now[1:]] == ["采砂许可（新）", "采砂许可2"]
    then = orjson.loads(await fetch(world, "json", edition="2026版"))
    assert [one["cells"][1] for one in then["entries"]] == ["采砂许可1", "采砂许可2"]
    assert then["cover"] == {
        "title": f"permit {PROVINCE}", "issuer": then["cover"]["issuer"], "edition": "2026版", "date": "2026年1月4日",
        "number": "粤府〔2026〕1号", "unit": "", "mark": marks[0],
    }  # fmt: skip
    text = text_of(await fetch(world, "pdf", edition="2026版"))
    assert "2026版" in text
    assert "粤府〔2026〕1号" in text
    assert "".join(marks[0].split()) in text
    parts = (await world.client.get(
        f"/catalog/v1/lists/{list_id}/annex-units", params={"edition": "2026版"}, headers=world.token()
    )).json()  # fmt: skip
    assert (parts["revision"], parts["entries"]) == (1, 2)


async def test_the_list_as_it_stands_carries_the_mark_of_what_is_in_force_or_says_that_it_is_a_draft(
    world: ImportWorld,
) -> None:
    list_id, first, marks = await twice_published(world)
    hash_ = marks[1].rpartition(" ")[2]
    # The list as it stands is what is in force, in every format that has a cover; its paper proves which revision.
    path = f"/catalog/v1/lists/{list_id}/annex"
    for form in ("xlsx", "docx"):
        answer = await world.client.get(f"{path}.{form}", headers=world.token())
        assert (answer.headers["qingdan-revision"], answer.headers["qingdan-list-hash"]) == ("2", hash_)
        assert marks[1] in cover_of(form, answer.content), form
    ended = await done(world, await started(world, format="json", by_unit=True))
    assert (ended["result"]["revision"], ended["result"]["list_hash"]) == (2, hash_)
    # A change nobody has published makes it a draft, until the list says what the public reads again.
    await renamed(world, first, "采砂许可（拟改）")
    draft = await world.client.get(f"{path}.json", headers=world.token())
    assert (draft.json()["cover"]["edition"], draft.json()["cover"]["mark"]) == ("工作稿（未公布）", "")
    assert "qingdan-revision" not in draft.headers
    await renamed(world, first, "采砂许可（新）")
    again = (await world.client.get(f"{path}.json", headers=world.token())).json()
    assert (again["cover"]["edition"], again["cover"]["mark"]) == ("第2次修订", marks[1])
    assert again["cover"]["number"] == "粤府〔2026〕1号"
    await enter(world, [entry(world, 3)])
    more = (await world.client.get(f"{path}.json", headers=world.token())).json()
    assert (more["cover"]["edition"], len(more["entries"])) == ("工作稿（未公布）", 3)
