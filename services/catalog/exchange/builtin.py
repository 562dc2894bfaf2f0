"""The mapping profiles the product ships, as data beside this module, and the translations they need."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.exchange.registry import repository

FOLDER = Path(__file__).parent / "profiles"
# How nested documents of peers are read, and written again.
DOCUMENTS = Path(__file__).parents[1] / "aggregates" / "mappings"
_VOCABULARY = ".vocabulary.json"


def profiles() -> Iterator[dict[str, Any]]:
    """The documents of the shipped profiles."""
    for path in sorted(FOLDER.glob("*.json")):
        if not path.name.endswith(_VOCABULARY):
            yield orjson.loads(path.read_bytes())
    for path in sorted(DOCUMENTS.glob("*.json")):
        yield orjson.loads(path.read_bytes())


def translations() -> Iterator[dict[str, str]]:
    """The rows of `vocabulary_mapping` that belong to the shipped profiles; the file's name is the source."""
    for path in sorted(FOLDER.glob(f"*{_VOCABULARY}")):
        vocabularies: Mapping[str, Mapping[str, str]] = orjson.loads(path.read_bytes())
        yield from (
            {
                "source": path.name.removesuffix(_VOCABULARY),
                "vocabulary": vocabulary,
                "foreign_value": foreign,
                "value": value,
                "relation": "exact",
            }
            for vocabulary, values in vocabularies.items()
            for foreign, value in values.items()
        )


async def install_builtin_profiles(connection: AsyncConnection) -> None:
    """Bring the database to the shipped profiles; safe to repeat, a changed file becomes a new version."""
    await repository.add_translations(connection, list(translations()))
    for document in profiles():
        await repository.insert_version(
            connection,
            {
                "code": document["code"],
                "title": document["title"],
                "source": document["source"],
                "origin": "built_in",
                "list_kinds": document["list_kinds"],
                "document": document,
                "created_by": "system:builtin",
            },
        )
