"""Guidance between levels: what an organ has shown those below, and what they ask it."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, ForeignKeyConstraint, Index, Integer, Table, text
from sqlalchemy.dialects.postgresql import ARRAY, TEXT

from shared.schema.base import identifier, instant, label, metadata, reference

# What an organ did for regions below about kinds of list; it meets the obligations to guide them.
guidance_record = Table(
    "guidance_record",
    metadata,
    identifier(),
    reference("organ_id"),
    Column("region_codes", ARRAY(TEXT), nullable=False),
    Column("list_kinds", ARRAY(TEXT), nullable=False),
    label("method"),  # visit | training | meeting | call | document
    Column("held_on", Date, nullable=False),
    label("content"),
    label("recorded_by"),
    instant("recorded_at"),
    Index("ix_guidance_record_region_codes", "region_codes", postgresql_using="gin"),
    Index("ix_guidance_record_organ_id", "organ_id", "id"),
)

# What an organ asks its counterpart above. It has the id of its task.
guidance_question = Table(
    "guidance_question",
    metadata,
    identifier(),
    label("region_code"),  # of who asks
    reference("organ_id"),
    label("asked_region"),
    reference("asked_organ_id"),
    label("list_kind", nullable=True),
    reference("list_id", nullable=True),
    reference("item_id", nullable=True),
    label("title"),
    label("state", server_default=text("'open'")),  # open | answered | closed
    Column("shared", Boolean, nullable=False, server_default=text("false")),  # its answer is for everybody below
    instant("due_at"),
    label("asked_by"),
    instant("asked_at"),
    instant("answered_at", nullable=True),
    Column("version", Integer, nullable=False, server_default=text("1")),
    Index("ix_guidance_question_region_code", "region_code", "id"),
    Index("ix_guidance_question_asked_region", "asked_region", "id"),
)

guidance_message = Table(
    "guidance_message",
    metadata,
    reference("question_id", primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    label("act"),  # question | answer | follow_up
    reference("organ_id"),
    label("content"),
    label("written_by"),
    instant("written_at"),
    ForeignKeyConstraint(["question_id"], ["qingdan.guidance_question.id"]),
)
