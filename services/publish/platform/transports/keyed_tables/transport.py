"""The transport: one transaction a batch, then what the library's own job has made of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg

from services.publish.platform.transports.contract import (
    Address,
    Answer,
    Batch,
    BatchRefused,
    Capability,
    PeerFailure,
    Transport,
)
from services.publish.platform.transports.http import read_secret
from services.publish.platform.transports.keyed_tables import rules
from services.publish.platform.transports.keyed_tables.repository import KeyedTables
from services.publish.platform.transports.keyed_tables.rules import KeyedOptions, Plan
from services.publish.platform.transports.table_exchange.rules import is_address

# What the content of rows may cause: values that do not fit, keys that are taken.
_REFUSALS = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError)
_FAILURES = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError, ValueError)


class KeyedTableExchange(Transport):
    """A library reached by the URL in the credential's file. It tells of refusals in the records themselves, and keeps
    versions of its own: there is nothing to be asked for later, and nothing to compare ours with."""

    capabilities = frozenset({Capability.PUSH})

    def __init__(self, address: Address) -> None:
        assert isinstance(address.options, KeyedOptions)
        self._address = address
        self._options = address.options
        halves = address.profile.halves
        groups = [half.columns for half in halves] + [child.columns for half in halves for child in half.children]
        self._names = {column.column or "" for columns in groups for column in columns}

    async def send(self, batch: Batch) -> Answer:
        url = read_secret(self._address) or ""
        if not is_address(url):  # the driver would look for a server of its own choice
            raise PeerFailure("凭证文件的内容应为 postgresql://用户:口令@主机:端口/库名")
        try:
            async with asyncio.timeout(self._address.timeout):
                connection = await asyncpg.connect(url, timeout=self._address.timeout)
                try:
                    return await self._exchanged(connection, batch)
                finally:
                    connection.terminate()
        except _REFUSALS as error:
            raise BatchRefused(f"前置库拒收：{str(error)[:200]}", f"SQL{error.sqlstate}") from error
        except (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError, asyncpg.InsufficientPrivilegeError) as error:
            raise PeerFailure(f"前置库缺少对照方案所列的表、列或权限：{str(error)[:200]}") from error
        except _FAILURES as error:
            raise PeerFailure(f"前置库无法连接或未及时应答（{type(error).__name__}）") from error

    async def _exchanged(self, connection: asyncpg.Connection[Any], batch: Batch) -> Answer:
        tables = KeyedTables(connection, self._options, self._names)
        told: list[Any] = []
        pending = False
        for main in sorted({row["TABLE"] for row in batch.rows}):  # a profile has few main tables
            rows = [row for row in batch.rows if row["TABLE"] == main]
            if main not in self._options.keys:
                raise PeerFailure(f"传输方式的参数 keys 中没有 {main}，请补充")
            async with connection.transaction():
                await tables.lock(self._address.source)
                made = await self._written(tables, main, rows, undecided=batch.undecided)
            marks = await tables.marks(main, list(made.current.values()))
            verdicts = rules.verdicts(made, marks, self._options)
            pending = pending or verdicts is None
            told += verdicts or ()
        return Answer(pending=self._options.ask_seconds) if pending else Answer(told)

    async def _written(
        self, tables: KeyedTables, main: str, rows: Sequence[Mapping[str, Any]], *, undecided: bool
    ) -> Plan:
        """Bring the tables to what a batch says; in the order process, stage, item."""
        at = _instant(max(row["CD_TIME"] for row in rows))
        held = await tables.newest(main, [rules.item_of(row["TASK_GUID"]) for row in rows])
        saying = [row for row in rows if "ROW" in row]
        shaped = await tables.shaped(main, [row["ROW"] for row in saying])
        by_guid = {row["ROW_GUID"]: record for row, record in zip(saying, shaped, strict=True)}
        typed = [{**row, "ROW": by_guid.get(row["ROW_GUID"])} for row in rows]
        places = await tables.taken(main, self._options.keys[main], shaped)
        taken = {row["ROW_GUID"]: places[place] for place, row in enumerate(saying, start=1) if place in places}
        made = rules.plan(typed, held, taken, self._options)
        refused = rules.refused_before(self._options, undecided=undecided)
        standing = [row for row in rows if row["ROW_GUID"] in made.current and rules.stands(row, self._options)]
        for table, records in rules.shared(standing, self._options).items():  # bounded: the tables of a profile
            await tables.merge(table, self._options.keys[table], records, at, refused)
        await tables.again(main, rules.to_look_at_again(made, held, refused), at)
        ended = await tables.end(main, made.end, at)
        await tables.insert(main, made.insert, at)
        for table, key in self._options.keys.items():
            if table != main and ended:
                await tables.end_unused(table, key, main, ended, at)  # bounded: the tables of a profile
        return made


def _instant(text: str) -> str:
    """20190411093000 as tables read it."""
    return f"{text[:4]}-{text[4:6]}-{text[6:8]} {text[8:10]}:{text[10:12]}:{text[12:]}"
