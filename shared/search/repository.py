"""The statements of search over the tables of a service: phrases of words, ranked entries, facets, and writing rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.search.asking import (
    All,
    Asked,
    Conditions,
    Filter,
    conditions,
    containing,
    narrowing,
    parts_for,
    shared_out,
)
from shared.search.terms import SHARES, Phrase
from shared.statement import Row, Statement

# Entries that are ranked: all of them are ordered and counted. A query with more is told to be narrowed.
MOST_RANKED = 1_000
# Fewer, but more than anybody turns pages for, are ranked of what only a share of the entries is looked through for.
LEAST_RANKED = 250
PROBED = max(SHARES)
# Phrases of a word that count, the shortest first: they contain little beside it. Each costs a look for every entry.
MOST_PHRASES = 24
# Phrases with the pairs of a word that are looked at to find those.
MOST_LOOKED_AT = 3_000
MOST_ORGANS = 20
# Statements that are kept, by how many conditions they have; each is compiled in a millisecond.
SHAPES = 256
FACETS = ("kind", "state", "item_type", "level", "organ_id")
# Terms contain no control character.
_SEPARATOR = "\x1f"

# The best plan depends on how rare the terms are: each query is planned with its own.
_PHRASES = """
    SELECT set_config('plan_cache_mode', 'force_custom_plan', true), set_config('enable_seqscan', 'off', true),
           w.word, f.term
    FROM (SELECT) AS o LEFT JOIN unnest(CAST(:words AS text[]), CAST(:queries AS text[])) AS w(word, query) ON true
    LEFT JOIN LATERAL (
        SELECT l.term FROM (
            SELECT p.term, p.text FROM qingdan.{phrase} AS p
            WHERE p.pairs @@ CAST(w.query AS tsquery) AND p.text LIKE '%' || w.word || '%' LIMIT {looked_at}
        ) AS l ORDER BY length(l.text), l.term LIMIT {most}
    ) AS f ON true
"""
_COLUMNS = "s.item_id, s.list_id, s.stamp, s.name, s.kind, s.state, s.item_type, s.level, s.organ_id"
_SCAN = "(SELECT {tier} AS tier, {columns} FROM qingdan.{entry} AS s WHERE {where} LIMIT {most})"
_LIKE_ALL = " AND s.name LIKE ALL (CAST(:patterns AS text[]))"
_TIER_OF_NAME = "CASE WHEN s.name LIKE :beginning THEN 1 ELSE 2 END"
# A word's pairs may all stand in a name and not the word: it must be there, or elsewhere.
_WORDS = """word AS MATERIALIZED (
    SELECT '%' || w.word || '%' AS pattern, CAST(w.query AS tsquery) AS query
    FROM unnest(CAST(:words AS text[]), CAST(:of_words AS text[])) AS w(word, query)
)"""
_THERE = """ AND NOT EXISTS (
        SELECT FROM word AS w WHERE s.name NOT LIKE w.pattern AND NOT coalesce(s.terms @@ w.query, false))"""
_TIER_OF_FILTERS = "4"
_TIER_ANYWHERE = "CASE WHEN s.terms @@ CAST(:in_basis AS tsquery) THEN 3 ELSE 4 END"
# How many entries of a small share fit: how many there are in all follows, without reading all their places. Where the
# names are enough nothing else is looked at.
_PROBE = """
    WITH name AS MATERIALIZED (SELECT count(*) AS entries FROM qingdan.{entry} AS s WHERE {named})
    SELECT n.entries AS named, CASE WHEN n.entries < :enough THEN (
               SELECT count(*) FROM qingdan.{entry} AS s WHERE {anywhere}) END AS anywhere
    FROM name AS n
"""
_ANSWER = """ranked AS MATERIALIZED (
    SELECT DISTINCT ON (r.item_id) r.* FROM found AS r ORDER BY r.item_id, r.tier
), hit AS MATERIALIZED (
    SELECT f.* FROM ranked AS f {shown}
), page AS (
    SELECT h.item_id, h.tier, length(h.name) AS size FROM hit AS h
    WHERE CAST(:after_tier AS int) IS NULL OR (h.tier, length(h.name), h.item_id)
          > (CAST(:after_tier AS int), CAST(:after_size AS int), CAST(:after_item AS uuid))
    ORDER BY h.tier, length(h.name), h.item_id LIMIT :count
), facet AS (
    SELECT CASE WHEN grouping(h.kind) = 0 THEN 'kind' WHEN grouping(h.state) = 0 THEN 'state'
                WHEN grouping(h.item_type) = 0 THEN 'item_type' WHEN grouping(h.level) = 0 THEN 'level'
                ELSE 'organ_id' END AS name,
           coalesce(h.kind, h.state, h.item_type, h.level, CAST(h.organ_id AS text)) AS value, count(*) AS entries
    FROM hit AS h WHERE CAST(:facets AS boolean)
    GROUP BY GROUPING SETS ((h.kind), (h.state), (h.item_type), (h.level), (h.organ_id))
)
SELECT CAST((SELECT jsonb_agg(jsonb_build_array(p.item_id, p.tier, p.size) ORDER BY p.tier, p.size, p.item_id)
             FROM page AS p) AS text) AS page,
       CAST((SELECT jsonb_agg(jsonb_build_array(f.name, f.value, f.entries) ORDER BY f.entries DESC, f.value)
             FROM facet AS f WHERE f.value IS NOT NULL) AS text) AS facets,
       (SELECT count(*) FROM hit) AS entries, (SELECT count(*) FROM ranked) AS ranked"""
_REMEMBER = """
    INSERT INTO qingdan.{phrase} (term, text, pairs)
    SELECT n.term, n.text, array_to_tsvector(ARRAY(
               SELECT DISTINCT substr(n.text, at, 2) FROM generate_series(1, greatest(length(n.text) - 1, 1)) AS at))
    FROM unnest(CAST(:terms AS text[]), CAST(:texts AS text[])) AS n(term, text)
    WHERE NOT EXISTS (SELECT FROM qingdan.{phrase} AS p WHERE p.term = n.term)
    ORDER BY n.term
    ON CONFLICT DO NOTHING
"""
# What is newer is never replaced by what was read before it.
_WRITE = """
    INSERT INTO qingdan.{entry} AS s (item_id, list_id, stamp, kind, state, item_type, level, organ_id, name, terms)
    SELECT n.item_id, n.list_id, n.stamp, n.kind, n.state, n.item_type, n.level, n.organ_id, n.name,
           array_to_tsvector(string_to_array(n.terms, :separator))
    FROM unnest(CAST(:item_id AS uuid[]), CAST(:list_id AS uuid[]), CAST(:stamp AS int[]), CAST(:kind AS text[]),
                CAST(:state AS text[]), CAST(:item_type AS text[]), CAST(:level AS text[]), CAST(:organ_id AS uuid[]),
                CAST(:name AS text[]), CAST(:terms AS text[]))
         AS n(item_id, list_id, stamp, kind, state, item_type, level, organ_id, name, terms)
    ON CONFLICT (item_id) DO UPDATE
    SET list_id = excluded.list_id, stamp = excluded.stamp, kind = excluded.kind, state = excluded.state,
        item_type = excluded.item_type, level = excluded.level, organ_id = excluded.organ_id, name = excluded.name,
        terms = excluded.terms
    WHERE s.stamp <= excluded.stamp
"""
_ROW = ("item_id", "list_id", "stamp", "kind", "state", "item_type", "level", "organ_id", "name")


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry that was found: its rank (0 exact name, 1 beginning, 2 name, 3 basis, 4 elsewhere) and name's length."""

    item_id: UUID
    tier: int
    size: int


@dataclass(frozen=True, slots=True)
class Found:
    """A page of hits, facets as {name: {value: entries}}, and how many entries were ranked.

    `complete`: there are no more than those; else the numbers are of the ranked ones only.
    """

    hits: list[Hit]
    facets: dict[str, dict[str, int]]
    entries: int
    complete: bool


class SearchTables:
    """Search over one service's rows.

    Parameters
    ----------
    entry, phrase : the tables.
    shown : joins (as `f`) that leave of the rows found those that may be shown.
    """

    def __init__(self, *, entry: str, phrase: str, shown: str = "") -> None:
        self._entry = entry
        self._answer_sql = _ANSWER.format(shown=shown)
        self._phrases = Statement(_PHRASES.format(phrase=phrase, looked_at=MOST_LOOKED_AT, most=MOST_PHRASES))
        self._remember = Statement(_REMEMBER.format(phrase=phrase))
        self._write = Statement(_WRITE.format(entry=entry))
        self._forget = Statement(f"DELETE FROM qingdan.{entry} WHERE item_id = ANY (CAST(:items AS uuid[]))")
        # One statement for each number of conditions: filters and words people combine are few.
        self._probing = lru_cache(SHAPES)(self._probe_statement)
        self._answering = lru_cache(SHAPES)(self._answer_statement)

    def _probe_statement(self, named: int, anywhere: int) -> Statement:
        """Counts of so many conditions each; no condition for `anywhere` fits nothing."""
        found = _holds("anywhere", anywhere) or "false"
        return Statement(_PROBE.format(entry=self._entry, named=_holds("named", named), anywhere=found))

    def _answer_statement(self, exact: int, named: int, anywhere: int) -> Statement:
        """The answer to so many conditions each: to filters alone without `exact`, in names without `anywhere`."""

        def scan(tier: str, where: str) -> str:
            return _SCAN.format(tier=tier, columns=_COLUMNS, entry=self._entry, where=where, most=MOST_RANKED)

        if not exact:
            return Statement(f"WITH found AS {scan(_TIER_OF_FILTERS, _holds('named', named))}, {self._answer_sql}")
        scans = [scan("0", _holds("exact", exact)), scan(_TIER_OF_NAME, _holds("named", named) + _LIKE_ALL)]
        if anywhere:
            scans.append(scan(_TIER_ANYWHERE, _holds("anywhere", anywhere) + _THERE))
        words = f"{_WORDS}, " if anywhere else ""
        return Statement(f"WITH {words}found AS ({' UNION ALL '.join(scans)}), {self._answer_sql}")

    async def find(
        self,
        connection: AsyncConnection,
        asked: Asked | None,
        filters: Sequence[Filter],
        *,
        after: Hit | None,
        count: int,
        facets: bool,
    ) -> Found:
        """Entries that all words and filters fit, best first; by filters alone when nothing is asked.

        One of words and filters must be there. Three statements.
        """
        place: dict[str, Any] = {"after_tier": None, "after_size": None, "after_item": None}
        if after is not None:
            place = {"after_tier": after.tier, "after_size": after.size, "after_item": after.item_id}
        given = {"count": count, "facets": facets, **place}
        words = asked.words if asked else ()
        rows = await self._phrases.rows(
            connection, {"words": list(words), "queries": [containing(word) for word in words]}
        )
        if asked is None:
            return await self._by_filters(connection, narrowing(filters), given)
        found: dict[str, list[tuple[str, str]]] = {word: [] for word in words}
        for row in rows:
            if row.term is not None:
                found[row.word].append((row.term, _FIELDS[row.term[:2]]))
        return await self._by_words(connection, asked, conditions(asked, found, filters), given)

    async def _by_filters(self, connection: AsyncConnection, narrowed: All, given: dict[str, Any]) -> Found:
        probed = await self._probe(connection, shared_out(narrowed, PROBED), (), enough=0)
        parts = parts_for(probed.named, LEAST_RANKED)
        return await self._ranked(connection, given, named=shared_out(narrowed, parts), whole=parts == 1)

    async def _by_words(
        self, connection: AsyncConnection, asked: Asked, by: Conditions, given: dict[str, Any]
    ) -> Found:
        """Names first; where they alone fill the ranks nobody waits for the rest."""
        enough = -(-LEAST_RANKED * min(SHARES) // PROBED)
        anywhere = shared_out(by.anywhere, PROBED) if by.anywhere else ()
        probed = await self._probe(connection, shared_out(by.named, PROBED), anywhere, enough=enough)
        in_names = parts_for(probed.named, LEAST_RANKED)
        named = shared_out(by.named, in_names)
        values = given | {"beginning": f"{asked.whole}%", "patterns": asked.patterns}
        if by.anywhere is None or probed.anywhere is None:
            return await self._ranked(connection, values, exact=by.exact, named=named, whole=in_names == 1)
        elsewhere = parts_for(probed.anywhere, LEAST_RANKED)
        values |= {"in_basis": by.in_basis, "words": list(asked.words), "of_words": list(by.of_words)}
        return await self._ranked(connection, values, exact=by.exact, named=named,
                                  anywhere=shared_out(by.anywhere, elsewhere),
                                  whole=in_names == elsewhere == 1)  # fmt: skip

    async def _probe(self, connection: AsyncConnection, named: All, anywhere: All, *, enough: int) -> Row:
        given = {"enough": enough} | _numbered("named", named) | _numbered("anywhere", anywhere)
        (probed,) = await self._probing(len(named), len(anywhere)).rows(connection, given)
        return probed

    async def _ranked(
        self, connection: AsyncConnection, given: Mapping[str, Any], *, exact: All = (), named: All,
        anywhere: All = (), whole: bool,
    ) -> Found:  # fmt: skip
        statement = self._answering(len(exact), len(named), len(anywhere))
        numbered = _numbered("exact", exact) | _numbered("named", named) | _numbered("anywhere", anywhere)
        return _found(await statement.row(connection, {**given, **numbered}), whole=whole)

    async def write(
        self, connection: AsyncConnection, rows: Sequence[Mapping[str, Any]], phrases: Sequence[Phrase]
    ) -> None:
        """Put rows (columns of the table, `terms` as a list) and the phrases they name; two statements."""
        known = {phrase.term: phrase.text for phrase in phrases}
        if known:
            await self._remember.rows(connection, {"terms": list(known), "texts": list(known.values())})
        if rows:
            values: dict[str, Any] = {name: [row[name] for row in rows] for name in _ROW}
            values |= {"terms": [_SEPARATOR.join(row["terms"]) for row in rows], "separator": _SEPARATOR}
            await self._write.rows(connection, values)

    async def forget(self, connection: AsyncConnection, items: Sequence[UUID]) -> None:
        """Take entries out."""
        if items:
            await self._forget.rows(connection, {"items": list(items)})


_FIELDS = {"@b": "basis", "@m": "material", "@o": "organ"}


def _holds(name: str, count: int) -> str:
    """That all conditions of a name hold."""
    return " AND ".join(f"s.terms @@ CAST(:{name}_{number} AS tsquery)" for number in range(count))


def _numbered(name: str, conditions: All) -> dict[str, str]:
    return {f"{name}_{number}": condition for number, condition in enumerate(conditions)}


def _found(answer: Row | None, *, whole: bool) -> Found:
    assert answer is not None
    hits = [Hit(UUID(item), tier, size) for item, tier, size in orjson.loads(answer.page or "[]")]
    facets: dict[str, dict[str, int]] = {name: {} for name in FACETS}
    for name, value, entries in orjson.loads(answer.facets or "[]"):
        if name != "organ_id" or len(facets[name]) < MOST_ORGANS:
            facets[name][value] = entries
    return Found(hits, facets, answer.entries, whole and answer.ranked < MOST_RANKED)
