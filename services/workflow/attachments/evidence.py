"""Records that refer to attached files: whoever names one names its digest, too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from services.workflow.attachments import repository, rules
from services.workflow.fields import Evidence
from shared.ledger.transaction import Transaction


async def kept(tx: Transaction, adjustment_id: UUID, pointer: str, given: Evidence | None) -> dict[str, Any] | None:
    """What a record keeps of one document; None where none is named.

    Raises
    ------
    problems.Invalid
        It names a file the adjustment does not have, or the digest of another one.
    """
    return None if given is None else (await all_kept(tx, adjustment_id, {pointer: given}))[pointer]


async def of_record(tx: Transaction, adjustment_id: UUID, given: BaseModel) -> dict[str, dict[str, Any]]:
    """What a record keeps of all documents it names, by its field. Raises as `kept`."""
    named = {name: value for name, value in given if isinstance(value, Evidence)}
    kept_ones = await all_kept(tx, adjustment_id, {f"/{name}": value for name, value in named.items()})
    return {name: kept_ones[f"/{name}"] for name in named}


async def all_kept(tx: Transaction, adjustment_id: UUID, given: Mapping[str, Evidence]) -> dict[str, dict[str, Any]]:
    """What records keep of documents, by pointer; one query whatever their number. Raises as `kept`."""
    ids = {each.attachment_id for each in given.values() if each.attachment_id is not None}
    found = await repository.among(tx.connection, adjustment_id, ids) if ids else {}
    return {
        pointer: _said(each)
        if each.attachment_id is None
        else rules.evidence(pointer, _said(each), found.get(each.attachment_id))
        for pointer, each in given.items()
    }


def _said(given: Evidence) -> dict[str, Any]:
    return given.model_dump(mode="json", exclude_none=True)
