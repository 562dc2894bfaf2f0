"""Packages between two installations without a connection: what arrives, what is refused, what is answered."""

from __future__ import annotations

import asyncio
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from services.publish.offline import archive, jobs, receiving, repository, rules
from services.publish.offline.rules import BadPackage
from services.publish.offline.uploads import service as uploads
from shared import problems
from shared.identifiers import new_id
from shared.ledger import operations
from shared.ledger.operations import Running
from shared.ledger.transaction import begin
from shared.seals.keys import PACKAGES, Signer
from tests.catalog.linkage_fixtures import world
from tests.catalog.offline_world import Sites, sites
from tests.publish.platform_world import findings, tasks
from tests.statements import counted

__all__ = ["sites", "world"]
pytestmark = pytest.mark.asyncio(loop_scope="module")
SCRIPT = Path(__file__).parents[2] / "docs" / "verify_package.py"


def verified(sites: Sites, package: bytes, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    (tmp_path / "package.zip").write_bytes(package)
    key = sites.outer.secrets / f"{PACKAGES}.public.pem"
    return subprocess.run([sys.executable, str(SCRIPT), str(tmp_path / "package.zip"), str(key)],
                          capture_output=True, text=True, check=False)  # fmt: skip


async def test_everything_then_what_is_new_arrives_in_the_mirrored_list(sites: Sites, tmp_path: Path) -> None:
    first = await sites.outer.make()
    with counted(sites.inner.engine) as statements:
        assert (await sites.inner.take(first))["rows"] == 4, "an event of the list and one of each entry"
    assert len(statements) <= 10, statements
    await sites.follow()
    shown = await sites.shown()
    assert set(shown) == {str(item) for item in sites.items}
    assert shown[str(sites.items[0])]["name"] == "建设项目环境影响报告表审批0"
    assert shown[str(sites.items[0])]["materials"] == [{"name": "环境影响报告表", "necessity": "required"}]
    assert all("inner_note" not in elements for elements in shown.values())
    done = verified(sites, first, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "package 1 from outer to inner: 4 rows, as signed" in done.stdout

    again = await sites.inner.take(first)
    assert again["again"] is True
    await sites.source.update(sites.items[:1], name="改名后的事项")
    await sites.source.change(sites.items[1:2], audience="staff", name="涉密事项名称")
    await sites.source.tell(sites.source.event("item.updated", sites.items[1:2]))
    await sites.source.publish()
    second = await sites.outer.make()
    assert "涉密" not in second.decode("latin-1")
    await sites.inner.take(second)
    await sites.follow()
    shown = await sites.shown()
    assert shown[str(sites.items[0])]["name"] == "改名后的事项"
    assert shown[str(sites.items[1])] == {"name": "（来源已不再公开）", "state": "cancelled", "audience": "staff"}
    public = await sites.country.rows("SELECT convert_from(body, 'UTF8') AS body FROM qingdan.published_item")
    assert not any("报告表审批1" in row["body"] for row in public), "the mirror has withdrawn it as well"


async def test_a_missing_package_is_named_and_a_whole_one_stands_for_it(sites: Sites) -> None:
    await sites.source.update(sites.items[:1], consult_phone="020-1")
    lost = await sites.outer.make()
    await sites.source.update(sites.items[:1], consult_phone="020-2")
    later = await sites.outer.make()
    with pytest.raises(problems.Conflict) as refused:
        await sites.inner.take(later)
    assert (refused.value.code, refused.value.extra["missing"]) == ("package_missing", [3])
    await sites.inner.take(lost)
    assert (await sites.inner.take(later))["again"] is False
    assert (await sites.inner.take(lost))["again"] is True
    await sites.outer.make()
    whole = await sites.outer.make(everything=True)
    assert (await sites.inner.take(whole))["whole"] is True
    await sites.follow()
    assert (await sites.shown())[str(sites.items[0])]["consult_phone"] == "020-2"
    assert (await sites.inner.progress()).received_serial == 6


KINDS = {one.kind: one for one in jobs.OPERATIONS}


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every package is too large for a request, and every row a chunk of its own."""
    monkeypatch.setattr(rules, "AT_ONCE_ROWS", 0)
    monkeypatch.setattr(receiving, "CHUNK", 1)


async def handed_in(sites: Sites, package: bytes) -> UUID:
    async with begin(sites.inner.engine, service="publish", actor="account:test") as tx:
        partner = await repository.find(tx.connection, sites.inner.partner)
        assert partner is not None
        operation = await uploads.start(tx, partner, package)
    assert operation is not None
    return operation


async def standing(sites: Sites, operation: UUID) -> dict[str, Any]:
    """How the operation is, whether its package is kept, and how many packages were ever taken."""
    rows = await sites.country.rows(
        "SELECT o.state, o.done, o.total, o.result, u.content IS NOT NULL AS kept,"
        " (SELECT count(*) FROM qingdan.event AS e WHERE e.type = 'package.received') AS taken"
        " FROM qingdan.operation AS o JOIN qingdan.offline_upload AS u ON u.operation_id = o.id WHERE o.id = :id",
        id=operation,
    )  # fmt: skip
    return dict(rows[0])


class Killed(Running):
    """A worker that dies when it has saved a row."""

    async def step(self, done: int, total: int | None = None) -> None:
        await super().step(done, total)
        raise asyncio.CancelledError


@pytest.mark.usefixtures("large")
async def test_a_large_package_survives_the_worker_that_takes_it_and_is_taken_once(sites: Sites) -> None:
    await sites.source.update(sites.items[:3], consult_phone="020-5")
    engine, before = sites.inner.engine, (await sites.inner.progress()).received_serial
    operation = await handed_in(sites, await sites.outer.make())
    async with engine.begin() as connection:
        row = await operations.claim(connection, operation, "publish")
    assert row is not None
    with pytest.raises(asyncio.CancelledError):
        await uploads.run(engine, Killed(engine, row))
    assert (await sites.inner.progress()).received_serial == before, "nothing of it was taken"
    left = await standing(sites, operation)
    assert (left["done"], left["total"], left["kept"]) == (1, 2, True)
    again = "UPDATE qingdan.operation SET state = 'queued', result = NULL WHERE id = :id"
    await sites.country.run(again, id=operation)
    await operations.execute(engine, "publish", KINDS, operation)
    ended = await standing(sites, operation)
    assert (ended["state"], ended["done"], ended["kept"]) == ("succeeded", 2, False)
    assert (ended["result"]["rows"], ended["result"]["again"], ended["taken"]) == (2, False, left["taken"] + 1)
    # Killed between its commit and telling so.
    await sites.country.run(again, id=operation)
    await operations.execute(engine, "publish", KINDS, operation)
    assert await standing(sites, operation) == ended
    await sites.follow()
    assert "020-5" in {one.get("consult_phone") for one in (await sites.shown()).values()}


@pytest.mark.usefixtures("large")
async def test_of_a_large_package_that_is_stopped_nothing_is_taken_and_nothing_stays(sites: Sites) -> None:
    await sites.source.update(sites.items[:1], consult_phone="020-6")
    engine, before = sites.inner.engine, (await sites.inner.progress()).received_serial
    package = await sites.outer.make()
    waiting = await handed_in(sites, package)
    async with begin(engine, service="publish", actor="account:test") as tx:
        await operations.cancel(tx, waiting)
    await operations.execute(engine, "publish", KINDS, waiting)
    running = await handed_in(sites, package)
    assert [(await standing(sites, one))["kept"] for one in (waiting, running)] == [False, True]
    await sites.country.run("UPDATE qingdan.operation SET cancel_requested = 1 WHERE id = :id", id=running)
    async with engine.begin() as connection:
        row = await operations.claim(connection, running, "publish")
    assert row is not None
    with pytest.raises(operations.Cancelled):
        await uploads.run(engine, Running(engine, row))
    assert (await standing(sites, running))["kept"] is False
    assert (await sites.inner.progress()).received_serial == before
    await sites.inner.take(package)


def altered(package: bytes, change: Callable[[dict[str, bytes]], None]) -> bytes:
    """The package with other files, packed as we pack."""
    with zipfile.ZipFile(io.BytesIO(package)) as given:
        files = {name: given.read(name) for name in given.namelist()}
    change(files)
    manifest, signature = files.pop("manifest.json"), files.pop("manifest.sig")
    return archive.pack(manifest, signature, files)


async def test_nothing_is_taken_of_what_was_changed_on_the_way(sites: Sites, tmp_path: Path) -> None:
    await sites.source.update(sites.items[:1], consult_phone="020-3")
    package = await sites.outer.make()
    before = (await sites.inner.progress()).received_serial

    def other_content(files: dict[str, bytes]) -> None:
        files["events.jsonl"] = files["events.jsonl"].replace(b"020-3", b"020-4")

    def other_serial(files: dict[str, bytes]) -> None:
        files["manifest.json"] = files["manifest.json"].replace(b'"whole":false', b'"whole":true')

    def one_more(files: dict[str, bytes]) -> None:
        files[f"lists/{new_id()}.jsonl"] = b"{}\n"

    for change, code in ((other_content, "file_changed"), (other_serial, "bad_signature"), (one_more, "files_differ")):
        with pytest.raises(BadPackage) as refused:
            await sites.inner.take(altered(package, change))
        assert refused.value.code == code
        done = verified(sites, altered(package, change), tmp_path)
        assert (done.returncode, "NOT AS SIGNED" in done.stdout) == (1, True), done.stdout
    with pytest.raises(BadPackage) as refused:
        await sites.outer.take(package)
    assert refused.value.code == "unknown_key", "our own package comes back to us"
    assert (await sites.inner.progress()).received_serial == before
    await sites.inner.take(package)


async def test_what_could_not_be_taken_comes_back_and_becomes_a_finding_with_a_task(sites: Sites) -> None:
    item = sites.items[2]
    good = sites.source.current[item]["base_code"]
    await sites.source.update([item], base_code="坏编码")
    await sites.inner.take(await sites.outer.make())
    await sites.follow()
    answer = await sites.inner.make(kind="acknowledgement")
    assert (await sites.outer.take(answer))["kind"] == "acknowledgement"
    await sites.settle()
    (finding,) = await findings(sites.source, item)
    assert (finding["rule"], finding["state"], finding["element"]) == ("P01", "open", "inner")
    assert "inner网清单系统" in finding["message"]
    assert await tasks(sites.source, finding["id"])
    assert not await findings(sites.source, sites.items[0])

    await sites.source.update([item], base_code=good)
    await sites.inner.take(await sites.outer.make())
    await sites.follow()
    await sites.outer.take(await sites.inner.make(kind="acknowledgement"))
    await sites.settle()
    assert [row["state"] for row in await findings(sites.source, item)] == ["closed"]


async def test_after_a_restore_only_everything_goes_out_and_old_packages_cannot_be_fetched(sites: Sites) -> None:
    package = await sites.outer.make()
    await sites.inner.take(package)
    serial = json.loads(archive.Archive(package).manifest)["serial"]
    await sites.source.change(sites.items[:1], audience="staff")
    await sites.source.tell(sites.source.event("item.updated", sites.items[:1]))
    await sites.source.publish()
    manifest = rules.read_manifest(archive.Archive(package).manifest)
    with pytest.raises(problems.Gone):
        await sites.outer.content(manifest)
    await sites.source.run("UPDATE qingdan.log_head SET epoch = :epoch", epoch=new_id())
    await sites.source.run("UPDATE qingdan.offline_progress SET sent_serial = 0, position = 0")
    whole = await sites.outer.make(after_serial=serial)
    assert (await sites.inner.take(whole))["whole"] is True
    await sites.follow()
    assert (await sites.shown())[str(sites.items[0])]["audience"] == "staff", "absent from the whole: withdrawn"


async def test_a_signed_package_that_is_not_what_it_should_be_is_refused(sites: Sites) -> None:
    manifest = rules.read_manifest(archive.Archive(await sites.outer.make()).manifest)
    signer = Signer(sites.outer.secrets, PACKAGES)

    async def refused(code: str, files: dict[str, bytes], **changed: object) -> None:
        listed = [rules.file_of(name, data) for name, data in files.items()]
        told = replace(manifest, **({"whole": True, "serial": 900, "files": listed} | changed))
        package = archive.pack(told.document, signer.sign(told.document).hex().encode(), files)
        with pytest.raises(BadPackage) as found:
            await sites.inner.take(package)
        assert found.value.code == code

    await refused("wrong_address", {}, destination="elsewhere")
    await refused("bad_line", {"events.jsonl": b"{\n"})
    await refused("bad_line", {"events.jsonl": b'{"id": "\\u0000"}\n'})
    await refused("bad_line", {"events.jsonl": b"[" * 2_000 + b"\n"})
    await refused("files_differ", {"acknowledgement.jsonl": b""})
    await refused("bad_manifest", {}, serial=0)
    await refused("bad_manifest", {}, kind="poem")
