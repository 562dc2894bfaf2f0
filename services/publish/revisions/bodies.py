"""Rows of a revision and of the feed, made from decided publications; bytes exactly as they are sent."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid5

import orjson

from services.publish.revisions.rules import WITHDRAWN, Cause, Gone, PublishedList, Shown, replaced_codes
from shared.visibility import public_row

BUCKETS = 256


def bucket_of(item_id: UUID) -> int:
    """Which of a list's 256 buckets an item is hashed in: the last byte of its id."""
    return item_id.bytes[15]


def item_row(shown: Shown, in_list: PublishedList) -> dict[str, Any]:
    """The row that shows an entry from the list's next revision on."""
    entry = shown.candidate.entry
    body = orjson.dumps(shown.body)
    return searchable(shown.body) | {
        "list_id": in_list.facts.id,
        "item_id": entry.item_id,
        "from_revision": in_list.next_revision,
        "to_revision": None,
        "version": entry.version,
        "bucket": bucket_of(entry.item_id),
        "state": shown.body["state"],
        "organ_id": _organ(shown),
        "body": body,
        "row": line(shown.body, body),
        "hash": sha256(body).digest(),
        "effective_from": entry.effective_from,
    }


def tombstone(gone: Gone, in_list: PublishedList) -> dict[str, Any]:
    """A row no revision shows (it ends where it begins): it remembers that this version was dealt with, no more."""
    entry = gone.candidate.entry
    return {
        "list_id": in_list.facts.id,
        "item_id": entry.item_id,
        "from_revision": in_list.next_revision,
        "to_revision": in_list.next_revision,
        "version": entry.version,
        "bucket": bucket_of(entry.item_id),
        "name": "",
        "base_code": None,
        "implementation_code": None,
        "item_type": None,
        "state": "withdrawn",
        "level": None,
        "organ_id": None,
        "body": b"",
        "row": b"",
        "hash": sha256(b"").digest(),
        "effective_from": entry.effective_from,
    }


def searchable(body: Mapping[str, Any]) -> dict[str, Any]:
    """Columns a page can be filtered by, from the public body only: what is hidden cannot be searched for either."""
    elements = body["elements"]
    columns = {name: _text(elements.get(name)) for name in ("base_code", "implementation_code", "item_type", "level")}
    return columns | {"name": _text(elements.get("name")) or ""}


def line(body: Mapping[str, Any], raw: bytes) -> bytes:
    """The entry's line in a page of its list, with the hash of its body."""
    return orjson.dumps(public_row(body) | {"hash": sha256(raw).hexdigest()})


def feed_row(decided: Shown | Gone, in_list: PublishedList, cause: Cause) -> dict[str, Any]:
    """The entry's line in the feed, still without its number."""
    candidate = decided.candidate
    item_id = candidate.entry.item_id
    return {
        # An event about several items makes several public events: each needs an id of its own, the same every time.
        "id": uuid5(cause.id, str(item_id)) if cause.several else cause.id,
        "position": cause.position,
        "type": decided.type if isinstance(decided, Shown) else WITHDRAWN,
        "list_kind": in_list.facts.kind,
        "list_id": in_list.facts.id,
        "item_id": item_id,
        "version": candidate.entry.version,
        "revision": in_list.next_revision,
        "changed": list(decided.changed) if isinstance(decided, Shown) else [],
        "replaces": _replaced(decided),
        "adjustment_id": candidate.adjustment_id,
        "cause_id": cause.id,
        "effective_at": candidate.entry.effective_from,
    }


def list_feed_row(kind: str, in_list: PublishedList, cause: Cause) -> dict[str, Any]:
    """The feed's line about a list as a whole: it was enacted, or an edition of it was named."""
    return {
        "id": cause.id,
        "position": cause.position,
        "type": kind,
        "list_kind": in_list.facts.kind,
        "list_id": in_list.facts.id,
        "item_id": None,
        "version": None,
        "revision": in_list.next_revision,
        "changed": [],
        "replaces": None,
        "adjustment_id": cause.adjustment_id,
        "cause_id": cause.id,
        "effective_at": None,
    }


def _replaced(decided: Shown | Gone) -> dict[str, Any] | None:
    if isinstance(decided, Gone):
        return None
    return replaced_codes(decided.candidate.shown, decided.body, decided.changed) or None


def _organ(shown: Shown) -> UUID | None:
    """The implementing body's id for filtering, unless the public may not know it."""
    value = shown.candidate.entry.elements.get("implementing_body")
    if shown.body["elements"].get("implementing_body") is None or not isinstance(value, str):
        return None
    return UUID(value)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
