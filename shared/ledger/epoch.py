"""The epoch of the log: positions of two epochs are never compared."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.identifiers import new_id
from shared.schema.ledger import audit, log_head


async def begin(connection: AsyncConnection, *, actor: str) -> tuple[int, UUID]:
    """Begin a new epoch after a restore to an earlier point; the position it begins after, and its id.

    Positions after that one were given before the restore and are given again, to other events: whoever keeps a
    position of the lost time must go back to this one. The owner's connection; audited.
    """
    before = (await connection.execute(select(log_head.c.position, log_head.c.epoch).with_for_update())).one()
    epoch = new_id()
    await connection.execute(update(log_head).values(epoch=epoch))
    detail = {"position": before.position, "before": str(before.epoch), "epoch": str(epoch)}
    await connection.execute(
        insert(audit).values(
            id=new_id(), service="shared", actor=actor, tag="operator:epoch:begin", outcome="done", detail=detail
        )
    )
    return int(before.position), epoch
