"""Entries of own kinds that had a section keep it when it becomes a column; the way back works."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import text

from shared import migrate
from shared.database import create_engine
from shared.identifiers import new_id
from tests.conftest import _administer as administer
from tests.conftest import in_own_loop, url_of

REVISION = "0014"


@pytest.fixture
def older(cluster: str, template_database: str) -> Iterator[str]:
    """A database as it was before the migration."""
    name = f"older_{uuid4().hex[:8]}"
    in_own_loop(administer, cluster, f'CREATE DATABASE "{name}" TEMPLATE "{template_database}"')
    url = url_of(cluster, name)
    configuration = migrate.configuration(url)
    before = ScriptDirectory.from_config(configuration).get_revision(REVISION).down_revision
    in_own_loop(command.downgrade, configuration, str(before))
    yield url
    in_own_loop(administer, cluster, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


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
    in_own_loop(migrate.upgrade, older)
    async with engine.connect() as connection:
        rows = await connection.execute(text("SELECT kind, section FROM qingdan.item"))
        assert {row.kind: row.section for row in rows} == {"own_sections": "second", "own_plain": None}
    await engine.dispose()
