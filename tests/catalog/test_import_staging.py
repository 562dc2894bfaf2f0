"""Rows as the reader encodes them are the rows the staging table holds, and a chunk is applied by one worker only."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest

from services.catalog.exchange import applying, repository, staging
from shared.identifiers import new_id
from shared.ledger.transaction import begin
from tests.catalog.import_fixtures import world
from tests.catalog.import_world import ImportWorld, permit, table

__all__ = ["world"]
pytestmark = pytest.mark.asyncio


async def test_every_kind_of_row_arrives_as_it_was_encoded(world: ImportWorld) -> None:
    operation_id = new_id()
    odd = '制表\t符\\反斜线\n换行"引号"𠮷'
    error = b'[{"column":"task_name","code":"required","message":"\xe5\xbf\x85\xe5\xa1\xab"}]'
    records: list[list[Any]] = [
        [2, "11440100MB2C092283", "440101001000", "", "c" * 33, b'{"name":"a"}', [], b"[]", b"[]", None, None],
        [3, None, None, "01", None, b"{}", ["level", "备注"], error, b"[]", odd, operation_id.bytes],
    ]
    async with world.service.begin() as connection:
        await repository.stage(connection, staging.encoded(operation_id, records))
        await repository.stage(connection, staging.encoded(operation_id, []))
    stored = await world.run("SELECT * FROM qingdan.import_row ORDER BY row")
    assert [row["operation_id"] for row in stored] == [operation_id] * 2
    assert [[row[name] for name in staging.COLUMNS] for row in stored] == [
        [2, "11440100MB2C092283", "440101001000", "", "c" * 33, {"name": "a"}, [], [], [], None, None],
        [3, None, None, "01", None, {}, ["level", "备注"],
         [{"column": "task_name", "code": "required", "message": "必填"}], [], odd, operation_id],
    ]  # fmt: skip


async def test_a_worker_that_was_given_up_does_not_apply_a_chunk_once_more(
    world: ImportWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = await world.post(table([permit(number) for number in range(1, 31)]))
    operation_id = UUID(answer.json()["operation_id"])
    wrote = applying.apply_chunk
    others: list[Any] = []

    async def and_another_too(tx: Any, run: Any, after: int, size: int) -> Any:
        chunk = await wrote(tx, run, after, size)
        if not others:
            other = asyncio.create_task(_apply(world, run))
            # It waits for the rows until this transaction ends, and then finds nothing left to do.
            done, _ = await asyncio.wait([other], timeout=0.5)
            assert not done
            others.append(other)
        return chunk

    monkeypatch.setattr(applying, "apply_chunk", and_another_too)
    await world.execute(operation_id)
    assert (await world.state(operation_id))["result"]["counts"]["applied"] == 30
    assert await others[0] is None
    assert len(await world.items()) == 30


async def _apply(world: ImportWorld, run: Any) -> Any:
    async with begin(world.service, service="catalog", actor="account:test") as tx:
        taken = await repository.take_chunk(tx.connection, run.operation_id, after=0, new_ids=[new_id()] * 100)
        return taken.added
