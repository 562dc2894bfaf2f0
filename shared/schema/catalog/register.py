"""The register: regions, organs, list kinds and what their entries consist of."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, ForeignKeyConstraint, Index, Integer, Table, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, TEXT

from shared.schema.base import document, identifier, label, metadata, reference

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
    # comprehensive | special (专项, of one field of responsibility): targets count them separately (QX-05)
    label("list_class", server_default=text("'comprehensive'")),
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
    label("name", nullable=True),  # what people call it, e.g. 2017-36
    # A set that applies nowhere until a region adopts it: an adopted one is the next profile, for the region.
    Column("offered", Boolean, nullable=False, server_default=text("false")),
    Column("shipped", Integer),  # its number among those the product ships; empty: the administration's own
    Column("announced_on", Date),  # when it was said that it holds; empty: its day is still to come, or was just now
    # [{"key", "title", "group", "type", "mandatory", "vocabulary", "public", "inherited", ...}]
    document("elements"),
    ForeignKeyConstraint(["kind"], ["qingdan.list_kind.code"]),
    UniqueConstraint("kind", "number"),
    UniqueConstraint("kind", "shipped", name="uq_element_profile_kind_shipped"),
)

# The columns of a kind's published annex: [{"element", "title", "weight"}]; kinds without a row show the default.
annex_layout = Table(
    "annex_layout",
    metadata,
    label("kind", primary_key=True),
    document("columns"),
    Column("version", Integer, nullable=False, server_default=text("1")),
    ForeignKeyConstraint(["kind"], ["qingdan.list_kind.code"]),
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
