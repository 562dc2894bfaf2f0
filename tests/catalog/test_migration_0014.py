"""Entries of own kinds that had a section keep it when it becomes a column; the way back works."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared import migrate
from shared.database import create_engine
from shared.identifiers import new_id
from tests.conftest import in_own_loop
from tests.older import before

REVISION = "0014"


@pytest.fixture
def older(cluster: str, template_database: str) -> Iterator[str]:
    """A database as it was before the migration."""
    with before(REVISION, cluster, template_database) as url:
        yield url


async def test_what_an_entry_said_of_its_section_stands_in_the_column(older: str) -> None:
    engine = create_engine(older, role="owner", pool_size=2)
    organ = new_id()
    kinds = {"own_sections": new_id(), "own_plain": new_id()}
    async with engine.begin() as connection:
        await connection.execute(
            text("INSERT INTO qingdan.region (code, name, level, kind) VALUES ('r', '县', 'county', 'administrative')")
        )
        await connection.execute(
            text("INSERT INTO qingdan.organ (id, name, kind, region_code) VALUES (:id, '局', 'department', 'r')"),
            {"id": organ},
        )
        for kind, item in kinds.items():
            await _entry(connection, kind, item, organ)
    in_own_loop(migrate.upgrade, older)
    async with engine.connect() as connection:
        rows = await connection.execute(text("SELECT kind, section FROM qingdan.item"))
        assert {row.kind: row.section for row in rows} == {"own_sections": "second", "own_plain": None}
    await engine.dispose()


async def _entry(connection: AsyncConnection, kind: str, item: UUID, organ: UUID) -> None:
    """A kind with a list and an entry that says a section, as elements were kept then."""
    elements = '[{"key": "section"}]' if kind == "own_sections" else '[{"key": "name"}]'
    await connection.execute(
        text("INSERT INTO qingdan.list_kind (code, title, origin) VALUES (:kind, '清单', 'custom')"),
        {"kind": kind},
    )
    await connection.execute(
        text(
            "INSERT INTO qingdan.element_profile (id, kind, number, valid_from, elements)"
            " VALUES (:id, :kind, 1, '2020-01-01', CAST(:elements AS jsonb))"
        ),
        {"id": new_id(), "kind": kind, "elements": elements},
    )
    list_id = new_id()
    await connection.execute(
        text(
            "INSERT INTO qingdan.list (id, kind, region_code, title, lead_organ_id)"
            " VALUES (:id, :kind, 'r', '清单', :organ)"
        ),
        {"id": list_id, "kind": kind, "organ": organ},
    )
    await connection.execute(
        text(
            "INSERT INTO qingdan.item (id, list_id, kind, region_code, version, effective_from, name, state,"
            " basis_digest, burden_digest) VALUES (:id, :list, :kind, 'r', 1, now(), '甲', 'in_use', 0, 0)"
        ),
        {"id": item, "list": list_id, "kind": kind},
    )
    await connection.execute(
        text(
            "INSERT INTO qingdan.item_version (item_id, number, effective_from, elements, changed, operation)"
            ' VALUES (:id, 1, now(), \'{"name": "甲", "section": "second"}\', \'{}\', \'import\')'
        ),
        {"id": item},
    )
