"""The simulated library: `FrontEnd(url)` makes its tables, takes rows over as a consuming job does, and complains.

Not part of the product: demo and tests use it.
"""

from __future__ import annotations

from typing import Any

import asyncpg

from deploy.simulator.checks import complaint
from shared.system import ROOT

_TABLES = (ROOT / "deploy" / "exchange" / "up_tables.sql").read_text()
_MAIN = "UP_TASK_GENERAL_BASIC"
# What the job marks: 1 taken over, 2 refused.
MARKER = {"column": "SJSCZT", "imported": ["1"], "refused": ["2"], "reason": "SBYY"}


class FrontEnd:
    """A library; every call has a connection of its own."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def prepare(self) -> None:
        """Make the tables as an operator does from the shipped file, with the columns of the job."""
        await self._run(_TABLES)
        for column in (MARKER["column"], MARKER["reason"]):
            await self._run(f"ALTER TABLE {_MAIN} ADD COLUMN {column} text")

    async def take_over(self) -> int:
        """One run of the job: what it has not looked at is marked; how many rows."""
        rows = await self.rows(_MAIN, "sjsczt IS NULL")
        told = [(row["row_guid"], _complaint(row)) for row in rows]
        await self._run(
            f"UPDATE {_MAIN} AS t SET sjsczt = CASE WHEN n.remark = '' THEN '1' ELSE '2' END, sbyy = n.remark"
            " FROM unnest(CAST($1 AS text[]), CAST($2 AS text[])) AS n (guid, remark) WHERE t.row_guid = n.guid",
            [guid for guid, _ in told], [remark for _, remark in told],
        )  # fmt: skip
        return len(told)

    async def complain(self, row_guid: str, source: str, err_type: str, remark: str) -> None:
        """Let quality control say something of a record (DN_AUDIT_ABNORMAL)."""
        await self._run(
            "INSERT INTO DN_AUDIT_ABNORMAL (err_type, remark, table_name, table_sql_name, table_row_guid,"
            " table_cd_source, table_update_time) VALUES ($1, $2, '实施清单', $3, $4, $5,"
            " localtimestamp - interval '1 s')",
            err_type, remark, _MAIN, row_guid, source,
        )  # fmt: skip

    async def publish(self, guid: str, version: int, operation: str, name: str, code: str) -> None:
        """Let an entry of the superior's catalogue come down."""
        await self._run(
            "INSERT INTO DN_TASK_DIRECTORY (row_guid, task_version, cd_operation, cd_time, cd_batch, data_source,"
            " task_name, catalog_code, local_catalog_code, task_type, use_level, task_state)"
            " VALUES ($1, $2, $3, localtimestamp - interval '1 s', '1', '1', $4, $5, $6, '01', '4', '1')",
            guid, version, operation, name, code, guid.split("/")[0],
        )  # fmt: skip

    async def rows(self, table: str, condition: str = "true", *given: Any) -> list[dict[str, Any]]:
        """Records of a table that fulfil a condition."""
        return [
            dict(row) for row in await self._run(f"SELECT * FROM {table} WHERE {condition} ORDER BY row_guid", *given)
        ]

    async def lose(self, task_guid: str) -> None:
        """Forget an item, as if it had never come."""
        await self._run(f"DELETE FROM {_MAIN} WHERE task_guid = $1", task_guid)

    async def _run(self, statement: str, *given: Any) -> list[Any]:
        connection = await asyncpg.connect(self.url)
        try:
            if not given and ";" in statement:
                await connection.execute(statement)
                return []
            return list(await connection.fetch(statement, *given))
        finally:
            await connection.close()


def _complaint(row: dict[str, Any]) -> str:
    if row["cd_operation"] == "D":
        return ""
    wrong = complaint({"ROW": {key.upper(): value for key, value in row.items()}})
    return "" if wrong is None else f"{wrong[0]} {wrong[1]}"
