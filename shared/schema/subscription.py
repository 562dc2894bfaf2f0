"""Tables of the subscriptions: who follows which changes, how far, what is still to be sent; written by publish."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, SmallInteger, Table, text
from sqlalchemy.dialects.postgresql import ARRAY, TEXT, UUID

from shared.schema.base import document, identifier, instant, label, metadata, reference

# A row that changes with every batch stays on its page only when the page has room for its next version.
_OFTEN_CHANGED = {"fillfactor": 50}

subscription = Table(
    "subscription",
    metadata,
    identifier(),
    label("name"),
    label("owner"),  # the actor it belongs to: an account or a service client
    label("endpoint", nullable=True),  # empty: the owner reads, nothing is sent
    label("state"),  # active | paused | disabled | resync_required | deleted
    label("state_reason", nullable=True),
    instant("state_since"),
    # The filter: each part narrows, an empty one lets everything through.
    Column("kinds", ARRAY(TEXT)),
    Column("regions", ARRAY(TEXT)),  # with everything below them
    Column("types", ARRAY(TEXT)),
    Column("items", ARRAY(UUID(as_uuid=True))),
    Column("elements", ARRAY(TEXT)),
    Column("changes", ARRAY(TEXT)),  # what the adjustment did
    label("ordering", server_default=text("'item'")),  # item: in order per item | none
    # Limits of the endpoint that its owner has set; empty: those of the installation.
    Column("requests_per_second", Integer),
    Column("concurrency", Integer),
    # Names of secret files, never their content: what we show as a client, and who signs the endpoint's certificate.
    label("client_certificate", nullable=True),
    label("authority", nullable=True),
    Column("filter_version", Integer, nullable=False, server_default=text("1")),
    Column("version", Integer, nullable=False, server_default=text("1")),
    instant("created_at"),
    instant("updated_at"),
    Index("ix_subscription_owner", "owner", "id"),
)

# Where the matcher stands. Written under the matcher's lock alone, so that it never waits for a sender.
subscription_cursor = Table(
    "subscription_cursor",
    metadata,
    identifier("subscription_id"),
    reference("epoch"),  # of the log, when it was numbered last
    Column("position", BigInteger, nullable=False),  # of the feed: everything up to it was matched
    Column("next_sequence", BigInteger, nullable=False, server_default=text("1")),
    Column("queued", BigInteger, nullable=False, server_default=text("0")),  # deliveries ever put into the window
    Column("replay_from", BigInteger),  # sequences asked for again and not in the window yet
    Column("replay_until", BigInteger),
    Column("generation", Integer, nullable=False, server_default=text("0")),  # rises when the window is filled again
    postgresql_with=_OFTEN_CHANGED,
)

# How the endpoint behaves. Written by the one sender that holds the lease.
subscription_sending = Table(
    "subscription_sending",
    metadata,
    identifier("subscription_id"),
    Column("done", BigInteger, nullable=False, server_default=text("0")),  # deliveries ever taken out of the window
    Column("failures", Integer, nullable=False, server_default=text("0")),  # of the endpoint as such, in a row
    instant("retry_at", nullable=True),
    instant("delivered_at", nullable=True),
    instant("failing_since", nullable=True),  # the first failure since the last success
    instant("warned_at", nullable=True),  # when its owner was told of that
    postgresql_with=_OFTEN_CHANGED,
)

subscription_secret = Table(
    "subscription_secret",
    metadata,
    identifier(),
    reference("subscription_id"),
    label("scheme", server_default=text("'hmac_sha256'")),  # hmac_sha256 | ed25519 | hmac_sm3
    label("public_key", nullable=True),  # of a private key: what the subscriber verifies with
    label("key_id"),  # which key file it is encrypted with
    Column("ciphertext", LargeBinary, nullable=False),
    instant("valid_from"),
    instant("valid_until", nullable=True),
    Index("ix_subscription_secret_subscription_id", "subscription_id"),
)

# Events of the subscription itself in its own stream: its filter was changed, its sender was restored to an earlier
# point.
subscription_notice = Table(
    "subscription_notice",
    metadata,
    identifier("subscription_id"),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    reference("id"),
    label("type"),
    document("data"),
    instant("recorded_at"),
)

# The window: what is numbered and not acknowledged yet.
delivery = Table(
    "delivery",
    metadata,
    identifier("subscription_id"),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("feed_sequence", BigInteger, nullable=False),  # 0: a notice
    reference("item_key"),  # what the order is kept for: the item, else the list, else the subscription
    Column("attempts", SmallInteger, nullable=False, server_default=text("0")),
    instant("retry_at", nullable=True),
    label("error", nullable=True),
    instant("queued_at"),
    postgresql_with=_OFTEN_CHANGED,
)

# Numbers that are to be sent again one by one: named by the receiver, or of items it wants again.
delivery_wanted = Table(
    "delivery_wanted",
    metadata,
    identifier("subscription_id"),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    instant("asked_at"),
)

# Numbers put aside because the receiver cannot take them: out of the window, until they are sent again or dropped.
parked_delivery = Table(
    "parked_delivery",
    metadata,
    identifier("subscription_id"),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("feed_sequence", BigInteger, nullable=False),
    Column("attempts", SmallInteger, nullable=False),
    label("error", nullable=True),
    label("parked_by"),  # the actor: its owner, or the sender after the last attempt
    instant("parked_at"),
)

# Which entry of the feed a sequence stands for: element n of a row is the entry of first_sequence + n - 1.
delivery_range = Table(
    "delivery_range",
    metadata,
    identifier("subscription_id"),
    Column("first_sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("feed_sequences", ARRAY(BigInteger), nullable=False),  # 0: a notice
    instant("numbered_at"),
)

# What came of every attempt, for people who look for a fault.
delivery_attempt = Table(
    "delivery_attempt",
    metadata,
    identifier("subscription_id"),
    identifier("id"),
    Column("sequence", BigInteger),  # empty: a test
    label("outcome"),  # delivered | failed; of a test also waiting | sending
    Column("status", SmallInteger),
    Column("milliseconds", Integer, nullable=False),
    label("error", nullable=True),
    label("answer", nullable=True),  # the beginning of what was answered, when it was no success
    # What was sent: of a signature the beginning only, of the body its digest.
    Column("event_id", UUID(as_uuid=True)),
    instant("signed_at", nullable=True),
    label("signatures", nullable=True),
    Column("body_size", Integer),
    Column("body_digest", LargeBinary),  # SHA-256
    document("answer_headers", nullable=True),  # {name: value}
    instant("attempted_at"),
    # Rows come in the order of time: a few pages of index for millions of rows.
    Index("ix_delivery_attempt_attempted_at", "attempted_at", postgresql_using="brin"),
    Index("ix_delivery_attempt_open", "id", postgresql_where=text("outcome IN ('waiting', 'sending')")),
)
