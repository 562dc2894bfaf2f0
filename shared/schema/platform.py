"""Tables of the exchange with platforms: the peers, what was sent to them and what they said, what they publish.

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
    Table,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, TEXT

from shared.schema.base import document, identifier, instant, label, metadata, reference

_TO_PEER = (["peer_id"], ["qingdan.peer.id"])

peer = Table(
    "peer",
    metadata,
    identifier(),
    label("code", unique=True),
    label("name"),
    label("base_url"),
    label("source_code"),  # DATA_SOURCE: under which the platform knows this installation
    Column("region_codes", ARRAY(TEXT), nullable=False),  # it takes lists of these regions and all below them
    Column("list_kinds", ARRAY(TEXT), nullable=False),
    document("mapping"),
    label("credential", nullable=True),  # name of a secret file; never its content
    reference("mirror_list_id", nullable=True),  # the list here that mirrors its catalogue
    Column("batch_size", Integer, nullable=False),
    label("transport", server_default=text("'item_exchange'")),  # how it is spoken to
    document("options", server_default=text("'{}'")),  # what can be set of that
    Column("rows_per_second", Integer),  # it is sent no more than that; empty: as fast as it answers
    Column("compare_hours", Integer, server_default=text("24")),  # how often all it holds is compared; empty: never
    label("state", server_default=text("'active'")),
    Column("version", Integer, nullable=False, server_default=text("1")),
    label("created_by"),
    instant("created_at", server_default=text("clock_timestamp()")),
    CheckConstraint("state IN ('active', 'paused')", name="state"),
)

# How far the exchange with a peer is; apart from the peer, whose version people's changes are based on.
peer_progress = Table(
    "peer_progress",
    metadata,
    identifier("peer_id"),
    reference("epoch"),  # of the log; after a restore to an earlier point both sides are compared again
    Column("position", BigInteger, nullable=False, server_default=text("0")),  # last feed sequence turned into rows
    label("last_batch", nullable=True),
    label("feedback_cursor", server_default=text("''")),
    label("catalogue_cursor", server_default=text("''")),
    instant("rests_until", nullable=True),  # no worker sends before; where the peer has rows_per_second
    instant("last_success_at", nullable=True),
    instant("failed_at", nullable=True),
    label("last_error", nullable=True),
    Column("failures", Integer, nullable=False, server_default=text("0")),  # in a row
    instant("compared_at", nullable=True),  # when the last comparison by the clock was begun
    Column("unkept", Integer, nullable=False, server_default=text("0")),  # acknowledged, and the last comparison missed
    ForeignKeyConstraint(*_TO_PEER),
)

# One row for each version of an item that a peer is to have; versions of an item rise with each published change.
peer_row = Table(
    "peer_row",
    metadata,
    identifier("peer_id"),
    identifier("item_id"),
    Column("task_version", Integer, primary_key=True, autoincrement=False),
    reference("list_id", nullable=True),  # empty: an entry found at the peer that was never ours
    Column("sequence", BigInteger, nullable=False),  # of the feed entry it goes back to
    label("operation"),  # I insert | U update | D delete
    reference("row_guid"),
    label("state", server_default=text("'waiting'")),
    label("batch", nullable=True),
    label("err_type", nullable=True),
    label("remark", nullable=True),
    label("table_name", nullable=True),  # the platform's main table it was sent to: items change their family
    instant("queued_at", server_default=text("clock_timestamp()")),
    instant("answered_at", nullable=True),
    CheckConstraint("operation IN ('I', 'U', 'D')", name="operation"),
    CheckConstraint("state IN ('waiting', 'sending', 'accepted', 'rejected', 'superseded')", name="state"),
    ForeignKeyConstraint(*_TO_PEER),
    # The newest version of an item wins: at most one waits.
    Index("uq_peer_row_waiting", "peer_id", "item_id", unique=True, postgresql_where=text("state = 'waiting'")),
    Index("ix_peer_row_queue", "peer_id", "sequence", "item_id", postgresql_where=text("state = 'waiting'")),
    Index("ix_peer_row_state", "peer_id", "state", "item_id", "task_version"),
    Index("ix_peer_row_row_guid", "row_guid"),
    Index("ix_peer_row_batch", "peer_id", "batch"),
)

peer_batch = Table(
    "peer_batch",
    metadata,
    identifier("peer_id"),
    label("number", primary_key=True),  # day and five digits, such as 2019041100002
    label("state", server_default=text("'open'")),  # open | answered | dissolved
    Column("row_count", Integer, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("undecided", Boolean, nullable=False, server_default=text("false")),  # it has it, and decides later
    instant("made_at", server_default=text("clock_timestamp()")),
    instant("resend_at", server_default=text("clock_timestamp()")),  # until then somebody waits for its answer
    instant("answered_at", nullable=True),
    ForeignKeyConstraint(*_TO_PEER),
    Index("uq_peer_batch_open", "peer_id", unique=True, postgresql_where=text("state = 'open'")),
)

# What a platform's quality control said later (DN_AUDIT_ABNORMAL), matched to a row or not.
peer_feedback = Table(
    "peer_feedback",
    metadata,
    identifier("peer_id"),
    label("feedback_id", primary_key=True),
    label("row_guid", nullable=True),
    label("batch", nullable=True),
    label("err_type"),
    label("remark"),
    label("table_name", nullable=True),
    reference("item_id", nullable=True),  # empty: no row of ours has this row_guid
    Column("task_version", Integer),
    instant("received_at", server_default=text("clock_timestamp()")),
    ForeignKeyConstraint(*_TO_PEER),
    Index("ix_peer_feedback_row_guid", "peer_id", "row_guid"),
)

# The superior's catalogue as it was pulled: the newest version of each of its entries.
pulled_entry = Table(
    "pulled_entry",
    metadata,
    identifier("peer_id"),
    label("external_id", primary_key=True),
    Column("version", BigInteger, nullable=False),
    reference("item_id"),  # the item here that mirrors it
    document("payload"),
    document("elements", nullable=True),  # empty: it could not be read
    label("remark", nullable=True),  # why not
    instant("received_at", server_default=text("clock_timestamp()")),
    ForeignKeyConstraint(*_TO_PEER),
    Index("ix_pulled_entry_item_id", "item_id"),
)

# Where in the feed a moment lies that a library's reader was given: it comes back with the moment alone.
library_instant = Table(
    "library_instant",
    metadata,
    Column("stamp", BigInteger, primary_key=True, autoincrement=False),  # milliseconds
    Column("sequence", BigInteger, nullable=False),
    UniqueConstraint("sequence"),
)
