"""What lay where an organ does not look is found by it after the way forward."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from shared import migrate
from shared.database import create_engine
from shared.identifiers import new_id
from tests.conftest import in_own_loop
from tests.older import before

REVISION = "0033"
CITY, COUNTY = "130900000000", "130922000000"
OPEN_TASK = """
    WITH begun AS (
        INSERT INTO qingdan.clock (id, subject, region_code, organ_id, role, amount, unit, started_at, due_at,
                                   extension_most, provisional, state, thresholds, warnings)
        VALUES (:id, :subject, :region, :organ, 'compiler', 10, 'working_day', now(), now(), 5, false, 'running', '{}',
                '[]')
    )
    INSERT INTO qingdan.task (id, kind, region_code, organ_id, role, title, subject, adjustment_id, opened_at, state)
    VALUES (:id, 'correction', :region, :organ, 'compiler', 't', :subject, :id, now(), :state)
"""


@pytest.fixture
def older(cluster: str, template_database: str) -> Iterator[str]:
    """A database as it was before the migration."""
    with before(REVISION, cluster, template_database) as url:
        yield url


async def test_what_is_open_moves_to_its_organ_and_what_is_done_or_lies_right_stays(older: str) -> None:
    engine = create_engine(older, role="owner", pool_size=2)
    mine, done, of_city = new_id(), new_id(), new_id()
    async with engine.begin() as connection:
        for code, above in ((CITY, []), (COUNTY, [CITY])):
            await connection.execute(
                text(
                    "INSERT INTO qingdan.region (code, name, level, kind, ancestors)"
                    " VALUES (:code, 'r', 'county', 'administrative', :above)"
                ),
                {"code": code, "above": above},
            )
        for id_, organ_region, region, state in (
            (mine, COUNTY, CITY, "open"), (done, COUNTY, CITY, "done"), (of_city, CITY, COUNTY, "open"),
        ):  # fmt: skip
            await connection.execute(
                text(
                    "INSERT INTO qingdan.organ (id, name, kind, region_code) VALUES (:id, 'o', 'department', :region)"
                ),
                {"id": id_, "region": organ_region},
            )
            given = {"id": id_, "organ": id_, "region": region, "subject": f"adjustment/{id_}", "state": state}
            await connection.execute(text(OPEN_TASK), given)
    in_own_loop(migrate.upgrade, older)
    async with engine.connect() as connection:
        rows = await connection.execute(
            text("SELECT t.id, t.region_code, c.region_code FROM qingdan.task t JOIN qingdan.clock c ON c.id = t.id")
        )
        places = {row[0]: (row[1], row[2]) for row in rows}
    await engine.dispose()
    assert places == {mine: (COUNTY, COUNTY), done: (CITY, CITY), of_city: (COUNTY, COUNTY)}
