"""What the simulated library remembers beside the items: when each changed, and what its reviewers said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from deploy.simulator.repository import Storage

_TABLES = """
CREATE TABLE IF NOT EXISTS changed (source TEXT, guid TEXT, stamp INTEGER, opinion TEXT, PRIMARY KEY (source, guid));
"""
_MAIN = "AUDIT_ITEM"
_CONTROL = ("ITEM_ID", "ROWGUID", "TASK_VERSION", "CD_OPERATION", "CD_TIME")


class Library(Storage):
    """Items with the moment they changed; moments are a counter, so no two items share one."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._database.executescript(_TABLES)

    def receive(self, source: str, number: str, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Take aggregates; a verdict for each."""
        verdicts = self.take(source, number, [_row(one) for one in items])
        for one, verdict in zip(items, verdicts, strict=True):
            if verdict["CODE"] == "00":
                self._touch(source, one["ITEM_ID"], None)
        return [{"ROWGUID": one["ROW_GUID"], "CODE": one["CODE"], "TEXT": one["REMARK"]} for one in verdicts]

    def review(self, source: str, guid: str, opinion: str) -> None:
        """Let a reviewer send an item back."""
        self._touch(source, guid, opinion)

    def _touch(self, source: str, guid: str, opinion: str | None) -> None:
        self._database.execute(
            "INSERT OR REPLACE INTO changed SELECT ?, ?, coalesce(max(stamp), 1700000000000) + 1, ? FROM changed",
            (source, guid, opinion),
        )

    def changes(self, source: str | None, since: int, limit: int) -> dict[str, Any]:
        """What changed after a moment: items of a source, or the library's own catalogue."""
        if source is None:
            return self.catalogue(since, "\U0010ffff", limit)
        rows = self._database.execute(
            "SELECT i.guid, i.version, i.row_guid, i.content, i.gone, c.stamp, c.opinion FROM changed AS c"
            " JOIN item AS i ON i.source = c.source AND i.guid = c.guid"
            " WHERE c.source = ? AND c.stamp > ? ORDER BY c.stamp LIMIT ?",
            (source, since, limit),
        ).fetchall()
        told = [
            {"ITEM_ID": guid, "ROWGUID": row_guid, "TASK_VERSION": version, "CD_OPERATION": "D" if gone else "U",
             "AUDIT_STATE": "4" if opinion else "3", "AUDIT_OPINION": opinion or "", **_tables(content)}
            for guid, version, row_guid, content, gone, _, opinion in rows
        ]  # fmt: skip
        return {"LASTTIMESTAMP": rows[-1][5] if rows else since, "RETURNITEMSUNNUM": len(told), "list": told}


def _row(one: dict[str, Any]) -> dict[str, Any]:
    """An aggregate as the storage of platforms takes it."""
    tables = {name: value for name, value in one.items() if name not in _CONTROL}
    row = tables.pop(_MAIN, {})
    head = {"TASK_GUID": one["ITEM_ID"], "ROW_GUID": one["ROWGUID"]}
    return head | {"TASK_VERSION": one["TASK_VERSION"], "CD_OPERATION": one["CD_OPERATION"], "ROW": row,
                   "CHILDREN": tables}  # fmt: skip


def _tables(content: str) -> dict[str, Any]:
    if not content:
        return {}
    told = json.loads(content)
    return {_MAIN: told["ROW"], **told["CHILDREN"]}
