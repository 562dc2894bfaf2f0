"""What one role has to do."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    Index,
    Integer,
    Table,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, UUID

from shared.schema.base import document, identifier, instant, label, metadata, reference

task = Table(
    "task",
    metadata,
    identifier(),
    label("kind"),  # see TaskKind in services/workflow/tasks/schemas.py
    label("region_code"),
    reference("organ_id", nullable=True),
    label("role", nullable=True),
    label("title"),
    label("subject"),  # what it is about: draft/<id>, adjustment/<id> …
    reference("list_id", nullable=True),
    reference("adjustment_id", nullable=True),
    label("state", server_default=text("'open'")),  # open | parked | done | void
    instant("opened_at", server_default=text("clock_timestamp()")),
    instant("due_at", nullable=True),
    instant("closed_at", nullable=True),
    label("closed_by", nullable=True),
    reference("assignee_id", nullable=True),  # an account; empty: whoever of the role takes it
    instant("overdue_at", nullable=True),  # since when it is known to be late
    document("history", server_default=text("'[]'")),  # [{"at", "act", "by", "to", "reason"}]
    Column("version", Integer, nullable=False, server_default=text("1")),
    label("cause", nullable=True),  # what tasks were opened by together: document/<id>, adjustment/<id>, item/<id>
    reference("parent_id", nullable=True),  # the task it is a part of
    # Beside the organ that leads (配合单位).
    Column("joint_organ_ids", ARRAY(UUID(as_uuid=True)), nullable=False, server_default=text("'{}'")),
    UniqueConstraint("kind", "subject"),
    Index("ix_task_open", "region_code", "role", postgresql_where=text("state = 'open'")),
    Index("ix_task_adjustment_id", "adjustment_id"),
    Index("ix_task_assignee_id", "assignee_id", postgresql_where=text("state = 'open'")),
    Index("ix_task_parent_id", "parent_id", postgresql_where=text("parent_id IS NOT NULL")),
    Index("ix_task_overdue_at", "id", postgresql_where=text("state = 'open' AND overdue_at IS NOT NULL")),
)
