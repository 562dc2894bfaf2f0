"""What the simulated platform remembers: a SQLite file, so that it survives being killed."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from pathlib import Path
from typing import Any

from deploy.simulator.checks import complaint

_TABLES = """
CREATE TABLE IF NOT EXISTS item (source TEXT, guid TEXT, version INTEGER, row_guid TEXT, code TEXT, content TEXT,
    hash TEXT, gone INTEGER, PRIMARY KEY (source, guid));
CREATE TABLE IF NOT EXISTS batch (source TEXT, number TEXT, verdicts TEXT, PRIMARY KEY (source, number));
CREATE TABLE IF NOT EXISTS feedback (id INTEGER PRIMARY KEY AUTOINCREMENT, source TEXT, message TEXT);
CREATE TABLE IF NOT EXISTS catalogue (id TEXT PRIMARY KEY, stamp INTEGER, entry TEXT);
CREATE TABLE IF NOT EXISTS control (name TEXT PRIMARY KEY, value TEXT);
CREATE TABLE IF NOT EXISTS seen (number TEXT, rows INTEGER);
"""


def content_hash(row: dict[str, Any]) -> str:
    """As docs/platform.md defines it."""
    said = {"ROW": row.get("ROW", {}), "CHILDREN": row.get("CHILDREN", {})}
    text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


class Storage:
    """All of it; the caller sees to it that one thread is at work at a time."""

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.executescript(_TABLES)

    # -- what goes wrong -----------------------------------------------------------------------------------------

    def control(self) -> dict[str, Any]:
        """What is to go wrong: {delay, fail: [status | "reset", times], lose, lie, down}."""
        return {name: json.loads(value) for name, value in self._database.execute("SELECT name, value FROM control")}

    def set_control(self, wanted: dict[str, Any]) -> None:
        """Set some of it; null takes it away."""
        for name, value in wanted.items():
            self._database.execute("INSERT OR REPLACE INTO control VALUES (?, ?)", (name, json.dumps(value)))

    def use_up(self, name: str) -> bool:
        """Whether a thing that happens so many times happens now; one time less is left then."""
        left = self.control().get(name) or 0
        if left > 0:
            self.set_control({name: left - 1})
        return bool(left > 0)

    # -- items ---------------------------------------------------------------------------------------------------

    def take(self, source: str, number: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Apply a batch, once: a number that is known is answered as it was the first time."""
        self._database.execute("INSERT INTO seen VALUES (?, ?)", (number, len(rows)))
        known = self._database.execute(
            "SELECT verdicts FROM batch WHERE source = ? AND number = ?", (source, number)
        ).fetchone()
        if known:
            told: list[dict[str, Any]] = json.loads(known[0])
            return told
        self._database.execute("BEGIN IMMEDIATE")
        try:
            verdicts = [self._apply(source, row) for row in rows]
            self._database.execute("INSERT INTO batch VALUES (?, ?, ?)", (source, number, json.dumps(verdicts)))
            self._database.execute("COMMIT")
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        return verdicts

    def _apply(self, source: str, row: dict[str, Any]) -> dict[str, Any]:
        guid, version, row_guid = str(row["TASK_GUID"]), int(row["TASK_VERSION"]), str(row["ROW_GUID"])
        held = self._database.execute(
            "SELECT version, row_guid FROM item WHERE source = ? AND guid = ?", (source, guid)
        ).fetchone()
        if held and held[1] == row_guid:
            return _verdict(row_guid, "00", "")
        if held and held[0] >= version:
            return _verdict(row_guid, "E10", f"版本 {version} 不高于已有版本 {held[0]}") | {"TASK_VERSION": held[0]}
        gone = row["CD_OPERATION"] == "D"
        wrong = None if gone else complaint(row)
        if wrong:
            return _verdict(row_guid, *wrong)
        if not self.use_up("lie"):
            code = "" if gone else row["ROW"].get("TASK_CODE", "")
            content = "" if gone else json.dumps({"ROW": row["ROW"], "CHILDREN": row.get("CHILDREN", {})})
            self._database.execute(
                "INSERT OR REPLACE INTO item VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (source, guid, version, row_guid, code, content, "" if gone else content_hash(row), int(gone)),
            )
        return _verdict(row_guid, "00", "")

    def inventory(self, source: str, after: str, limit: int) -> dict[str, Any]:
        """A page of what is held, by TASK_GUID."""
        rows = self._database.execute(
            "SELECT guid, code, version, hash FROM item WHERE source = ? AND gone = 0 AND guid > ? ORDER BY guid"
            " LIMIT ?",
            (source, after, limit + 1),
        ).fetchall()
        told = [
            {"TASK_GUID": guid, "TASK_CODE": code, "TASK_VERSION": version, "HASH": hashed}
            for guid, code, version, hashed in rows[:limit]
        ]
        (last,) = self._database.execute("SELECT max(number) FROM batch WHERE source = ?", (source,)).fetchone()
        return {"list": told, "CURSOR": told[-1]["TASK_GUID"] if len(rows) > limit else "", "LAST_BATCH": last}

    def held(self, source: str) -> list[dict[str, Any]]:
        """Everything held, as tests look at it."""
        rows = self._database.execute(
            "SELECT guid, version, row_guid, content, gone FROM item WHERE source = ? ORDER BY guid", (source,)
        )
        return [
            {"guid": guid, "version": version, "row_guid": row_guid, "gone": bool(gone),
             "content": json.loads(content) if content else None}
            for guid, version, row_guid, content, gone in rows
        ]  # fmt: skip

    def forget(self, source: str, guid: str) -> None:
        """Lose an item, as if it had never come."""
        self._database.execute("DELETE FROM item WHERE source = ? AND guid = ?", (source, guid))

    def seen(self) -> list[tuple[str, int]]:
        """Number and rows of every batch that arrived, repetitions too."""
        return self._database.execute("SELECT number, rows FROM seen ORDER BY rowid").fetchall()

    # -- feedback and catalogue ----------------------------------------------------------------------------------

    def complain(self, source: str, message: dict[str, Any]) -> None:
        """Let quality control say something."""
        self._database.execute("INSERT INTO feedback (source, message) VALUES (?, ?)", (source, json.dumps(message)))

    def feedback(self, source: str, since: int, limit: int) -> dict[str, Any]:
        """Messages after a cursor."""
        rows = self._database.execute(
            "SELECT id, message FROM feedback WHERE source = ? AND id > ? ORDER BY id LIMIT ?", (source, since, limit)
        ).fetchall()
        told = [{"ID": str(number), **json.loads(message)} for number, message in rows]
        return {"list": told, "CURSOR": str(rows[-1][0] if rows else since)}

    def publish(self, entries: list[dict[str, Any]]) -> None:
        """Put entries into the catalogue, or change them; each gets the next instant."""
        (last,) = self._database.execute("SELECT coalesce(max(stamp), 1700000000000) FROM catalogue").fetchone()
        for entry in entries:
            last += int(entry.pop("_apart", 1))
            row = (entry["ITEM_ID"], last, json.dumps(entry))
            self._database.execute("INSERT OR REPLACE INTO catalogue VALUES (?, ?, ?)", row)

    def catalogue(self, since: int, after: str, limit: int) -> dict[str, Any]:
        """Entries that changed behind (instant, id), in that order."""
        rows = self._database.execute(
            "SELECT id, stamp, entry FROM catalogue WHERE (stamp, id) > (?, ?) ORDER BY stamp, id LIMIT ?",
            (since, after, limit),
        ).fetchall()
        stamp, last = (rows[-1][1], rows[-1][0]) if rows else (since, after)
        told = [json.loads(entry) for _, _, entry in rows]
        return {"LASTTIMESTAMP": stamp, "LASTID": last, "RETURNITEMSUNNUM": len(told), "list": told}


def _verdict(row_guid: str, code: str, remark: str) -> dict[str, Any]:
    return {"ROW_GUID": row_guid, "CODE": code, "REMARK": remark}
