"""Handling records of a service platform, 500 a batch, against the lists of the corpus, over HTTP."""

from __future__ import annotations

import time
from typing import Any

import orjson
from sqlalchemy import text

from benchmarks import entries
from benchmarks.corpus import COUNTY
from benchmarks.line import Line
from benchmarks.measure import Figure
from benchmarks.stage import Stage
from shared import clock
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.identity.scopes import HANDLING_RECORDS
from shared.identity.tokens import TokenIssuer

RECORDS = "/workflow/v1/handling-records"
BATCH = 500
BATCHES, SMALL_BATCHES = 20, 4
# A province of fifty million people has some hundred applications a second in working hours.
TARGET = 500
# One in ten names a code that no list has, one in ten asks for a material that the list does not name.
TENTH = 10

_CLIENT = text(
    "INSERT INTO qingdan.service_client (id, name, operator, region_code, scopes, contact)"
    " VALUES (:id, '测算平台', '测算', :region, ARRAY['handling_records'], '测算')"
)


async def measure(on: Stage) -> Figure:
    """Records a second in one connection, answered and committed."""
    client = Principal(new_id(), "platform", "测算平台", None, (), client=True, scopes=frozenset({HANDLING_RECORDS}))
    async with on.engine.begin() as connection:
        await connection.execute(_CLIENT, {"id": client.account_id, "region": COUNTY})
    token = TokenIssuer(on.place.secrets, minutes=24 * 60).issue(client)
    batches = SMALL_BATCHES if on.small else BATCHES
    async with Line(on.system.ports["workflow"], token) as line:
        await _send(line, _batch(on, -1))  # statements are prepared, code is warm
        taken, violations, started = 0, 0, time.perf_counter()
        for number in range(batches):
            answer = await _send(line, _batch(on, number))
            taken, violations = taken + answer["taken"], violations + answer["violations"]
        seconds = time.perf_counter() - started
    rate = taken / seconds
    return Figure(
        name="handling records checked, batches of 500",
        ours=f"{rate:,.0f}/s",
        limit="-",
        target=f">= {TARGET}/s",
        met=rate >= TARGET,
        note=f"{taken:,} records, {violations:,} violations found",
    )


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
