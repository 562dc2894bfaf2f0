"""Lists and their items, with versions, codes and links."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Computed,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, TEXT

from shared.schema.base import document, identifier, instant, label, metadata, reference

list_ = Table(
    "list",
    metadata,
    identifier(),
    label("kind"),
    label("region_code"),
    label("title"),
    reference("lead_organ_id"),
    label("state", server_default=text("'compiling'")),  # compiling | in_force
    label("edition", nullable=True),
    document("decision", nullable=True),  # meeting, date, number of the decision that enacted the list
    instant("enacted_at", nullable=True),
    reference("mirrored_from", nullable=True),  # the peer whose catalogue this list mirrors; nobody compiles it here
    Column("version", Integer, nullable=False, server_default=text("1")),
    ForeignKeyConstraint(["kind"], ["qingdan.list_kind.code"]),
    ForeignKeyConstraint(["region_code"], ["qingdan.region.code"]),
    ForeignKeyConstraint(["lead_organ_id"], ["qingdan.organ.id"]),
    UniqueConstraint("kind", "region_code"),
    Index("ix_list_region_code", "region_code"),
)

list_member = Table(
    "list_member",
    metadata,
    identifier("list_id"),
    identifier("organ_id"),
    ForeignKeyConstraint(["list_id"], ["qingdan.list.id"]),
    ForeignKeyConstraint(["organ_id"], ["qingdan.organ.id"]),
)

# One row an item: its identity, and the elements that linkage rules use as keys, as its current version has them.
item = Table(
    "item",
    metadata,
    identifier(),
    reference("list_id"),
    label("kind"),
    label("region_code"),
    Column("version", Integer, nullable=False),
    instant("effective_from"),
    label("name"),
    label("base_code", nullable=True),
    Column("main_code", TEXT, Computed("left(base_code, 9)", persisted=True)),
    label("implementation_code", nullable=True),
    # Two digits, or empty: serials of handling items are not comparable between organs.
    label("handling_item", server_default=text("''")),
    label("item_type", nullable=True),
    label("level", nullable=True),  # digits 1-7, several separated by commas
    reference("implementing_body", nullable=True),
    label("permit_name", nullable=True),  # in kinds whose entries concern a permit but carry a name of their own
    label("section", nullable=True),  # in kinds whose lists have sections: the one the entry stands in
    label("state"),  # in_use | suspended | cancelled
    label("audience", server_default=text("'public'")),  # public | staff
    # 64-bit digests of the element groups that are compared but too long for a column.
    Column("basis_digest", BigInteger, nullable=False),
    Column("burden_digest", BigInteger, nullable=False),
    CheckConstraint("state IN ('in_use', 'suspended', 'cancelled')", name="state"),
    CheckConstraint("version > 0", name="version"),
    ForeignKeyConstraint(["list_id"], ["qingdan.list.id"]),
    ForeignKeyConstraint(["implementing_body"], ["qingdan.organ.id"]),
    Index("ix_item_list_id", "list_id", "id"),
    Index("ix_item_match", "base_code", "kind", "region_code", "implementing_body", "handling_item"),
    Index("ix_item_main_code", "main_code", "kind"),
    Index("ix_item_implementation_code", "implementation_code"),
    Index("ix_item_section", "list_id", "section", postgresql_where=text("section IS NOT NULL")),
)

# A version holds from its instant until the next one begins; rows are never changed.
item_version = Table(
    "item_version",
    metadata,
    identifier("item_id"),
    Column("number", Integer, primary_key=True, autoincrement=False),
    instant("effective_from"),
    instant("recorded_at", server_default=text("clock_timestamp()")),
    document("elements"),  # the complete entry, key elements included
    Column("changed", ARRAY(TEXT), nullable=False),  # names of the elements that differ from the version before
    # {element: {"rule", "item", "version"}} for elements that follow another list; "why does it say this"
    document("provenance", server_default=text("'{}'")),
    Column("rule_set", Integer),
    reference("adjustment_id", nullable=True),  # root adjustment or import
    label("operation"),  # add | modify | suspend | resume | cancel | transfer | sync | import | accept | restore
    UniqueConstraint("item_id", "effective_from"),
    ForeignKeyConstraint(["item_id"], ["qingdan.item.id"]),
)

# A code once given is never given again; history says what became of it.
item_code = Table(
    "item_code",
    metadata,
    identifier("item_id"),
    label("code", primary_key=True),
    reference("list_id"),
    label("scheme", primary_key=True),  # base | implementation | material
    # Where the code is given only once: the kind (implementation codes) or the list (base codes); empty: not unique.
    label("space", nullable=True),
    instant("valid_from"),
    instant("valid_until", nullable=True),
    label("successor", nullable=True),  # the code the item itself has had since
    reference("replaced_by", nullable=True),  # always empty: programs before `item_successor` read it while they run
    label("ended_by", nullable=True),  # operation that ended it: transfer | modify | cancel | sync | import ...
    reference("adjustment_id", nullable=True),  # root adjustment (or import) of that operation
    Index("ix_item_code_code", "code"),
    Index("uq_item_code_space_code", "space", "code", unique=True, postgresql_where=text("space IS NOT NULL")),
)

# Merged into one, split into several: what a cancelled entry has become.
item_successor = Table(
    "item_successor",
    metadata,
    identifier("item_id"),
    identifier("successor_id"),
    instant("since"),
    reference("adjustment_id"),
    ForeignKeyConstraint(["item_id"], ["qingdan.item.id"]),
    ForeignKeyConstraint(["successor_id"], ["qingdan.item.id"]),
    Index("ix_item_successor_successor_id", "successor_id"),
)

# Entries of a peer's catalogue that this list could not take, and why; gone once a version of theirs is sound.
mirror_refusal = Table(
    "mirror_refusal",
    metadata,
    identifier("item_id"),
    reference("peer_id"),
    Column("version", BigInteger, nullable=False),  # the peer's
    label("element"),
    label("code"),
    label("message"),
    instant("refused_at", server_default=text("clock_timestamp()")),
    Index("ix_mirror_refusal_peer_id", "peer_id"),
)

item_link = Table(
    "item_link",
    metadata,
    identifier(),
    reference("from_item_id"),
    reference("to_item_id"),
    label("type"),
    label("note", server_default=text("''")),
    instant("created_at", server_default=text("clock_timestamp()")),
    label("created_by"),
    UniqueConstraint("from_item_id", "to_item_id", "type"),
    Index("ix_item_link_to_item_id", "to_item_id"),
)
