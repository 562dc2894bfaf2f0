"""An element that becomes secret leaves the bodies of all earlier revisions too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from services.publish.revisions import bodies
from services.publish.revisions.rules import PublishedList
from services.publish.withdrawals import repository
from services.publish.withdrawals.rules import profile_of, without_hidden


async def withdraw_from_earlier(connection: AsyncConnection, in_force: Mapping[UUID, PublishedList]) -> int:
    """Rewrite the past rows of the lists that show what is now hidden; returns how many.

    The revisions count them: with any, their hash no longer proves what is left to read, and they say so.
    """
    after, rewritten = (UUID(int=0), 0), 0
    while rows := await repository.earlier(connection, in_force, after=after):
        changed = [new for row in rows if (new := _rewritten(row, in_force[row["list_id"]])) is not None]
        if changed:
            await repository.rewrite(connection, changed)
        rewritten += len(changed)
        after = (rows[-1]["item_id"], rows[-1]["from_revision"])
    return rewritten


def _rewritten(row: RowMapping, in_list: PublishedList) -> dict[str, Any] | None:
    body = orjson.loads(row["body"])
    left = without_hidden(body, profile_of(body["elements"], in_list))
    if left is None:
        return None
    raw = orjson.dumps(left)
    columns = bodies.searchable(left)
    return {
        "lists": row["list_id"],
        "items": row["item_id"],
        "revisions": row["from_revision"],
        "bodies": raw,
        "lines": bodies.line(left, raw),
        "names": columns["name"],
        "base_codes": columns["base_code"],
        "codes": columns["implementation_code"],
        "types": columns["item_type"],
        "levels": columns["level"],
        "organs": left["elements"].get("implementing_body") is not None,
    }
