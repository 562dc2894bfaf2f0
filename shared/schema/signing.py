"""Tables of signed requests: the appKeys of systems that call us, and the nonces each has used.

They belong to the publish service (`shared/schema/publish.py` names them as its own).
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Index, Integer, LargeBinary, Table, text

from shared.schema.base import identifier, instant, label, metadata, reference

app_key = Table(
    "app_key",
    metadata,
    identifier(),
    label("code", unique=True),  # the appKey, as requests carry it
    reference("client_id"),  # the service client it speaks for
    reference("peer_id", nullable=True),  # the platform that answers about our rows with it
    label("algorithm"),
    label("key_id"),
    Column("ciphertext", LargeBinary, nullable=False),  # a signature is checked with the secret itself: no hash will do
    Column("per_minute", Integer, nullable=False),
    # The minute that is being counted, and the requests in it.
    instant("minute_began_at", server_default=text("'-infinity'")),
    Column("minute_requests", Integer, nullable=False, server_default=text("0")),
    label("created_by"),
    instant("created_at"),
    instant("ended_at", nullable=True),
    CheckConstraint("algorithm IN ('HMAC-SHA256', 'HMAC-SM3')", name="algorithm"),
    ForeignKeyConstraint(["peer_id"], ["qingdan.peer.id"]),
    Index("ix_app_key_client_id", "client_id"),
)

# A nonce is refused while the timestamp it came with would still be taken.
app_key_nonce = Table(
    "app_key_nonce",
    metadata,
    identifier("app_key_id"),
    label("nonce", primary_key=True),
    instant("expires_at"),
    ForeignKeyConstraint(["app_key_id"], ["qingdan.app_key.id"]),
    Index("ix_app_key_nonce_expires_at", "expires_at"),
)
