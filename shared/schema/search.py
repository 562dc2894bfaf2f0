"""Tables of search: what entries are found by, in the catalog for the staff and in publication for everybody.

Written by a consumer of the log beside what it tells of, never read for anything but finding: what is shown comes from
the tables of the entries themselves.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Index, Integer, SmallInteger, Table, Uuid, text
from sqlalchemy.dialects.postgresql import TSVECTOR

from shared.schema.base import identifier, label, metadata, reference

# New rows wait in a list that each search reads through: small, so that reading it costs a millisecond at most.
_PENDING = {"fastupdate": "on", "gin_pending_list_limit": "512"}


def _entries(name: str) -> Table:
    return Table(
        name,
        metadata,
        identifier("item_id"),
        reference("list_id"),
        Column("stamp", Integer, nullable=False),  # the version, or the revision from which it is shown, it was made of
        label("kind"),
        label("state"),
        label("item_type", nullable=True),
        label("level", nullable=True),
        reference("organ_id", nullable=True),
        label("name"),  # folded; further names behind blanks
        Column("terms", TSVECTOR, nullable=False),
        Index(f"ix_{name}_terms", "terms", postgresql_using="gin", postgresql_with=_PENDING),
    )


def _phrases(name: str) -> Table:
    return Table(
        name,
        metadata,
        label("term", primary_key=True),  # what stands for it in the rows of entries
        label("text"),  # folded
        Column("pairs", TSVECTOR, nullable=False),
        Index(f"ix_{name}_pairs", "pairs", postgresql_using="gin", postgresql_with=_PENDING),
    )


def _fill(name: str) -> Table:
    """How far the entries that were there before search was have been taken in; one row."""
    return Table(
        name,
        metadata,
        Column("id", SmallInteger, CheckConstraint("id = 1", name="single"), primary_key=True, autoincrement=False),
        Column("after_list", Uuid),
        Column("after_item", Uuid),
        Column("sequence", BigInteger, nullable=False, server_default=text("0")),  # of the feed, followed since
        Column("filled", Boolean, nullable=False, server_default=text("false")),
    )


item_search = _entries("item_search")
item_phrase = _phrases("item_phrase")
item_search_fill = _fill("item_search_fill")

published_search = _entries("published_search")
published_phrase = _phrases("published_phrase")
published_search_fill = _fill("published_search_fill")
