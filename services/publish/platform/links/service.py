"""Bodies with what their items are linked with, for mapping profiles that make rows of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from services.publish.platform.links import repository
from services.publish.platform.mapping import Mapping as Profile
from services.publish.platform.rules import Queued

Linked = Mapping[str, Sequence[Mapping[str, Any]]]
"""Type of link -> elements of the published entries at its other end."""


async def of_items(connection: AsyncConnection, items: Sequence[UUID], profile: Profile) -> Mapping[UUID, Linked]:
    """What items are linked with, as far as the profile makes rows of it; one statement, or none."""
    if not profile.links or not items:
        return {}
    found: dict[UUID, dict[str, list[Mapping[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    for row in await repository.ends(connection, items, sorted(profile.links)):
        found[row.item_id][row.type].append(orjson.loads(row.body)["elements"])
    return found


async def completed(connection: AsyncConnection, queued: Sequence[Queued], profile: Profile) -> list[Queued]:
    """Rows that are to be sent, their bodies with `linked`."""
    linked = await of_items(connection, [one.item_id for one in queued if one.body is not None], profile)
    return [
        replace(one, body={**one.body, "linked": linked[one.item_id]})
        if one.body is not None and one.item_id in linked else one
        for one in queued
    ]  # fmt: skip


async def follow(connection: AsyncConnection, peer: UUID, profile: Profile, *, after: int, until: int) -> None:
    """Let rows made of links go again when what they are linked with has changed; one statement, or none."""
    if profile.links:
        await repository.follow(connection, peer, sorted(profile.links), after=after, until=until)
