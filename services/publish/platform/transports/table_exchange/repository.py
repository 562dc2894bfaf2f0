"""SQL in a platform's front-end library, through the bare driver: the tables are the platform's, and so is the server.

Names of tables and columns come from the mapping profile, which takes letters, digits and underscores only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import asyncpg
import orjson

from services.publish.platform.transports.table_exchange.rules import Group, Marker, TableOptions

PAGE = 500
# Whoever writes for a source waits for whoever does already: both would find the same rows missing.
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"


class Tables:
    """The tables of one library as the options say they are written."""

    def __init__(self, connection: asyncpg.Connection[Any], options: TableOptions) -> None:
        self._connection = connection
        self._options = options

    def name(self, identifier: str) -> str:
        """A column, quoted."""
        return f'"{identifier.lower() if self._options.letter_case == "lower" else identifier}"'

    def table(self, identifier: str) -> str:
        """A table with its schema, quoted."""
        return f'"{self._options.table_schema}".{self.name(identifier)}'

    async def lock(self, source: str) -> None:
        """Be alone in writing for a source, until the transaction ends."""
        await self._connection.fetch(_LOCK, source)

    async def known(self, tables: Iterable[str], guids: Sequence[str]) -> set[str]:
        """The rows among `guids` that are there."""
        guid = self.name("ROW_GUID")
        parts = [f"SELECT {guid}::text AS guid FROM {self.table(one)} WHERE {guid} = ANY ($1)" for one in tables]
        return {row["guid"] for row in await self._connection.fetch(" UNION ALL ".join(parts), list(guids))}

    async def write(self, group: Group) -> None:
        """All records of a table in one statement; values become what the table's columns are."""
        columns = ", ".join(self.name(column) for column in group.columns)
        lower = self._options.letter_case == "lower"
        records = [{(key.lower() if lower else key): value for key, value in one.items()} for one in group.records]
        table = self.table(group.table)
        statement = (
            f"INSERT INTO {table} ({columns})"
            f" SELECT {columns} FROM json_populate_recordset(CAST(NULL AS {table}), CAST($1 AS json))"
        )
        await self._connection.fetch(statement, orjson.dumps(records).decode())

    async def marks(self, tables: Iterable[str], marker: Marker, guids: Sequence[str]) -> list[Mapping[str, Any]]:
        """What the platform has marked rows with: (row_guid, marker, reason)."""
        guid, mark = self.name("ROW_GUID"), self.name(marker.column)
        reason = f"{self.name(marker.reason)}::text" if marker.reason else "''"
        parts = [
            f"SELECT {guid}::text AS row_guid, {mark}::text AS marker, {reason} AS reason"
            f" FROM {self.table(one)} WHERE {guid} = ANY ($1)"
            for one in tables
        ]
        return [dict(row) for row in await self._connection.fetch(" UNION ALL ".join(parts), list(guids))]

    async def newest(self, tables: Iterable[str], source: str, after: str, limit: int) -> list[Mapping[str, Any]]:
        """The newest record of each item that was taken over, deletions as well: (task_guid, version, row_guid,
        operation, table_name), by item."""
        task, version, guid, operation, of_source = (
            self.name(one) for one in ("TASK_GUID", "TASK_VERSION", "ROW_GUID", "CD_OPERATION", "DATA_SOURCE")
        )
        marker = self._options.marker
        taken = f" AND {self.name(marker.column)}::text = ANY ($4)" if marker else ""
        parts = [
            f'(SELECT {task}::text COLLATE "C" AS task_guid, {version}::bigint AS version, {guid}::text AS row_guid,'
            f" {operation}::text AS operation, '{one}' AS table_name FROM {self.table(one)}"
            f' WHERE {of_source} = $1 AND {task}::text COLLATE "C" > $2{taken})'
            for one in tables
        ]
        statement = (
            f"SELECT DISTINCT ON (task_guid) * FROM ({' UNION ALL '.join(parts)}) AS r"
            " ORDER BY task_guid, version DESC, (operation = 'D') LIMIT $3"
        )
        given = [source, after, limit, *([list(marker.imported)] if marker else [])]
        return [dict(row) for row in await self._connection.fetch(statement, *given)]

    async def content(self, table: str, column: str, guids: Sequence[str]) -> list[Mapping[str, Any]]:
        """Whole records, in the order they were written for their item."""
        statement = (
            f"SELECT to_jsonb(t)::text AS record FROM {self.table(table)} AS t"
            f" WHERE {self.name(column)} = ANY ($1) ORDER BY {self.name('ROW_GUID')}"
        )
        return [orjson.loads(row["record"]) for row in await self._connection.fetch(statement, list(guids))]

    async def last_batch(self, tables: Iterable[str], source: str) -> str | None:
        """The highest number that was written for a source."""
        batch, of_source = self.name("CD_BATCH"), self.name("DATA_SOURCE")
        parts = [f"SELECT max({batch}::text) AS number FROM {self.table(one)} WHERE {of_source} = $1" for one in tables]
        found: str | None = await self._connection.fetchval(
            f"SELECT max(number) FROM ({' UNION ALL '.join(parts)}) AS b", source
        )
        return found

    async def complaints(self, source: str, after: tuple[str, str], until: datetime) -> list[Mapping[str, Any]]:
        """DN_AUDIT_ABNORMAL behind (instant, id); a message has no id of its own, so its content is."""
        told = [
            self.name(one)
            for one in ("TABLE_ROW_GUID", "ERR_TYPE", "REMARK", "TABLE_NAME", "TABLE_CD_BATCH", "TABLE_UPDATE_TIME")
        ]
        guid, code, remark, table, batch, at = told
        statement = f"""
            SELECT * FROM (
                SELECT md5(concat_ws('|', {", ".join(told)})) AS id, {guid}::text AS row_guid, {code}::text AS err_type,
                       {remark}::text AS remark, {table}::text AS table_name, {batch}::text AS batch,
                       {at}::timestamp AS at
                FROM {self.table("DN_AUDIT_ABNORMAL")}
                WHERE {self.name("TABLE_CD_SOURCE")} = $1 AND {at}::timestamp >= $2::text::timestamp
            ) AS a WHERE (a.at, a.id) > ($2::text::timestamp, $3) AND a.at <= $4 ORDER BY a.at, a.id LIMIT {PAGE}
        """
        return [dict(row) for row in await self._connection.fetch(statement, source, *after, until)]

    async def directory(self, table: str, after: tuple[str, str], until: datetime) -> list[Mapping[str, Any]]:
        """Entries that came down behind (instant, row): (record, at, row_guid)."""
        guid, at = self.name("ROW_GUID"), self.name("CD_TIME")
        statement = f"""
            SELECT to_jsonb(t)::text AS record, t.{at}::timestamp AS at, t.{guid}::text AS row_guid
            FROM {self.table(table)} AS t
            WHERE (t.{at}::timestamp, t.{guid}::text COLLATE "C") > ($1::text::timestamp, $2) AND t.{at} <= $3
            ORDER BY t.{at}, t.{guid}::text COLLATE "C" LIMIT {PAGE}
        """
        return [dict(row) for row in await self._connection.fetch(statement, *after, until)]
