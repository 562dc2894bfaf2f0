"""SQL of coverage: candidates for a list beside the entries that show them, and the three detectors by organ."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.claims.offering.repository import STANDS_FOR
from services.catalog.coverage.rules import Origin
from services.catalog.linkage.fragments import array, key, literal
from services.catalog.linkage.ruleset import COLUMNS
from shared.statement import Row, Statement

_PAGE = """
    SELECT c.item_id, c.list_id, l.title AS list_title, c.kind, l.region_code, c.rules, c.name, c.base_code,
           c.implementing_body, o.name AS organ_name, c.shown_by
    FROM ({candidates}) AS c
    JOIN qingdan.list AS l ON l.id = c.list_id
    LEFT JOIN qingdan.organ AS o ON o.id = c.implementing_body
    WHERE (CAST(:covered AS boolean) IS NULL OR (c.shown_by IS NOT NULL) = CAST(:covered AS boolean))
      AND (CAST(:organ AS uuid) IS NULL OR c.implementing_body = CAST(:organ AS uuid))
      AND (CAST(:kind AS text) IS NULL OR c.kind = CAST(:kind AS text))
      AND (CAST(:after AS uuid) IS NULL OR c.item_id > CAST(:after AS uuid))
    ORDER BY c.item_id LIMIT :count
"""
_COUNTS = """
    SELECT c.implementing_body AS organ_id, o.name AS organ_name, c.kind, count(c.shown_by) AS covered,
           count(*) - count(c.shown_by) AS missing
    FROM ({candidates}) AS c LEFT JOIN qingdan.organ AS o ON o.id = c.implementing_body
    GROUP BY c.implementing_body, o.name, c.kind
    ORDER BY count(*) - count(c.shown_by) DESC, o.name, c.implementing_body, c.kind
"""
# Which digit of `level` a region's own level is.
_LEVEL = """CASE r.level WHEN 'nation' THEN '1' WHEN 'province' THEN '2' WHEN 'city' THEN '3' WHEN 'county' THEN '4'
                WHEN 'township' THEN '5' WHEN 'village' THEN '6' END"""
# Denied: an entry that a rule implies was objected to, although the list of a superior assigns the matter to the level.
# Held back: a matter of a superior's that was claimed and is in no list when the claim is due; or one that was said not
# to apply, or not answered in time, while another list of the region shows that somebody there does it. What the
# government has decided is concealed by nobody.
_CONCEALED = f"""
    SELECT x.organ_id, count(DISTINCT x.matter) AS entries,
           (array_agg(DISTINCT x.draft_id) FILTER (WHERE x.draft_id IS NOT NULL))[1:20] AS drafts,
           (array_agg(DISTINCT x.claim_id) FILTER (WHERE x.claim_id IS NOT NULL))[1:20] AS claims
    FROM (
        SELECT s.implementing_body AS organ_id, coalesce(s.base_code, CAST(s.id AS text)) AS matter, d.id AS draft_id,
               CAST(NULL AS uuid) AS claim_id
        FROM qingdan.draft AS d
        JOIN qingdan.item AS s ON s.id = d.source_item_id
        JOIN qingdan.region AS r ON r.code = d.region_code
        WHERE d.state = 'objected' AND d.item_id IS NULL AND d.region_code = :region AND s.state = 'in_use'
          AND EXISTS (
            SELECT FROM qingdan.item AS a JOIN qingdan.list AS al ON al.id = a.list_id
            WHERE a.kind = 'base_catalogue' AND a.main_code = s.main_code AND a.state = 'in_use'
              AND al.state = 'in_force' AND a.region_code = ANY (r.ancestors)
              AND {_LEVEL} = ANY (string_to_array(a.level, ',')))
        UNION ALL
        SELECT coalesce(c.organ_id, e.implementing_body), coalesce(e.base_code, u.base_code), NULL, c.id
        FROM qingdan.claim AS c
        JOIN qingdan.item AS u ON u.id = c.superior_item_id
        LEFT JOIN LATERAL (
            SELECT t.base_code, t.implementing_body FROM qingdan.item AS t
            WHERE t.region_code = c.region_code AND t.state = 'in_use' AND t.kind <> 'base_catalogue'
              AND {STANDS_FOR.format(u="u")}
            ORDER BY t.implementing_body = c.organ_id DESC NULLS LAST, t.id LIMIT 1
        ) AS e ON true
        WHERE c.region_code = :region AND u.state = 'in_use' AND c.decision IS NULL AND (
            c.state = 'claimed' AND c.local_item_id IS NULL AND c.due_at < :now
            OR e.base_code IS NOT NULL AND (c.state = 'not_applicable' OR c.state = 'offered' AND c.due_at < :now))
    ) AS x
    GROUP BY x.organ_id
"""
_WRONG = """
    SELECT i.implementing_body AS organ_id, count(*) AS entries
    FROM qingdan.finding AS f JOIN qingdan.item AS i ON i.id = f.item_id
    WHERE f.region_code = :region AND f.state = 'open' AND f.severity IN ('block', 'error')
    GROUP BY i.implementing_body
"""
_FAILURES = """
    WITH omitted AS (
        SELECT x.organ_id, sum(x.missing) AS entries FROM ({omissions}) AS x GROUP BY x.organ_id
    ), concealed AS ({concealed}), wrong AS ({wrong})
    SELECT o.id AS organ_id, o.name AS organ_name, coalesce(n.entries, 0) AS omission,
           coalesce(c.entries, 0) AS concealment, coalesce(w.entries, 0) AS error, coalesce(c.drafts, '{{}}') AS drafts,
           coalesce(c.claims, '{{}}') AS claims
    FROM qingdan.organ AS o
    LEFT JOIN omitted AS n ON n.organ_id = o.id
    LEFT JOIN concealed AS c ON c.organ_id = o.id
    LEFT JOIN wrong AS w ON w.organ_id = o.id
    WHERE n.entries > 0 OR c.entries > 0 OR w.entries > 0
    ORDER BY coalesce(n.entries, 0) + coalesce(c.entries, 0) + coalesce(w.entries, 0) DESC, o.id
"""
_LISTS = Statement(
    "SELECT id, kind FROM qingdan.list WHERE region_code = :region AND kind = ANY (CAST(:kinds AS text[]))"
)


def _candidates(found: Sequence[Origin], target: str) -> str:
    """Entries in use from which an entry of the list follows, with the one that shows them."""
    return " UNION ALL ".join(_of(origin, target) for origin in found) or _NOTHING


_NOTHING = """SELECT CAST(NULL AS uuid) AS item_id, CAST(NULL AS uuid) AS list_id, CAST(NULL AS text) AS kind,
    CAST(NULL AS text[]) AS rules, CAST(NULL AS text) AS name, CAST(NULL AS text) AS base_code,
    CAST(NULL AS uuid) AS implementing_body, CAST(NULL AS uuid) AS shown_by WHERE false"""


def _of(origin: Origin, target: str) -> str:
    where = "s.region_code = tl.region_code"
    if origin.superior:
        where = f"s.region_code = ANY (r.ancestors) AND {_LEVEL} = ANY (string_to_array(s.level, ','))"
    known = "".join(f" AND s.{pair.source} IS NOT NULL" for pair in origin.match)
    for element, values in sorted(origin.when.items()):
        known += f" AND {_element(element)} = ANY ({array(values)})"
    for element, values in sorted(origin.unless.items()):
        known += f" AND coalesce({_element(element)}, '') <> ALL ({array(values)})"
    return f"""SELECT s.id AS item_id, s.list_id, s.kind, {array(origin.rules)} AS rules, s.name, s.base_code,
        s.implementing_body, (
            SELECT t.id FROM qingdan.item AS t
            WHERE t.list_id = tl.id AND t.kind = {literal(target)} AND t.region_code = tl.region_code
              AND t.state <> 'cancelled' AND {key(origin.match, "t", "s")} LIMIT 1) AS shown_by
    FROM qingdan.list AS tl
    JOIN qingdan.region AS r ON r.code = tl.region_code
    JOIN qingdan.item AS s ON s.kind = {literal(origin.kind)} AND {where}
    WHERE tl.id = ANY (CAST(:lists AS uuid[])) AND tl.kind = {literal(target)} AND s.state = 'in_use'{known}"""


def _element(element: str) -> str:
    if element in COLUMNS:
        return f"CAST(s.{element} AS text)"
    return (
        f"(SELECT v.elements ->> {literal(element)} FROM qingdan.item_version AS v"
        " WHERE v.item_id = s.id AND v.number = s.version)"
    )


@lru_cache(maxsize=64)
def _statement(template: str, candidates: str) -> Statement:
    return Statement(template.format(candidates=candidates))


async def candidates(
    connection: AsyncConnection, list_id: UUID, target: str, found: Sequence[Origin], *, covered: bool | None,
    organ: UUID | None, kind: str | None, after: UUID | None, count: int,
) -> list[Row]:  # fmt: skip
    """Candidates for a list after an id; `covered` asks for those it shows, or those it does not."""
    given = {"lists": [list_id], "covered": covered, "organ": organ, "kind": kind, "after": after, "count": count}
    return await _statement(_PAGE, _candidates(found, target)).rows(connection, given)


async def counts(connection: AsyncConnection, list_id: UUID, target: str, found: Sequence[Origin]) -> list[Row]:
    """Candidates covered and missing, by organ and kind of list; what misses most comes first."""
    return await _statement(_COUNTS, _candidates(found, target)).rows(connection, {"lists": [list_id]})


async def lists_of(connection: AsyncConnection, region: str, kinds: Sequence[str]) -> list[Row]:
    """Lists of some kinds in a region: (id, kind)."""
    return await _LISTS.rows(connection, {"region": region, "kinds": list(kinds)})


async def failures(
    connection: AsyncConnection, region: str, lists: Sequence[UUID], ways: Sequence[tuple[str, Sequence[Origin]]],
    *, now: datetime,
) -> list[Row]:  # fmt: skip
    """The three detectors by organ, of a region; `ways` are the reported kinds of list with their origins."""
    omissions = " UNION ALL ".join(
        f"SELECT c.implementing_body AS organ_id, count(*) - count(c.shown_by) AS missing"
        f" FROM ({_candidates(found, target)}) AS c GROUP BY c.implementing_body"
        for target, found in ways
    )
    template = _FAILURES.format(omissions=omissions, concealed=_CONCEALED, wrong=_WRONG)
    return await Statement(template).rows(connection, {"region": region, "lists": list(lists), "now": now})
