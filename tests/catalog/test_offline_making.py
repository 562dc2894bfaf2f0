"""Making packages between two installations: once each, only of what may leave, and never more than can be taken."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest

from services.publish.offline import archive, jobs, making, repository, rules
from shared import problems
from shared.ledger import operations
from shared.ledger.envelope import NewEvent
from shared.ledger.operations import Running
from shared.ledger.transaction import begin
from tests.catalog.linkage_fixtures import world
from tests.catalog.offline_world import Sites, sites

__all__ = ["sites", "world"]
pytestmark = pytest.mark.asyncio(loop_scope="module")
KINDS = {one.kind: one for one in jobs.OPERATIONS}


def told(package: bytes) -> list[dict[str, Any]]:
    """The lines of an acknowledgement."""
    with zipfile.ZipFile(io.BytesIO(package)) as found:
        return [json.loads(line) for line in found.read("acknowledgement.jsonl").splitlines()]


async def test_a_worker_killed_when_it_has_made_a_package_does_not_make_another_one(sites: Sites) -> None:
    await sites.inner.take(await sites.outer.make())
    await sites.source.update(sites.items[:1], consult_phone="020-9")
    engine, before = sites.outer.engine, (await sites.outer.progress()).sent_serial
    async with begin(engine, service="publish", actor="account:test") as tx:
        partner = await repository.find(tx.connection, sites.outer.partner)
        assert partner is not None
        given = {"kind": "entries", "everything": False, "after_serial": 0}
        operation = await making.start(tx, partner, given)
    async with engine.begin() as connection:
        row = await operations.claim(connection, operation, "publish")
    assert row is not None
    await making.run(engine, Running(engine, row), sites.outer.secrets)
    # Killed here: nobody tells the operation any more that it has ended.
    silent = "UPDATE qingdan.operation SET heartbeat_at = heartbeat_at - interval '1 hour' WHERE id = :id"
    await sites.source.run(silent, id=operation)
    await operations.execute(engine, "publish", KINDS, operation)
    assert (await sites.outer.progress()).sent_serial == before + 1
    (left,) = await sites.source.run("SELECT state, result FROM qingdan.operation WHERE id = :id", id=operation)
    assert (left["state"], left["result"]["serial"], left["result"]["rows"]) == ("succeeded", before + 1, 1)
    await sites.inner.take(await sites.outer.fetch(before + 1))


async def test_nothing_is_said_of_a_version_before_the_mirrored_list_has_taken_it(sites: Sites) -> None:
    item = sites.items[2]
    await sites.inner.take(await sites.outer.make())
    await sites.follow()
    await sites.outer.take(await sites.inner.make(kind="acknowledgement"))
    good = sites.source.current[item]["base_code"]
    await sites.source.update([item], base_code="坏编码")
    await sites.inner.take(await sites.outer.make())
    with pytest.raises(problems.Conflict) as early:
        await sites.inner.make(kind="acknowledgement")
    assert early.value.code == "still_importing", "the version before was accepted, this one not yet"
    await sites.follow()
    assert [row["state"] for row in told(await sites.inner.make(kind="acknowledgement"))] == ["rejected"]
    await sites.source.update([item], base_code=good)
    await sites.inner.take(await sites.outer.make())
    with pytest.raises(problems.Conflict) as late:
        await sites.inner.make(kind="acknowledgement")
    assert late.value.code == "still_importing", "the version before was rejected, this one not yet"
    await sites.follow()


async def test_what_was_said_in_a_lost_package_is_said_again_on_request(sites: Sites) -> None:
    await sites.inner.make(kind="acknowledgement")
    assert told(await sites.inner.make(kind="acknowledgement")) == []
    said = told(await sites.inner.make(kind="acknowledgement", everything=True))
    assert {row["item_id"]: row["state"] for row in said} == {str(item): "accepted" for item in sites.items}


async def test_no_package_is_made_while_an_element_is_being_hidden(sites: Sites) -> None:
    source, item = sites.source, sites.items[0]
    await source.update([item], consult_phone="020-7")
    before = (await sites.outer.progress()).sent_serial
    await source.new_profile("permit", ["inner_note", "consult_phone"])
    await source.tell(NewEvent(type="profile.versioned", list_kind="permit"))
    for whole in (False, True):
        with pytest.raises(problems.Conflict) as refused:
            await sites.outer.make(everything=whole)
        assert refused.value.code == "content_being_hidden"
    assert (await sites.outer.progress()).sent_serial == before, "no number was used"
    await source.publish()
    package = await sites.outer.make()
    with zipfile.ZipFile(io.BytesIO(package)) as found:
        assert b"020-7" not in found.read("events.jsonl")
    await sites.inner.take(package)


async def test_what_was_withdrawn_before_a_package_was_made_does_not_hold_back_its_first_part(
    sites: Sites, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sites.inner.take(await sites.outer.make())
    await sites.source.update(sites.items[:1], contact="甲")
    await sites.source.change(sites.items[2:], audience="staff")
    await sites.source.tell(sites.source.event("item.updated", sites.items[2:]))
    await sites.source.publish()
    monkeypatch.setattr(rules, "MOST_ROWS", 1)
    await sites.inner.take(await sites.outer.make())
    await sites.inner.take(await sites.outer.make())


async def test_what_is_too_large_for_one_package_continues_in_the_next_or_is_refused(
    sites: Sites, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sites.inner.take(await sites.outer.make())
    for name in "甲乙丙":
        await sites.source.update(sites.items[:1], contact=name * 1_000)
    before = (await sites.outer.progress()).sent_serial
    most = 10_000
    monkeypatch.setattr(archive, "MOST_CONTENT", most)
    rows = []
    while not rows or rows[-1]:
        package = await sites.outer.make()
        with zipfile.ZipFile(io.BytesIO(package)) as found:
            content = found.read("events.jsonl")
        assert len(content) <= most
        rows.append(content.count(b"\n"))
        await sites.inner.take(package)
    assert (sum(rows), len(rows) > 2) == (3, True), rows
    serial = (await sites.outer.progress()).sent_serial
    assert serial == before + len(rows)
    monkeypatch.setattr(archive, "MOST_CONTENT", 100)
    with pytest.raises(problems.Invalid) as refused:
        await sites.outer.make(everything=True)
    assert refused.value.code == "too_large"
    assert (await sites.outer.progress()).sent_serial == serial, "no number was used"
