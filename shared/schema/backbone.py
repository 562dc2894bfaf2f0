"""How far the stream of the message backbone is. It belongs to the publish service."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, Table, text
from sqlalchemy.dialects.postgresql import ARRAY, TEXT

from shared.schema.base import instant, label, metadata, reference

backbone_progress = Table(
    "backbone_progress",
    metadata,
    label("stream", primary_key=True),
    reference("epoch"),  # of the log when the position was kept; another one now means: restored
    reference("begun_epoch"),  # of the log when the stream was begun
    Column("position", BigInteger, nullable=False, server_default=text("0")),  # last feed sequence in the stream
    Column("problems", ARRAY(TEXT), nullable=False, server_default=text("'{}'")),
    instant("last_success_at", nullable=True),
    instant("failed_at", nullable=True),
    label("last_error", nullable=True),
    Column("failures", Integer, nullable=False, server_default=text("0")),  # in a row
)
