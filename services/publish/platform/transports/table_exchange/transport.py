"""The transport: one short transaction a batch in the platform's database, short reads beside it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import asyncpg

from services.publish.platform.comparisons.rules import Held
from services.publish.platform.rules import WELL, Aggregate, BadAnswer, Feedback, Verdict, kept
from services.publish.platform.transports.contract import (
    Address,
    Answer,
    Batch,
    BatchRefused,
    Capability,
    CataloguePage,
    FeedbackPage,
    InventoryPage,
    PeerFailure,
    Transport,
)
from services.publish.platform.transports.http import read_secret
from services.publish.platform.transports.table_exchange import rules
from services.publish.platform.transports.table_exchange.repository import Tables
from shared import clock

INVENTORY_PAGE = 1_000
# What the content of rows may cause: values that do not fit, keys that are taken.
_REFUSALS = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError)
_FAILURES = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError, ValueError)


class TableExchange(Transport):
    """A front-end library: the file of the credential says where it is, `postgresql://user:password@host/name`."""

    def __init__(self, address: Address) -> None:
        assert isinstance(address.options, rules.TableOptions)
        self._address = address
        self._options = address.options
        self._mains = rules.mains_of(address.profile)
        able = {Capability.PUSH, Capability.FEEDBACK}
        if address.profile.catalogue is not None:
            able.add(Capability.CATALOGUE)
        if self._options.keeps_rows:
            able.add(Capability.INVENTORY)
        self.capabilities = frozenset(able)

    async def send(self, batch: Batch) -> Answer:
        groups = rules.records_of(batch.rows, number=batch.number, source=self._address.source)
        mains = sorted({row["TABLE"] for row in batch.rows})
        async with self._tables() as (connection, tables):
            try:
                async with connection.transaction():
                    await tables.lock(self._address.source)
                    known = await tables.known(mains, batch.row_guids)
                    for group in rules.without(groups, known):
                        await tables.write(group)  # bounded: the tables of a profile
            except _REFUSALS as error:
                raise BatchRefused(f"前置库拒收：{str(error)[:200]}", f"SQL{error.sqlstate}") from error
            marker = self._options.marker
            if marker is None:
                return Answer([Verdict(guid, WELL, "") for guid in batch.row_guids])
            told = rules.verdicts_of(marker, await tables.marks(mains, marker, batch.row_guids), batch.row_guids)
        return Answer(told) if told is not None else Answer(pending=marker.ask_seconds)

    async def feedback(self, cursor: str) -> FeedbackPage:
        async with self._tables() as (_, tables):
            found = await tables.complaints(self._address.source, rules.cursor_of(cursor), self._settled())
        messages = [
            Feedback(
                feedback_id=one["id"], row_guid=rules.row_of(one["row_guid"] or "") or None,
                batch=kept(one["batch"], 50) or None, err_type=kept(one["err_type"], 50) or "?",
                remark=kept(one["remark"], 1_000), table_name=kept(one["table_name"], 100) or None,
            )
            for one in found
        ]  # fmt: skip
        return FeedbackPage(messages, f"{found[-1]['at'].isoformat()}|{found[-1]['id']}" if found else cursor)

    async def catalogue(self, cursor: str) -> CataloguePage:
        half = self._address.profile.catalogue
        if half is None:
            return CataloguePage((), cursor)
        async with self._tables() as (_, tables):
            found = await tables.directory(half.table, rules.cursor_of(cursor), self._settled())
        entries = [rules.directory_entry(half.table, one["record"], self._options.catalogue_key) for one in found]
        newest: dict[str, Aggregate] = {}
        for entry in entries:
            if entry.external_id not in newest or newest[entry.external_id].version < entry.version:
                newest[entry.external_id] = entry
        following = f"{found[-1]['at'].isoformat()}|{found[-1]['row_guid']}" if found else cursor
        return CataloguePage(list(newest.values()), following)

    async def inventory(self, cursor: str) -> InventoryPage:
        async with self._tables() as (_, tables):
            last = await tables.last_batch(self._mains, self._address.source)
            there: list[Mapping[str, Any]] = []
            more = True
            while more and not there:  # bounded: each page is behind the one before, as long as all of it is deleted
                found = await tables.newest(self._mains, self._address.source, cursor, INVENTORY_PAGE)
                more = len(found) == INVENTORY_PAGE
                cursor = found[-1]["task_guid"] if more else ""
                there = [one for one in found if one["operation"] != "D"]
            held = [entry for part in self._mains for entry in await self._held(tables, part, there)]
        held.sort(key=lambda one: one.task_guid)
        return InventoryPage(held, cursor, last)

    async def _held(self, tables: Tables, table: str, found: list[Mapping[str, Any]]) -> list[Held]:
        """What one main table holds among the items found."""
        mine = [one for one in found if one["table_name"] == table]
        if not mine:
            return []
        if not self._options.compares_content:
            return [Held(one["task_guid"], one["version"], None) for one in mine]
        half, guids = self._mains[table], [one["row_guid"] for one in mine]
        mains = {_text(one, "row_guid"): one for one in await tables.content(table, "ROW_GUID", guids)}
        if len(mains) < len(guids):
            raise BadAnswer("清点期间前置库的记录被移走，请稍后重新比对；不保留记录的前置库请将 keeps_rows 设为 false")
        children: dict[str, dict[str, list[Mapping[str, Any]]]] = {}
        for child in half.children:
            for one in await tables.content(child.table, "TASK_GUID", guids):  # bounded: the tables of a profile
                children.setdefault(_text(one, "task_guid"), {}).setdefault(child.table, []).append(one)
        return [
            rules.held(half, one["task_guid"], one["version"], mains[row], children.get(row, {}))
            for one in mine if (row := one["row_guid"])
        ]  # fmt: skip

    def _settled(self) -> datetime:
        """Up to when everything has arrived, by the clock of the library's zone."""
        return (clock.now().astimezone(clock.ZONE) - timedelta(seconds=self._options.settle_seconds)).replace(
            tzinfo=None
        )

    @contextlib.asynccontextmanager
    async def _tables(self) -> AsyncIterator[tuple[asyncpg.Connection[Any], Tables]]:
        """A connection for one thing to do, in the time an answer may take.

        Raises
        ------
        PeerFailure
            Also where a table or column of the profile is not there. What the server says of its address stays here.
        """
        url = read_secret(self._address) or ""
        if not rules.is_address(url):  # the driver would look for a server of its own choice
            raise PeerFailure("凭证文件的内容应为 postgresql://用户:口令@主机:端口/库名")
        try:
            async with asyncio.timeout(self._address.timeout):
                connection = await asyncpg.connect(url, timeout=self._address.timeout)
                try:
                    yield connection, Tables(connection, self._options)
                finally:
                    connection.terminate()
        except (BatchRefused, BadAnswer):
            raise
        except (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError, asyncpg.InsufficientPrivilegeError) as error:
            raise PeerFailure(f"前置库缺少对照方案所列的表、列或权限：{str(error)[:200]}") from error
        except _FAILURES as error:
            raise PeerFailure(f"前置库无法连接或未及时应答（{type(error).__name__}）") from error


def _text(record: Mapping[str, Any], column: str) -> str:
    return str(record.get(column, record.get(column.upper())))
