"""Tables of the workflow service around the inbox: messages and their ways out, escalation, substitutes, contacts."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, TEXT

from shared.schema.base import document, identifier, instant, label, metadata, reference

# What an account was told of, in the product itself; several tasks of one cause are one message.
message = Table(
    "message",
    metadata,
    identifier(),
    reference("account_id"),
    label("act"),  # opened | assigned | released | warned | overdue | escalated, or of a subscription
    label("kind"),  # of the tasks, or `subscription`
    label("cause", nullable=True),
    reference("task_id", nullable=True),  # where it is about one task alone
    Column("tasks", Integer, nullable=False),
    label("title"),
    label("region_code"),
    instant("due_at", nullable=True),  # the first of them
    reference("behalf_of", nullable=True),  # the account the receiver stands in for
    instant("made_at"),
    instant("read_at", nullable=True),
    Column("digested_on", Date),
    Index("ix_message_account_id_made_at", "account_id", "made_at", "id"),
    Index("ix_message_unread", "account_id", postgresql_where=text("read_at IS NULL")),
    Index("ix_message_made_at", "made_at"),
)

# How an account wants to be told outside of the product.
message_preference = Table(
    "message_preference",
    metadata,
    identifier("account_id"),
    label("email", nullable=True),
    label("email_mode"),  # off | each | digest
    Column("digest_hour", Integer, nullable=False, server_default=text("8")),  # of Asia/Shanghai
    Column("messenger", Boolean, nullable=False, server_default=text("false")),
    instant("digest_since"),
    Column("digested_on", Date),
    Column("version", Integer, nullable=False, server_default=text("1")),
    instant("set_at"),
    CheckConstraint("email_mode IN ('off', 'each', 'digest')", name="email_mode"),
    CheckConstraint("email_mode = 'off' OR email IS NOT NULL", name="email"),
    CheckConstraint("digest_hour BETWEEN 0 AND 23", name="digest_hour"),
)

# The outbox: written with what it tells, sent afterwards, under the same identifier however often it is tried.
message_delivery = Table(
    "message_delivery",
    metadata,
    identifier(),
    reference("account_id"),
    label("channel"),  # email | messenger
    label("about"),  # message/<id> | digest/<day>
    document("content"),  # {"lines": [{"act", "kind", "tasks", "due_at"}]}: nothing that names an entry
    instant("made_at"),
    label("state", server_default=text("'waiting'")),  # waiting | sent | failed | dropped
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    instant("next_at", nullable=True),  # when it may be tried; while it is on its way: when it is given up
    label("error", nullable=True),
    instant("ended_at", nullable=True),
    UniqueConstraint("account_id", "channel", "about"),
    Index("ix_message_delivery_waiting", "channel", "next_at", postgresql_where=text("state = 'waiting'")),
    Index("ix_message_delivery_ended_at", "ended_at", postgresql_where=text("ended_at IS NOT NULL")),
)

# To whom what is late goes next, in a region and below it.
escalation_rule = Table(
    "escalation_rule",
    metadata,
    label("region_code", primary_key=True),
    document("steps"),  # [{"role", "to", "after_working_days"}]
    Column("version", Integer, nullable=False, server_default=text("1")),
    label("set_by"),
    instant("set_at"),
)

# How far a late task has risen. It counts for the lateness it names: a task that was given more time begins anew.
task_escalation = Table(
    "task_escalation",
    metadata,
    identifier("task_id"),
    instant("overdue_at"),
    Column("roles", ARRAY(TEXT), nullable=False, server_default=text("'{}'")),  # told so far, in order
    instant("next_at", nullable=True),  # empty: there is nobody above
    ForeignKeyConstraint(["task_id"], ["qingdan.task.id"], ondelete="CASCADE"),
)

# Who does the tasks of somebody who is away; whoever stands in holds the roles himself.
substitution = Table(
    "substitution",
    metadata,
    identifier(),
    reference("account_id"),
    reference("substitute_id"),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date, nullable=False),  # last day
    label("reason"),
    label("created_by"),
    instant("created_at"),
    Index("ix_substitution_account_id", "account_id", "valid_to"),
    Index("ix_substitution_substitute_id", "substitute_id", "valid_to"),
)

# Who leads, who is concretely in charge and who does the work in an organ (主要负责、分管负责、经办).
organ_contact = Table(
    "organ_contact",
    metadata,
    identifier(),
    reference("organ_id"),
    label("duty"),  # principal | deputy | operator
    label("name"),
    reference("account_id", nullable=True),
    label("phone", nullable=True),  # of the office
    label("note", nullable=True),
    Column("number", Integer, nullable=False),
    CheckConstraint("duty IN ('principal', 'deputy', 'operator')", name="duty"),
    UniqueConstraint("organ_id", "number"),
)

# One row an organ: what the contacts of the organ are changed against.
organ_contact_state = Table(
    "organ_contact_state",
    metadata,
    identifier("organ_id"),
    Column("version", Integer, nullable=False),
    label("set_by"),
    instant("set_at"),
)
