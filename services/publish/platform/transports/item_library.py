"""Transport `item_library`: a platform that keeps a REST item library, read by moments and written item by item.

One address answers what changed since a moment; the catalogue, what its reviewers say of our items and what it holds
of ours are all read from there (spec: REST item library).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Annotated, Any

import orjson
from pydantic import Field, StringConstraints

from services.publish.platform import rules
from services.publish.platform.comparisons.rules import Held
from services.publish.platform.library.rules import one_row_tables
from services.publish.platform.mapping import Half
from services.publish.platform.rules import BadAnswer, Feedback, kept
from services.publish.platform.translation import content_hash
from services.publish.platform.transports.contract import (
    Address,
    Answer,
    Batch,
    Capability,
    CataloguePage,
    FeedbackPage,
    InventoryPage,
    Options,
    Transport,
)
from services.publish.platform.transports.http import Connection

PAGE = 500
# An inventory holds some 200 bytes an item in memory; beyond that the library is not the one we were told of.
MOST_HELD = 1_000_000
# Twice a version, and one more where it was deleted, is still a version.
LAST_VERSION = 2**62 - 1


class LibraryOptions(Options):
    """What can be set of a library: the review states that send an item back (spec: 4 is 审核驳回)."""

    rejected_states: tuple[Annotated[str, StringConstraints(min_length=1, max_length=10)], ...] = Field(
        default=("4",), min_length=1, max_length=20
    )


class ItemLibrary(Transport):
    """A library of items."""

    capabilities = frozenset(Capability)

    def __init__(self, address: Address) -> None:
        assert isinstance(address.options, LibraryOptions)
        self._source = address.source
        self._profile = address.profile
        self._rejected = address.options.rejected_states
        self._connection = Connection(address)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._connection.__aexit__(kind, error, trace)

    async def send(self, batch: Batch) -> Answer:
        told = [self._aggregate(row) for row in batch.rows]
        body = orjson.dumps({"ITEM_SOURCE": self._source, "CD_BATCH": batch.number, "list": told})
        answer = await self._connection.ask_with_token(
            "POST", "/items", content=body, headers={"Content-Type": "application/json"}
        )
        found = answer.get("list")
        if not isinstance(found, list):
            raise BadAnswer("应答缺少 data.list")
        renamed = [
            {**one, "ROW_GUID": one.get("ROWGUID"), "REMARK": one.get("TEXT")} if isinstance(one, Mapping) else one
            for one in found
        ]
        return Answer(rules.verdicts({"list": renamed}, batch.row_guids))

    def _aggregate(self, row: Mapping[str, Any]) -> dict[str, Any]:
        head = {
            "ITEM_ID": row["TASK_GUID"], "ROWGUID": row["ROW_GUID"], "TASK_VERSION": row["TASK_VERSION"],
            "CD_OPERATION": row["CD_OPERATION"], "CD_TIME": row["CD_TIME"],
        }  # fmt: skip
        if row["CD_OPERATION"] == "D":
            return head
        return head | {row["TABLE"]: row["ROW"]} | one_row_tables(row["CHILDREN"], self._profile)

    async def feedback(self, cursor: str) -> FeedbackPage:
        found, following = await self._changes(cursor)
        messages = [
            Feedback(
                feedback_id=kept(f"{one.get('ROWGUID')}:{one.get('AUDIT_STATE')}", 100),
                row_guid=kept(one.get("ROWGUID"), 100) or None, batch=kept(one.get("CD_BATCH"), 50) or None,
                err_type=f"AUDIT{kept(one.get('AUDIT_STATE'), 10)}",
                remark=kept(one.get("AUDIT_OPINION"), rules.LONGEST_REMARK), table_name=self._profile.push.table,
            )
            for one in found if str(one.get("AUDIT_STATE")) in self._rejected
        ]  # fmt: skip
        return FeedbackPage(messages, following)

    async def catalogue(self, cursor: str) -> CataloguePage:
        since, _ = rules.catalogue_cursor(cursor)
        found, following = rules.aggregates_of(
            await self._connection.ask_with_token("GET", "/items", params={"LASTTIMESTAMP": since, "limit": PAGE})
        )
        _check_forward(found, since, int(following.partition("|")[0]))
        entries = [
            replace(one, version=one.version * 2 + gone, gone=gone)
            for one in found for gone in [one.payload.get("CD_OPERATION") == "D"] if one.version <= LAST_VERSION
        ]  # fmt: skip
        return CataloguePage(entries, following)

    async def inventory(self, cursor: str) -> InventoryPage:
        """All of it at once: a library tells by moments, a comparison walks by ids."""
        held: dict[str, Held] = {}
        async for one in self._all():
            item, version = one.get("ITEM_ID"), one.get("TASK_VERSION")
            if not isinstance(item, str) or not isinstance(version, int) or isinstance(version, bool):
                raise BadAnswer("事项库中的事项缺少 ITEM_ID 或 TASK_VERSION")
            if one.get("CD_OPERATION") == "D":
                held.pop(item, None)
            else:
                held[item] = Held(item, version, self._hash(one))
            if len(held) > MOST_HELD:
                raise BadAnswer("事项库中的事项过多，无法比对")
        return InventoryPage(sorted(held.values(), key=lambda one: one.task_guid))

    async def _all(self) -> AsyncIterator[Mapping[str, Any]]:
        cursor = ""
        while True:
            found, following = await self._changes(cursor)
            for one in found:
                yield one
            if not found or int(following) == int(cursor or 0):
                return
            cursor = following

    async def _changes(self, cursor: str) -> tuple[list[Mapping[str, Any]], str]:
        since, _ = rules.catalogue_cursor(cursor)
        asked = {"LASTTIMESTAMP": since, "limit": PAGE, "ITEM_SOURCE": self._source}
        told = await self._connection.ask_with_token("GET", "/items", params=asked)
        found, stamp = told.get("list"), told.get("LASTTIMESTAMP")
        if not isinstance(found, list) or isinstance(stamp, bool) or not isinstance(stamp, int):
            raise BadAnswer("事项库应答缺少 data.list 或 data.LASTTIMESTAMP")
        if not all(isinstance(one, Mapping) for one in found):
            raise BadAnswer("事项库中的事项应为对象")
        _check_forward(found, since, stamp)
        return found, str(stamp)

    def _hash(self, one: Mapping[str, Any]) -> str:
        """What an aggregate says, as it was sent."""
        half: Half = next((half for half in self._profile.halves if half.table in one), self._profile.push)
        children = {}
        for child in half.children:
            rows = one.get(child.table)
            if rows:
                children[child.table] = rows if isinstance(rows, list) else [rows]
        return content_hash({"ROW": one.get(half.table) or {}, "CHILDREN": children})


def _check_forward(found: Sequence[object], since: int, stamp: int) -> None:
    """What changed since a moment is not older than it; a library that says so would be asked in circles.

    Raises
    ------
    BadAnswer
    """
    if found and stamp < since:
        raise BadAnswer("事项库应答的 LASTTIMESTAMP 早于所问的时间，翻页没有向前推进")
