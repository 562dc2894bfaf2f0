"""All SQL of the impact of documents: citations of entries, findings K23 and V30, who rests on a document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.documents.citations import Citation
from services.catalog.documents.rules import (
    DUE_DAYS,
    SERVICE_KINDS,
    TEMPORARY_PERMIT_NOTICE_DAYS,
    TEMPORARY_PERMIT_YEARS,
)
from services.catalog.quality.levels import repository as levels
from services.catalog.quality.validators.powers import POWER_TYPES, SETS_POWERS
from shared.statement import Row, Statement

_ENTRIES = Statement(
    """
    SELECT i.id, CAST(v.elements AS text) AS elements
    FROM qingdan.item AS i JOIN qingdan.item_version AS v ON v.item_id = i.id AND v.number = i.version
    WHERE i.id = ANY (CAST(:items AS uuid[])) ORDER BY i.id
    """
)
_FORGET = Statement("DELETE FROM qingdan.item_basis WHERE item_id = ANY (CAST(:items AS uuid[]))")
_REMEMBER = Statement(
    """
    INSERT INTO qingdan.item_basis (item_id, place, element, path, cited, title_key, number, article, use,
                                    document_kind, since)
    SELECT g.item_id, g.place, g.element, g.path, g.cited, g.title_key, g.number, g.article, g.use, g.document_kind,
           coalesce(s.since, i.effective_from)
    FROM unnest(CAST(:item_ids AS uuid[]), CAST(:places AS integer[]), CAST(:elements AS text[]),
                CAST(:paths AS text[]), CAST(:cited AS text[]), CAST(:title_keys AS text[]), CAST(:numbers AS text[]),
                CAST(:articles AS text[]), CAST(:uses AS text[]), CAST(:document_kinds AS text[]))
         AS g (item_id, place, element, path, cited, title_key, number, article, use, document_kind)
    JOIN qingdan.item AS i ON i.id = g.item_id
    LEFT JOIN (
        SELECT v.item_id, e.element, max(v.effective_from) AS since
        FROM qingdan.item_version AS v CROSS JOIN LATERAL unnest(v.changed) AS e (element)
        WHERE v.item_id = ANY (CAST(:item_ids AS uuid[])) AND e.element = ANY (CAST(:elements AS text[]))
        GROUP BY v.item_id, e.element
    ) AS s ON s.item_id = g.item_id AND s.element = g.element
    """
)

# The document a citation means: by number, else by title where no number contradicts; of the nation or of a region
# the entry lies in; of several editions the one that holds today, then the one in force, then the latest: a new one is
# registered before its day, and until then the old one is meant. Asked once for each way of citing, of which there are
# hundreds where there are ten thousands of citations.
_MEANT = """meant AS MATERIALIZED (
    SELECT k.title_key, k.number, k.region_code, d.*
    FROM (SELECT DISTINCT b.title_key, b.number, b.region_code FROM b) AS k
    JOIN qingdan.region AS r ON r.code = k.region_code
    CROSS JOIN LATERAL (
        SELECT d.id AS document_id, d.kind, d.effective_from, d.issued_on,
               d.status <> 'in_force' OR d.expires_on < :today OR d.effective_from > :today AS telling
        FROM qingdan.normative_document AS d
        WHERE (d.title_key = k.title_key OR d.number = k.number)
          AND NOT (d.number IS NOT NULL AND k.number IS NOT NULL AND d.number <> k.number)
          AND (d.region_code IS NULL OR d.region_code = r.code OR d.region_code = ANY (r.ancestors))
        ORDER BY d.number = k.number DESC NULLS LAST,
                 coalesce(d.effective_from <= :today, true) AND coalesce(d.expires_on >= :today, true)
                 AND NOT (d.status IN ('repealed', 'void', 'suspended')
                          AND coalesce(d.status_from, CAST(:today AS date)) <= :today) DESC,
                 d.status IN ('in_force', 'amended') DESC, d.issued_on DESC NULLS LAST, d.id
        LIMIT 1
    ) AS d
)"""
_SAME = "m.title_key = b.title_key AND m.region_code = b.region_code AND m.number IS NOT DISTINCT FROM b.number"

# An entry whose basis was changed since a document was amended has followed the amendment; where the amended articles
# are named, it concerns who cites them or the document as a whole.
_CONDITION = f"""
    WITH b AS MATERIALIZED ({{source}}), {_MEANT}
    SELECT b.*, s.condition, s.condition NOT IN ('amended', 'article_amended', 'not_yet') AS wrong,
           jsonb_build_object('path', b.path, 'document_id', d.id, 'document', d.title, 'article', b.article,
                              'condition', s.condition, 'from', s.day) AS told,
           '《' || left(d.title, 100) || '》' || coalesce(a.number, '') || CASE s.condition
               WHEN 'repealed' THEN '已废止' WHEN 'void' THEN '已宣布失效' WHEN 'suspended' THEN '已暂停施行'
               WHEN 'expired' THEN '有效期已届满' WHEN 'not_yet' THEN '尚未施行' WHEN 'article_repealed' THEN '已删除'
               ELSE '已修改' END || coalesce('（' || s.day || '）', '')
           || coalesce('，见《' || left(y.title, 100) || '》', '') AS sentence
    FROM b
    JOIN meant AS m ON {_SAME} AND m.telling
    JOIN qingdan.normative_document AS d ON d.id = m.document_id
    LEFT JOIN qingdan.normative_document AS y ON y.id = d.status_by
    LEFT JOIN LATERAL (
        SELECT a.* FROM qingdan.document_article AS a
        WHERE a.document_id = d.id AND a.status <> 'in_force'
          AND coalesce(a.status_from, CAST(:today AS date)) <= :today
          AND (b.article = a.article OR b.article LIKE a.article || '.%' OR a.article LIKE b.article || '.%')
        ORDER BY a.status DESC, a.place LIMIT 1
    ) AS a ON true
    CROSS JOIN LATERAL (
        SELECT CASE WHEN d.status IN ('repealed', 'void', 'suspended')
                         AND coalesce(d.status_from, CAST(:today AS date)) <= :today THEN d.status
                    WHEN d.expires_on < :today THEN 'expired'
                    WHEN d.effective_from > :today THEN 'not_yet'
                    WHEN a.status = 'repealed' THEN 'article_repealed'
                    WHEN d.status <> 'amended' OR coalesce(d.status_from, CAST(:today AS date)) > :today
                         OR d.status_at <= b.since THEN NULL
                    WHEN a.status = 'amended' THEN 'article_amended'
                    WHEN b.article IS NULL OR NOT EXISTS (
                        SELECT FROM qingdan.document_article AS n
                        WHERE n.document_id = d.id AND n.status = 'amended' AND n.status_from = d.status_from
                    ) THEN 'amended' END AS condition,
               CAST(CASE WHEN d.expires_on < :today THEN d.expires_on + 1 WHEN d.effective_from > :today
                    THEN d.effective_from ELSE coalesce(a.status_from, d.status_from) END AS text) AS day
    ) AS s
    WHERE s.condition IS NOT NULL
"""
_KEPT = """
    SELECT b.item_id, i.list_id, i.kind AS list_kind, i.region_code, b.element, b.path, b.title_key, b.number,
           b.article, b.document_kind, b.since
    FROM qingdan.item AS i JOIN qingdan.item_basis AS b ON b.item_id = i.id
    WHERE i.id = ANY (CAST(:items AS uuid[])) AND {where}
"""
# What is only proposed cites what it cites from now on: it has nothing to follow.
_PROPOSED = Statement(
    _CONDITION.format(
        source="""
    SELECT g.*, CAST(:now AS timestamptz) AS since
    FROM unnest(CAST(:item_ids AS uuid[]), CAST(:region_codes AS text[]), CAST(:elements AS text[]),
                CAST(:paths AS text[]), CAST(:title_keys AS text[]), CAST(:numbers AS text[]),
                CAST(:articles AS text[]))
         AS g (item_id, region_code, element, path, title_key, number, article)"""
    )
)
_NOT_IN_FORCE = _CONDITION.format(source=_KEPT.format(where="i.state <> 'cancelled'"))
_K23 = f"""
    SELECT n.item_id, n.list_id, n.list_kind, n.region_code, n.element,
           CASE WHEN bool_or(n.wrong) THEN 'error' ELSE 'warn' END AS severity,
           jsonb_agg(DISTINCT n.told) AS actual, CAST(NULL AS jsonb) AS expected,
           '依据' || left(string_agg(DISTINCT n.sentence, '；'), 1500)
           || CASE WHEN bool_or(n.wrong) THEN '。请核对依据，调整或提出取消该事项'
                   ELSE '。请核对条款并更新依据' END
               AS message,
           CAST(:now AS timestamptz) + CAST(:due_days AS integer) * interval '1 day' AS due_at
    FROM ({_NOT_IN_FORCE}) AS n
    GROUP BY n.item_id, n.list_id, n.list_kind, n.region_code, n.element
"""
_SETTING = _KEPT.format(where="i.kind = 'permit' AND i.state = 'in_use' AND b.element = 'basis' AND b.use = 'set'")
# 行政许可法 art. 15: a warning beforehand, an error once the year is over. A basis of higher rank ends it.
_V30 = f"""
    SELECT t.item_id, t.list_id, t.list_kind, t.region_code, 'basis' AS element,
           CASE WHEN t.expires_on < :today THEN 'error' ELSE 'warn' END AS severity,
           jsonb_build_object('expires_on', t.expires_on, 'documents', t.documents) AS actual,
           CAST(NULL AS jsonb) AS expected,
           '省级政府规章设定的临时性许可'
           || CASE WHEN t.expires_on < :today THEN '已实施满一年（' ELSE '将实施满一年（' END || t.expires_on
           || '），需要继续实施的应提请制定地方性法规，否则应停止实施（行政许可法第十五条）' AS message,
           CASE WHEN t.expires_on < :today THEN CAST(:now AS timestamptz)
                    + CAST(:due_days AS integer) * interval '1 day'
                ELSE CAST(t.expires_on AS timestamptz) END AS due_at
    FROM (
        WITH b AS MATERIALIZED ({_SETTING}), {_MEANT}
        SELECT b.item_id, b.list_id, b.list_kind, b.region_code, jsonb_agg(DISTINCT m.document_id) AS documents,
               CAST(max(coalesce(m.effective_from, m.issued_on)) + :years * interval '1 year' AS date) AS expires_on
        FROM b LEFT JOIN meant AS m ON {_SAME}
        GROUP BY b.item_id, b.list_id, b.list_kind, b.region_code
        HAVING bool_and(coalesce(m.kind, b.document_kind) IS NOT DISTINCT FROM 'provincial_rule')
    ) AS t
    WHERE t.expires_on - CAST(:notice_days AS integer) <= :today
"""

# ZL-03: a power without law, regulation or rule behind it is proposed for cancellation. Only a check of what is there
# opens such findings, else every table that comes without its basis would at once; they close by themselves.
_V04 = """
    SELECT i.id AS item_id, i.list_id, i.kind AS list_kind, i.region_code, 'basis' AS element, 'error' AS severity,
           CAST(NULL AS jsonb) AS actual, CAST(NULL AS jsonb) AS expected,
           '没有法律、法规或者规章依据，不应纳入清单，建议取消；如有依据请补充设定依据及条款' AS message,
           CAST(:now AS timestamptz) + CAST(:due_days AS integer) * interval '1 day' AS due_at
    FROM qingdan.item AS i
    WHERE i.id = ANY (CAST(:items AS uuid[])) AND i.state <> 'cancelled' AND i.item_type = ANY (CAST(:powers AS text[]))
      AND i.kind = ANY (CAST(:kinds AS text[]))
      AND (CAST(:opening AS boolean) OR EXISTS (
          SELECT FROM qingdan.finding AS f
          WHERE f.rule = :rule AND f.item_id = i.id AND f.element = 'basis' AND f.state <> 'closed'))
      AND NOT EXISTS (
          SELECT FROM qingdan.item_basis AS b
          WHERE b.item_id = i.id AND b.element = 'basis' AND b.document_kind = ANY (CAST(:legal AS text[])))
"""

_SETTLE = """
    WITH found AS MATERIALIZED ({wanted}), wanted AS MATERIALIZED (
        SELECT w.item_id, w.list_id, w.list_kind, w.region_code, w.element, w.severity, w.actual, w.expected, w.message,
               w.due_at
        FROM (SELECT f.item_id, f.list_id, f.list_kind, f.region_code, f.element, {level} AS severity, f.actual,
                     f.expected, f.message, f.due_at
              FROM found AS f) AS w
        WHERE w.severity <> 'off'
    ), held AS MATERIALIZED (
        SELECT f.id, f.item_id, f.element, f.state FROM qingdan.finding AS f
        WHERE f.rule = :rule AND f.item_id = ANY (CAST(:items AS uuid[])) AND f.state <> 'closed'
    ), closed AS (
        UPDATE qingdan.finding AS f SET state = 'closed', closed_at = :now
        FROM held AS h
        WHERE f.id = h.id AND NOT EXISTS (
            SELECT FROM wanted AS w WHERE w.item_id = h.item_id AND w.element = h.element)
        RETURNING f.id, f.rule, f.list_id, f.list_kind, f.region_code, f.item_id, f.adjustment_id
    ), opened AS (
        INSERT INTO qingdan.finding AS f (id, rule, severity, list_id, list_kind, region_code, item_id, element, actual,
                                          expected, message, opened_at, due_at)
        SELECT gen_random_uuid(), :rule, w.severity, w.list_id, w.list_kind, w.region_code, w.item_id, w.element,
               w.actual, w.expected, w.message, :now, w.due_at
        FROM wanted AS w
        ON CONFLICT (rule, item_id, element) WHERE state <> 'closed' DO UPDATE
        SET actual = excluded.actual, severity = excluded.severity, message = excluded.message,
            due_at = excluded.due_at, state = 'open', waiver = NULL
        WHERE (f.actual, f.severity) IS DISTINCT FROM (excluded.actual, excluded.severity)
        RETURNING f.id, f.rule, f.list_id, f.list_kind, f.region_code, f.item_id, f.adjustment_id, f.element
    )
    SELECT 'closed' AS change, c.* FROM closed AS c
    UNION ALL
    SELECT 'opened', o.id, o.rule, o.list_id, o.list_kind, o.region_code, o.item_id, o.adjustment_id
    FROM opened AS o LEFT JOIN held AS h ON h.item_id = o.item_id AND h.element = o.element
    WHERE h.state IS DISTINCT FROM 'open'
"""
_LEVEL = levels.held("CAST(:rule AS text)", "f.region_code", "f.severity")
_SETTLE_BASIS, _SETTLE_TEMPORARY, _SETTLE_LEGALITY = (
    Statement(_SETTLE.replace("{wanted}", wanted).replace("{level}", _LEVEL)) for wanted in (_K23, _V30, _V04)
)


async def entries(connection: AsyncConnection, items: Sequence[UUID]) -> list[Row]:
    """Entries as they are in force, their elements as JSON text."""
    return await _ENTRIES.rows(connection, {"items": list(items)})


async def remember(connection: AsyncConnection, cited: Mapping[UUID, Sequence[Citation]]) -> None:
    """Keep where these entries cite documents, in place of what was kept of them."""
    await _FORGET.rows(connection, {"items": list(cited)})
    rows = [(item, place, one) for item, found in cited.items() for place, one in enumerate(found)]
    given: dict[str, Any] = {"item_ids": [row[0] for row in rows], "places": [row[1] for row in rows]}
    for column, attribute in (
        ("elements", "element"), ("paths", "path"), ("cited", "cited"), ("title_keys", "title_key"),
        ("numbers", "number"), ("articles", "article"), ("uses", "use"), ("document_kinds", "document_kind"),
    ):  # fmt: skip
        given[column] = [getattr(row[2], attribute) for row in rows]
    await _REMEMBER.rows(connection, given)


async def settle_basis(connection: AsyncConnection, items: Sequence[UUID], today: date, now: datetime) -> list[Row]:
    """Make the findings K23 of these entries agree with the register; what opened and closed."""
    given = {"rule": "K23", "items": list(items), "today": today, "now": now, "due_days": DUE_DAYS}
    return await _SETTLE_BASIS.rows(connection, given)


async def settle_temporary(connection: AsyncConnection, items: Sequence[UUID], today: date, now: datetime) -> list[Row]:
    """Make the findings V30 of these entries agree with the age of the rules they rest on; what opened and closed."""
    given = {
        "rule": "V30", "items": list(items), "today": today, "now": now, "due_days": DUE_DAYS,
        "years": TEMPORARY_PERMIT_YEARS, "notice_days": TEMPORARY_PERMIT_NOTICE_DAYS,
    }  # fmt: skip
    return await _SETTLE_TEMPORARY.rows(connection, given)


async def settle_legality(
    connection: AsyncConnection, items: Sequence[UUID], now: datetime, *, opening: bool
) -> list[Row]:
    """Make the findings V04 of powers without a legal basis agree with what they cite; `opening`: also new ones."""
    given = {
        "rule": "V04", "items": list(items), "now": now, "due_days": DUE_DAYS, "opening": opening,
        "powers": sorted(POWER_TYPES), "kinds": list(SERVICE_KINDS), "legal": sorted(SETS_POWERS),
    }  # fmt: skip
    return await _SETTLE_LEGALITY.rows(connection, given)


async def proposed(
    connection: AsyncConnection, cited: Sequence[tuple[UUID, str, Citation]], today: date, now: datetime
) -> list[Row]:
    """Citations of entries as they would be (item, region, citation) whose document or article is not in force."""
    given: dict[str, Any] = {"item_ids": [one[0] for one in cited], "region_codes": [one[1] for one in cited]}
    for column, attribute in (("elements", "element"), ("paths", "path"), ("title_keys", "title_key"),
                              ("numbers", "number"), ("articles", "article")):  # fmt: skip
        given[column] = [getattr(one[2], attribute) for one in cited]
    return await _PROPOSED.rows(connection, given | {"today": today, "now": now})
