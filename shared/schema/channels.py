"""Tables of the channels: where lists are shown, what each is to show, shows, and what was posted by people.

They belong to the publish service (`shared/schema/publish.py` names them as its own).
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Date, ForeignKeyConstraint, Index, Integer, LargeBinary, Table, text
from sqlalchemy.dialects.postgresql import ARRAY, TEXT

from shared.schema.base import document, identifier, instant, label, metadata, reference

_TO_CHANNEL = (["channel_id"], ["qingdan.channel.id"])

channel = Table(
    "channel",
    metadata,
    identifier(),
    label("code", unique=True),
    label("name"),
    label("kind"),  # see KINDS in services/publish/channels/rules.py
    label("region_code"),  # it shows lists of this region
    reference("organ_id", nullable=True),  # who tends it; empty: whoever holds the role in the region
    label("shows", server_default=text("'list'")),  # list: all of a list | unit: what the organ implements (QX-41)
    label("role"),  # of the people whose inbox its matters lie in
    label("delivery"),  # pull: it fetches | put: we send | post: people post and confirm
    label("format"),  # of the copy it shows
    label("compares"),  # content: byte for byte | marker: only which version the page says it is
    label("put_url", nullable=True),
    label("read_url", nullable=True),
    label("credential", nullable=True),  # name of a secret file; never its content
    label("link", nullable=True),  # where people read the copy
    label("progress_url", nullable=True),  # where people ask about their cases; shown, never asked by us
    Column("list_kinds", ARRAY(TEXT), nullable=False),  # empty: all
    Column("window_seconds", Integer, nullable=False),
    label("state", server_default=text("'active'")),
    Column("version", Integer, nullable=False, server_default=text("1")),
    label("created_by"),
    instant("created_at", server_default=text("clock_timestamp()")),
    CheckConstraint("delivery IN ('pull', 'put', 'post')", name="delivery"),
    CheckConstraint("compares IN ('content', 'marker')", name="compares"),
    CheckConstraint("state IN ('active', 'paused')", name="state"),
    CheckConstraint("shows = 'list' OR shows = 'unit' AND organ_id IS NOT NULL", name="shows"),
    Index("ix_channel_region_code", "region_code"),
)

# What a channel is to show of a list, and what it shows.
channel_copy = Table(
    "channel_copy",
    metadata,
    identifier("channel_id"),
    identifier("list_id"),
    Column("due_revision", Integer, nullable=False),
    Column("due_hash", LargeBinary, nullable=False),  # of the list in that revision
    Column("base_revision", Integer, nullable=False, server_default=text("0")),  # shown before: what changed since then
    instant("since"),  # when the revision was published, or the channel began
    instant("until"),  # end of the window
    Column("digest", LargeBinary),  # SHA-256 of the copy; empty: not made yet
    Column("size", Integer),  # bytes
    Column("put_revision", Integer),
    Column("posted_revision", Integer),  # people have confirmed it
    label("state"),
    Column("shown_revision", Integer),
    Column("shown_hash", LargeBinary),
    Column("shown_digest", LargeBinary),
    instant("switched_at", nullable=True),  # when the due revision was first seen there as it should be
    instant("checked_at", nullable=True),
    instant("look_at", nullable=True),  # when to look next; empty: people have to act
    Column("failures", Integer, nullable=False, server_default=text("0")),  # looks in a row that did not find it level
    label("last_error", nullable=True),
    CheckConstraint("state IN ('due', 'current', 'late', 'differs', 'unreachable')", name="state"),
    ForeignKeyConstraint(*_TO_CHANNEL),
    Index("ix_channel_copy_look_at", "channel_id", "look_at"),
    Index("ix_channel_copy_list_id", "list_id"),
)

# What people have to do about a channel; each is a task of its own.
channel_finding = Table(
    "channel_finding",
    metadata,
    identifier(),
    reference("channel_id"),
    reference("list_id"),
    label("reason"),  # to_post | lagging | differs
    Column("revision", Integer, nullable=False),
    instant("opened_at"),
    instant("due_at"),
    instant("closed_at", nullable=True),
    CheckConstraint("reason IN ('to_post', 'lagging', 'differs')", name="reason"),
    ForeignKeyConstraint(*_TO_CHANNEL),
    Index(
        "uq_channel_finding_open", "channel_id", "list_id", "reason", unique=True,
        postgresql_where=text("closed_at IS NULL"),
    ),
)  # fmt: skip

# A photo or scan of what was posted, checked as attachments are.
channel_evidence = Table(
    "channel_evidence",
    metadata,
    identifier(),
    reference("channel_id"),
    label("file_name"),
    label("media_type"),  # by its content
    Column("size", Integer, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    Column("content", LargeBinary, nullable=False),
    label("uploaded_by"),
    instant("uploaded_at"),
    ForeignKeyConstraint(*_TO_CHANNEL),
    Index("ix_channel_evidence_channel_id", "channel_id"),
)

# The log of what people posted (HB-35): never changed, never deleted.
channel_posting = Table(
    "channel_posting",
    metadata,
    identifier(),
    reference("channel_id"),
    reference("list_id"),
    Column("revision", Integer, nullable=False),
    Column("digest", LargeBinary, nullable=False),  # of the copy that was handed out for it
    Column("posted_on", Date, nullable=False),
    label("link", nullable=True),
    reference("evidence_id", nullable=True),
    label("note", nullable=True),
    label("confirmed_by"),
    instant("confirmed_at"),
    ForeignKeyConstraint(*_TO_CHANNEL),
    ForeignKeyConstraint(["evidence_id"], ["qingdan.channel_evidence.id"]),
    Index("ix_channel_posting_channel_id", "channel_id", "list_id", "revision"),
)

# What copies say beside the entries, as it was called when a revision was published: the same revision gives the
# same bytes. A revision without one has that of the one before.
copy_heading = Table(
    "copy_heading",
    metadata,
    identifier("list_id"),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    document("heading"),  # {"title", "kind_title", "region_name", "issuer", "elements": {key: {title, type, …}}}
    instant("made_at"),
)
