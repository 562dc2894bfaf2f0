"""All tables as of the first release.

Revision ID: 0001
Revises:
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(sa.schema.CreateSequence(sa.Sequence("adjustment_number", schema="qingdan")))
    op.create_table(
        "account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("organ_id", sa.Uuid(), nullable=True),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("failed_attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("login", name=op.f("uq_account_login")),
        schema="qingdan",
    )
    op.create_table(
        "adjustment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("organ_id", sa.Uuid(), nullable=False),
        sa.Column("participants", postgresql.ARRAY(sa.UUID()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("trigger", sa.Text(), nullable=False),
        sa.Column("trigger_reference", sa.Text(), nullable=False),
        sa.Column("legal_basis", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("transitional_rule", sa.Text(), nullable=False),
        sa.Column("procedure_code", sa.Text(), nullable=False),
        sa.Column("procedure_version", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("submission", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "compiled_by", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False
        ),
        sa.Column("decision", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("effective_event_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column(
            "updated_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adjustment")),
        sa.UniqueConstraint("number", name=op.f("uq_adjustment_number")),
        schema="qingdan",
    )
    op.create_index(
        "ix_adjustment_due",
        "adjustment",
        ["effective_at"],
        unique=False,
        schema="qingdan",
        postgresql_where=sa.text("state = 'scheduled'"),
    )
    op.create_index(
        "ix_adjustment_region_code_state", "adjustment", ["region_code", "state"], unique=False, schema="qingdan"
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "recorded_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
        schema="qingdan",
    )
    op.create_index("ix_audit_recorded_at", "audit", ["recorded_at"], unique=False, schema="qingdan")
    op.create_table(
        "cascade_ledger",
        sa.Column("adjustment_id", sa.Uuid(), nullable=False),
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("touched", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("unchanged", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("waiting", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("failed", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("first_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("adjustment_id", "list_id", "rule", name=op.f("pk_cascade_ledger")),
        schema="qingdan",
    )
    op.create_table(
        "consumer",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'running'"), nullable=False),
        sa.Column("stopped_because", sa.Text(), nullable=True),
        sa.Column(
            "updated_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_consumer")),
        schema="qingdan",
    )
    op.create_table(
        "day_equivalent",
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("amount", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("working_days", sa.Numeric(precision=8, scale=2), nullable=False),
        sa.PrimaryKeyConstraint("unit", "amount", name=op.f("pk_day_equivalent")),
        schema="qingdan",
    )
    op.create_table(
        "draft",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("rule_set", sa.Integer(), nullable=False),
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("list_kind", sa.Text(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=True),
        sa.Column("source_item_id", sa.Uuid(), nullable=False),
        sa.Column("source_version", sa.Integer(), nullable=False),
        sa.Column("elements", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'open'"), nullable=False),
        sa.Column("adjustment_id", sa.Uuid(), nullable=True),
        sa.Column("cause_id", sa.Uuid(), nullable=True),
        sa.Column("opinion", sa.Text(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft")),
        schema="qingdan",
    )
    op.create_index("ix_draft_adjustment_id", "draft", ["adjustment_id"], unique=False, schema="qingdan")
    op.create_index("ix_draft_list_id", "draft", ["list_id", "state"], unique=False, schema="qingdan")
    op.create_index("ix_draft_source_item_id", "draft", ["source_item_id"], unique=False, schema="qingdan")
    op.create_index(
        "uq_draft_open",
        "draft",
        ["rule", "list_id", "source_item_id", "item_id"],
        unique=True,
        schema="qingdan",
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "event",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=True),
        sa.Column("list_kind", sa.Text(), nullable=True),
        sa.Column("list_id", sa.Uuid(), nullable=True),
        sa.Column("item_ids", postgresql.ARRAY(sa.UUID()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("versions", postgresql.ARRAY(sa.Integer()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("elements", postgresql.ARRAY(sa.TEXT()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("adjustment_id", sa.Uuid(), nullable=True),
        sa.Column("cause_id", sa.Uuid(), nullable=True),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "recorded_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("legal_basis", sa.Text(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("refs", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_event")),
        schema="qingdan",
        postgresql_partition_by="RANGE (position)",
    )
    op.create_index(
        "ix_event_adjustment_id",
        "event",
        ["adjustment_id"],
        unique=False,
        schema="qingdan",
        postgresql_where=sa.text("adjustment_id IS NOT NULL"),
    )
    op.create_index("ix_event_id", "event", ["id"], unique=False, schema="qingdan")
    op.create_table(
        "feed_entry",
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("list_kind", sa.Text(), nullable=False),
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("changed", postgresql.ARRAY(sa.TEXT()), nullable=False),
        sa.Column("adjustment_id", sa.Uuid(), nullable=True),
        sa.Column("cause_id", sa.Uuid(), nullable=False),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "recorded_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_feed_entry")),
        sa.UniqueConstraint(
            "position", "item_id", name=op.f("uq_feed_entry_position_item_id"), postgresql_nulls_not_distinct=True
        ),
        schema="qingdan",
    )
    op.create_table(
        "finding",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("list_kind", sa.Text(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("element", sa.Text(), nullable=False),
        sa.Column("actual", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("expected", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("source_item_id", sa.Uuid(), nullable=True),
        sa.Column("source_version", sa.Integer(), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'open'"), nullable=False),
        sa.Column("adjustment_id", sa.Uuid(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("waiver", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding")),
        schema="qingdan",
    )
    op.create_index("ix_finding_adjustment_id", "finding", ["adjustment_id"], unique=False, schema="qingdan")
    op.create_index("ix_finding_item_id", "finding", ["item_id"], unique=False, schema="qingdan")
    op.create_index("ix_finding_list_id", "finding", ["list_id", "state"], unique=False, schema="qingdan")
    op.create_index(
        "ix_finding_source_item_id",
        "finding",
        ["source_item_id"],
        unique=False,
        schema="qingdan",
        postgresql_where=sa.text("source_item_id IS NOT NULL"),
    )
    op.create_index(
        "uq_finding_open",
        "finding",
        ["rule", "item_id", "element"],
        unique=True,
        schema="qingdan",
        postgresql_where=sa.text("state <> 'closed'"),
    )
    op.create_table(
        "idempotency",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("day", "client", "operation", "key", name=op.f("pk_idempotency")),
        schema="qingdan",
        postgresql_partition_by="RANGE (day)",
    )
    op.create_table(
        "import_outcome",
        sa.Column("operation_id", sa.Uuid(), nullable=False),
        sa.Column("row", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("applied", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("list_id", sa.Uuid(), nullable=True),
        sa.Column("item_id", sa.Uuid(), nullable=True),
        sa.Column("organ_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("changes", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("errors", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("notes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("operation_id", "row", name=op.f("pk_import_outcome")),
        schema="qingdan",
    )
    op.create_index(
        "ix_import_outcome_outcome",
        "import_outcome",
        ["operation_id", "outcome", "row"],
        unique=False,
        schema="qingdan",
    )
    op.create_table(
        "import_row",
        sa.Column("operation_id", sa.Uuid(), nullable=False),
        sa.Column("row", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("organ_code", sa.Text(), nullable=True),
        sa.Column("base_code", sa.Text(), nullable=True),
        sa.Column("handling_item", sa.Text(), nullable=False),
        sa.Column("whole_code", sa.Text(), nullable=True),
        sa.Column("elements", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("errors", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("notes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("cleared", postgresql.ARRAY(sa.TEXT()), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("operation_id", "row", name=op.f("pk_import_row")),
        schema="qingdan",
        prefixes=["UNLOGGED"],
    )
    op.create_table(
        "item_code",
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("space", sa.Text(), nullable=True),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replaced_by", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("item_id", "code", "scheme", name=op.f("pk_item_code")),
        schema="qingdan",
    )
    op.create_index("ix_item_code_code", "item_code", ["code"], unique=False, schema="qingdan")
    op.create_index(
        "uq_item_code_space_code",
        "item_code",
        ["space", "code"],
        unique=True,
        schema="qingdan",
        postgresql_where=sa.text("space IS NOT NULL"),
    )
    op.create_table(
        "item_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("from_item_id", sa.Uuid(), nullable=False),
        sa.Column("to_item_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_link")),
        sa.UniqueConstraint(
            "from_item_id", "to_item_id", "type", name=op.f("uq_item_link_from_item_id_to_item_id_type")
        ),
        schema="qingdan",
    )
    op.create_index("ix_item_link_to_item_id", "item_link", ["to_item_id"], unique=False, schema="qingdan")
    op.create_table(
        "list_bucket",
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("bucket", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("list_id", "bucket", name=op.f("pk_list_bucket")),
        schema="qingdan",
    )
    op.create_table(
        "list_edition",
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("named_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("list_id", "name", name=op.f("pk_list_edition")),
        schema="qingdan",
    )
    op.create_table(
        "list_kind",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("unique_code", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_list_kind")),
        schema="qingdan",
    )
    op.create_table(
        "list_revision",
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("decision", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("adjustment_id", sa.Uuid(), nullable=True),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "published_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("purged", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("list_id", "revision", name=op.f("pk_list_revision")),
        schema="qingdan",
    )
    op.create_table(
        "log_head",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("epoch", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_head")),
        schema="qingdan",
    )
    op.create_table(
        "mapping_profile",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("list_kinds", postgresql.ARRAY(sa.TEXT()), nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("code", "version", name=op.f("pk_mapping_profile")),
        schema="qingdan",
    )
    op.create_table(
        "operation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'queued'"), nullable=False),
        sa.Column("parameters", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("done", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=True),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("cancel_requested", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operation")),
        schema="qingdan",
    )
    op.create_index(
        "ix_operation_open",
        "operation",
        ["service", "created_at"],
        unique=False,
        schema="qingdan",
        postgresql_where=sa.text("state IN ('queued', 'running')"),
    )
    op.create_table(
        "parked",
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("first_position", sa.BigInteger(), nullable=False),
        sa.Column("error_code", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("remedy", sa.Text(), nullable=False),
        sa.Column("parked_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("consumer", "item_id", name=op.f("pk_parked")),
        schema="qingdan",
    )
    op.create_table(
        "procedure_template",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=True),
        sa.Column("kinds", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("steps", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("source", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("verified", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("code", "version", name=op.f("pk_procedure_template")),
        schema="qingdan",
    )
    op.create_table(
        "published_item",
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("from_revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("to_revision", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("bucket", sa.SmallInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("base_code", sa.Text(), nullable=True),
        sa.Column("implementation_code", sa.Text(), nullable=True),
        sa.Column("item_type", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=True),
        sa.Column("organ_id", sa.Uuid(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("row", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("effective_from", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("list_id", "item_id", "from_revision", name=op.f("pk_published_item")),
        schema="qingdan",
    )
    op.create_index("ix_published_item_base_code", "published_item", ["base_code"], unique=False, schema="qingdan")
    op.create_index(
        "ix_published_item_bucket",
        "published_item",
        ["list_id", "bucket", "item_id"],
        unique=False,
        schema="qingdan",
        postgresql_include=["hash"],
        postgresql_where=sa.text("to_revision IS NULL"),
    )
    op.create_index(
        "ix_published_item_implementation_code",
        "published_item",
        ["implementation_code"],
        unique=False,
        schema="qingdan",
    )
    op.create_index(
        "ix_published_item_item_id", "published_item", ["item_id", "from_revision"], unique=False, schema="qingdan"
    )
    op.create_index(
        "uq_published_item_current",
        "published_item",
        ["list_id", "item_id"],
        unique=True,
        schema="qingdan",
        postgresql_where=sa.text("to_revision IS NULL"),
    )
    op.create_table(
        "published_list",
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("list_id", name=op.f("pk_published_list")),
        schema="qingdan",
    )
    op.create_table(
        "region",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("parent_code", sa.Text(), nullable=True),
        sa.Column("ancestors", postgresql.ARRAY(sa.TEXT()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("participates", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.ForeignKeyConstraint(["parent_code"], ["qingdan.region.code"], name=op.f("fk_region_parent_code")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_region")),
        schema="qingdan",
    )
    op.create_index(
        "ix_region_ancestors", "region", ["ancestors"], unique=False, schema="qingdan", postgresql_using="gin"
    )
    op.create_table(
        "rule_set",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rules", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("effective_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("adjustment_id", sa.Uuid(), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_rule_set")),
        schema="qingdan",
    )
    op.create_table(
        "task",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("organ_id", sa.Uuid(), nullable=True),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("list_id", sa.Uuid(), nullable=True),
        sa.Column("adjustment_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.Text(), server_default=sa.text("'open'"), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
        sa.UniqueConstraint("kind", "subject", name=op.f("uq_task_kind_subject")),
        schema="qingdan",
    )
    op.create_index("ix_task_adjustment_id", "task", ["adjustment_id"], unique=False, schema="qingdan")
    op.create_index(
        "ix_task_open",
        "task",
        ["region_code", "role"],
        unique=False,
        schema="qingdan",
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "validation",
        sa.Column("adjustment_id", sa.Uuid(), nullable=False),
        sa.Column("submission", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("blocking", sa.Integer(), nullable=False),
        sa.Column("findings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "validated_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("adjustment_id", "submission", name=op.f("pk_validation")),
        schema="qingdan",
    )
    op.create_table(
        "vocabulary_mapping",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("vocabulary", sa.Text(), nullable=False),
        sa.Column("foreign_value", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("relation", sa.Text(), server_default=sa.text("'exact'"), nullable=False),
        sa.PrimaryKeyConstraint("source", "vocabulary", "foreign_value", name=op.f("pk_vocabulary_mapping")),
        schema="qingdan",
    )
    op.create_table(
        "account_role",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("organ_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["qingdan.account.id"], name=op.f("fk_account_role_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_role")),
        sa.UniqueConstraint(
            "account_id",
            "role",
            "region_code",
            "organ_id",
            name=op.f("uq_account_role_account_id_role_region_code_organ_id"),
            postgresql_nulls_not_distinct=True,
        ),
        schema="qingdan",
    )
    op.create_index("ix_account_role_account_id", "account_role", ["account_id"], unique=False, schema="qingdan")
    op.create_table(
        "change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("adjustment_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("organ_id", sa.Uuid(), nullable=False),
        sa.Column("base_version", sa.Integer(), nullable=True),
        sa.Column("base", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("proposed", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("conflict", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("compiled_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["adjustment_id"], ["qingdan.adjustment.id"], name=op.f("fk_change_adjustment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change")),
        sa.UniqueConstraint("adjustment_id", "item_id", name=op.f("uq_change_adjustment_id_item_id")),
        sa.UniqueConstraint("adjustment_id", "number", name=op.f("uq_change_adjustment_id_number")),
        schema="qingdan",
    )
    op.create_index("ix_change_item_id", "change", ["item_id"], unique=False, schema="qingdan")
    op.create_table(
        "element_profile",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("item_type", sa.Text(), nullable=True),
        sa.Column("region_code", sa.Text(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("source", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("verified", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("elements", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["kind"], ["qingdan.list_kind.code"], name=op.f("fk_element_profile_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_element_profile")),
        sa.UniqueConstraint("kind", "number", name=op.f("uq_element_profile_kind_number")),
        schema="qingdan",
    )
    op.create_table(
        "import_run",
        sa.Column("operation_id", sa.Uuid(), nullable=False),
        sa.Column("list_kind", sa.Text(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("list_ids", postgresql.ARRAY(sa.UUID()), nullable=False),
        sa.Column("profile", sa.Text(), nullable=False),
        sa.Column("profile_version", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("spool", sa.Text(), nullable=False),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("legal_basis", sa.Text(), nullable=False),
        sa.Column("encoding", sa.Text(), nullable=True),
        sa.Column("header", postgresql.ARRAY(sa.TEXT()), nullable=True),
        sa.Column("absent", postgresql.ARRAY(sa.TEXT()), nullable=True),
        sa.Column("rows", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.ForeignKeyConstraint(["region_code"], ["qingdan.region.code"], name=op.f("fk_import_run_region_code")),
        sa.PrimaryKeyConstraint("operation_id", name=op.f("pk_import_run")),
        schema="qingdan",
    )
    op.create_index("ix_import_run_created_at", "import_run", ["created_at"], unique=False, schema="qingdan")
    op.create_table(
        "organ",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("credit_code", sa.Text(), nullable=True),
        sa.Column("credit_code_check", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("administrative_subject", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("supervising_organ_id", sa.Uuid(), nullable=True),
        sa.Column("vertical", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("system", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), server_default=sa.text("'active'"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.ForeignKeyConstraint(["region_code"], ["qingdan.region.code"], name=op.f("fk_organ_region_code")),
        sa.ForeignKeyConstraint(
            ["supervising_organ_id"], ["qingdan.organ.id"], name=op.f("fk_organ_supervising_organ_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organ")),
        sa.UniqueConstraint("credit_code", name=op.f("uq_organ_credit_code")),
        schema="qingdan",
    )
    op.create_index("ix_organ_region_code", "organ", ["region_code"], unique=False, schema="qingdan")
    op.create_table(
        "review_step",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("adjustment_id", sa.Uuid(), nullable=False),
        sa.Column("submission", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("organ_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("opinion", sa.Text(), nullable=True),
        sa.Column(
            "element_opinions", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False
        ),
        sa.Column("record", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("limit_working_days", sa.Integer(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["adjustment_id"], ["qingdan.adjustment.id"], name=op.f("fk_review_step_adjustment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_step")),
        sa.UniqueConstraint(
            "adjustment_id",
            "submission",
            "number",
            "organ_id",
            name=op.f("uq_review_step_adjustment_id_submission_number_organ_id"),
            postgresql_nulls_not_distinct=True,
        ),
        schema="qingdan",
    )
    op.create_table(
        "list",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("lead_organ_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'compiling'"), nullable=False),
        sa.Column("edition", sa.Text(), nullable=True),
        sa.Column("decision", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("enacted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.ForeignKeyConstraint(["kind"], ["qingdan.list_kind.code"], name=op.f("fk_list_kind")),
        sa.ForeignKeyConstraint(["lead_organ_id"], ["qingdan.organ.id"], name=op.f("fk_list_lead_organ_id")),
        sa.ForeignKeyConstraint(["region_code"], ["qingdan.region.code"], name=op.f("fk_list_region_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_list")),
        sa.UniqueConstraint("kind", "region_code", name=op.f("uq_list_kind_region_code")),
        schema="qingdan",
    )
    op.create_table(
        "item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("effective_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("base_code", sa.Text(), nullable=True),
        sa.Column("main_code", sa.TEXT(), sa.Computed("left(base_code, 9)", persisted=True), nullable=True),
        sa.Column("implementation_code", sa.Text(), nullable=True),
        sa.Column("handling_item", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("item_type", sa.Text(), nullable=True),
        sa.Column("level", sa.Text(), nullable=True),
        sa.Column("implementing_body", sa.Uuid(), nullable=True),
        sa.Column("permit_name", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), server_default=sa.text("'public'"), nullable=False),
        sa.Column("basis_digest", sa.BigInteger(), nullable=False),
        sa.Column("burden_digest", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("state IN ('in_use', 'suspended', 'cancelled')", name=op.f("ck_item_state")),
        sa.CheckConstraint("version > 0", name=op.f("ck_item_version")),
        sa.ForeignKeyConstraint(["implementing_body"], ["qingdan.organ.id"], name=op.f("fk_item_implementing_body")),
        sa.ForeignKeyConstraint(["list_id"], ["qingdan.list.id"], name=op.f("fk_item_list_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item")),
        schema="qingdan",
    )
    op.create_index("ix_item_implementation_code", "item", ["implementation_code"], unique=False, schema="qingdan")
    op.create_index("ix_item_list_id", "item", ["list_id", "id"], unique=False, schema="qingdan")
    op.create_index("ix_item_main_code", "item", ["main_code", "kind"], unique=False, schema="qingdan")
    op.create_index(
        "ix_item_match",
        "item",
        ["base_code", "kind", "region_code", "implementing_body", "handling_item"],
        unique=False,
        schema="qingdan",
    )
    op.create_table(
        "list_member",
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("organ_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["list_id"], ["qingdan.list.id"], name=op.f("fk_list_member_list_id")),
        sa.ForeignKeyConstraint(["organ_id"], ["qingdan.organ.id"], name=op.f("fk_list_member_organ_id")),
        sa.PrimaryKeyConstraint("list_id", "organ_id", name=op.f("pk_list_member")),
        schema="qingdan",
    )
    op.create_table(
        "item_version",
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("effective_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "recorded_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("elements", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("changed", postgresql.ARRAY(sa.TEXT()), nullable=False),
        sa.Column(
            "provenance", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.Column("rule_set", sa.Integer(), nullable=True),
        sa.Column("adjustment_id", sa.Uuid(), nullable=True),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["qingdan.item.id"], name=op.f("fk_item_version_item_id")),
        sa.PrimaryKeyConstraint("item_id", "number", name=op.f("pk_item_version")),
        sa.UniqueConstraint("item_id", "effective_from", name=op.f("uq_item_version_item_id_effective_from")),
        schema="qingdan",
    )


def downgrade() -> None:
    op.execute(sa.schema.DropSequence(sa.Sequence("adjustment_number", schema="qingdan")))
    op.drop_table("item_version", schema="qingdan")
    op.drop_table("list_member", schema="qingdan")
    op.drop_index("ix_item_match", table_name="item", schema="qingdan")
    op.drop_index("ix_item_main_code", table_name="item", schema="qingdan")
    op.drop_index("ix_item_list_id", table_name="item", schema="qingdan")
    op.drop_index("ix_item_implementation_code", table_name="item", schema="qingdan")
    op.drop_table("item", schema="qingdan")
    op.drop_table("list", schema="qingdan")
    op.drop_table("review_step", schema="qingdan")
    op.drop_index("ix_organ_region_code", table_name="organ", schema="qingdan")
    op.drop_table("organ", schema="qingdan")
    op.drop_index("ix_import_run_created_at", table_name="import_run", schema="qingdan")
    op.drop_table("import_run", schema="qingdan")
    op.drop_table("element_profile", schema="qingdan")
    op.drop_index("ix_change_item_id", table_name="change", schema="qingdan")
    op.drop_table("change", schema="qingdan")
    op.drop_index("ix_account_role_account_id", table_name="account_role", schema="qingdan")
    op.drop_table("account_role", schema="qingdan")
    op.drop_table("vocabulary_mapping", schema="qingdan")
    op.drop_table("validation", schema="qingdan")
    op.drop_index("ix_task_open", table_name="task", schema="qingdan", postgresql_where=sa.text("state = 'open'"))
    op.drop_index("ix_task_adjustment_id", table_name="task", schema="qingdan")
    op.drop_table("task", schema="qingdan")
    op.drop_table("rule_set", schema="qingdan")
    op.drop_index("ix_region_ancestors", table_name="region", schema="qingdan", postgresql_using="gin")
    op.drop_table("region", schema="qingdan")
    op.drop_table("published_list", schema="qingdan")
    op.drop_index(
        "uq_published_item_current",
        table_name="published_item",
        schema="qingdan",
        postgresql_where=sa.text("to_revision IS NULL"),
    )
    op.drop_index("ix_published_item_item_id", table_name="published_item", schema="qingdan")
    op.drop_index("ix_published_item_implementation_code", table_name="published_item", schema="qingdan")
    op.drop_index(
        "ix_published_item_bucket",
        table_name="published_item",
        schema="qingdan",
        postgresql_include=["hash"],
        postgresql_where=sa.text("to_revision IS NULL"),
    )
    op.drop_index("ix_published_item_base_code", table_name="published_item", schema="qingdan")
    op.drop_table("published_item", schema="qingdan")
    op.drop_table("procedure_template", schema="qingdan")
    op.drop_table("parked", schema="qingdan")
    op.drop_index(
        "ix_operation_open",
        table_name="operation",
        schema="qingdan",
        postgresql_where=sa.text("state IN ('queued', 'running')"),
    )
    op.drop_table("operation", schema="qingdan")
    op.drop_table("mapping_profile", schema="qingdan")
    op.drop_table("log_head", schema="qingdan")
    op.drop_table("list_revision", schema="qingdan")
    op.drop_table("list_kind", schema="qingdan")
    op.drop_table("list_edition", schema="qingdan")
    op.drop_table("list_bucket", schema="qingdan")
    op.drop_index("ix_item_link_to_item_id", table_name="item_link", schema="qingdan")
    op.drop_table("item_link", schema="qingdan")
    op.drop_index(
        "uq_item_code_space_code",
        table_name="item_code",
        schema="qingdan",
        postgresql_where=sa.text("space IS NOT NULL"),
    )
    op.drop_index("ix_item_code_code", table_name="item_code", schema="qingdan")
    op.drop_table("item_code", schema="qingdan")
    op.drop_table("import_row", schema="qingdan")
    op.drop_index("ix_import_outcome_outcome", table_name="import_outcome", schema="qingdan")
    op.drop_table("import_outcome", schema="qingdan")
    op.drop_table("idempotency", schema="qingdan")
    op.drop_index(
        "uq_finding_open", table_name="finding", schema="qingdan", postgresql_where=sa.text("state <> 'closed'")
    )
    op.drop_index(
        "ix_finding_source_item_id",
        table_name="finding",
        schema="qingdan",
        postgresql_where=sa.text("source_item_id IS NOT NULL"),
    )
    op.drop_index("ix_finding_list_id", table_name="finding", schema="qingdan")
    op.drop_index("ix_finding_item_id", table_name="finding", schema="qingdan")
    op.drop_index("ix_finding_adjustment_id", table_name="finding", schema="qingdan")
    op.drop_table("finding", schema="qingdan")
    op.drop_table("feed_entry", schema="qingdan")
    op.drop_index("ix_event_id", table_name="event", schema="qingdan")
    op.drop_index(
        "ix_event_adjustment_id",
        table_name="event",
        schema="qingdan",
        postgresql_where=sa.text("adjustment_id IS NOT NULL"),
    )
    op.drop_table("event", schema="qingdan")
    op.drop_index(
        "uq_draft_open",
        table_name="draft",
        schema="qingdan",
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.drop_index("ix_draft_source_item_id", table_name="draft", schema="qingdan")
    op.drop_index("ix_draft_list_id", table_name="draft", schema="qingdan")
    op.drop_index("ix_draft_adjustment_id", table_name="draft", schema="qingdan")
    op.drop_table("draft", schema="qingdan")
    op.drop_table("day_equivalent", schema="qingdan")
    op.drop_table("consumer", schema="qingdan")
    op.drop_table("cascade_ledger", schema="qingdan")
    op.drop_index("ix_audit_recorded_at", table_name="audit", schema="qingdan")
    op.drop_table("audit", schema="qingdan")
    op.drop_index("ix_adjustment_region_code_state", table_name="adjustment", schema="qingdan")
    op.drop_index(
        "ix_adjustment_due", table_name="adjustment", schema="qingdan", postgresql_where=sa.text("state = 'scheduled'")
    )
    op.drop_table("adjustment", schema="qingdan")
    op.drop_table("account", schema="qingdan")
