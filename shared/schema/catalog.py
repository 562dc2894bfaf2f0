"""Tables of the catalog service: the register, the lists, their items and what links them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    Numeric,
    Table,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, TEXT, UUID

from shared.schema.base import document, identifier, instant, label, metadata, reference

region = Table(
    "region",
    metadata,
    label("code", primary_key=True),  # 12 digits; a zone has a local code
    label("name"),
    label("level"),  # nation | province | city | county | township | village
    label("kind"),  # administrative | zone | virtual
    label("parent_code", nullable=True),
    # From the nearest parent up to the nation: the superiors of a list are found without recursion.
    Column("ancestors", ARRAY(TEXT), nullable=False, server_default=text("'{}'")),
    Column("participates", Boolean, nullable=False, server_default=text("true")),
    Column("version", Integer, nullable=False, server_default=text("1")),
    ForeignKeyConstraint(["parent_code"], ["qingdan.region.code"]),
    Index("ix_region_ancestors", "ancestors", postgresql_using="gin"),
)

organ = Table(
    "organ",
    metadata,
    identifier(),
    label("name"),
    label("credit_code", nullable=True),
    # ok | wrong_check_digit | wrong_organisation_check_digit: flagged, not refused (two real published codes fail)
    label("credit_code_check", nullable=True),
    label("kind"),
    label("region_code"),
    Column("administrative_subject", Boolean, nullable=False, server_default=text("true")),
    reference("supervising_organ_id", nullable=True),
    Column("vertical", Boolean, nullable=False, server_default=text("false")),
    label("system", nullable=True),
    label("state", server_default=text("'active'")),
    Column("version", Integer, nullable=False, server_default=text("1")),
    ForeignKeyConstraint(["region_code"], ["qingdan.region.code"]),
    ForeignKeyConstraint(["supervising_organ_id"], ["qingdan.organ.id"]),
    UniqueConstraint("credit_code"),
    Index("ix_organ_region_code", "region_code"),
)

list_kind = Table(
    "list_kind",
    metadata,
    label("code", primary_key=True),
    label("title"),
    label("origin"),  # built_in | custom
    label("region_code", nullable=True),  # where a custom kind may be used; everywhere when empty
    label("description", server_default=text("''")),
    # base | implementation: which code names exactly one entry and is never given again; empty: none does
    label("unique_code", nullable=True),
    Column("version", Integer, nullable=False, server_default=text("1")),
)

# What an entry of a kind consists of: data, versioned, by item type and region.
element_profile = Table(
    "element_profile",
    metadata,
    identifier(),
    label("kind"),
    Column("number", Integer, nullable=False),
    label("item_type", nullable=True),
    label("region_code", nullable=True),
    Column("valid_from", Date, nullable=False),
    label("source", server_default=text("''")),
    Column("verified", Boolean, nullable=False, server_default=text("false")),
    # [{"key", "title", "group", "type", "mandatory", "vocabulary", "public", "inherited", ...}]
    document("elements"),
    ForeignKeyConstraint(["kind"], ["qingdan.list_kind.code"]),
    UniqueConstraint("kind", "number"),
)

# Foreign values of a source translated to ours: item types, levels, service objects, units …
vocabulary_mapping = Table(
    "vocabulary_mapping",
    metadata,
    label("source", primary_key=True),
    label("vocabulary", primary_key=True),
    label("foreign_value", primary_key=True),
    label("value"),
    label("relation", server_default=text("'exact'")),  # exact | narrower | broader
)

list_ = Table(
    "list",
    metadata,
    identifier(),
    label("kind"),
    label("region_code"),
    label("title"),
    reference("lead_organ_id"),
    label("state", server_default=text("'compiling'")),  # compiling | in_force
    label("edition", nullable=True),
    document("decision", nullable=True),  # meeting, date, number of the decision that enacted the list
    instant("enacted_at", nullable=True),
    Column("version", Integer, nullable=False, server_default=text("1")),
    ForeignKeyConstraint(["kind"], ["qingdan.list_kind.code"]),
    ForeignKeyConstraint(["region_code"], ["qingdan.region.code"]),
    ForeignKeyConstraint(["lead_organ_id"], ["qingdan.organ.id"]),
    UniqueConstraint("kind", "region_code"),
)

list_member = Table(
    "list_member",
    metadata,
    identifier("list_id"),
    identifier("organ_id"),
    ForeignKeyConstraint(["list_id"], ["qingdan.list.id"]),
    ForeignKeyConstraint(["organ_id"], ["qingdan.organ.id"]),
)

# One row an item: its identity, and the elements that linkage rules use as keys, as its current version has them.
item = Table(
    "item",
    metadata,
    identifier(),
    reference("list_id"),
    label("kind"),
    label("region_code"),
    Column("version", Integer, nullable=False),
    instant("effective_from"),
    label("name"),
    label("base_code", nullable=True),
    Column("main_code", TEXT, Computed("left(base_code, 9)", persisted=True)),
    label("implementation_code", nullable=True),
    # Two digits, or empty: serials of handling items are not comparable between organs.
    label("handling_item", server_default=text("''")),
    label("item_type", nullable=True),
    label("level", nullable=True),  # digits 1-7, several separated by commas
    reference("implementing_body", nullable=True),
    label("permit_name", nullable=True),  # in kinds whose entries concern a permit but carry a name of their own
    label("state"),  # in_use | suspended | cancelled
    label("audience", server_default=text("'public'")),  # public | staff
    # 64-bit digests of the element groups that are compared but too long for a column.
    Column("basis_digest", BigInteger, nullable=False),
    Column("burden_digest", BigInteger, nullable=False),
    CheckConstraint("state IN ('in_use', 'suspended', 'cancelled')", name="state"),
    CheckConstraint("version > 0", name="version"),
    ForeignKeyConstraint(["list_id"], ["qingdan.list.id"]),
    ForeignKeyConstraint(["implementing_body"], ["qingdan.organ.id"]),
    Index("ix_item_list_id", "list_id", "id"),
    Index("ix_item_match", "base_code", "kind", "region_code", "implementing_body", "handling_item"),
    Index("ix_item_main_code", "main_code", "kind"),
    Index("ix_item_implementation_code", "implementation_code"),
)

# A version holds from its instant until the next one begins; rows are never changed.
item_version = Table(
    "item_version",
    metadata,
    identifier("item_id"),
    Column("number", Integer, primary_key=True, autoincrement=False),
    instant("effective_from"),
    instant("recorded_at", server_default=text("clock_timestamp()")),
    document("elements"),  # the complete entry, key elements included
    Column("changed", ARRAY(TEXT), nullable=False),  # names of the elements that differ from the version before
    # {element: {"rule", "item", "version"}} for elements that follow another list; "why does it say this"
    document("provenance", server_default=text("'{}'")),
    Column("rule_set", Integer),
    reference("adjustment_id", nullable=True),  # root adjustment or import
    label("operation"),  # add | modify | suspend | resume | cancel | sync | import | accept
    UniqueConstraint("item_id", "effective_from"),
    ForeignKeyConstraint(["item_id"], ["qingdan.item.id"]),
)

# A code once given is never given again; history says what became of it.
item_code = Table(
    "item_code",
    metadata,
    identifier("item_id"),
    label("code", primary_key=True),
    reference("list_id"),
    label("scheme", primary_key=True),  # base | implementation
    # Where the code is given only once: the kind (implementation codes) or the list (base codes); empty: not unique.
    label("space", nullable=True),
    instant("valid_from"),
    instant("valid_until", nullable=True),
    reference("replaced_by", nullable=True),
    Index("ix_item_code_code", "code"),
    Index("uq_item_code_space_code", "space", "code", unique=True, postgresql_where=text("space IS NOT NULL")),
)

item_link = Table(
    "item_link",
    metadata,
    identifier(),
    reference("from_item_id"),
    reference("to_item_id"),
    label("type"),
    label("note", server_default=text("''")),
    instant("created_at", server_default=text("clock_timestamp()")),
    label("created_by"),
    UniqueConstraint("from_item_id", "to_item_id", "type"),
    Index("ix_item_link_to_item_id", "to_item_id"),
)

# Working-day equivalents of time limits, so that limits in different units can be compared in one query.
day_equivalent = Table(
    "day_equivalent",
    metadata,
    label("unit", primary_key=True),
    Column("amount", Integer, primary_key=True, autoincrement=False),
    Column("working_days", Numeric(8, 2), nullable=False),
)

rule_set = Table(
    "rule_set",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    document("rules"),
    label("state"),  # saved | adopted
    instant("effective_from", nullable=True),
    reference("adjustment_id", nullable=True),
    label("created_by"),
    instant("created_at", server_default=text("clock_timestamp()")),
)

# What a superior or neighbouring list implies but a person must accept.
draft = Table(
    "draft",
    metadata,
    identifier(),
    label("rule"),
    Column("rule_set", Integer, nullable=False),
    reference("list_id"),
    label("list_kind"),
    label("region_code"),
    reference("item_id", nullable=True),  # empty: the counterpart is missing and would be added
    reference("source_item_id"),
    Column("source_version", Integer, nullable=False),
    document("elements"),  # proposed values, by element
    label("reason"),
    label("state", server_default=text("'open'")),  # open | accepted | objected | superseded
    reference("adjustment_id", nullable=True),
    reference("cause_id", nullable=True),
    label("opinion", nullable=True),
    instant("opened_at", server_default=text("clock_timestamp()")),
    instant("closed_at", nullable=True),
    label("closed_by", nullable=True),
    # One open draft for each entry a rule would change, and one for the entry it would add.
    Index(
        "uq_draft_open",
        "rule",
        "list_id",
        "source_item_id",
        "item_id",
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=text("state = 'open'"),
    ),
    Index("ix_draft_source_item_id", "source_item_id"),
    Index("ix_draft_list_id", "list_id", "state"),
    Index("ix_draft_adjustment_id", "adjustment_id"),
)

finding = Table(
    "finding",
    metadata,
    identifier(),
    label("rule"),  # K.. or V..
    label("severity"),  # block | error | warn
    reference("list_id"),
    label("list_kind"),
    label("region_code"),
    reference("item_id"),
    label("element"),
    document("actual", nullable=True),
    document("expected", nullable=True),
    reference("source_item_id", nullable=True),
    Column("source_version", Integer),
    label("message"),
    label("state", server_default=text("'open'")),  # open | waived | closed
    reference("adjustment_id", nullable=True),
    instant("opened_at", server_default=text("clock_timestamp()")),
    instant("due_at", nullable=True),
    instant("closed_at", nullable=True),
    document("waiver", nullable=True),  # by, reason, expires_on
    Index("uq_finding_open", "rule", "item_id", "element", unique=True, postgresql_where=text("state <> 'closed'")),
    Index("ix_finding_list_id", "list_id", "state"),
    Index("ix_finding_item_id", "item_id"),
    Index("ix_finding_source_item_id", "source_item_id", postgresql_where=text("source_item_id IS NOT NULL")),
    Index("ix_finding_adjustment_id", "adjustment_id"),
)

# The cascade ledger (联动台账): what one adjustment did in each list.
cascade_ledger = Table(
    "cascade_ledger",
    metadata,
    identifier("adjustment_id"),
    identifier("list_id"),
    label("rule", primary_key=True),
    Column("touched", Integer, nullable=False, server_default=text("0")),
    Column("unchanged", Integer, nullable=False, server_default=text("0")),
    Column("waiting", Integer, nullable=False, server_default=text("0")),
    Column("failed", Integer, nullable=False, server_default=text("0")),
    label("error", nullable=True),
    instant("first_at", server_default=text("clock_timestamp()")),
    instant("last_at", server_default=text("clock_timestamp()")),
)

# Answer of the catalog to a submission: what stands in its way.
validation = Table(
    "validation",
    metadata,
    identifier("adjustment_id"),
    Column("submission", Integer, primary_key=True, autoincrement=False),
    Column("blocking", Integer, nullable=False),
    document("findings"),
    instant("validated_at", server_default=text("clock_timestamp()")),
)

# How a foreign table is read, as data; a code has numbered versions, the highest one is used.
mapping_profile = Table(
    "mapping_profile",
    metadata,
    label("code", primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    label("title"),
    label("source"),  # whose vocabulary_mapping translates the values
    label("origin"),  # built_in | custom
    Column("list_kinds", ARRAY(TEXT), nullable=False),
    document("document"),
    label("created_by"),
    instant("created_at", server_default=text("clock_timestamp()")),
)

# One import of a file: what was asked, and what was found out about the file.
import_run = Table(
    "import_run",
    metadata,
    identifier("operation_id"),
    label("list_kind"),
    label("region_code"),
    Column("list_ids", ARRAY(UUID(as_uuid=True)), nullable=False),  # lists it may write to
    label("profile"),
    Column("profile_version", Integer, nullable=False),
    label("file_name"),
    label("spool"),
    Column("dry_run", Boolean, nullable=False),
    label("reason"),
    label("legal_basis"),
    label("encoding", nullable=True),
    Column("header", ARRAY(TEXT)),
    Column("absent", ARRAY(TEXT)),  # elements of the profile the file does not carry
    Column("rows", Integer),  # empty until the whole file is staged
    instant("decided_at", nullable=True),  # when every row had an outcome
    label("created_by"),
    instant("created_at", server_default=text("clock_timestamp()")),
    ForeignKeyConstraint(["region_code"], ["qingdan.region.code"]),
    Index("ix_import_run_created_at", "created_at"),
)

# The rows of a file on their way in. Unlogged: after a crash of the server they are read from the file again.
import_row = Table(
    "import_row",
    metadata,
    identifier("operation_id"),
    Column("row", Integer, primary_key=True, autoincrement=False),
    label("organ_code", nullable=True),
    label("base_code", nullable=True),
    label("handling_item"),
    label("whole_code", nullable=True),  # implementation code with the serial of the handling item
    document("elements"),
    document("errors"),  # [{"column", "code", "message"}]
    document("notes"),
    label("source"),  # the cells as read, a JSON array in text
    prefixes=["UNLOGGED"],
)

# What became of each row; kept for some days so that people can look at rejects and changes.
import_outcome = Table(
    "import_outcome",
    metadata,
    identifier("operation_id"),
    Column("row", Integer, primary_key=True, autoincrement=False),
    label("outcome"),  # added | changed | unchanged | rejected
    Column("applied", Boolean, nullable=False, server_default=text("false")),
    reference("list_id", nullable=True),
    reference("item_id", nullable=True),
    reference("organ_id", nullable=True),
    label("name", nullable=True),
    document("changes", nullable=True),  # {element: {"from", "to"}} of a changed row
    document("errors"),
    document("notes"),
    label("source", nullable=True),  # the cells of a rejected row
    Index("ix_import_outcome_outcome", "operation_id", "outcome", "row"),
)
