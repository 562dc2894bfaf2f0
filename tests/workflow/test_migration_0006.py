"""What was stored before limits had units and procedures were bound is read as before."""

from collections.abc import Iterator
from uuid import UUID

import orjson
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.workflow.procedures import repository
from services.workflow.procedures.templates import repository as templates
from shared import migrate
from shared.calendar.limits import TimeLimit
from shared.calendar.working_days import Unit
from shared.database import create_engine
from shared.identifiers import new_id
from tests.conftest import in_own_loop
from tests.older import before

REVISION = "0006"
STEPS = [
    {"code": "sign", "title": "签署", "act": "sign", "role": "principal", "limit_working_days": 3, "next": "review"},
    {
        "code": "review",
        "title": "审核",
        "act": "review",
        "role": "reviewer",
        "limit_working_days": None,
        "next": "decide",
    },
    {"code": "decide", "title": "审定", "act": "decide", "role": "decider", "limit_working_days": 10, "next": None},
]


@pytest.fixture
def older(cluster: str, template_database: str) -> Iterator[str]:
    """A database as it was before the migration."""
    with before(REVISION, cluster, template_database) as url:
        yield url


async def test_limits_become_amount_and_unit_and_what_was_submitted_keeps_its_procedure(older: str) -> None:
    engine = create_engine(older, role="owner", pool_size=2)
    running, draft, step = new_id(), new_id(), new_id()
    async with engine.begin() as connection:
        await connection.execute(
            text(
                "INSERT INTO qingdan.procedure_template (code, version, title, region_code, kinds, steps)"
                " VALUES ('county', 1, '县级程序', '130922000000', '[\"modify\"]', CAST(:steps AS jsonb))"
            ),
            {"steps": orjson.dumps(STEPS).decode()},
        )
        await _adjustment(connection, running, number="TZ-1", state="signing", submission=1)
        await _adjustment(connection, draft, number="TZ-2", state="draft", submission=0)
        await connection.execute(
            text(
                "INSERT INTO qingdan.review_step (id, adjustment_id, submission, number, code, title, act, role,"
                " region_code, state, limit_working_days) VALUES (:id, :adjustment, 1, 2, 'review', '审核', 'review',"
                " 'reviewer', '130922000000', 'waiting', 15)"
            ),
            {"id": step, "adjustment": running},
        )
    in_own_loop(migrate.upgrade, older)
    async with engine.connect() as connection:
        stored = await templates.template(connection, "county")
        assert stored is not None
        assert [each.limit for each in stored.steps] == [
            TimeLimit(3, Unit.WORKING_DAY), None, TimeLimit(10, Unit.WORKING_DAY)
        ]  # fmt: skip
        assert [each.code for each in stored.steps] == ["sign", "review", "decide"]
        [kept] = await repository.steps(connection, running)
        assert (kept.id, kept.limit) == (step, TimeLimit(15, Unit.WORKING_DAY))
        rows = await connection.execute(
            text("SELECT number, procedure_code, operations FROM qingdan.adjustment ORDER BY number")
        )
        assert [tuple(row) for row in rows] == [("TZ-1", "county", ["modify"]), ("TZ-2", None, [])]
    await engine.dispose()


async def _adjustment(connection: AsyncConnection, id_: UUID, *, number: str, state: str, submission: int) -> None:
    """An adjustment with one change, as it was stored then."""
    await connection.execute(
        text(
            "INSERT INTO qingdan.adjustment (id, number, title, region_code, organ_id, trigger,"
            " trigger_reference, legal_basis, reason, transitional_rule, procedure_code, procedure_version,"
            " state, submission, created_by)"
            " VALUES (:id, :number, 't', '130922000000', :id, 'LAW_AMEND', 'r', 'b', 'r', 't', 'county', 1,"
            " :state, :submission, 'x')"
        ),
        {"id": id_, "number": number, "state": state, "submission": submission},
    )
    await connection.execute(
        text(
            "INSERT INTO qingdan.change (id, adjustment_id, number, operation, list_id, item_id, organ_id,"
            " proposed, compiled_by) VALUES (:change, :id, 1, 'modify', :id, :id, :id, '{}', 'x')"
        ),
        {"change": new_id(), "id": id_},
    )
