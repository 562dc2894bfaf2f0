"""The writer of versions itself: one statement a call, codes never twice, concurrent writers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest
from sqlalchemy import text

from services.catalog.items.repository import (
    Entries,
    Patches,
    create_items,
    create_selected,
    write_selected,
    write_versions,
)
from shared import problems
from shared.identifiers import new_id
from tests.catalog.register_world import RegisterWorld
from tests.shared.room import until
from tests.statements import counted

NOW = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
WAITING = "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


async def made(register: RegisterWorld, list_id: str, elements: Sequence[dict[str, Any]]) -> list[UUID]:
    ids = [new_id() for _ in elements]
    async with register.engine.begin() as connection:
        await create_items(connection, Entries(item_ids=ids, list_ids=[UUID(list_id)] * len(ids), elements=elements,
                                               effective_ats=[NOW] * len(ids)))  # fmt: skip
    return ids


def patches(ids: Sequence[UUID], patch: dict[str, Any], **more: Any) -> Patches:
    return Patches(item_ids=ids, patch=[patch] * len(ids), effective_ats=[NOW] * len(ids), operation="modify", **more)


async def rows(register: RegisterWorld, statement: str, **parameters: Any) -> list[Any]:
    async with register.owner.connect() as connection:
        return list((await connection.execute(text(statement), parameters)).all())


async def test_two_thousand_entries_are_created_and_changed_in_one_statement_each(register: RegisterWorld) -> None:
    list_id = await register.list_of("follow_up_supervision")
    elements = [{"name": f"监管{number}", "permit_name": "许可", "base_code": "000116001000"} for number in range(2000)]
    with counted(register.engine) as statements:
        ids = await made(register, list_id, elements)
        async with register.engine.begin() as connection:
            written = await write_versions(connection, patches(ids, {"permit_name": "新许可名称", "note": None}))
    assert len(statements) == 2
    assert [entry.item_id for entry in written] == ids
    assert {(entry.version, tuple(entry.changed)) for entry in written} == {(2, ("permit_name",))}


async def test_a_version_begins_after_the_one_before_and_equal_values_make_none(register: RegisterWorld) -> None:
    list_id = await register.list_of("permit")
    (item,) = await made(register, list_id, [register.permit(1)])
    async with register.engine.begin() as connection:
        first = await write_versions(connection, patches([item], {"name": "新名称"}))
        again = await write_versions(connection, patches([item], {"name": "新名称", "absent": None}))
        early = Patches(item_ids=[item], patch=[{"level": None}], effective_ats=[NOW - timedelta(days=9)],
                        operation="modify")  # fmt: skip
        late = await write_versions(connection, early)
    assert (first[0].version, again, late[0].version) == (2, [], 3)
    begins = await rows(register, "SELECT effective_from FROM qingdan.item_version WHERE item_id = :i ORDER BY number",
                        i=item)  # fmt: skip
    assert [begin[0] for begin in begins] == [NOW + timedelta(microseconds=step) for step in range(3)]
    (row,) = await rows(register, "SELECT name, level, version FROM qingdan.item WHERE id = :i", i=item)
    assert tuple(row) == ("新名称", None, 3)


async def test_a_writer_that_waited_builds_on_what_the_other_wrote(register: RegisterWorld) -> None:
    list_id = await register.list_of("permit")
    ids = await made(register, list_id, [register.permit(number) for number in range(1, 6)])
    wrote = asyncio.Event()

    async def somebody_waits() -> bool:
        (row,) = await rows(register, WAITING)
        return bool(row[0])

    async def first() -> None:
        async with register.engine.begin() as connection:
            await write_versions(connection, patches(ids[:3], {"name": "甲"}))
            wrote.set()
            await until(somebody_waits)

    async def second() -> list[Any]:
        await wrote.wait()
        async with register.engine.begin() as connection:
            return await write_versions(connection, patches(ids[2:], {"handling_place": "三楼"}))

    _, written = await asyncio.gather(first(), second())
    assert [entry.version for entry in written] == [3, 2, 2]
    (row,) = await rows(
        register,
        "SELECT elements ->> 'name', elements ->> 'handling_place', changed FROM qingdan.item_version"
        " WHERE item_id = :i AND number = 3", i=ids[2],
    )  # fmt: skip
    assert tuple(row) == ("甲", "三楼", ["handling_place"])


async def test_a_writer_that_waited_names_the_successors_of_the_codes_it_ends(register: RegisterWorld) -> None:
    list_id = await register.list_of("permit")
    [item] = await made(register, list_id, [register.permit(1)])
    old, new = register.permit(1), register.permit(2)
    wrote = asyncio.Event()

    async def somebody_waits() -> bool:
        (row,) = await rows(register, WAITING)
        return bool(row[0])

    async def first() -> None:
        async with register.engine.begin() as connection:
            await write_versions(connection, patches([item], {"name": "甲"}))
            wrote.set()
            await until(somebody_waits)

    async def second() -> None:
        await wrote.wait()
        codes = {name: new[name] for name in ("base_code", "implementation_code")}
        async with register.engine.begin() as connection:
            await write_versions(connection, patches([item], codes))

    await asyncio.gather(first(), second())
    ended = await rows(register, "SELECT code, successor FROM qingdan.item_code"
                       " WHERE item_id = :i AND valid_until IS NOT NULL", i=item)  # fmt: skip
    assert {tuple(row) for row in ended} == {
        (old[name], new[name]) for name in ("base_code", "implementation_code")
    }  # fmt: skip


async def test_a_code_in_use_or_retired_stops_the_whole_call_and_is_named(register: RegisterWorld) -> None:
    list_id = await register.list_of("permit")
    used, retired = await made(register, list_id, [register.permit(1), register.permit(2)])
    async with register.owner.begin() as connection:
        await connection.execute(text("UPDATE qingdan.list SET state = 'in_force' WHERE id = :l"), {"l": list_id})
    async with register.engine.begin() as connection:
        cancel = patches([retired], {"state": "cancelled"})
        await write_versions(connection, cancel)
    with pytest.raises(problems.Conflict) as refused:
        await made(register, list_id, [register.permit(3), register.permit(1), register.permit(2), register.permit(3)])
    assert [(error.pointer, error.code) for error in sorted(refused.value.errors, key=lambda e: e.pointer)] == [
        ("/items/1/elements/implementation_code", "code_in_use"),
        ("/items/2/elements/implementation_code", "code_retired"),
        ("/items/3/elements/implementation_code", "code_in_use"),
    ]
    assert len(await rows(register, "SELECT id FROM qingdan.item WHERE list_id = :l", l=list_id)) == 2
    held = await rows(register, "SELECT code FROM qingdan.item_code WHERE item_id = :i AND valid_until IS NULL", i=used)
    assert len(held) == 2


async def test_a_code_corrected_while_compiling_is_free_again_and_one_in_force_is_not(register: RegisterWorld) -> None:
    list_id = await register.list_of("permit")
    mistaken = register.permit(2)["implementation_code"]
    (item,) = await made(register, list_id, [register.permit(1, implementation_code=mistaken)])
    async with register.engine.begin() as connection:
        right = register.permit(1)["implementation_code"]
        await write_versions(connection, patches([item], {"implementation_code": right}))
    (second,) = await made(register, list_id, [register.permit(2)])
    async with register.owner.begin() as connection:
        await connection.execute(text("UPDATE qingdan.list SET state = 'in_force' WHERE id = :l"), {"l": list_id})
    async with register.engine.begin() as connection:
        new = register.permit(4)["implementation_code"]
        await write_versions(connection, patches([second], {"implementation_code": new}))
    with pytest.raises(problems.Conflict):
        await made(register, list_id, [register.permit(2)])


async def test_two_lists_may_carry_the_same_base_code_but_a_master_list_only_once(register: RegisterWorld) -> None:
    city = await register.list_of("base_catalogue", region="130900000000")
    county = await register.list_of("base_catalogue")
    entry = {"name": "食品经营许可", "base_code": "000116102000", "item_type": "01", "level": "4"}
    await made(register, city, [entry])
    await made(register, county, [entry])
    with pytest.raises(problems.Conflict) as refused:
        await made(register, county, [entry | {"name": "另一个"}])
    assert refused.value.errors[0].pointer == "/items/0/elements/base_code"


async def test_provenance_stays_until_somebody_else_changes_the_element(register: RegisterWorld) -> None:
    list_id = await register.list_of("power")
    (item,) = await made(register, list_id, [register.permit(1)])
    said = {"name": {"rule": "K01", "item": str(item), "version": 1}, "level": {"rule": "K01"}}
    async with register.engine.begin() as connection:
        await write_versions(connection, patches([item], {"name": "联动名称"}, provenance=[said], rule_set=7))
        await write_versions(connection, patches([item], {"level": "3"}))
    (row,) = await rows(
        register, "SELECT provenance, rule_set FROM qingdan.item_version WHERE item_id = :i AND number = 3", i=item
    )
    assert row.provenance == {"name": said["name"]}
    assert row.rule_set == 7


async def test_patches_may_come_from_a_select(register: RegisterWorld) -> None:
    list_id = await register.list_of("power")
    ids = await made(register, list_id, [register.permit(number) for number in range(1, 4)])
    source = """SELECT i.id AS item_id, jsonb_build_object('name', i.name || '（更名）') AS document,
                       CAST('{}' AS jsonb) AS provenance, CAST(NULL AS uuid) AS adjustment_id,
                       CAST(:at AS timestamptz) AS effective_at, 'sync' AS operation, CAST(NULL AS integer) AS rule_set
                FROM qingdan.item AS i WHERE i.list_id = CAST(:list AS uuid)"""
    async with register.engine.begin() as connection:
        written = await write_selected(connection, source, {"at": NOW, "list": UUID(list_id)})
    assert {entry.item_id for entry in written} == set(ids)


# New entries as a SELECT gives them: parallel arrays here, a staging table in an import.
SELECTED = """SELECT g.id AS item_id, g.list_id, g.document, CAST('{}' AS jsonb) AS provenance,
                     CAST(NULL AS uuid) AS adjustment_id, CAST(:at AS timestamptz) AS effective_at,
                     'import' AS operation, CAST(NULL AS integer) AS rule_set
              FROM unnest(CAST(:ids AS uuid[]), CAST(:lists AS uuid[]), CAST(:documents AS jsonb[]))
                   AS g (id, list_id, document)"""


def selected(list_ids: Sequence[str], elements: Sequence[dict[str, Any]]) -> dict[str, Any]:
    documents = [orjson.dumps(entry).decode() for entry in elements]
    ids = [new_id() for _ in elements]
    return {"ids": ids, "lists": [UUID(list_id) for list_id in list_ids], "documents": documents, "at": NOW}


async def test_new_entries_may_come_from_a_select_and_are_answered_by_list(register: RegisterWorld) -> None:
    permits, power = await register.list_of("permit"), await register.list_of("power")
    elements = [register.permit(1) | {"level": None, "note": "说明"}, register.permit(2), register.permit(3)]
    given = selected([permits, permits, power], elements)
    async with register.engine.begin() as connection:
        answer = {str(new.list_id): new for new in await create_selected(connection, SELECTED, given)}
    assert (answer[permits].item_ids, answer[permits].versions) == (given["ids"][:2], [1, 1])
    assert answer[power].item_ids == given["ids"][2:]
    assert set(answer[permits].changed) == set(register.permit(1)) | {"note", "state"}
    stored = await rows(register, "SELECT elements, changed FROM qingdan.item_version ORDER BY item_id")
    assert "level" not in stored[0].elements
    assert [sorted(row.elements) for row in stored] == [sorted(row.changed) for row in stored]


async def test_a_code_that_is_taken_keeps_a_whole_select_out_and_is_named(register: RegisterWorld) -> None:
    list_id = await register.list_of("permit")
    await made(register, list_id, [register.permit(1)])
    given = selected([list_id] * 2, [register.permit(2), register.permit(1)])
    async with register.engine.connect() as connection:
        with pytest.raises(problems.Conflict) as refused:
            await create_selected(connection, SELECTED, given)
    (error,) = refused.value.errors
    assert error.pointer == f"/items/{given['ids'][1]}/elements/implementation_code"
    assert refused.value.code == "code_in_use"
    assert len(await rows(register, "SELECT id FROM qingdan.item")) == 1


async def test_one_item_twice_in_a_call_is_a_mistake_of_the_caller(register: RegisterWorld) -> None:
    item = new_id()
    async with register.engine.begin() as connection:
        with pytest.raises(ValueError, match="one change an item"):
            await write_versions(connection, patches([item, item], {"name": "x"}))
