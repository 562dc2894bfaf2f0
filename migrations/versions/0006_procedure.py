"""The full procedure: bindings, parallel steps, limits with a unit, publication and filing.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrate import drop_views

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

SCHEMA = "qingdan"
OLD_KEY = "uq_review_step_adjustment_id_submission_number_organ_id"
KEY = "uq_review_step_adjustment_id_submission_number_of_whom"

# {"limit_working_days": 15} becomes {"limit": {"amount": 15, "unit": "working_day"}}; order of steps stays.
STEPS_UP = """
UPDATE qingdan.procedure_template SET steps = (
    SELECT jsonb_agg(
        step.value - 'limit_working_days' || jsonb_build_object(
            'limit', CASE WHEN jsonb_typeof(step.value -> 'limit_working_days') = 'number'
                          THEN jsonb_build_object('amount', step.value -> 'limit_working_days', 'unit', 'working_day')
                     END,
            'beside', NULL, 'sealed', false, 'recipients', '[]'::jsonb)
        ORDER BY step.ordinality)
    FROM jsonb_array_elements(steps) WITH ORDINALITY AS step)
"""
# What the older form cannot say (other units, parallel steps, filings) is lost on the way back.
STEPS_DOWN = """
UPDATE qingdan.procedure_template SET steps = (
    SELECT jsonb_agg(
        step.value - 'limit' - 'beside' - 'sealed' - 'recipients' || jsonb_build_object(
            'limit_working_days', CASE WHEN step.value -> 'limit' ->> 'unit' = 'working_day'
                                       THEN step.value -> 'limit' -> 'amount' END)
        ORDER BY step.ordinality)
    FROM jsonb_array_elements(steps) WITH ORDINALITY AS step)
"""
STEPS_UNKNOWN_BEFORE = """
DELETE FROM qingdan.review_step AS s
WHERE s.act IN ('publish', 'file') OR s.role = 'joint_reviewer'
   OR s.act = 'legality' AND EXISTS (
       SELECT FROM qingdan.review_step AS r
       WHERE r.adjustment_id = s.adjustment_id AND r.submission = s.submission AND r.number = s.number AND r.id <> s.id)
"""
KINDS = '["modify", "resume", "suspend", "add", "take_over", "transfer", "devolve", "cancel"]'


def upgrade() -> None:
    _bindings()
    _limits()
    op.add_column("adjustment", _of("operations", postgresql.ARRAY(sa.TEXT()), default="'{}'"), schema=SCHEMA)
    op.add_column("adjustment", _of("published_at", sa.DateTime(timezone=True)), schema=SCHEMA)
    op.add_column("adjustment", _of("filed_at", sa.DateTime(timezone=True)), schema=SCHEMA)
    op.alter_column("adjustment", "procedure_code", nullable=True, schema=SCHEMA)
    op.alter_column("adjustment", "procedure_version", nullable=True, schema=SCHEMA)
    # What was submitted keeps its procedure as long as it is about the same; a draft gets its own on submission.
    op.execute(
        """
        UPDATE qingdan.adjustment AS a SET operations = ARRAY(
            SELECT DISTINCT c.operation FROM qingdan.change AS c WHERE c.adjustment_id = a.id ORDER BY 1)
        WHERE a.submission > 0
        """
    )
    op.execute("UPDATE qingdan.adjustment SET procedure_code = NULL, procedure_version = NULL WHERE submission = 0")
    op.execute(f"UPDATE qingdan.procedure_template SET kinds = '{KINDS}' WHERE region_code IS NULL")
    op.execute(STEPS_UP)


def _bindings() -> None:
    op.create_table(
        "procedure_binding",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("template_code", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("locked", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        *_origin(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_procedure_binding")),
        schema=SCHEMA,
    )
    op.create_index(
        "ix_procedure_binding_region_code_kind", "procedure_binding", ["region_code", "kind"], schema=SCHEMA
    )
    op.create_table(
        "role_binding",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("organ_id", sa.Uuid(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        *_origin(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_binding")),
        schema=SCHEMA,
    )
    op.create_index("ix_role_binding_region_code_role", "role_binding", ["region_code", "role"], schema=SCHEMA)


def _origin() -> list[sa.Column[Any]]:
    return [
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
    ]


def _limits() -> None:
    op.add_column("review_step", _of("sealed", sa.Boolean(), default="false"), schema=SCHEMA)
    op.add_column("review_step", _of("recipient", sa.Text()), schema=SCHEMA)
    op.add_column("review_step", _of("recipient_organ_id", sa.Uuid()), schema=SCHEMA)
    op.add_column("review_step", _of("limit_amount", sa.Integer()), schema=SCHEMA)
    op.add_column("review_step", _of("limit_unit", sa.Text()), schema=SCHEMA)
    op.execute(
        "UPDATE qingdan.review_step SET limit_amount = limit_working_days, limit_unit = 'working_day'"
        " WHERE limit_working_days IS NOT NULL"
    )
    op.drop_column("review_step", "limit_working_days", schema=SCHEMA)
    op.drop_constraint(OLD_KEY, "review_step", schema=SCHEMA)
    key = ["adjustment_id", "submission", "number", "code", "organ_id", "recipient"]
    op.create_unique_constraint(KEY, "review_step", key, schema=SCHEMA, postgresql_nulls_not_distinct=True)


def _of(name: str, type_: Any, *, default: str | None = None) -> sa.Column[Any]:
    return sa.Column(name, type_, server_default=sa.text(default) if default else None, nullable=default is None)


def downgrade() -> None:
    drop_views(op.get_bind())
    op.execute(STEPS_DOWN)
    op.drop_constraint(KEY, "review_step", schema=SCHEMA)
    op.execute(STEPS_UNKNOWN_BEFORE)
    key = ["adjustment_id", "submission", "number", "organ_id"]
    op.create_unique_constraint(OLD_KEY, "review_step", key, schema=SCHEMA, postgresql_nulls_not_distinct=True)
    op.add_column("review_step", sa.Column("limit_working_days", sa.Integer(), nullable=True), schema=SCHEMA)
    op.execute("UPDATE qingdan.review_step SET limit_working_days = limit_amount WHERE limit_unit = 'working_day'")
    for column in ("limit_unit", "limit_amount", "recipient_organ_id", "recipient", "sealed"):
        op.drop_column("review_step", column, schema=SCHEMA)
    op.execute(
        "UPDATE qingdan.adjustment SET procedure_code = 'short', procedure_version = 1 WHERE procedure_code IS NULL"
    )
    op.alter_column("adjustment", "procedure_version", nullable=False, schema=SCHEMA)
    op.alter_column("adjustment", "procedure_code", nullable=False, schema=SCHEMA)
    for column in ("filed_at", "published_at", "operations"):
        op.drop_column("adjustment", column, schema=SCHEMA)
    op.drop_index("ix_role_binding_region_code_role", table_name="role_binding", schema=SCHEMA)
    op.drop_table("role_binding", schema=SCHEMA)
    op.drop_index("ix_procedure_binding_region_code_kind", table_name="procedure_binding", schema=SCHEMA)
    op.drop_table("procedure_binding", schema=SCHEMA)
