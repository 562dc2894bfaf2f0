"""The calendar register, clocks with their thresholds, and rules that make something due."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    Index,
    Integer,
    Table,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, TEXT

from shared.schema.base import document, identifier, instant, label, metadata, reference

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
