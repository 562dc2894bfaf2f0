"""Looks all the time whether lists that mirror one another contradict one another, even for an instant (promise 3).

One statement sees one snapshot: what it finds was visible to every reader at that instant.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from tests.faults.facts import AWAY
from tests.faults.place import Installation
from tests.faults.world import INVESTMENT, MIRRORS, World

EVERY_SECONDS = 0.15
NAMED_LIKE_THE_PERMIT = (*MIRRORS, INVESTMENT)

_IN_FORCE = """
    SELECT p.id, f.kind, p.name AS says, coalesce(f.permit_name, f.name) AS shows
    FROM unnest($1::uuid[], $2::uuid[]) AS n (permit, follower)
    JOIN qingdan.item AS p ON p.id = n.permit
    JOIN qingdan.item AS f ON f.id = n.follower
    WHERE coalesce(f.permit_name, f.name) <> p.name OR (f.kind = ANY ($3::text[]) AND f.state <> p.state)
"""
_PUBLISHED = """
    SELECT p.item_id AS id, f.list_id, p.name AS says, f.name AS shows
    FROM unnest($1::uuid[], $2::uuid[]) AS n (permit, follower)
    JOIN qingdan.published_item AS p ON p.item_id = n.permit AND p.to_revision IS NULL
    JOIN qingdan.published_item AS f ON f.item_id = n.follower AND f.to_revision IS NULL
    JOIN qingdan.item AS i ON i.id = n.follower AND i.permit_name IS NULL
    WHERE f.name <> p.name OR (i.kind = ANY ($3::text[]) AND f.state <> p.state)
"""


@dataclass
class Witness:
    """Counts looks and keeps what contradicted."""

    place: Installation
    world: World
    looks: int = 0
    found: list[str] = field(default_factory=list)

    async def watch(self, until: float) -> None:
        """Look until the loop's clock says `until`; an absent database is waited for."""
        pairs = [(permit.id, follower) for permit in self.world.permits for follower in permit.followers.values()]
        columns = [list(column) for column in zip(*pairs, strict=True)]
        connection: asyncpg.Connection[Any] | None = None
        while asyncio.get_running_loop().time() < until:
            try:
                if connection is None or connection.is_closed():
                    connection = await asyncpg.connect(self.place.database_url, timeout=5)
                for statement in (_IN_FORCE, _PUBLISHED):
                    rows = await connection.fetch(statement, *columns, list(MIRRORS), timeout=5)
                    self.found += [str(dict(row)) for row in rows]
                self.looks += 1
            except AWAY:
                connection = None
            await asyncio.sleep(EVERY_SECONDS)
        if connection is not None:
            with contextlib.suppress(Exception):
                await connection.close(timeout=2)
