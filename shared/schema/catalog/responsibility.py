"""What people declare of lists in sections, and what they propose for the duties of an organ."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Table, text

from shared.schema.base import identifier, instant, label, metadata, reference

# Somebody answers for it that there is nothing to list: in a section (TH-11), or for an entry that a rule asks to have
# a counterpart (TH-33). A declaration that is withdrawn stays on record.
declaration = Table(
    "declaration",
    metadata,
    identifier(),
    reference("list_id"),  # the list in which nothing stands
    label("section", nullable=True),  # the section that is empty
    reference("item_id", nullable=True),  # the entry that needs no counterpart in the list …
    label("rule", nullable=True),  # … which this rule asks for
    label("reason"),
    label("legal_basis", nullable=True),
    label("declared_by"),
    instant("declared_at"),
    label("withdrawn_by", nullable=True),
    instant("withdrawn_at", nullable=True),
    ForeignKeyConstraint(["list_id"], ["qingdan.list.id"]),
    ForeignKeyConstraint(["item_id"], ["qingdan.item.id"]),
    CheckConstraint("(section IS NULL) <> (item_id IS NULL)", name="subject"),
    CheckConstraint("(rule IS NULL) = (item_id IS NULL)", name="rule"),
    Index(
        "uq_declaration_section",
        "list_id",
        "section",
        unique=True,
        postgresql_where=text("section IS NOT NULL AND withdrawn_at IS NULL"),
    ),
    Index(
        "uq_declaration_item_id",
        "item_id",
        "rule",
        unique=True,
        postgresql_where=text("item_id IS NOT NULL AND withdrawn_at IS NULL"),
    ),
)

# An organ's opinion that a duty should be strengthened or added (调整意见, HB-13).
duty_proposal = Table(
    "duty_proposal",
    metadata,
    identifier(),
    reference("list_id"),
    reference("organ_id"),
    label("target"),  # strengthen | add
    reference("item_id", nullable=True),  # the duty to be strengthened
    label("name"),
    label("opinion"),
    label("legal_basis", nullable=True),
    label("state", server_default=text("'open'")),  # open | adopted | rejected
    label("answer", nullable=True),
    label("proposed_by"),
    instant("proposed_at"),
    label("answered_by", nullable=True),
    instant("answered_at", nullable=True),
    ForeignKeyConstraint(["list_id"], ["qingdan.list.id"]),
    ForeignKeyConstraint(["organ_id"], ["qingdan.organ.id"]),
    ForeignKeyConstraint(["item_id"], ["qingdan.item.id"]),
    CheckConstraint("(target = 'strengthen') = (item_id IS NOT NULL)", name="target"),
    Index("ix_duty_proposal_list_id", "list_id", "id"),
)
