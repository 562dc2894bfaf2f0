"""Documents as the API shows them, from their rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from services.catalog.documents.rules import STATUS_TITLES, shown_date
from services.catalog.documents.schemas import ChainLink, Document, DocumentRow, Relation
from services.catalog.records import Record
from shared.statement import Row


def _named(row: Record) -> dict[str, Any]:
    return {
        **row,
        "issued": shown_date(row["issued_on"], row["issued_precision"]),
        "status_title": STATUS_TITLES[row["status"]],
    }


def in_page(row: Record) -> DocumentRow:
    """A line of a page."""
    return DocumentRow.model_validate(_named(row))


def document(row: Record, relations: Sequence[Row]) -> Document:
    """A document in full."""
    told = [Relation.model_validate(dict(relation)) for relation in relations]
    return Document.model_validate({**_named(row), "relations": told})


def content(row: Record) -> dict[str, Any]:
    """What a version of the register keeps of a document."""
    return Document.model_validate({**_named(row), "relations": []}).model_dump(mode="json", exclude={"relations"})


def chain_link(row: Row) -> ChainLink:
    """A document in a chain."""
    return ChainLink.model_validate({**dict(row), "issued": shown_date(row.issued_on, row.issued_precision)})
