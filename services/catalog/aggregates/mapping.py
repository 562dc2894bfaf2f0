"""The table a peer's documents are read and written by: data, parsed from the document of a mapping profile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.catalog.aggregates.codecs import Field


@dataclass(frozen=True, kw_only=True)
class Single:
    """A table with one row an entry: its fields are elements."""

    table: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, kw_only=True)
class Several:
    """A table with several rows an entry: its rows are those of a sub-table.

    Attributes
    ----------
    element : the sub-table; None: the peer's own rows, kept as they are.
    match : column of ours a row is known by when it is written back.
    defaults : columns every row has whatever the peer says.
    kinds_of_documents : rows are legal bases whose kind of document follows from the name where the peer is silent.
    """

    table: str
    element: str | None
    match: str
    fields: tuple[Field, ...]
    defaults: Mapping[str, Any]
    kinds_of_documents: bool = False


@dataclass(frozen=True, kw_only=True)
class AggregateMapping:
    """How an entry stands in a peer's document."""

    code: str
    singles: tuple[Single, ...]
    several: tuple[Several, ...]

    @property
    def tables(self) -> tuple[str, ...]:
        """All tables it knows."""
        return (*(one.table for one in self.singles), *(one.table for one in self.several))


def parse(document: Mapping[str, Any]) -> AggregateMapping:
    """The mapping from its stored document, which was checked when it was shipped."""
    given = document["aggregate"]
    return AggregateMapping(
        code=document["code"],
        singles=tuple(Single(table=one["table"], fields=_fields(one)) for one in given["singles"]),
        several=tuple(
            Several(table=one["table"], element=one.get("element"), match=one.get("match", "name"),
                    fields=_fields(one), defaults=one.get("defaults", {}),
                    kinds_of_documents=one.get("infer") == "document_kind")
            for one in given["several"]
        ),
    )  # fmt: skip


def _fields(table: Mapping[str, Any]) -> tuple[Field, ...]:
    return tuple(Field(**one) for one in table.get("fields", ()))
