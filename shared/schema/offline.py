"""Tables of offline exchange: partners in other networks, packages to and from them, what came and what was said of it.

They belong to the publish service (`shared/schema/publish.py` names them as its own).
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, TEXT

from shared.schema.base import document, identifier, instant, label, metadata, reference

_TO_PARTNER = (["partner_id"], ["qingdan.offline_partner.id"])

offline_partner = Table(
    "offline_partner",
    metadata,
    identifier(),
    label("code", unique=True),
    label("name"),
    label("own_code"),  # under which the partner knows us
    label("public_keys"),  # PEM; several while keys are exchanged
    Column("region_codes", ARRAY(TEXT), nullable=False),  # of the lists it gets
    Column("list_kinds", ARRAY(TEXT), nullable=False),
    Column("version", Integer, nullable=False, server_default=text("1")),
    label("created_by"),
    instant("created_at", server_default=text("clock_timestamp()")),
)

# A list here that mirrors a list of the partner. Its id is the peer that mirrored lists know.
offline_mirror = Table(
    "offline_mirror",
    metadata,
    identifier(),
    reference("partner_id"),
    reference("source_list_id"),
    reference("list_id"),
    UniqueConstraint("partner_id", "source_list_id"),
    UniqueConstraint("list_id"),
    ForeignKeyConstraint(*_TO_PARTNER),
)

offline_progress = Table(
    "offline_progress",
    metadata,
    identifier("partner_id"),
    reference("epoch"),  # of the log; after a restore only a whole package goes out
    Column("position", BigInteger, nullable=False, server_default=text("0")),  # last feed sequence sent
    Column("sent_serial", Integer, nullable=False, server_default=text("0")),
    label("sent_hash", server_default=text("repeat('0', 64)")),
    Column("received_serial", Integer, nullable=False, server_default=text("0")),
    label("received_hash", server_default=text("repeat('0', 64)")),
    Column("acknowledged_serial", Integer, nullable=False, server_default=text("0")),  # of those received, by us
    ForeignKeyConstraint(*_TO_PARTNER),
)

# A package that waits for the worker: its bytes until it was taken or refused, then what came of it.
offline_upload = Table(
    "offline_upload",
    metadata,
    identifier("operation_id"),
    reference("partner_id"),
    Column("content", LargeBinary),
    document("result", nullable=True),
    ForeignKeyConstraint(*_TO_PARTNER),
)

offline_package = Table(
    "offline_package",
    metadata,
    identifier("partner_id"),
    label("direction", primary_key=True),  # out | in
    Column("serial", Integer, primary_key=True, autoincrement=False),
    label("kind"),
    label("hash"),
    Column("from_position", BigInteger, nullable=False),
    Column("until_position", BigInteger, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("whole", Boolean, nullable=False),
    document("ignored", server_default=text("'[]'")),  # lists of a received one that nothing here mirrors
    Column("content", LargeBinary),  # of the newest sent one, to be fetched
    label("made_by"),
    instant("made_at"),
    # Of a sent one with entries: the last number of the feed, and how far the publication was, before it was read.
    Column("seen_sequence", BigInteger),
    Column("seen_position", BigInteger),
    CheckConstraint("direction IN ('out', 'in')", name="direction"),
    CheckConstraint("kind IN ('entries', 'acknowledgement')", name="kind"),
    ForeignKeyConstraint(*_TO_PARTNER),
)

# The partner's entries as they came last.
offline_entry = Table(
    "offline_entry",
    metadata,
    identifier("mirror_id"),
    identifier("source_item_id"),
    reference("item_id"),  # the item here that mirrors it
    Column("version", Integer, nullable=False),
    document("elements", nullable=True),  # empty: it could not be read
    label("remark", nullable=True),  # why not
    Column("withdrawn", Boolean, nullable=False),
    Column("serial", Integer, nullable=False),  # of the package that said so last
    instant("received_at"),
    ForeignKeyConstraint(["mirror_id"], ["qingdan.offline_mirror.id"]),
    Index("ix_offline_entry_item_id", "item_id"),
)

# What a partner has said of our entries.
offline_answer = Table(
    "offline_answer",
    metadata,
    identifier("partner_id"),
    identifier("item_id"),
    reference("list_id"),
    Column("task_version", Integer, nullable=False),
    label("state"),
    label("err_type", nullable=True),
    label("remark", nullable=True),
    Column("serial", Integer, nullable=False),  # of the acknowledgement
    instant("answered_at"),
    CheckConstraint("state IN ('accepted', 'rejected')", name="state"),
    ForeignKeyConstraint(*_TO_PARTNER),
)
