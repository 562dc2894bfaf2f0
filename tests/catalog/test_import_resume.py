"""An import that is cancelled, killed or raced: what was applied stays, nothing is applied twice, and it goes on."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.catalog.exchange import applying, spool
from services.catalog.exchange import run as carrying_out
from services.catalog.exchange.jobs import clear_away
from shared import settings
from tests import copies
from tests.catalog.import_fixtures import world
from tests.catalog.import_world import PROVINCE, ROOT, ImportWorld, permit, table

__all__ = ["world"]
pytestmark = pytest.mark.asyncio


async def work(world: ImportWorld, operation_id: UUID, crash_point: str = "") -> int:
    """Run a worker process on an operation; its exit status."""
    configured = settings.load()
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])),
        "QINGDAN_STATE_DIR": str(configured.state_dir),
        "QINGDAN_CRASH_POINT": crash_point,
    }
    url = world.service.url.render_as_string(hide_password=False)
    process = copies.call("tests.catalog.import_worker", "carry_out", url, str(operation_id), environment=environment)
    return await asyncio.to_thread(process.wait, 60)


async def abandoned(world: ImportWorld, operation_id: UUID) -> None:
    """Let the operation look as a dead worker leaves it after its silence."""
    await world.run(
        "UPDATE qingdan.operation SET heartbeat_at = clock_timestamp() - interval '1 hour' WHERE id = :id",
        id=operation_id,
    )


async def started(world: ImportWorld, rows: int, **parameters: Any) -> UUID:
    answer = await world.post(table([permit(number) for number in range(1, rows + 1)]), **parameters)
    assert answer.status_code == 202, answer.text
    return UUID(answer.json()["operation_id"])


async def told(world: ImportWorld) -> list[UUID]:
    """Ids of all items the events speak of."""
    return [item for event in await world.events() for item in event["item_ids"]]


@pytest.mark.parametrize(
    ("crash_point", "applied"),
    [("import-staged", 0), ("import-chunk:3", 200), ("before-commit:2", 0), ("after-business-commit:3", 200)],
)
async def test_a_killed_import_goes_on_and_ends_as_if_nothing_had_happened(
    world: ImportWorld, crash_point: str, applied: int
) -> None:
    operation_id = await started(world, 450)
    assert await work(world, operation_id, crash_point) == -signal.SIGKILL
    assert len(await world.items()) == applied
    assert await work(world, operation_id) == 0
    assert (await world.state(operation_id))["state"] == "running"  # nobody takes it while it may be alive
    await abandoned(world, operation_id)
    assert await work(world, operation_id) == 0
    done = await world.state(operation_id)
    assert done["state"] == "succeeded", done["error"]
    assert done["result"]["counts"] == {
        "rows": 450, "added": 450, "changed": 0, "unchanged": 0, "rejected": 0, "applied": 450, "noted": 0,
    }  # fmt: skip
    items = await world.items()
    assert len(items) == 450
    assert {item["version"] for item in items} == {1}
    assert sorted(await told(world)) == sorted(item["id"] for item in items)


async def test_a_cancelled_import_keeps_what_it_applied_and_importing_again_goes_on(
    world: ImportWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carrying_out, "CHUNK", 100)
    headers = world.token()
    operation_id = await started(world, 450, headers=headers)
    wrote = applying.apply_chunk

    async def stopped_after_the_second(tx: Any, run: Any, after: int, size: int) -> Any:
        chunk = await wrote(tx, run, after, size)
        if after == 101:
            answer = await world.client.post(f"/catalog/v1/operations/{operation_id}/cancel", headers=headers)
            assert answer.status_code == 200
        return chunk

    monkeypatch.setattr(applying, "apply_chunk", stopped_after_the_second)
    await world.execute(operation_id)
    assert (await world.state(operation_id))["state"] == "cancelled"
    shown = (await world.client.get(f"/catalog/v1/imports/{operation_id}", headers=headers)).json()
    assert (shown["state"], shown["counts"]["applied"], shown["counts"]["added"]) == ("cancelled", 200, 450)
    assert len(await world.items()) == 200
    monkeypatch.setattr(applying, "apply_chunk", wrote)
    again = await started(world, 450)
    await world.execute(again)
    counts = (await world.state(again))["result"]["counts"]
    assert (counts["unchanged"], counts["added"]) == (200, 250)
    assert sorted(await told(world)) == sorted(item["id"] for item in await world.items())


async def test_rows_lost_in_a_crash_of_the_server_are_read_again(world: ImportWorld) -> None:
    operation_id = await started(world, 250)
    assert await work(world, operation_id, "import-chunk:2") == -signal.SIGKILL
    await world.run("TRUNCATE qingdan.import_row")  # what Postgres does to an unlogged table
    await abandoned(world, operation_id)
    await world.execute(operation_id)
    assert (await world.state(operation_id))["result"]["counts"]["applied"] == 250
    assert len(await world.items()) == 250


async def test_a_worker_that_dies_after_tidying_up_finds_its_result(
    world: ImportWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    operation_id = await started(world, 20)
    await world.execute(operation_id)
    await world.run("UPDATE qingdan.operation SET state = 'running', result = NULL WHERE id = :id", id=operation_id)
    await abandoned(world, operation_id)
    await world.execute(operation_id)
    done = await world.state(operation_id)
    assert (done["state"], done["result"]["counts"]["applied"]) == ("succeeded", 20)


async def test_a_list_enacted_meanwhile_stops_the_import_with_a_reason(
    world: ImportWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carrying_out, "CHUNK", 100)
    operation_id = await started(world, 250)
    wrote = applying.apply_chunk

    async def enacted_before_the_second(tx: Any, run: Any, after: int, size: int) -> Any:
        if after == 101:
            await world.run("UPDATE qingdan.list SET state = 'in_force' WHERE region_code = :code", code=PROVINCE)
        return await wrote(tx, run, after, size)

    monkeypatch.setattr(applying, "apply_chunk", enacted_before_the_second)
    await world.execute(operation_id)
    done = await world.state(operation_id)
    assert (done["state"], done["error"].partition(":")[0]) == ("failed", "list_in_force")
    assert len(await world.items()) == 100


async def test_a_second_import_of_the_same_list_is_refused_while_the_first_is_open(world: ImportWorld) -> None:
    answers = await asyncio.gather(*(world.post(table([permit(1)])) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [202, 409, 409, 409]
    (first,) = [answer.json()["operation_id"] for answer in answers if answer.status_code == 202]
    refusal = next(answer.json() for answer in answers if answer.status_code == 409)
    assert (refusal["code"], refusal["operation_id"]) == ("import_running", first)
    other_lists = await world.post("catalog_code\n", profile="guangdong_catalog_2021")
    assert other_lists.status_code == 202
    await world.execute(UUID(first))
    assert (await world.post(table([permit(1)]))).status_code == 202


async def test_files_and_rows_nobody_needs_are_cleared_away(world: ImportWorld) -> None:
    kept = await started(world, 3)
    orphan = spool.folder(settings.load().state_dir) / "orphan.csv"
    orphan.write_bytes(b"x")
    for path in files():
        os.utime(path, (0, 0))
    await clear_away(world.service)
    assert len(files()) == 1
    assert orphan not in files()
    await world.execute(kept)
    assert files() == []
    assert (await world.state(kept))["state"] == "succeeded"
    await world.run("UPDATE qingdan.operation SET finished_at = '2020-01-01' WHERE id = :id", id=kept)
    await clear_away(world.service)
    assert await world.run("SELECT FROM qingdan.import_outcome") == []


def files() -> list[Path]:
    """Uploaded files that wait."""
    return list(spool.folder(settings.load().state_dir).glob("*"))


async def test_indexes_of_documents_that_nobody_needs_are_swept_as_well(world: ImportWorld) -> None:
    place = spool.folder(settings.load().state_dir / spool.DOCUMENTS)
    place.mkdir(parents=True, exist_ok=True)
    needed, left = place / f"{uuid4()}.csv", place / f"{uuid4()}.csv"
    for path in (needed, left):
        path.write_bytes(b"x")
        os.utime(path, (0, 0))
    await world.run(
        "INSERT INTO qingdan.operation (id, service, kind, parameters, created_by) VALUES (:id, 'catalog',"
        " 'document_import', jsonb_build_object('spool', CAST(:spool AS text)), 'system:test')",
        id=uuid4(), spool=needed.name,
    )  # fmt: skip
    await clear_away(world.service)
    assert (needed.exists(), left.exists()) == (True, False)


async def test_a_refused_import_leaves_no_file(world: ImportWorld) -> None:
    assert (await world.post(table([permit(1)]), region_code="999999999999")).status_code == 422
    assert files() == []


async def test_an_import_dies_with_an_error_when_its_reader_cannot_work(world: ImportWorld) -> None:
    operation_id = await started(world, 3)
    for path in files():
        path.unlink()
    with pytest.raises(RuntimeError, match="reader ended early"):
        await world.execute(operation_id)
    assert (await world.state(operation_id))["state"] == "queued"  # another attempt may do
