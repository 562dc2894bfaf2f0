"""What the codes of a signed platform mean: not now, not before a pause, never as it is, or later."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest

from services.publish.platform.rules import BadAnswer
from services.publish.platform.transports.contract import Address, Batch, BatchRefused, Capability, PeerFailure
from services.publish.platform.transports.signed_api import SignedApi, SignedOptions
from shared.webhook.addresses import networks

BATCH = Batch("2026112200001", [{"ROW_GUID": "r1"}, {"ROW_GUID": "r2"}])


@asynccontextmanager
async def platform(folder: Path, told: Any, status: int = 200, **options: Any) -> AsyncIterator[SignedApi]:
    """A platform that answers everything alike, and the way to it."""
    body = told if isinstance(told, bytes) else orjson.dumps(told)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % (status, len(body)) + body)
        await writer.drain()
        writer.close()

    secret = folder / "peer.signed"
    secret.write_text("secret")
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    where = Address(address, "1", secret, 5, SignedOptions(app_key="k", **options), allowed=networks("127.0.0.0/8"))
    try:
        async with SignedApi(where) as way:
            yield way
    finally:
        server.close()


async def test_success_is_what_the_options_say_and_rows_are_judged_one_by_one(tmp_path: Path) -> None:
    rows = [{"ROW_GUID": "r1", "CODE": "1"}, {"ROW_GUID": "r2", "CODE": "E1", "REMARK": "错"}]
    told = {"code": "ok", "msg": "", "data": {"list": rows}}
    async with platform(tmp_path, told, well=["ok"], row_well=["1"]) as way:
        answer = await way.send(BATCH)
    assert [(one.row_guid, one.code, one.remark) for one in answer.verdicts] == [("r1", "00", ""), ("r2", "E1", "错")]


async def test_what_another_platform_calls_well_is_not_taken_for_it_here(tmp_path: Path) -> None:
    told = {"code": 0, "data": {"list": [{"ROW_GUID": "r1", "CODE": "00", "REMARK": "编码重复"}]}}
    async with platform(tmp_path, told, row_well=["1"]) as way:
        answer = await way.send(BATCH)
    assert [(one.code, one.remark) for one in answer.verdicts] == [("CODE00", "编码重复")]


@pytest.mark.parametrize(
    ("told", "status", "asked"),
    [
        ({"code": 40103, "msg": "nonce 重复"}, 200, None),
        ({"code": 429, "msg": "限流"}, 200, 60.0),
        ({"code": 429, "msg": "限流", "data": {"retry_after": 7}}, 200, 7.0),
        ({"code": 429, "msg": "限流", "data": {"retry_after": 1e12}}, 200, 60.0),
        (b"", 503, None),
    ],
)
async def test_what_is_not_taken_now_is_tried_again_after_the_pause_that_is_asked_for(
    tmp_path: Path, told: Any, status: int, asked: float | None
) -> None:
    async with platform(tmp_path, told, status) as way:
        with pytest.raises(PeerFailure) as failed:
            await way.send(BATCH)
    assert not isinstance(failed.value, BatchRefused)
    assert failed.value.asked == asked


@pytest.mark.parametrize(("told", "status", "code"), [({"code": 422, "msg": "错"}, 200, "422"), (b"", 413, "HTTP413")])
async def test_what_will_never_be_taken_is_refused_under_the_platforms_code(
    tmp_path: Path, told: Any, status: int, code: str
) -> None:
    async with platform(tmp_path, told, status) as way:
        with pytest.raises(BatchRefused) as refused:
            await way.send(BATCH)
    assert refused.value.code == code


async def test_what_is_decided_later_leaves_the_batch_open(tmp_path: Path) -> None:
    async with platform(tmp_path, {"code": 202, "data": None}, pause_seconds=9) as way:
        answer = await way.send(BATCH)
    assert (answer.pending, list(answer.verdicts)) == (9, [])


@pytest.mark.parametrize("told", [b"no json", {"code": 0, "data": []}, {"code": 0, "data": {}}])
async def test_an_answer_out_of_shape_is_no_answer(tmp_path: Path, told: Any) -> None:
    async with platform(tmp_path, told) as way:
        with pytest.raises(BadAnswer):
            await way.send(BATCH)


async def test_a_platform_is_asked_only_for_what_it_has_a_path_for(tmp_path: Path) -> None:
    async with platform(tmp_path, {}, feedback_path=None, inventory_path=None) as way:
        assert way.capabilities == {Capability.PUSH}
        assert (await way.feedback("5")).cursor == "5"
        assert (await way.inventory("")).held == []
