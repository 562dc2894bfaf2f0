"""Adjustments, their changes and the steps of their review."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    Sequence,
    Table,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, TEXT, UUID

from shared.schema.base import document, identifier, instant, label, metadata, reference

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
    Column("trigger_date", Date),  # when the cause arose; empty: of an adjustment from before this was asked
    label("legal_basis"),
    label("reason"),
    instant("effective_at", nullable=True),  # empty: with the decision
    label("transitional_rule"),
    # Fixed when it is submitted, from what its changes do; empty while it is compiled for the first time.
    Column("operations", ARRAY(TEXT), nullable=False, server_default=text("'{}'")),
    label("procedure_code", nullable=True),
    Column("procedure_version", Integer),
    # draft | checking | signing | in_review | returned | decided | scheduled | effective | conflict | withdrawn |
    # suspended | held
    label("state"),
    Column("minor", Boolean, nullable=False, server_default=text("false")),  # without review (微调)
    Column("submission", Integer, nullable=False, server_default=text("0")),
    document("compiled_by", server_default=text("'[]'")),  # account ids of everybody who touched the content
    document("decision", nullable=True),
    instant("decided_at", nullable=True),
    instant("applied_at", nullable=True),
    instant("published_at", nullable=True),  # every list it changed shows it
    instant("filed_at", nullable=True),  # the last recipient has given a receipt
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
    Column("applied_submission", Integer),  # the submission it was applied with; empty: before this was kept
    document("conflict", nullable=True),  # {element: {"base", "proposed", "current"}}
    Column("successors", ARRAY(UUID(as_uuid=True))),  # entries that take the place of one that is cancelled
    document("terms", nullable=True),  # of a suspension: {"until"} or {"condition"}
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
    # sign | review | legality | confirm | comment | assess | hear | consult | report | decide | publish | file
    label("act"),
    label("role"),
    label("region_code"),
    reference("organ_id", nullable=True),  # who is charged; empty where whoever has the role in the region may act
    Column("sealed", Boolean, nullable=False, server_default=text("false")),  # signing needs a digest or e-seal
    Column("optional", Boolean, nullable=False, server_default=text("false")),  # may be left out, with a reason
    Column("least_days", Integer),  # shortest period of public comment, in natural days
    label("recipient", nullable=True),  # to whom it is reported (报备)
    reference("recipient_organ_id", nullable=True),
    label("state"),  # waiting | open | passed | returned | void
    label("opinion", nullable=True),
    document("element_opinions", server_default=text("'[]'")),
    document("record", nullable=True),  # seal evidence, verdict, decision record, published lists, receipt
    label("decided_by", nullable=True),
    # From the opening, as the template had it when the submission was planned; empty: no limit.
    Column("limit_amount", Integer),
    label("limit_unit", nullable=True),  # working_day | natural_day | calendar_month | fixed_date
    Column("limit_day", Date),  # of fixed_date
    instant("opened_at", nullable=True),
    instant("due_at", nullable=True),
    instant("decided_at", nullable=True),
    ForeignKeyConstraint(["adjustment_id"], ["qingdan.adjustment.id"]),
    UniqueConstraint(
        "adjustment_id",
        "submission",
        "number",
        "code",
        "organ_id",
        "recipient",
        name="uq_review_step_adjustment_id_submission_number_of_whom",
        postgresql_nulls_not_distinct=True,
    ),
)
