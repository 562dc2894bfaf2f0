"""All SQL of an import except the two large statements: runs, staging, outcomes, and what they refer to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.exchange import staging
from services.catalog.exchange.statements.repository import CHUNK, DECIDE
from services.catalog.exchange.verdicts import VERDICTS
from shared.database import copy_encoded
from shared.schema.catalog import element_profile, import_outcome, import_row, import_run, region
from shared.schema.ledger import operation


async def place(connection: AsyncConnection, code: str) -> list[str] | None:
    """A region's code and those of all regions above it; None for an unknown region."""
    found = (await connection.execute(select(region.c.ancestors).where(region.c.code == code))).one_or_none()
    return None if found is None else [code, *found.ancestors]


async def lists_below(connection: AsyncConnection, kind: str, root: str) -> Sequence[Row[Any]]:
    """Lists of a kind in a region or below it, locked: (id, region_code, lead_organ_id, title, place, state).

    A list that mirrors a platform's catalogue has the state `mirrored` here, whatever it is otherwise.
    """
    rows = await connection.execute(
        text(
            "SELECT l.id, l.region_code, l.lead_organ_id, l.title, g.code || g.ancestors AS place,"
            " CASE WHEN l.mirrored_from IS NULL THEN l.state ELSE 'mirrored' END AS state"
            " FROM qingdan.list AS l JOIN qingdan.region AS g ON g.code = l.region_code"
            " WHERE l.kind = :kind AND (g.code = :root OR g.ancestors @> ARRAY[CAST(:root AS text)])"
            " ORDER BY l.id FOR NO KEY UPDATE OF l"
        ),
        {"kind": kind, "root": root},
    )
    return rows.all()


async def open_run(connection: AsyncConnection, list_ids: Sequence[UUID]) -> UUID | None:
    """An import that is queued or running on one of the lists."""
    rows = await connection.execute(
        select(import_run.c.operation_id)
        .join(operation, operation.c.id == import_run.c.operation_id)
        .where(operation.c.state.in_(["queued", "running"]), import_run.c.list_ids.overlap(list(list_ids)))
        .limit(1)
    )
    return rows.scalar_one_or_none()


async def insert_run(connection: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Record what was asked for."""
    await connection.execute(insert(import_run).values(**values))


async def find_run(connection: AsyncConnection, operation_id: UUID) -> Row[Any] | None:
    """An import with the state of its operation: (import_run.*, state, error, done, total)."""
    rows = await connection.execute(
        select(import_run, operation.c.state, operation.c.error, operation.c.cancel_requested)
        .join(operation, operation.c.id == import_run.c.operation_id)
        .where(import_run.c.operation_id == operation_id)
    )
    return rows.one_or_none()


async def element_profiles(connection: AsyncConnection, kind: str) -> list[dict[str, Any]]:
    """Element profiles of a kind, oldest first, as the validators take them."""
    rows = await connection.execute(
        select(element_profile)
        .where(element_profile.c.kind == kind, ~element_profile.c.offered)
        .order_by(element_profile.c.number)
    )
    return [_document(row) | {"id": str(row.id), "valid_from": row.valid_from.isoformat()} for row in rows]


async def clear_staged(connection: AsyncConnection, operation_id: UUID) -> None:
    """Remove the staged rows of an import."""
    await connection.execute(delete(import_row).where(import_row.c.operation_id == operation_id))


async def count_staged(connection: AsyncConnection, operation_id: UUID) -> int:
    """Number of staged rows."""
    rows = select(func.count()).select_from(import_row).where(import_row.c.operation_id == operation_id)
    return int((await connection.execute(rows)).scalar_one())


async def is_pending(connection: AsyncConnection, operation_id: UUID) -> bool:
    """Whether some row that differs from its list is not applied."""
    rows = await connection.execute(
        select(import_outcome.c.row)
        .where(
            import_outcome.c.operation_id == operation_id,
            import_outcome.c.outcome.in_(["added", "changed"]),
            ~import_outcome.c.applied,
        )
        .limit(1)
    )
    return rows.first() is not None


async def stage(connection: AsyncConnection, rows: bytes) -> None:
    """COPY a batch of rows as the reader encoded them."""
    columns = ["operation_id", *staging.COLUMNS]
    await copy_encoded(connection, import_row, columns, (staging.BEGIN, rows, staging.END))


async def update_run(connection: AsyncConnection, operation_id: UUID, **values: Any) -> None:
    """Note what was found out about the file."""
    await connection.execute(update(import_run).where(import_run.c.operation_id == operation_id).values(**values))


async def forget_undone(connection: AsyncConnection, operation_id: UUID) -> None:
    """Remove the outcomes that were not applied, so that they are decided anew against the lists as they are."""
    await connection.execute(
        delete(import_outcome).where(import_outcome.c.operation_id == operation_id, ~import_outcome.c.applied)
    )


async def decide(connection: AsyncConnection, run: Row[Any], target: str, columns: Sequence[str]) -> None:
    """Give every staged row without an outcome one; `columns` names the file's column for each of VERDICTS."""
    await connection.execute(
        text(DECIDE),
        {
            "operation_id": run.operation_id,
            "kind": run.list_kind,
            "root": run.region_code,
            "target": target,
            "list_ids": list(run.list_ids),
            "codes": [verdict.code for verdict in VERDICTS],
            "columns": list(columns),
            "messages": [verdict.message for verdict in VERDICTS],
        },
    )


async def rejected_without_source(connection: AsyncConnection, operation_id: UUID) -> list[int]:
    """Rejected rows whose cells are not kept yet."""
    rows = await connection.execute(
        select(import_outcome.c.row).where(
            import_outcome.c.operation_id == operation_id,
            import_outcome.c.outcome == "rejected",
            import_outcome.c.source.is_(None),
        )
    )
    return list(rows.scalars())


async def keep_sources(connection: AsyncConnection, operation_id: UUID, cells: Sequence[tuple[int, str]]) -> None:
    """Keep the cells of rejected rows, each a JSON array in text."""
    await connection.execute(
        text(
            "UPDATE qingdan.import_outcome AS d SET source = g.source"
            " FROM unnest(CAST(:rows AS integer[]), CAST(:sources AS text[])) AS g (row, source)"
            " WHERE d.operation_id = :operation_id AND d.row = g.row"
        ),
        {"operation_id": operation_id, "rows": [row for row, _ in cells], "sources": [cell for _, cell in cells]},
    )


async def lock_compiling(connection: AsyncConnection, list_ids: Sequence[UUID]) -> list[UUID]:
    """Lists among these that are still compiling, kept so until the transaction ends."""
    rows = await connection.execute(
        text(
            "SELECT id, CASE WHEN mirrored_from IS NULL THEN state ELSE 'mirrored' END AS state"
            " FROM qingdan.list WHERE id = ANY (CAST(:ids AS uuid[])) ORDER BY id FOR SHARE"
        ),
        {"ids": list(list_ids)},
    )
    return [row.id for row in rows if row.state == "compiling"]


async def take_chunk(
    connection: AsyncConnection, operation_id: UUID, *, after: int, new_ids: Sequence[UUID]
) -> Row[Any]:
    """Mark the next rows, in file order, as applied and give new items their ids: as many as there are `new_ids`.

    Answers (last row, list_ids, rows added, rows changed), each None where there is none.
    """
    taken = await connection.execute(
        text(CHUNK),
        {"operation_id": operation_id, "after": after, "size": len(new_ids), "new_ids": list(new_ids)},
    )
    return taken.one()


async def counts(connection: AsyncConnection, operation_id: UUID) -> dict[str, int]:
    """Rows by outcome, how many are applied, and how many carry a note."""
    rows = await connection.execute(
        text(
            "SELECT count(*) AS rows, count(*) FILTER (WHERE outcome = 'added') AS added,"
            " count(*) FILTER (WHERE outcome = 'changed') AS changed,"
            " count(*) FILTER (WHERE outcome = 'unchanged') AS unchanged,"
            " count(*) FILTER (WHERE outcome = 'rejected') AS rejected,"
            " count(*) FILTER (WHERE applied) AS applied, count(*) FILTER (WHERE notes <> '[]') AS noted"
            " FROM qingdan.import_outcome WHERE operation_id = :operation_id"
        ),
        {"operation_id": operation_id},
    )
    return _document(rows.one())


async def changed_elements(connection: AsyncConnection, operation_id: UUID) -> dict[str, int]:
    """For each element, in how many rows it differs from the list."""
    rows = await connection.execute(
        text(
            "SELECT key, count(*) AS times FROM qingdan.import_outcome, jsonb_object_keys(changes) AS key"
            " WHERE operation_id = :operation_id AND outcome = 'changed' GROUP BY key ORDER BY times DESC, key"
        ),
        {"operation_id": operation_id},
    )
    return {row.key: row.times for row in rows}


async def lists_touched(connection: AsyncConnection, operation_id: UUID) -> list[dict[str, Any]]:
    """Per list: rows added, changed, unchanged and rejected."""
    rows = await connection.execute(
        text(
            "SELECT l.id, l.title, count(*) FILTER (WHERE d.outcome = 'added') AS added,"
            " count(*) FILTER (WHERE d.outcome = 'changed') AS changed,"
            " count(*) FILTER (WHERE d.outcome = 'unchanged') AS unchanged,"
            " count(*) FILTER (WHERE d.outcome = 'rejected') AS rejected"
            " FROM qingdan.import_outcome AS d JOIN qingdan.list AS l ON l.id = d.list_id"
            " WHERE d.operation_id = :operation_id GROUP BY l.id, l.title ORDER BY l.title, l.id"
        ),
        {"operation_id": operation_id},
    )
    return [_document(row) | {"id": str(row.id)} for row in rows]


async def outcomes(
    connection: AsyncConnection, operation_id: UUID, kinds: Sequence[str], *, after: int, size: int
) -> Sequence[Row[Any]]:
    """Rows with one of the outcomes, in file order, `after` a row number."""
    rows = await connection.execute(
        select(import_outcome)
        .where(
            import_outcome.c.operation_id == operation_id,
            import_outcome.c.outcome.in_(list(kinds)),
            import_outcome.c.row > after,
        )
        .order_by(import_outcome.c.row)
        .limit(size)
    )
    return rows.all()


async def spools_in_use(connection: AsyncConnection) -> set[str]:
    """Names of uploaded files that an operation may still need."""
    spool = operation.c.parameters["spool"].astext
    rows = await connection.execute(
        select(spool).where(operation.c.state.in_(["queued", "running"]), spool.is_not(None))
    )
    return set(rows.scalars())


async def remove_finished(connection: AsyncConnection, before: datetime) -> int:
    """Remove staged rows of imports that are over, and outcomes of those that ended before an instant."""
    over = select(operation.c.id).where(operation.c.state.notin_(["queued", "running"]))
    await connection.execute(delete(import_row).where(import_row.c.operation_id.in_(over)))
    removed = await connection.execute(
        delete(import_outcome).where(import_outcome.c.operation_id.in_(over.where(operation.c.finished_at < before)))
    )
    return int(removed.rowcount)


def _document(row: Row[Any]) -> dict[str, Any]:
    """A row as JSON takes it: column names of the driver are a kind of text of their own."""
    return {str(name): value for name, value in row._mapping.items()}
