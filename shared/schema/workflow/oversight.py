"""Tables of oversight in the workflow service: handling records, violations, complaints, orders to put things right."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    UniqueConstraint,
    text,
)

from shared.schema.base import document, identifier, instant, label, metadata, reference

# One application as a service platform tells of it; nothing of who applied. What the list said is named, not copied.
handling_record = Table(
    "handling_record",
    metadata,
    identifier(),
    reference("client_id"),  # the service platform
    label("number"),  # the platform's own
    Column("revision", BigInteger, nullable=False),  # the platform's count of what it has told of this record
    Column("digest", LargeBinary, nullable=False),  # SHA-256 of what was told: the same number twice tells the same
    label("region_code"),
    reference("organ_id"),
    label("code"),  # as told; of the entry below, where there is one
    label("name"),
    # unlisted | not_yet | in_use | suspended | cancelled | replaced: the code when the application was accepted
    label("standing"),
    reference("list_id", nullable=True),
    reference("item_id", nullable=True),
    Column("item_version", Integer),  # in force at acceptance
    instant("accepted_at"),
    instant("completed_at", nullable=True),
    label("outcome", nullable=True),
    document("pauses"),  # [{"began", "ended", "reason"}]
    document("materials"),  # names asked for
    document("fees"),  # [{"name", "amount"}]
    document("responsible"),  # {"leader", "handler"}: {"person_id", "role"}; never public, and of no event
    label("state"),  # open | paused | completed
    instant("due_at", nullable=True),  # by the promised limit
    instant("statutory_due_at", nullable=True),
    Column("provisional", Boolean, nullable=False),
    document("warnings"),  # [{"grade", "at", "told_at"}]
    label("warned", nullable=True),  # the grade told last
    instant("next_at", nullable=True),
    # The calendar its limits were counted with has changed.
    Column("recount", Boolean, nullable=False, server_default=text("false")),
    instant("received_at"),
    instant("updated_at"),
    CheckConstraint("state IN ('open', 'paused', 'completed')", name="state"),
    UniqueConstraint("client_id", "number"),
    Index("ix_handling_record_region_code", "region_code", "id"),
    Index("ix_handling_record_organ_id", "organ_id", "id"),
    Index("ix_handling_record_next_at", "next_at", postgresql_where=text("next_at IS NOT NULL")),
    Index("ix_handling_record_warned", "region_code", "warned", "id", postgresql_where=text("warned IS NOT NULL")),
    Index("ix_handling_record_recount", "id", postgresql_where=text("recount")),
    # What is kept only for a time goes in this order.
    Index(
        "ix_handling_record_completed_at",
        "region_code",
        "completed_at",
        postgresql_where=text("completed_at IS NOT NULL"),
    ),
)

# What a handling record shows against the list: told once, and never taken back by the platform.
violation = Table(
    "violation",
    metadata,
    identifier(),
    reference("record_id"),
    label("kind"),
    label("severity"),  # ordinary | serious
    label("region_code"),
    reference("organ_id"),
    reference("item_id", nullable=True),
    Column("item_version", Integer),
    label("code"),
    Column("revision", BigInteger, nullable=False),  # of the record, that showed it last
    document("proof"),
    document("responsible"),  # as of the record when it was found
    label("state", server_default=text("'open'")),  # open | dismissed | remedied
    instant("found_at"),
    # Since when the record, as it was told or counted later, does not show it any more; a person judges that.
    instant("corrected_at", nullable=True),
    instant("closed_at", nullable=True),
    label("closed_by", nullable=True),
    label("reason", nullable=True),
    Column("version", Integer, nullable=False, server_default=text("1")),
    CheckConstraint("state IN ('open', 'dismissed', 'remedied')", name="state"),
    ForeignKeyConstraint(["record_id"], ["qingdan.handling_record.id"]),
    UniqueConstraint("record_id", "kind"),
    Index("ix_violation_region_code", "region_code", "state", "id"),
    Index("ix_violation_organ_id", "organ_id", "state", "id"),
)

# Words that came over the portal stay where the public gave them: `feedback_id` names them.
complaint = Table(
    "complaint",
    metadata,
    identifier(),
    label("source"),  # hotline_12345 | good_bad_review | portal | letter
    label("reference", nullable=True),  # number at the source
    reference("feedback_id", nullable=True, unique=True),
    label("region_code"),
    reference("organ_id", nullable=True),
    reference("item_id", nullable=True),
    reference("suspect_id", nullable=True),
    label("subject"),
    Column("rating", SmallInteger),  # of the good/bad review: 1 very bad to 5 very good
    label("text", nullable=True),
    label("state", server_default=text("'received'")),  # received | answered
    instant("received_at"),
    instant("due_at"),
    label("outcome", nullable=True),  # upheld | partly_upheld | explained | unfounded
    label("answer", nullable=True),
    label("answered_by", nullable=True),
    instant("answered_at", nullable=True),
    label("registered_by"),
    Column("version", Integer, nullable=False, server_default=text("1")),
    CheckConstraint("state IN ('received', 'answered')", name="state"),
    CheckConstraint("(text IS NULL) = (feedback_id IS NOT NULL)", name="words"),
    # Nothing is closed without an answer; to feedback it is given where the feedback is.
    CheckConstraint(
        "state <> 'answered' OR outcome IS NOT NULL AND (answer IS NOT NULL OR feedback_id IS NOT NULL)",
        name="answered",
    ),
    UniqueConstraint("region_code", "source", "reference"),
    Index("ix_complaint_region_code", "region_code", "state", "id"),
    Index("ix_complaint_organ_id", "organ_id", "id"),
    Index("ix_complaint_item_id", "item_id"),
)

# What applicants thought of being served, good or bad, as a review system has it; nothing of who wrote it.
review = Table(
    "review",
    metadata,
    identifier(),
    reference("client_id"),  # the review system
    label("number"),  # its own
    label("region_code"),
    reference("organ_id"),
    reference("item_id", nullable=True),
    label("record_number", nullable=True),  # of the handling record at its platform
    Column("rating", SmallInteger, nullable=False),  # 1 very bad to 5 very good
    label("subject"),
    label("text", nullable=True),
    instant("reviewed_at"),
    instant("received_at"),
    reference("complaint_id", nullable=True),  # a bad one is a complaint
    CheckConstraint("rating BETWEEN 1 AND 5", name="rating"),
    UniqueConstraint("client_id", "number"),
    Index("ix_review_region_code", "region_code", "id"),
    Index("ix_review_organ_id", "organ_id", "id"),
)

inspection = Table(
    "inspection",
    metadata,
    identifier(),
    label("region_code"),
    label("title"),
    Column("inspected_on", Date, nullable=False),
    label("inspectors"),
    label("basis"),
    label("scope"),
    label("summary"),
    Column("findings", Integer, nullable=False),
    label("recorded_by"),
    instant("recorded_at"),
    Index("ix_inspection_region_code", "region_code", "id"),
)

# Its task and its clock have the order's id: the due date is theirs.
rectification_order = Table(
    "rectification_order",
    metadata,
    identifier(),
    label("subject"),  # finding/<id>, suspect/<id>, violation/<id>, complaint/<id>, inspection/<id>/<n>
    label("number", nullable=True),  # of the document
    label("region_code"),
    reference("organ_id"),
    reference("item_id", nullable=True),
    document("base"),  # {"version", "state", "basis_digest"} of the entry when the order was issued
    label("title"),
    label("requirement"),
    label("remedy"),  # stop | change | complete_basis | correct
    label("severity"),  # ordinary | serious
    label("state", server_default=text("'issued'")),  # issued | reported | accepted | withdrawn
    Column("escalation", Integer, nullable=False, server_default=text("0")),
    reference("adjustment_id", nullable=True),
    document("evidence", server_default=text("'[]'")),  # [{"title", "reference", "sha256"}]
    document("measures", server_default=text("'[]'")),  # who was held to account, how, on which basis; never public
    document("history", server_default=text("'[]'")),  # [{"at", "act", "by", "reason"}]
    label("issued_by"),
    instant("issued_at"),
    instant("due_at"),  # as first set; the clock's counts
    instant("reported_at", nullable=True),
    instant("closed_at", nullable=True),
    Column("version", Integer, nullable=False, server_default=text("1")),
    CheckConstraint("state IN ('issued', 'reported', 'accepted', 'withdrawn')", name="state"),
    CheckConstraint("remedy IN ('stop', 'change', 'complete_basis', 'correct')", name="remedy"),
    Index("ix_rectification_order_region_code", "region_code", "state", "id"),
    Index("ix_rectification_order_organ_id", "organ_id", "id"),
    Index(
        "uq_rectification_order_open",
        "subject",
        unique=True,
        postgresql_where=text("state IN ('issued', 'reported')"),
    ),
    Index("ix_rectification_order_subject", "subject", "id"),
)

oversight_setting = Table(
    "oversight_setting",
    metadata,
    label("region_code", primary_key=True),
    # [{"grade", "share_percent"}] of handling limits; what is empty is the superior's
    document("thresholds", nullable=True),
    document("complaint_limits"),  # {source: {"amount", "unit", "source", "verified"}}
    Column("retention_months", Integer),  # how long completed handling records without violations are kept
    Column("version", Integer, nullable=False, server_default=text("1")),
    label("set_by"),
    instant("set_at"),
)
