"""Tables of the publish service: what every revision of a list shows, and the feed of what changed."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, SmallInteger, Table, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, TEXT

from shared.schema.backbone import backbone_progress as backbone_progress
from shared.schema.base import document, identifier, instant, label, metadata, reference
from shared.schema.channels import channel as channel
from shared.schema.channels import channel_copy as channel_copy
from shared.schema.channels import channel_evidence as channel_evidence
from shared.schema.channels import channel_finding as channel_finding
from shared.schema.channels import channel_posting as channel_posting
from shared.schema.channels import copy_heading as copy_heading
from shared.schema.documents import document_bundle_part as document_bundle_part
from shared.schema.documents import document_template as document_template
from shared.schema.documents import review_rules_file as review_rules_file
from shared.schema.feedback import public_comment as public_comment
from shared.schema.feedback import public_feedback as public_feedback
from shared.schema.offline import offline_answer as offline_answer
from shared.schema.offline import offline_entry as offline_entry
from shared.schema.offline import offline_mirror as offline_mirror
from shared.schema.offline import offline_package as offline_package
from shared.schema.offline import offline_partner as offline_partner
from shared.schema.offline import offline_progress as offline_progress
from shared.schema.offline import offline_upload as offline_upload
from shared.schema.platform import library_instant as library_instant
from shared.schema.platform import peer as peer
from shared.schema.platform import peer_batch as peer_batch
from shared.schema.platform import peer_feedback as peer_feedback
from shared.schema.platform import peer_progress as peer_progress
from shared.schema.platform import peer_row as peer_row
from shared.schema.platform import pulled_entry as pulled_entry
from shared.schema.publication import publication as publication
from shared.schema.publication import publication_notice as publication_notice
from shared.schema.publication import unit_part as unit_part
from shared.schema.search import published_phrase as published_phrase
from shared.schema.search import published_search as published_search
from shared.schema.search import published_search_fill as published_search_fill
from shared.schema.signing import app_key as app_key
from shared.schema.signing import app_key_nonce as app_key_nonce

published_list = Table(
    "published_list",
    metadata,
    identifier("list_id"),
    label("kind"),
    label("region_code"),
    label("title"),
    Column("revision", Integer, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("entries", Integer, nullable=False),
    instant("published_at"),
)

list_revision = Table(
    "list_revision",
    metadata,
    identifier("list_id"),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
    Column("entries", Integer, nullable=False),
    document("decision", nullable=True),
    reference("adjustment_id", nullable=True),
    instant("effective_at"),
    instant("published_at", server_default=text("clock_timestamp()")),
    # Entries taken out of public reading afterwards: with any, the hash of this revision can no longer be recomputed.
    Column("purged", Integer, nullable=False, server_default=text("0")),
    # The act it was published with; empty: by a program of before there were publications.
    reference("publication_id", nullable=True),
    label("title", nullable=True),  # of the list then; empty as above
    Column("units", Integer),  # implementing bodies it shows entries of; empty: not counted yet
    Index("ix_list_revision_publication_id", "publication_id"),
)

# Second level of the list's Merkle tree: 256 buckets by the last byte of the item id.
list_bucket = Table(
    "list_bucket",
    metadata,
    identifier("list_id"),
    Column("bucket", SmallInteger, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
    Column("entries", Integer, nullable=False),
)

list_edition = Table(
    "list_edition",
    metadata,
    identifier("list_id"),
    label("name", primary_key=True),
    Column("revision", Integer, nullable=False),
    instant("named_at", server_default=text("clock_timestamp()")),
)

# What each revision shows: a row holds from one revision to the next that changes it.
published_item = Table(
    "published_item",
    metadata,
    identifier("list_id"),
    identifier("item_id"),
    Column("from_revision", Integer, primary_key=True, autoincrement=False),
    Column("to_revision", Integer),  # first revision that no longer shows it; empty: still shown
    Column("version", Integer, nullable=False),
    Column("bucket", SmallInteger, nullable=False),
    label("name"),
    label("base_code", nullable=True),
    label("implementation_code", nullable=True),
    label("item_type", nullable=True),
    label("state"),
    label("level", nullable=True),
    reference("organ_id", nullable=True),
    Column("body", LargeBinary, nullable=False),  # the public entry, exactly as it is sent
    Column("row", LargeBinary, nullable=False),  # its line in a page of the list
    Column("hash", LargeBinary, nullable=False),  # SHA-256 of body
    instant("effective_from"),
    # Carries the revision: whether a body is still the one shown is answered from the index alone.
    Index(
        "uq_published_item_current",
        "list_id",
        "item_id",
        unique=True,
        postgresql_include=["from_revision"],
        postgresql_where=text("to_revision IS NULL"),
    ),
    # Carries the hash: a bucket is hashed again from the index alone.
    Index(
        "ix_published_item_bucket",
        "list_id",
        "bucket",
        "item_id",
        postgresql_include=["hash"],
        postgresql_where=text("to_revision IS NULL"),
    ),
    # Codes of earlier revisions stay findable: "was this code valid on that date".
    Index("ix_published_item_implementation_code", "implementation_code"),
    Index("ix_published_item_base_code", "base_code"),
    Index("ix_published_item_item_id", "item_id", "from_revision"),
    # What a revision has changed, and what a list shows of one implementing body.
    Index("ix_published_item_from_revision", "list_id", "from_revision"),
    Index("ix_published_item_organ_id", "list_id", "organ_id"),
)

# The public change feed: references; the payload is built from the published body when it is read.
feed_entry = Table(
    "feed_entry",
    metadata,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    reference("id"),
    Column("position", BigInteger, nullable=False),  # of the internal event that caused it
    label("type"),
    label("list_kind"),
    reference("list_id"),
    reference("item_id", nullable=True),
    Column("version", Integer),
    Column("revision", Integer, nullable=False),
    Column("changed", ARRAY(TEXT), nullable=False),
    document("replaces", nullable=True),  # {new public code: [codes it takes the place of]}
    reference("adjustment_id", nullable=True),
    reference("cause_id"),
    instant("effective_at", nullable=True),
    instant("recorded_at", server_default=text("clock_timestamp()")),
    UniqueConstraint("position", "item_id", postgresql_nulls_not_distinct=True),
    # Entries come in the order of time: a few pages find a month among millions.
    Index("ix_feed_entry_recorded_at", "recorded_at", postgresql_using="brin"),
)
