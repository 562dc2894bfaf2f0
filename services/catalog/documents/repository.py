"""All SQL of the register of normative documents: records, versions, articles, relations, links."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.records import Record, many, matching, one, one_or_none
from shared.schema.catalog import document_article, document_link, document_relation, document_version
from shared.schema.catalog import normative_document as register
from shared.statement import Row, Statement

# Everything but the full text, which is long and read by itself.
_LISTED = tuple(column for column in register.c if column.name not in ("full_text", "settled_on"))


async def get(connection: AsyncConnection, document_id: UUID, *, lock: bool = False) -> Record | None:
    """A document with its full text."""
    chosen = select(register).where(register.c.id == document_id)
    return one_or_none(await connection.execute(chosen.with_for_update() if lock else chosen))


async def search(
    connection: AsyncConnection,
    *,
    filters: Mapping[str, Any],
    title: str | None,
    issuer: str | None,
    key: str | None,
    after: tuple[str, UUID] | None,
    limit: int,
) -> list[Record]:
    """Documents by title; `title` and `issuer` are parts, `key` is a title in the form citations are compared in."""
    chosen = select(*_LISTED).order_by(register.c.title, register.c.id).limit(limit)
    chosen = chosen.where(*matching(register, filters))
    if title:
        by_key = [register.c.title_key.contains(key, autoescape=True)] if key else []
        chosen = chosen.where(or_(register.c.title.contains(title, autoescape=True), *by_key))
    if issuer:
        chosen = chosen.where(register.c.issuer.contains(issuer, autoescape=True))
    if after is not None:
        chosen = chosen.where(tuple_(register.c.title, register.c.id) > tuple_(*after))
    return many(await connection.execute(chosen))


async def add(connection: AsyncConnection, values: Mapping[str, Any]) -> Record | None:
    """Insert a document; None when its number, or its title with this date, is registered."""
    return one_or_none(
        await connection.execute(insert(register).values(**values).on_conflict_do_nothing().returning(register))
    )


async def change(connection: AsyncConnection, document_id: UUID, values: Mapping[str, Any]) -> Record:
    """Write values as the next version; what its dates bring about is to be settled again."""
    statement = (
        update(register)
        .where(register.c.id == document_id)
        .values(**values, version=register.c.version + 1, settled_on=None)
        .returning(register)
    )
    return one(await connection.execute(statement))


async def keep_version(connection: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Keep what the register says of a document now."""
    await connection.execute(insert(document_version).values(**values))


async def versions(connection: AsyncConnection, document_id: UUID, *, before: int | None, limit: int) -> list[Record]:
    """What the register said, newest first."""
    version = document_version.c
    chosen = select(document_version).where(version.document_id == document_id)
    if before is not None:
        chosen = chosen.where(version.number < before)
    return many(await connection.execute(chosen.order_by(version.number.desc()).limit(limit)))


async def articles(connection: AsyncConnection, document_id: UUID, *, after: int, limit: int) -> list[Record]:
    """Articles in the order of the document."""
    article = document_article.c
    chosen = select(document_article).where(article.document_id == document_id, article.place > after)
    return many(await connection.execute(chosen.order_by(article.place).limit(limit)))


async def replace_articles(connection: AsyncConnection, document_id: UUID, rows: Sequence[Mapping[str, Any]]) -> None:
    """Set the articles of a document; an article that stays keeps its status."""
    kept = [row["article"] for row in rows]
    article = document_article.c
    await connection.execute(
        delete(document_article).where(article.document_id == document_id, article.article.not_in(kept))
    )
    if rows:
        statement = insert(document_article).values([{"document_id": document_id, **row} for row in rows])
        changed = {name: statement.excluded[name] for name in ("place", "number", "content")}
        await connection.execute(
            statement.on_conflict_do_update(index_elements=["document_id", "article"], set_=changed)
        )


_MARK_ARTICLES = Statement(
    """
    WITH last AS (
        SELECT coalesce(max(place), 0) AS place FROM qingdan.document_article WHERE document_id = :document
    )
    INSERT INTO qingdan.document_article AS a (document_id, article, place, number, content, status, status_from)
    SELECT :document, g.article, last.place + g.ordinal, g.number, '', :status, CAST(:status_from AS date)
    FROM last, unnest(CAST(:articles AS text[]), CAST(:numbers AS text[])) WITH ORDINALITY
         AS g (article, number, ordinal)
    ON CONFLICT (document_id, article) DO UPDATE SET status = excluded.status, status_from = excluded.status_from
    """
)


async def mark_articles(
    connection: AsyncConnection, document_id: UUID, *, articles: Mapping[str, str], status: str, status_from: Any
) -> None:
    """Say of single articles (comparable form -> as written) that they were amended or repealed."""
    await _MARK_ARTICLES.rows(
        connection,
        {"document": document_id, "articles": list(articles), "numbers": list(articles.values()), "status": status,
         "status_from": status_from},
    )  # fmt: skip


# A relation finds its target when either side is registered: by number, else by title where no number contradicts.
_RELATE = Statement(
    """
    INSERT INTO qingdan.document_relation (id, document_id, type, cited, cited_number, cited_title_key)
    SELECT g.id, :document, g.type, g.cited, g.number, g.title_key
    FROM unnest(CAST(:ids AS uuid[]), CAST(:types AS text[]), CAST(:cited AS text[]), CAST(:numbers AS text[]),
                CAST(:title_keys AS text[])) AS g (id, type, cited, number, title_key)
    ON CONFLICT (document_id, type, cited) DO NOTHING
    """
)
_RESOLVE = Statement(
    """
    UPDATE qingdan.document_relation AS r SET target_id = f.target_id
    FROM (
        SELECT DISTINCT ON (o.id) o.id, d.id AS target_id
        FROM qingdan.document_relation AS o
        JOIN qingdan.normative_document AS d
          ON (d.number = o.cited_number OR d.title_key = o.cited_title_key)
         AND NOT (d.number IS NOT NULL AND o.cited_number IS NOT NULL AND d.number <> o.cited_number)
        WHERE o.target_id IS NULL AND d.id <> o.document_id
          AND (o.document_id = ANY (CAST(:documents AS uuid[])) OR d.id = ANY (CAST(:documents AS uuid[])))
        ORDER BY o.id, d.number = o.cited_number DESC NULLS LAST, d.issued_on DESC NULLS LAST, d.id
    ) AS f
    WHERE r.id = f.id
    """
)


async def relate(
    connection: AsyncConnection, document_id: UUID, type_: str | None, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Add relations (id, type, cited, number, title_key); with `type_`, those of that type that are not named go."""
    if type_ is not None:
        relation = document_relation.c
        await connection.execute(
            delete(document_relation).where(
                relation.document_id == document_id, relation.type == type_,
                relation.cited.not_in([row["cited"] for row in rows]),
            )
        )  # fmt: skip
    columns = ("id", "type", "cited", "number", "title_key")
    ids, types, cited, numbers, keys = ([row[name] for row in rows] for name in columns)
    await _RELATE.rows(
        connection,
        {"document": document_id, "ids": ids, "types": types, "cited": cited, "numbers": numbers, "title_keys": keys},
    )


async def resolve_relations(connection: AsyncConnection, documents: Sequence[UUID]) -> None:
    """Let relations from and to these documents find their targets."""
    await _RESOLVE.rows(connection, {"documents": list(documents)})


_RELATIONS = Statement(
    """
    SELECT r.type, r.cited, r.target_id, d.title, d.number, d.status
    FROM qingdan.document_relation AS r LEFT JOIN qingdan.normative_document AS d ON d.id = r.target_id
    WHERE r.document_id = :document ORDER BY r.type, r.cited
    """
)
# County, city, province (QX-02): what a document rests on, and what that rests on, each document once.
_CHAIN = Statement(
    """
    WITH RECURSIVE chain AS (
        SELECT d.id, 0 AS depth, ARRAY[d.id] AS path, CAST(NULL AS uuid) AS via
        FROM qingdan.normative_document AS d WHERE d.id = :document
        UNION ALL
        SELECT n.id, c.depth + 1, c.path || n.id, c.id
        FROM chain AS c
        CROSS JOIN LATERAL (
            SELECT CASE WHEN CAST(:upwards AS boolean) THEN r.target_id ELSE r.document_id END AS id
            FROM qingdan.document_relation AS r
            WHERE r.type = 'based_on'
              AND CASE WHEN CAST(:upwards AS boolean) THEN r.document_id ELSE r.target_id END = c.id
        ) AS n
        WHERE n.id IS NOT NULL AND NOT n.id = ANY (c.path) AND c.depth < :deepest
    ), nearest AS (
        SELECT DISTINCT ON (c.id) c.id, c.depth, c.via FROM chain AS c ORDER BY c.id, c.depth
    )
    SELECT n.depth, n.via, d.id, d.title, d.number, d.kind, d.issuer, d.region_code, g.level, d.status, d.issued_on,
           d.issued_precision
    FROM nearest AS n JOIN qingdan.normative_document AS d ON d.id = n.id
    LEFT JOIN qingdan.region AS g ON g.code = d.region_code
    ORDER BY n.depth, d.title, d.id LIMIT :most
    """
)


async def relations(connection: AsyncConnection, document_id: UUID) -> list[Row]:
    """What a document says it rests on, repeals ...; with the registered document where there is one."""
    return await _RELATIONS.rows(connection, {"document": document_id})


async def chain(connection: AsyncConnection, document_id: UUID, *, upwards: bool, deepest: int, most: int) -> list[Row]:
    """The document and, nearest first, those it rests on (`upwards`) or those that rest on it."""
    given = {"document": document_id, "upwards": upwards, "deepest": deepest, "most": most}
    return await _CHAIN.rows(connection, given)


async def links(
    connection: AsyncConnection, *, filters: Mapping[str, Any], after: tuple[UUID, str, str] | None, limit: int
) -> list[Record]:
    """Links from documents to what rests on them."""
    key = (document_link.c.document_id, document_link.c.subject, document_link.c.subject_id)
    chosen = (
        select(document_link, register.c.title, register.c.number, register.c.status)
        .join(register, register.c.id == document_link.c.document_id)
        .where(*matching(document_link, filters))
    )
    if after is not None:
        chosen = chosen.where(tuple_(*key) > tuple_(*after))
    return many(await connection.execute(chosen.order_by(*key).limit(limit)))


async def link(connection: AsyncConnection, values: Mapping[str, Any]) -> Record | None:
    """Insert a link; None when it is there."""
    return one_or_none(
        await connection.execute(
            insert(document_link).values(**values).on_conflict_do_nothing().returning(document_link)
        )
    )


async def unlink(connection: AsyncConnection, document_id: UUID, subject: str, subject_id: str) -> bool:
    """Remove a link; the event keeps that it was there. False when there is none."""
    gone = await connection.execute(
        delete(document_link).where(
            document_link.c.document_id == document_id, document_link.c.subject == subject,
            document_link.c.subject_id == subject_id,
        )
    )  # fmt: skip
    return gone.rowcount > 0


_LIST_PLACE = Statement(
    """
    SELECT array_prepend(r.code, r.ancestors) AS chain, l.lead_organ_id
    FROM qingdan.list AS l JOIN qingdan.region AS r ON r.code = l.region_code WHERE l.id = :id
    """
)


async def list_place(connection: AsyncConnection, list_id: UUID) -> Row | None:
    """The region of a list with those above it, and who leads it; None when there is no such list."""
    return await _LIST_PLACE.row(connection, {"id": list_id})
