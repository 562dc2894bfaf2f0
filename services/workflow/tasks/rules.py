"""Cursors of the task list, and which events open and close which tasks. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from shared import problems
from shared.ledger.envelope import Event

OPENING = {"draft.opened": "drafts", "finding.opened": "findings"}
# Event -> (ids in refs, kind of task, state the task ends in)
CLOSING = {
    "draft.accepted": ("drafts", "linkage_draft", "done"),
    "draft.objected": ("drafts", "linkage_draft", "done"),
    "draft.closed": ("drafts", "linkage_draft", "void"),
    "finding.closed": ("findings", "finding", "done"),
    "finding.waived": ("findings", "finding", "done"),
}
SUBJECTS = {"linkage_draft": "draft", "finding": "finding"}


def position_of(values: Sequence[Any]) -> tuple[datetime, UUID]:
    """Where a page of tasks ended: (opened_at, id).

    Raises
    ------
    problems.Invalid
        The values are not an instant with zone and a UUID.
    """
    try:
        opened_at, id_ = datetime.fromisoformat(values[0]), UUID(values[1])
    except (TypeError, ValueError, AttributeError) as error:
        raise _bad_cursor() from error
    if opened_at.tzinfo is None:
        raise _bad_cursor()
    return opened_at, id_


def _bad_cursor() -> problems.Invalid:
    place = problems.FieldError("query/cursor", "bad_cursor", "翻页标记无效")
    return problems.Invalid("翻页标记无效，请从第一页重新开始。", code="bad_cursor", errors=[place])


def named(events: Iterable[Event], type_: str, key: str) -> list[UUID]:
    """The ids that events of a type name in `refs[key]`, each once.

    Raises
    ------
    ValueError
        A reference is not a UUID: bad data, the event is parked.
    """
    found = [UUID(str(id_)) for event in events if event.type == type_ for id_ in event.refs.get(key, ())]
    return list(dict.fromkeys(found))
