"""SQL in a library whose tables have keys of their own, through the bare driver: tables and server are the platform's.

Names of tables and columns come from mapping profile and options, which take letters, digits and underscores only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import asyncpg
import orjson

from services.publish.platform.transports.keyed_tables.rules import Held, KeyedOptions, Record, Taken, item_in

# Whoever writes for a source waits for whoever does already: both would give the same version.
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"


class KeyedTables:
    """The tables of one library."""

    def __init__(self, connection: asyncpg.Connection[Any], options: KeyedOptions, names: Iterable[str]) -> None:
        self._connection = connection
        self._options = options
        # How the profile writes a column, by how the library does.
        self._written = {self._case(name): name for name in (*names, *options.own)}

    async def lock(self, source: str) -> None:
        """Be alone in writing for a source, until the transaction ends."""
        await self._connection.fetch(_LOCK, source)

    async def shaped(self, table: str, records: Sequence[Mapping[str, Any]]) -> list[Record]:
        """Records as the table would hold them, so that they can be compared with what it holds."""
        found = await self._connection.fetch(
            f"SELECT to_jsonb(t)::text AS record FROM {self._given(table)} WITH ORDINALITY AS t ORDER BY t.ordinality",
            self._json(records),
        )
        return [self._read(row["record"]) for row in found]

    async def newest(self, table: str, items: Sequence[str]) -> dict[str, Held]:
        """The newest record of each item, found by the index of the serials where there is one: a serial is its item
        and a number."""
        serial, version = self._name(self._options.serial), self._name(self._options.version)
        found = await self._connection.fetch(
            f"SELECT r.* FROM unnest($1::text[]) AS i (item) CROSS JOIN LATERAL ("
            f"SELECT t.{serial}::text AS serial, t.{version}::bigint AS version,"
            f" t.{self._name(self._options.valid)}::text AS valid, t.{self._name(self._options.state)}::text AS state,"
            " to_jsonb(t)::text AS record"
            f" FROM {self._table(table)} AS t WHERE t.{serial} BETWEEN i.item || '0' AND i.item || '9999999999'"
            f" AND left(t.{serial}::text, 32) = i.item ORDER BY t.{version} DESC LIMIT 1) AS r",
            list(items),
        )
        holds = self._options.valid_values[0]
        return {
            item_in(row["serial"]): Held(
                row["serial"], row["version"], row["valid"] == holds, self._read(row["record"]), row["state"]
            )
            for row in found
        }

    async def taken(self, table: str, key: Sequence[str], records: Sequence[Record]) -> dict[int, Taken]:
        """What the keys of records stand for already, by the record's place from 1."""
        serial, valid = self._name(self._options.serial), self._name(self._options.valid)
        found = await self._connection.fetch(
            f"SELECT g.ordinality AS place, max(t.{self._name(self._options.version)})::bigint AS highest,"
            f" coalesce(array_agg(t.{serial}::text) FILTER (WHERE t.{valid}::text = $2), '{{}}') AS valid"
            f" FROM {self._given(table)} WITH ORDINALITY AS g"
            f" JOIN {self._table(table)} AS t ON {self._same('t', 'g', key)} GROUP BY g.ordinality",
            self._json(records), self._options.valid_values[0],
        )  # fmt: skip
        return {row["place"]: Taken(row["highest"], row["valid"]) for row in found}

    async def insert(self, table: str, records: Sequence[Record], at: str) -> None:
        """New records, valid and waiting."""
        if records:
            told = [{**record, **self._stamp(at, valid=True)} for record in records]
            columns = ", ".join(self._name(name) for name in sorted({name for one in told for name in one}))
            await self._connection.fetch(
                f"INSERT INTO {self._table(table)} ({columns}) SELECT {columns} FROM {self._given(table)} AS t",
                self._json(told),
            )

    async def end(self, table: str, ended: Mapping[str, str], at: str) -> list[Record]:
        """Records cease to be valid, each with its reason; what they said."""
        if not ended:
            return []
        own = self._options
        serial = self._name(own.serial)
        reason = f", {self._name(own.why_invalid)} = g.{self._name(own.why_invalid)}" if own.why_invalid else ""
        given = [{own.serial: one, **({own.why_invalid: why} if own.why_invalid else {})} for one, why in ended.items()]
        found = await self._connection.fetch(
            f"UPDATE {self._table(table)} AS t SET {self._changed}{reason}"
            f" FROM {self._given(table)} AS g, {self._given(table, 2)} AS n WHERE t.{serial} = g.{serial}"
            " RETURNING to_jsonb(t)::text AS record",
            self._json(given), self._json([self._stamp(at, valid=False)]),
        )  # fmt: skip
        return [self._read(row["record"]) for row in found]

    async def again(self, table: str, serials: Sequence[str], at: str) -> None:
        """Records wait once more to be looked at."""
        if serials:
            names = (self._options.updated, self._options.state)
            await self._connection.fetch(
                f"UPDATE {self._table(table)} AS t SET {self._from_n(names)} FROM {self._given(table)} AS n"
                f" WHERE t.{self._name(self._options.serial)}::text = ANY ($2)",
                self._json([self._stamp(at, valid=True)]), list(serials),
            )  # fmt: skip

    async def merge(
        self, table: str, key: Sequence[str], records: Sequence[Record], at: str, refused: Sequence[str] = ()
    ) -> None:
        """Records that items share: written when they are not there, changed where they say something else or are in
        one of the states `refused`."""
        names = sorted({name for one in records for name in one} - {*key, self._options.serial})
        same = self._same("t", "g", key)
        valid = self._name(self._options.valid)
        other = "".join(f" OR t.{self._name(name)} IS DISTINCT FROM g.{self._name(name)}" for name in names)
        said = "".join(f"{self._name(name)} = g.{self._name(name)}, " for name in names)
        await self._connection.fetch(
            f"UPDATE {self._table(table)} AS t SET {said}{self._changed}"
            f" FROM {self._given(table)} AS g, {self._given(table, 2)} AS n"
            f" WHERE {same} AND (t.{valid} IS DISTINCT FROM n.{valid}{other}"
            f" OR t.{self._name(self._options.state)}::text = ANY ($3))",
            self._json(records), self._json([self._stamp(at, valid=True)]), list(refused),
        )  # fmt: skip
        told = [{**record, **self._stamp(at, valid=True)} for record in records]
        columns = [self._name(name) for name in sorted({name for one in told for name in one})]
        await self._connection.fetch(
            f"INSERT INTO {self._table(table)} ({', '.join(columns)})"
            f" SELECT {', '.join(f'g.{one}' for one in columns)} FROM {self._given(table)} AS g"
            f" WHERE NOT EXISTS (SELECT FROM {self._table(table)} AS t WHERE {same})",
            self._json(told),
        )

    async def end_unused(self, table: str, key: Sequence[str], main: str, ended: Sequence[Record], at: str) -> None:
        """Shared records of items that have ended cease to be valid when no other item has them."""
        valid = self._name(self._options.valid)
        await self._connection.fetch(
            f"UPDATE {self._table(table)} AS t SET {self._changed}"
            f" FROM {self._given(table)} AS g, {self._given(table, 2)} AS n"
            f" WHERE {self._same('t', 'g', key)} AND t.{valid} <> n.{valid} AND NOT EXISTS ("
            f"SELECT FROM {self._table(main)} AS m WHERE m.{valid}::text = $3 AND {self._same('t', 'm', key)})",
            self._json([{name: one.get(name) for name in key} for one in ended]),
            self._json([self._stamp(at, valid=False)]), self._options.valid_values[0],
        )  # fmt: skip

    async def marks(self, table: str, serials: Sequence[str]) -> dict[str, tuple[str, str]]:
        """What the library's job has made of records: serial -> (state, reason)."""
        serial = self._name(self._options.serial)
        reason = f"{self._name(self._options.reason)}::text" if self._options.reason else "''"
        found = await self._connection.fetch(
            f"SELECT {serial}::text AS serial, {self._name(self._options.state)}::text AS state, {reason} AS reason"
            f" FROM {self._table(table)} WHERE {serial} = ANY ($1)",
            list(serials),
        )
        return {row["serial"]: (row["state"] or "", row["reason"] or "") for row in found}

    @property
    def _changed(self) -> str:
        """Assignments of every change, in the types of the table: validity, instant, waiting to be taken over."""
        return self._from_n((self._options.valid, self._options.updated, self._options.state))

    def _from_n(self, names: Iterable[str]) -> str:
        return ", ".join(f"{self._name(name)} = n.{self._name(name)}" for name in names)

    def _stamp(self, at: str, *, valid: bool) -> Record:
        own = self._options
        return {own.valid: own.valid_values[0 if valid else 1], own.updated: at, own.state: own.waiting}

    def _same(self, one: str, other: str, key: Sequence[str]) -> str:
        return " AND ".join(f"{one}.{self._name(name)} = {other}.{self._name(name)}" for name in key)

    def _case(self, identifier: str) -> str:
        return identifier.lower() if self._options.letter_case == "lower" else identifier

    def _name(self, identifier: str) -> str:
        return f'"{self._case(identifier)}"'

    def _table(self, identifier: str) -> str:
        return f'"{self._options.table_schema}".{self._name(identifier)}'

    def _given(self, table: str, place: int = 1) -> str:
        """What is given as JSON in a parameter, as records of a table."""
        return f"json_populate_recordset(CAST(NULL AS {self._table(table)}), CAST(${place} AS json))"

    def _json(self, records: Sequence[Mapping[str, Any]]) -> str:
        return orjson.dumps([{self._case(name): value for name, value in one.items()} for one in records]).decode()

    def _read(self, record: str) -> Record:
        """The columns we know of a record, under the names of the profile."""
        return {self._written[name]: value for name, value in orjson.loads(record).items() if name in self._written}
