"""Tables of the workflow service: adjustments, the procedures they pass, and the tasks they leave."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKeyConstraint, Index, Integer, Sequence, Table, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, UUID

from shared.schema.base import document, identifier, instant, label, metadata, reference

procedure_template = Table(
    "procedure_template",
    metadata,
    label("code", primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    label("title"),
    label("region_code", nullable=True),
    document("kinds"),  # kinds of adjustment it applies to
    document("steps"),  # [{"code", "title", "role", "at", "act", ...}]
    label("source", server_default=text("''")),
    Column("verified", Boolean, nullable=False, server_default=text("false")),
    instant("created_at", server_default=text("clock_timestamp()")),
)

adjustment_number = Sequence("adjustment_number", metadata=metadata)

adjustment = Table(
    "adjustment",
    metadata,
    identifier(),
    label("number", unique=True),
    label("title"),
    label("region_code"),
    reference("organ_id"),  # the organ that leads it
    Column("participants", ARRAY(UUID(as_uuid=True)), nullable=False, server_default=text("'{}'")),
    label("trigger"),
    label("trigger_reference"),
    label("legal_basis"),
    label("reason"),
    instant("effective_at", nullable=True),  # empty: with the decision
    label("transitional_rule"),
    label("procedure_code"),
    Column("procedure_version", Integer, nullable=False),
    # draft | checking | signing | in_review | returned | decided | scheduled | effective | conflict | withdrawn
    label("state"),
    Column("submission", Integer, nullable=False, server_default=text("0")),
    document("compiled_by", server_default=text("'[]'")),  # account ids of everybody who touched the content
    document("decision", nullable=True),
    instant("decided_at", nullable=True),
    instant("applied_at", nullable=True),
    reference("effective_event_id", nullable=True),
    Column("version", Integer, nullable=False, server_default=text("1")),
    label("created_by"),
    instant("created_at", server_default=text("clock_timestamp()")),
    instant("updated_at", server_default=text("clock_timestamp()")),
    Index("ix_adjustment_region_code_state", "region_code", "state"),
    Index("ix_adjustment_due", "effective_at", postgresql_where=text("state = 'scheduled'")),
)

change = Table(
    "change",
    metadata,
    identifier(),
    reference("adjustment_id"),
    Column("number", Integer, nullable=False),
    label("operation"),  # add | modify | suspend | resume | cancel | transfer
    reference("list_id"),
    reference("item_id"),  # of an added item: the id it will have
    reference("organ_id"),
    Column("base_version", Integer),
    document("base", server_default=text("'{}'")),  # {element: value the compiler saw}
    document("proposed"),  # {element: new value}
    label("outcome", nullable=True),  # applied | no_change | conflict
    document("conflict", nullable=True),  # {element: {"base", "proposed", "current"}}
    label("compiled_by"),
    ForeignKeyConstraint(["adjustment_id"], ["qingdan.adjustment.id"]),
    UniqueConstraint("adjustment_id", "number"),
    UniqueConstraint("adjustment_id", "item_id"),
    Index("ix_change_item_id", "item_id"),
)

review_step = Table(
    "review_step",
    metadata,
    identifier(),
    reference("adjustment_id"),
    Column("submission", Integer, nullable=False),
    Column("number", Integer, nullable=False),
    label("code"),
    label("title"),
    label("act"),  # sign | review | legality | decide
    label("role"),
    label("region_code"),
    reference("organ_id", nullable=True),  # who signs; empty where the step is one for the region
    label("state"),  # waiting | open | passed | returned | void
    label("opinion", nullable=True),
    document("element_opinions", server_default=text("'[]'")),
    document("record", nullable=True),  # seal evidence, verdict, decision record
    label("decided_by", nullable=True),
    # Working days from the opening, as the template had it when the submission was planned; empty: no limit.
    Column("limit_working_days", Integer),
    instant("opened_at", nullable=True),
    instant("due_at", nullable=True),
    instant("decided_at", nullable=True),
    ForeignKeyConstraint(["adjustment_id"], ["qingdan.adjustment.id"]),
    UniqueConstraint("adjustment_id", "submission", "number", "organ_id", postgresql_nulls_not_distinct=True),
)

task = Table(
    "task",
    metadata,
    identifier(),
    label("kind"),  # review | linkage_draft | finding | conflict
    label("region_code"),
    reference("organ_id", nullable=True),
    label("role", nullable=True),
    label("title"),
    label("subject"),  # what it is about: draft/<id>, adjustment/<id> …
    reference("list_id", nullable=True),
    reference("adjustment_id", nullable=True),
    label("state", server_default=text("'open'")),  # open | done | void
    instant("opened_at", server_default=text("clock_timestamp()")),
    instant("due_at", nullable=True),
    instant("closed_at", nullable=True),
    label("closed_by", nullable=True),
    UniqueConstraint("kind", "subject"),
    Index("ix_task_open", "region_code", "role", postgresql_where=text("state = 'open'")),
    Index("ix_task_adjustment_id", "adjustment_id"),
)
