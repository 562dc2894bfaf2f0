"""SQL of notices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.codes.region_code import NATION
from shared.statement import Row, Statement

# A draft is read by who oversees its region; what was approved by everybody whom the campaign concerns.
_SEEN = """(n.state = 'approved' AND (CAST(:everywhere AS boolean) OR EXISTS (
        SELECT FROM unnest(CAST(:places AS text[])) AS g (code)
        JOIN qingdan.catalog_region_v1 AS p ON p.code = g.code
        WHERE p.code = r.code OR p.code = ANY (r.ancestors) OR r.code = ANY (p.ancestors)))
    OR r.code = ANY (CAST(:overseen AS text[])) OR r.ancestors && CAST(:overseen AS text[])
    OR CAST(:all_overseen AS boolean))"""
_LINE = """n.id, n.campaign_id, c.title AS campaign, n.region_code, r.name AS region_name, n.kind, n.grouping,
       n.first_day, n.last_day, n.title, n.state, n.number, n.issued_on, n.content_hash, n.file_hash, n.drafted_at,
       n.approved_at"""
_WHOLE = f"""{_LINE}, n.counted_at, n.preamble, n.names, n.omitted, n.drafted_by, n.approved_by, n.discarded_because,
       n.evidence_ids, n.version"""
_FROM = """FROM qingdan.notice AS n
    JOIN qingdan.campaign AS c ON c.id = n.campaign_id
    JOIN qingdan.catalog_region_v1 AS r ON r.code = n.region_code"""
_PAGE = Statement(
    f"""
    SELECT {_LINE}, jsonb_array_length(n.names) - jsonb_array_length(n.omitted) AS named {_FROM}
    WHERE n.campaign_id = :campaign_id AND {_SEEN} AND (CAST(:kind AS text) IS NULL OR n.kind = :kind)
      AND (CAST(:state AS text) IS NULL OR n.state = :state)
      AND (CAST(:before AS uuid) IS NULL OR n.id < CAST(:before AS uuid))
    ORDER BY n.id DESC LIMIT :limit
    """
)
_FIND = Statement(f"SELECT {_WHOLE} {_FROM} WHERE n.id = :id AND {_SEEN}")
_FILES = Statement("SELECT n.content, n.file FROM qingdan.notice AS n WHERE n.id = :id")
_LOCK = Statement("SELECT n.version FROM qingdan.notice AS n WHERE n.id = :id FOR UPDATE")
_INSERT = Statement(
    """
    INSERT INTO qingdan.notice (id, campaign_id, region_code, kind, grouping, first_day, last_day, counted_at, title,
                                preamble, names, evidence_ids, drafted_by, drafted_at)
    VALUES (:id, :campaign_id, :region_code, :kind, :grouping, :first_day, :last_day, :counted_at, :title, :preamble,
            CAST(:names AS jsonb), CAST(:evidence_ids AS uuid[]), :actor, :now)
    """
)
_UPDATE = Statement(
    """
    UPDATE qingdan.notice
    SET title = :title, preamble = :preamble, omitted = CAST(:omitted AS jsonb), version = version + 1
    WHERE id = :id
    """
)
_APPROVE = Statement(
    """
    UPDATE qingdan.notice
    SET state = 'approved', number = :number, issued_on = :issued_on, names = CAST(:names AS jsonb),
        content = :content, content_hash = :content_hash, file = :file, file_hash = :file_hash,
        evidence_ids = CAST(:evidence_ids AS uuid[]), approved_by = :actor, approved_at = :now, version = version + 1
    WHERE id = :id
    """
)
_DISCARD = Statement(
    "UPDATE qingdan.notice SET state = 'discarded', discarded_because = :reason, version = version + 1 WHERE id = :id"
)
# While a notice is approved nobody waives, hands in or moves what it names.
_HOLD = Statement(
    """
    WITH obligation AS (
        SELECT o.id FROM qingdan.obligation AS o WHERE o.id = ANY (CAST(:ids AS uuid[])) ORDER BY o.id FOR SHARE
    ), report AS (
        SELECT p.id FROM qingdan.monthly_report AS p WHERE p.id = ANY (CAST(:ids AS uuid[])) ORDER BY p.id FOR SHARE
    )
    SELECT count(*) FROM (SELECT id FROM obligation UNION ALL SELECT id FROM report) AS held
    """
)


def reader(places: Sequence[str], overseen: Sequence[str]) -> dict[str, Any]:
    """Who reads, as parameters: the regions of all grants, and those the reader oversees."""
    return {
        "places": list(places), "everywhere": NATION in places, "overseen": list(overseen),
        "all_overseen": NATION in overseen,
    }  # fmt: skip


async def insert(connection: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Store a draft."""
    await _INSERT.rows(connection, dict(values) | {"names": _json(values["names"])})


async def find(connection: AsyncConnection, notice_id: UUID, by: Mapping[str, Any]) -> Row | None:
    """A notice somebody may read, without its file."""
    return await _FIND.row(connection, dict(by) | {"id": notice_id})


async def page(
    connection: AsyncConnection,
    campaign_id: UUID,
    by: Mapping[str, Any],
    *,
    kind: str | None,
    state: str | None,
    before: UUID | None,
    limit: int,
) -> list[Row]:
    """Notices of a campaign somebody may read, the newest first."""
    given = {"campaign_id": campaign_id, "kind": kind, "state": state, "before": before, "limit": limit}
    return await _PAGE.rows(connection, dict(by) | given)


async def files(connection: AsyncConnection, notice_id: UUID) -> tuple[bytes, bytes]:
    """What an approved notice says (canonical JSON), and its text document."""
    (content, file), *_ = await _FILES.rows(connection, {"id": notice_id})
    return content, file


async def lock(connection: AsyncConnection, notice_id: UUID) -> None:
    """Hold a notice until the transaction ends."""
    await _LOCK.rows(connection, {"id": notice_id})


async def hold(connection: AsyncConnection, ids: Sequence[UUID]) -> None:
    """Keep obligations and reports as they are until the transaction ends."""
    await _HOLD.rows(connection, {"ids": list(ids)})


async def update(
    connection: AsyncConnection, notice_id: UUID, *, title: str, preamble: str, omitted: Sequence[Mapping[str, Any]]
) -> None:
    """Write what people write of a draft."""
    given = {"id": notice_id, "title": title, "preamble": preamble, "omitted": _json(omitted)}
    await _UPDATE.rows(connection, given)


async def approve(connection: AsyncConnection, notice_id: UUID, values: Mapping[str, Any]) -> None:
    """Make a draft the notice it will always be."""
    await _APPROVE.rows(connection, dict(values) | {"id": notice_id, "names": _json(values["names"])})


async def discard(connection: AsyncConnection, notice_id: UUID, reason: str) -> None:
    """It will not be issued."""
    await _DISCARD.rows(connection, {"id": notice_id, "reason": reason})


def _json(value: Any) -> str:
    return orjson.dumps(value, default=str).decode()
