"""Feed entries as CloudEvents 1.0 in structured JSON, built from what may be seen when they are sent. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import orjson

from services.publish.revisions.rules import public_codes

MEDIA_TYPE = "application/cloudevents-batch+json"


class Row(Protocol):
    """An entry of the feed beside what may be seen of it now, by column name."""

    def __getitem__(self, name: str, /) -> Any:
        """The value of a column."""


def batch(rows: Sequence[Row]) -> bytes:
    """The events of a feed answer, oldest first."""
    return b"[" + b",".join(event(row) for row in rows) + b"]"


def event(row: Row, sequence: int | None = None) -> bytes:
    """One event: ours are numbered without gaps, in order per item; a subscription gives it a number of its own.

    An entry whose content was withdrawn since keeps its id and its number and carries no content.
    """
    about = row["item_id"] or row["list_id"]
    withdrawn = row["item_id"] is not None and row["body"] is None
    told: dict[str, Any] = {
        "specversion": "1.0",
        "id": str(row["id"]),
        "source": f"/publish/v1/lists/{row['list_id']}",
        "type": f"cn.qingdan.{'item.withdrawn' if withdrawn else row['type']}.v1",
        "subject": f"{row['list_kind']}/{about}",
        "time": row["recorded_at"].isoformat(),
        "sequence": f"{row['sequence'] if sequence is None else sequence:020d}",
    }
    if not withdrawn:
        told["datacontenttype"] = "application/json"
        told["data"] = _list_data(row) if row["item_id"] is None else _item_data(row)
    return orjson.dumps(told)


def _item_data(row: Row) -> dict[str, Any]:
    body = orjson.loads(row["body"])
    told = {
        "item": orjson.Fragment(row["body"]),
        "changed": row["changed"],
        "version": body["version"],
        "list_id": str(row["list_id"]),
        "revision": row["revision"],
        "list_hash": row["list_hash"].hex() if row["list_hash"] else None,
        "adjustment": _id(row["adjustment_id"]),
        "root": _id(row["adjustment_id"] or row["cause_id"]),
        "effective_at": row["effective_at"].isoformat() if row["effective_at"] else None,
        "transitional_rule": body["transitional_rule"],
    }
    if replaces := _replaces(row, body):
        told["replaces"] = replaces
    return told


def _replaces(row: Row, body: Mapping[str, Any]) -> dict[str, list[str]]:
    """New code -> the codes it takes the place of, as far as the body shows the new one; rows may come without."""
    try:
        stored = row["replaces"]
    except KeyError:
        return {}
    told: Mapping[str, list[str]] = (orjson.loads(stored) if isinstance(stored, str) else stored) or {}
    # What was hidden since has left the body; it must not stay here.
    shown = public_codes(body["elements"]) if told else frozenset()
    return {new: former for new, former in told.items() if new in shown}


def _list_data(row: Row) -> dict[str, Any]:
    return {
        "list_id": str(row["list_id"]),
        "title": row["title"],
        "region_code": row["region_code"],
        "revision": row["revision"],
        "list_hash": row["list_hash"].hex() if row["list_hash"] else None,
        "entries": row["entries"],
        "editions": row["editions"],
        "decision": orjson.loads(row["decision"]) if row["decision"] else None,
        "publication": row["publication"],
    }


def _id(value: object) -> str | None:
    return None if value is None else str(value)
