"""Tables of the workflow service: adjustments, the procedures they pass, the tasks they leave and their clocks."""

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
from shared.schema.workflow_consultation import comment_answer as comment_answer
from shared.schema.workflow_consultation import comment_period as comment_period
from shared.schema.workflow_consultation import material_justification as material_justification
from shared.schema.workflow_consultation import submission as submission
from shared.schema.workflow_records import attachment as attachment
from shared.schema.workflow_records import attachment_content as attachment_content

procedure_template = Table(
    "procedure_template",
    metadata,
    label("code", primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    label("title"),
    label("region_code", nullable=True),
    document("kinds"),  # kinds of adjustment it applies to
    document("steps"),  # [{"code", "title", "act", "role", "limit": {"amount", "unit"}, "next", "beside", ...}]
    label("source", server_default=text("''")),
    Column("verified", Boolean, nullable=False, server_default=text("false")),
    instant("created_at", server_default=text("clock_timestamp()")),
)

# Which procedure a kind of adjustment passes; the newest that is valid counts, earlier ones stay as history.
procedure_binding = Table(
    "procedure_binding",
    metadata,
    identifier(),
    label("region_code", nullable=True),  # empty: the product's own, for the whole country
    label("kind"),
    label("list_kind", nullable=True),  # only adjustments of lists of this kind
    label("template_code"),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),  # last day; empty: until something else is bound
    Column("locked", Boolean, nullable=False, server_default=text("false")),  # regions below cannot bind otherwise
    label("source"),
    label("created_by"),
    instant("created_at", server_default=text("clock_timestamp()")),
    Index("ix_procedure_binding_region_code_kind", "region_code", "kind"),
)

# Which organ does the work of a role in a region: 审改办, 法制办 ... sit in different organs in different places.
role_binding = Table(
    "role_binding",
    metadata,
    identifier(),
    label("region_code"),
    label("role"),
    reference("organ_id"),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),
    label("source"),
    label("created_by"),
    instant("created_at", server_default=text("clock_timestamp()")),
    Index("ix_role_binding_region_code_role", "region_code", "role"),
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
    Column("trigger_date", Date),  # when the cause arose; empty: of an adjustment from before this was asked
    label("legal_basis"),
    label("reason"),
    instant("effective_at", nullable=True),  # empty: with the decision
    label("transitional_rule"),
    # Fixed when it is submitted, from what its changes do; empty while it is compiled for the first time.
    Column("operations", ARRAY(TEXT), nullable=False, server_default=text("'{}'")),
    label("procedure_code", nullable=True),
    Column("procedure_version", Integer),
    # draft | checking | signing | in_review | returned | decided | scheduled | effective | conflict | withdrawn
    label("state"),
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
    document("conflict", nullable=True),  # {element: {"base", "proposed", "current"}}
    Column("successors", ARRAY(UUID(as_uuid=True))),  # entries that take the place of one that is cancelled
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
    label("limit_unit", nullable=True),  # working_day | natural_day | calendar_month
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

task = Table(
    "task",
    metadata,
    identifier(),
    label("kind"),  # review | linkage_draft | finding | conflict | correction | deadline | claim | feedback
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
    reference("assignee_id", nullable=True),  # an account; empty: whoever of the role takes it
    instant("overdue_at", nullable=True),  # since when it is known to be late
    document("history", server_default=text("'[]'")),  # [{"at", "act", "by", "to", "reason"}]
    Column("version", Integer, nullable=False, server_default=text("1")),
    UniqueConstraint("kind", "subject"),
    Index("ix_task_open", "region_code", "role", postgresql_where=text("state = 'open'")),
    Index("ix_task_adjustment_id", "adjustment_id"),
    Index("ix_task_assignee_id", "assignee_id", postgresql_where=text("state = 'open'")),
)

# A year of a region's working calendar as its administrator set it; the days themselves are overrides.
calendar_year = Table(
    "calendar_year",
    metadata,
    label("region_code", primary_key=True),
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("announced", Boolean, nullable=False),  # the overrides are complete: nothing of the year is provisional
    label("source"),
    Column("version", Integer, nullable=False, server_default=text("1")),
    label("set_by"),
    instant("set_at"),
)

calendar_override = Table(
    "calendar_override",
    metadata,
    label("region_code", primary_key=True),
    Column("day", Date, primary_key=True),
    Column("working", Boolean, nullable=False),
    label("name"),
    label("source"),
)

clock_threshold = Table(
    "clock_threshold",
    metadata,
    label("region_code", primary_key=True),
    document("thresholds"),  # [{"grade", "share_percent" | "working_days_before"}]
    Column("version", Integer, nullable=False, server_default=text("1")),
    label("set_by"),
    instant("set_at"),
)

# The running limit of a task; it has the id of the task it measures.
clock = Table(
    "clock",
    metadata,
    identifier(),
    label("subject", unique=True),  # as of the task: review_step/<id>, finding/<id> …
    label("region_code"),
    reference("organ_id", nullable=True),
    label("role", nullable=True),  # who is charged with the task
    reference("adjustment_id", nullable=True),
    Column("amount", Integer, nullable=False),
    label("unit"),  # working_day | natural_day | calendar_month | nth_day_of_month | fixed_date
    instant("fixed_at", nullable=True),
    Column("extension_most", Integer, nullable=False),
    instant("started_at"),
    instant("due_at"),
    Column("provisional", Boolean, nullable=False),
    label("state"),  # running | paused | overdue | stopped
    document("pauses", server_default=text("'[]'")),
    document("extensions", server_default=text("'[]'")),
    document("thresholds"),  # of the region when it started
    document("warnings"),  # [{"grade", "at", "told_at"}]
    instant("next_at", nullable=True),  # when there is something to say next; empty: never
    Column("recalculate", Boolean, nullable=False, server_default=text("false")),
    Column("version", Integer, nullable=False, server_default=text("1")),
    instant("stopped_at", nullable=True),
    Index("ix_clock_next_at", "next_at", postgresql_where=text("next_at IS NOT NULL")),
    Index("ix_clock_recalculate", "id", postgresql_where=text("recalculate")),
    Index("ix_clock_running", "region_code", "due_at", postgresql_where=text("state <> 'stopped'")),
)

deadline_rule = Table(
    "deadline_rule",
    metadata,
    label("code", primary_key=True),
    label("title"),
    label("region_code", nullable=True),  # holds there and below; empty: everywhere
    label("trigger"),  # list.enacted | month.begun
    label("trigger_level", nullable=True),  # level of the region whose list is the cause
    Column("kinds", ARRAY(TEXT), nullable=False, server_default=text("'{}'")),  # of list; empty: all
    Column("levels", ARRAY(TEXT), nullable=False),  # of the regions that have to act
    Column("amount", Integer, nullable=False),
    label("unit"),
    Column("extension_most", Integer),  # longest extension in all; empty: half of the limit
    label("role"),
    label("task_title"),
    label("source"),
    Column("verified", Boolean, nullable=False, server_default=text("false")),
    Column("active", Boolean, nullable=False, server_default=text("false")),
    Column("begun_month", Date, nullable=True),  # of a monthly rule: the last month it has opened tasks in
    Column("version", Integer, nullable=False, server_default=text("1")),
    label("set_by"),
    instant("set_at", server_default=text("clock_timestamp()")),
)
