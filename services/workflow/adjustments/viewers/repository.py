"""SQL of who may read an adjustment: one condition for the list and for a single one, so that they never differ."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Text, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.elements import TextClause

from services.workflow.adjustments.viewers.rules import Viewer
from shared.statement import Statement

# An organ takes part when it leads, was named a participant, or has a step of the procedure in its hands.
_SEEN = """(
    adjustment.region_code IN (
        SELECT r.code FROM qingdan.catalog_region_v1 AS r
        WHERE r.code = ANY (CAST(:seen_regions AS text[])) OR r.ancestors && CAST(:seen_regions AS text[]))
    OR adjustment.organ_id = ANY (CAST(:seen_organs AS uuid[]))
    OR adjustment.participants && CAST(:seen_organs AS uuid[])
    OR EXISTS (SELECT FROM qingdan.review_step AS s
               WHERE s.adjustment_id = adjustment.id AND s.organ_id = ANY (CAST(:seen_organs AS uuid[])))
)"""
_SEES = Statement(f"SELECT EXISTS (SELECT FROM qingdan.adjustment AS adjustment WHERE id = :id AND {_SEEN})")


def _given(viewer: Viewer) -> dict[str, Any]:
    return {"seen_regions": list(viewer.regions or ()), "seen_organs": list(viewer.organs)}


def seen_by(viewer: Viewer) -> TextClause | None:
    """The condition on rows of `adjustment`; None when the viewer sees all."""
    if viewer.regions is None:
        return None
    types = {"seen_regions": ARRAY(Text), "seen_organs": ARRAY(Uuid)}
    bound = [bindparam(name, value, type_=types[name]) for name, value in _given(viewer).items()]
    return text(_SEEN).bindparams(*bound)


async def sees(connection: AsyncConnection, viewer: Viewer, adjustment_id: UUID) -> bool:
    """Whether the viewer may read the adjustment."""
    return viewer.regions is None or bool(await _SEES.value(connection, _given(viewer) | {"id": adjustment_id}))
