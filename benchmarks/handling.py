"""Handling records of a service platform over HTTP, 500 a batch, beside a bare insert of the same rows."""

from __future__ import annotations

import time
from statistics import median
from typing import Any

import orjson
from sqlalchemy import text

from benchmarks import entries
from benchmarks.corpus import COUNTY
from benchmarks.line import Line
from benchmarks.measure import Figure, alternate
from benchmarks.stage import Stage
from shared import clock
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.identity.scopes import HANDLING_RECORDS
from shared.identity.tokens import TokenIssuer

RECORDS = "/workflow/v1/handling-records"
BATCH = 500
BATCHES, SMALL_BATCHES = 6, 2
# A province of fifty million people has some hundred applications a second in working hours.
TARGET = 500
# One in ten names a code that no list has, one in ten asks for a material that the list does not name.
TENTH = 10

_CLIENT = text(
    "INSERT INTO qingdan.service_client (id, name, operator, region_code, scopes, contact)"
    " VALUES (:id, '测算平台', '测算', :region, ARRAY['handling_records'], '测算')"
)


# The rows that a platform has just told of, read once and written by one statement a batch: what nothing but storing
# costs, with the indexes and the commit, and without reading JSON, comparing, limits, violations and events.
_LIMIT_TABLE = text(
    "CREATE TABLE IF NOT EXISTS qingdan.bench_record"
    " (LIKE qingdan.handling_record INCLUDING DEFAULTS INCLUDING INDEXES)"
)
_LIMIT_ROWS = text("SELECT jsonb_agg(h) FROM qingdan.handling_record AS h WHERE h.number LIKE :numbers")
_LIMIT_RENAMED = text(
    "SELECT jsonb_agg(r || jsonb_build_object('id', gen_random_uuid(),"
    " 'number', (r->>'number') || CAST(:suffix AS text)))"
    " FROM jsonb_array_elements(CAST(:rows AS jsonb)) AS r"
)
_LIMIT_INSERT = text(
    "INSERT INTO qingdan.bench_record"
    " SELECT r.* FROM jsonb_populate_recordset(NULL::qingdan.handling_record, CAST(:rows AS jsonb)) AS r"
)


async def measure(on: Stage) -> Figure:
    """Records a second in one connection, answered and committed; beside the same rows in bare statements."""
    client = Principal(new_id(), "platform", "测算平台", None, (), client=True, scopes=frozenset({HANDLING_RECORDS}))
    async with on.engine.begin() as connection:
        await connection.execute(_CLIENT, {"id": client.account_id, "region": COUNTY})
    token = TokenIssuer(on.place.secrets, minutes=24 * 60).issue(client)
    batches = SMALL_BATCHES if on.small else BATCHES
    async with Line(on.system.ports["workflow"], token) as line:
        told = _Told(on, line, batches)
        await told.ours(1)  # statements are prepared, code is warm
        await told.limit(1)
        pairs = await alternate(lambda: told.ours(batches), lambda: told.limit(batches))
    rate = 1 / median(pairs.ours)
    return Figure(
        name="handling records checked, batches of 500",
        ours=f"{rate:,.0f}/s",
        limit=f"bare insert {1 / median(pairs.limit):,.0f}/s",
        target=f">= {TARGET}/s",
        met=rate >= TARGET,
        ratio=pairs.ratio,
        note=f"{told.violations / told.taken:.0%} violations; seconds a record, ratio of rounds {pairs.spread}",
    )


class _Told:
    """What a platform tells, always new; and the same rows for the limit program. Seconds a record."""

    def __init__(self, on: Stage, line: Line, batches: int) -> None:
        self.on, self.line, self.batches = on, line, batches
        self.number, self.taken, self.violations = 0, 0, 0

    async def ours(self, batches: int) -> float:
        bodies = [_batch(self.on, self.number + number) for number in range(batches)]
        self.number += batches
        started = time.perf_counter()
        for body in bodies:
            answer = await _send(self.line, body)
            self.taken, self.violations = self.taken + answer["taken"], self.violations + answer["violations"]
        return (time.perf_counter() - started) / (batches * BATCH)

    async def limit(self, batches: int) -> float:
        async with self.on.engine.begin() as connection:
            await connection.execute(_LIMIT_TABLE)
            await connection.execute(text("TRUNCATE qingdan.bench_record"))
            rows = orjson.dumps(await connection.scalar(_LIMIT_ROWS, {"numbers": "0-%"})).decode()
            given = [
                orjson.dumps(await connection.scalar(_LIMIT_RENAMED, {"rows": rows, "suffix": f"/{number}"})).decode()
                for number in range(batches)
            ]
        started = time.perf_counter()
        for batch in given:
            async with self.on.engine.begin() as connection:
                await connection.execute(_LIMIT_INSERT, {"rows": batch})
        return (time.perf_counter() - started) / (batches * BATCH)


async def _send(line: Line, body: bytes) -> Any:
    return (await line.send(RECORDS, body, "application/json")).expect(200).json()


def _batch(on: Stage, batch: int) -> bytes:
    now = clock.now().isoformat()
    records = []
    for number in range(BATCH):
        matter = on.corpus.matters[number % len(on.corpus.matters)]
        said = entries.of_matter(matter.number, matter.organ)["implementation"]
        materials = [row["name"] for row in said["materials"]]
        records.append(
            {
                "number": f"{batch}-{number}",
                "revision": 1,
                "organ_credit_code": matter.organ.credit_code,
                "code": "9" * 31 if number % TENTH == 0 else said["implementation_code"],
                "name": said["name"],
                "accepted_at": now,
                "materials": [*materials, "测算材料"] if number % TENTH == 1 else materials,
                "responsible": {"handler": {"person_id": f"{number}", "role": "窗口人员"}},
            }
        )
    return orjson.dumps({"records": records})
