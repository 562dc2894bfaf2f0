"""What cannot be written into a spreadsheet is refused in words, before its first byte."""

from __future__ import annotations

from typing import Any

import pytest

from services.catalog.spreadsheets import service
from shared import child_writer
from tests.catalog.import_fixtures import world
from tests.catalog.import_world import PROVINCE, ImportWorld
from tests.catalog.sheets import enter, export, permit, rows_of

__all__ = ["world"]


async def refused(world: ImportWorld, status: int, **asked: Any) -> str:
    """The code an export is refused with."""
    path = f"/catalog/v1/lists/{world.lists['permit', PROVINCE]}/export.xlsx"
    answer = await world.client.get(path, params=asked, headers=world.token())
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return str(answer.json()["code"])


async def test_a_list_no_sheet_can_hold_or_nobody_can_wait_for_is_refused_in_words(
    world: ImportWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    await enter(world, "permit", PROVINCE, [permit(world, number) for number in range(3)])
    with monkeypatch.context() as patch:
        patch.setattr(service, "MOST_ROWS", 2)
        assert await refused(world, 413) == "too_many_rows"
    with monkeypatch.context() as patch:
        patch.setattr(child_writer, "_LONGEST", 0.0)
        assert await refused(world, 503) == "too_slow"
    assert len(rows_of(await export(world, world.lists["permit", PROVINCE]))) == 4


@pytest.mark.parametrize("instant", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
async def test_an_instant_at_the_ends_of_time_is_refused_with_its_place(world: ImportWorld, instant: str) -> None:
    path = f"/catalog/v1/lists/{world.lists['permit', PROVINCE]}/export.xlsx"
    answer = await world.client.get(path, params={"as_of": instant}, headers=world.token())
    assert answer.status_code == 422, answer.text
    (error,) = answer.json()["errors"]
    assert (error["pointer"], "1900" in error["message"]) == ("query/as_of", True)
