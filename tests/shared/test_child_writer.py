"""Files written by a process of their own: what it puts beside them goes with it, whatever happens."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import orjson
import pytest

from shared import child_writer

WRITER = "shared.annex.writer"
COVER = {"title": "清单", "issuer": "某局", "edition": "", "date": "2026年1月1日"}
TASK = {"format": "html", "split": False, "cover": COVER, "elements": {},
        "columns": [{"element": "name", "title": "名称"}]}  # fmt: skip
PAGE = orjson.dumps([{"unit": None, "body": {"elements": {"name": "采砂许可"}}}])
WAITED = 200


async def once() -> AsyncIterator[bytes]:
    yield PAGE


def left(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_a_file_that_is_sent_leaves_nothing_behind(tmp_path: Path) -> None:
    with await child_writer.written(tmp_path, "html", WRITER, (TASK, once())) as file:
        assert "采砂许可" in file.read().decode()
    assert left(tmp_path) == []


async def test_a_writer_that_is_stopped_half_way_leaves_nothing_behind(tmp_path: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield PAGE
        for _ in range(WAITED):
            if any(path.suffix == ".rows" for path in left(tmp_path)):
                raise ConnectionError("the database is gone")
            await asyncio.sleep(0.05)

    with pytest.raises(ConnectionError):
        await child_writer.written(tmp_path, "html", WRITER, (TASK, broken()))
    assert left(tmp_path) == []


def test_what_a_killed_process_left_is_swept_and_nothing_younger(tmp_path: Path) -> None:
    old, young = (tmp_path / "spool" / "sheets" / name for name in ("old", "young"))
    for place in (old, young):
        place.mkdir(parents=True)
        (place / "file.rows").write_text("<tr>")
    os.utime(old, (1_000, 1_000))
    assert child_writer.remove_older(tmp_path, 2_000) == 1
    assert left(tmp_path) == [young / "file.rows"]
    assert child_writer.remove_older(tmp_path / "nothing", 2_000) == 0
