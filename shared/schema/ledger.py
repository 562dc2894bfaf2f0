"""Tables of the shared ledger: the log, its readers, and what makes requests and long work repeatable.

Services insert; they update only `log_head`, and their own rows of `consumer`, `parked` and `operation`
(row-level security). Nobody updates or deletes `event` and `audit`.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, Date, Index, Integer, LargeBinary, SmallInteger, Table, text
from sqlalchemy.dialects.postgresql import ARRAY, TEXT, UUID

from shared.schema.base import document, identifier, instant, label, metadata, reference

# One row. Whoever appends locks it, so positions are gapless and in commit order.
log_head = Table(
    "log_head",
    metadata,
    Column("id", SmallInteger, CheckConstraint("id = 1", name="single"), primary_key=True, autoincrement=False),
    Column("position", BigInteger, nullable=False),
    # Changes with every restore to an earlier point: positions of two epochs must never be compared.
    reference("epoch"),
)

# References and names of what changed, never values: values are read from the immutable version named here.
event = Table(
    "event",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    reference("id"),
    label("type"),
    label("service"),
    label("region_code", nullable=True),
    label("list_kind", nullable=True),
    reference("list_id", nullable=True),
    Column("item_ids", ARRAY(UUID(as_uuid=True)), nullable=False, server_default=text("'{}'")),
    # versions[n] is the version of item_ids[n] that this event speaks of; empty when no item version is meant.
    Column("versions", ARRAY(Integer), nullable=False, server_default=text("'{}'")),
    Column("elements", ARRAY(TEXT), nullable=False, server_default=text("'{}'")),
    reference("adjustment_id", nullable=True),
    reference("cause_id", nullable=True),
    instant("effective_at", nullable=True),
    instant("recorded_at", server_default=text("clock_timestamp()")),
    label("actor"),
    label("reason", nullable=True),
    label("legal_basis", nullable=True),
    label("request_id", nullable=True),
    document("refs", server_default=text("'{}'")),
    Index("ix_event_adjustment_id", "adjustment_id", postgresql_where=text("adjustment_id IS NOT NULL")),
    Index("ix_event_id", "id"),
    postgresql_partition_by="RANGE (position)",
)

# Acts without a change of state: sign-in, export, refused attempt, an operator's skip.
audit = Table(
    "audit",
    metadata,
    identifier(),
    instant("recorded_at", server_default=text("clock_timestamp()")),
    label("service"),
    label("actor"),
    label("tag"),  # source:subject:action
    label("outcome"),
    label("request_id", nullable=True),
    document("detail", server_default=text("'{}'")),
    Index("ix_audit_recorded_at", "recorded_at"),
)

consumer = Table(
    "consumer",
    metadata,
    label("name", primary_key=True),
    label("service"),
    Column("position", BigInteger, nullable=False),
    label("state", server_default=text("'running'")),  # running | stopped
    label("stopped_because", nullable=True),
    instant("updated_at", server_default=text("clock_timestamp()")),
)

# What a consumer could not digest: held back until it is released, while everything else goes on.
parked = Table(
    "parked",
    metadata,
    label("consumer", primary_key=True),
    # The item that is held; an event without items is parked under its own id.
    identifier("item_id"),
    label("service"),
    Column("first_position", BigInteger, nullable=False),
    label("error_code"),
    label("error"),
    label("remedy"),
    instant("parked_at", server_default=text("clock_timestamp()")),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("day", Date, primary_key=True),
    label("client", primary_key=True),
    label("operation", primary_key=True),
    label("key", primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("status", SmallInteger, nullable=False),
    document("headers"),
    Column("body", LargeBinary, nullable=False),
    postgresql_partition_by="RANGE (day)",
)

# Work longer than a second: survives the process that does it.
operation = Table(
    "operation",
    metadata,
    identifier(),
    label("service"),
    label("kind"),
    label("state", server_default=text("'queued'")),  # queued | running | succeeded | failed | cancelled
    document("parameters"),
    Column("done", BigInteger, nullable=False, server_default=text("0")),
    Column("total", BigInteger),
    document("result", nullable=True),
    label("error", nullable=True),  # of the last attempt that failed; none once it has succeeded
    Column("cancel_requested", SmallInteger, nullable=False, server_default=text("0")),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    instant("not_before", nullable=True),  # after a passing error: when the next attempt may begin
    label("created_by"),
    instant("created_at", server_default=text("clock_timestamp()")),
    instant("started_at", nullable=True),
    instant("heartbeat_at", nullable=True),
    instant("finished_at", nullable=True),
    Index("ix_operation_open", "service", "created_at", postgresql_where=text("state IN ('queued', 'running')")),
)

# What the log held, hashed in a chain each minute and signed with a key that is not here. Nobody updates or deletes.
seal = Table(
    "seal",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    reference("epoch"),
    Column("from_position", BigInteger, nullable=False, unique=True),
    Column("to_position", BigInteger, nullable=False, unique=True),
    Column("hash", LargeBinary, nullable=False),
    Column("previous", LargeBinary, nullable=False),
    instant("sealed_at"),
    label("key_id"),
    Column("signature", LargeBinary, nullable=False),
    CheckConstraint("from_position <= to_position", name="range"),
    Index("ix_seal_sealed_at", "sealed_at"),
)
