"""The metadata all tables hang on, and the column shapes they share."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, DateTime, MetaData, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

SCHEMA = "qingdan"

metadata = MetaData(
    schema=SCHEMA,
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    },
)


def identifier(name: str = "id", **options: Any) -> Column[Any]:
    """A UUIDv7 column; the primary key unless told otherwise."""
    options.setdefault("primary_key", True)
    return Column(name, Uuid, **options)


def reference(name: str, **options: Any) -> Column[Any]:
    """A required UUID that points at a row of another table."""
    options.setdefault("nullable", False)
    return Column(name, Uuid, **options)


def label(name: str, **options: Any) -> Column[Any]:
    """A required text column."""
    options.setdefault("nullable", False)
    return Column(name, Text, **options)


def instant(name: str, **options: Any) -> Column[Any]:
    """A required instant with time zone."""
    options.setdefault("nullable", False)
    return Column(name, DateTime(timezone=True), **options)


def document(name: str, **options: Any) -> Column[Any]:
    """A required jsonb column."""
    options.setdefault("nullable", False)
    return Column(name, JSONB, **options)
