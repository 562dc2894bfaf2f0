"""The procedures the product ships and the kinds they are bound to, brought in by `qingdan migrate`."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from services.workflow.bindings import repository as bindings
from services.workflow.procedures import presets
from services.workflow.procedures.templates import repository
from shared.identifiers import new_id


async def install_builtin_procedures(connection: AsyncConnection) -> int:
    """Bring in the templates and bindings that are not there yet; safe to repeat. Returns how many were new."""
    templates = await repository.install(connection, presets.BUILT_IN)
    wanted = [{"id": new_id(), "kind": kind, "template_code": code} for kind, code in presets.BOUND.items()]
    return templates + await bindings.install(connection, wanted, source=presets.BOUND_SOURCE)
