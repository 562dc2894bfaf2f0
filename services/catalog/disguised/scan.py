"""A scan of a region: its entries and texts page by page through the scorer. No query for a single entry."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncEngine

from services.catalog.disguised import facts as facts_of
from services.catalog.disguised import repository
from services.catalog.disguised.facts import Continued, Facts, Text
from services.catalog.disguised.findings import repository as findings
from services.catalog.disguised.lexicon import Lexicon, shipped
from services.catalog.disguised.rules import Assessment, assess
from services.catalog.disguised.similarity import Names, added
from services.catalog.linkage import telling
from services.catalog.linkage.rules import chunks
from services.catalog.quality.validators.powers import SETS_PERMITS
from shared.identifiers import new_id
from shared.ledger.envelope import NewEvent
from shared.ledger.operations import Running
from shared.ledger.transaction import Transaction, begin
from shared.statement import Row

# Elements of a thousand entries are some megabytes.
PAGE = 1_000
DOCUMENTS = 50
# What provinces have cancelled in twenty years are some thousands.
MOST_CANCELLED = 20_000
# Organs that are no department of the government, and the element that says how a body came to its power.
_BODY_KINDS = frozenset({"institution_with_administrative_duties", "public_service_enterprise"})
_BODY_NATURES = frozenset({"2", "3"})


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Cancelled permits to be compared with: their names, and by article the permit that rested on it."""

    names: Names
    by_article: Mapping[str, str]

    @classmethod
    def of(cls, rows: Iterable[Row]) -> Cancelled:
        """From their rows."""
        read = list(rows)
        articles = {article: row.name for row in read for article in row.articles}
        return cls(Names(dict.fromkeys(row.name for row in read)), articles)


# Whether there is more to do, and the last one that is done with.
Step = tuple[bool, UUID | None]


@dataclass(frozen=True, slots=True)
class _Scan:
    """What the steps of a scan share; `counts` is what they tell of."""

    engine: AsyncEngine
    actor: str
    region: str
    lexicon: Lexicon
    cancelled: Cancelled
    counts: dict[str, int]

    def begin(self) -> AbstractAsyncContextManager[Transaction]:
        return begin(self.engine, service="catalog", actor=self.actor)


async def run(engine: AsyncEngine, running: Running) -> Mapping[str, Any]:
    """Carry out a scan; a page is saved by itself, so that a stop loses nothing. The result has counts.

    Judging a page takes seconds, and is done while no transaction is open.
    """
    region = running.parameters["region_code"]
    lexicon = shipped()
    counts = {"looked_at": 0, "suspected": 0, "opened": 0, "closed": 0}
    async with engine.connect() as connection:
        total = await repository.count(connection, region, (lexicon.kinds_aside, lexicon.types_aside))
        rows = await repository.cancelled_permits(connection, region, most=MOST_CANCELLED)
    cancelled = await asyncio.to_thread(Cancelled.of, rows)
    scan = _Scan(engine, running.actor, region, lexicon, cancelled, counts)
    for step in (_entries, _documents, _ended):
        after: UUID | None = None
        more = True
        while more:
            await running.step(counts["looked_at"], total)
            more, after = await step(scan, after)
    await running.progress(counts["looked_at"], counts["looked_at"])
    return counts


async def _entries(scan: _Scan, after: UUID | None) -> Step:
    """One page of entries."""
    aside = (scan.lexicon.kinds_aside, scan.lexicon.types_aside)
    async with scan.engine.connect() as connection:
        rows = await repository.entries(connection, scan.region, aside, after=after, limit=PAGE)
    found = await asyncio.to_thread(_judge_entries, rows, scan.lexicon, scan.cancelled)
    if not await _keep(scan, rows, found, items=[row.id for row in rows]):
        return True, after
    return _next(rows, PAGE)


async def _documents(scan: _Scan, after: UUID | None) -> Step:
    async with scan.engine.connect() as connection:
        rows = await repository.texts(connection, scan.region, after=after, limit=DOCUMENTS)
    found = await asyncio.to_thread(_judge_texts, rows, scan.lexicon)
    if not await _keep(scan, rows, found, documents=[row.id for row in rows]):
        return True, after
    return _next(rows, DOCUMENTS)


def _next(rows: Sequence[Row], size: int) -> Step:
    return len(rows) == size, rows[-1].id if rows else None


async def _keep(
    scan: _Scan, rows: Sequence[Row], found: Sequence[Mapping[str, Any]], **looked_at: Sequence[UUID]
) -> bool:
    """Save what was found of a page; False when it has changed since it was read and is to be read again."""
    async with scan.begin() as tx:
        if await repository.stale(tx.connection, rows):
            return False
        await _save(tx, found, scan.counts, **looked_at)
    scan.counts["looked_at"] += len(rows)
    return True


async def _ended(scan: _Scan, after: UUID | None) -> Step:
    """What was stopped, or holds no longer, is no suspect: nothing was found of it, and its finding closes."""
    async with scan.begin() as tx:
        rows = await repository.ended(tx.connection, scan.region, after=after, limit=PAGE)
        await _save(tx, [], scan.counts, items=[row.item_id for row in rows if row.item_id],
                    documents=[row.document_id for row in rows if row.document_id])  # fmt: skip
    return _next(rows, PAGE)


def _judge_entries(rows: Sequence[Row], lexicon: Lexicon, cancelled: Cancelled) -> list[dict[str, Any]]:
    found = []
    for row in rows:
        facts = entry_facts(row, lexicon, cancelled)
        said = assess(facts, lexicon)
        if said.suspected:
            where = {"subject": "item", "item_id": row.id, "list_id": row.list_id, "list_kind": row.kind}
            found.append(_suspect(facts, said, where, row.region_code))
    return found


def entry_facts(row: Row, lexicon: Lexicon, cancelled: Cancelled) -> Facts:
    """What the scorer is given of an entry."""
    elements = orjson.loads(row.elements)
    body = row.body_kind in _BODY_KINDS or bool(row.body_name and lexicon.bodies.search(row.body_name))
    entrusted = str(elements.get("body_nature", "")) in _BODY_NATURES
    local = elements.get("conditions")
    local = [one for one in local if isinstance(one, str)] if isinstance(local, list) else []
    places = added(local, [one for one in row.conditions if isinstance(one, str)]) if row.conditions else []
    return facts_of.of_entry(
        elements, item_type=row.item_type, permit_linked=row.linked,
        continued=continued(row.name, row.articles, cancelled) if body or entrusted else (),
        added_conditions=[Text(f"/conditions/{place}", local[place]) for place in places],
    )  # fmt: skip


def continued(name: str, articles: Iterable[str], cancelled: Cancelled) -> list[Continued]:
    """Cancelled permits that a matter is like in name, or whose article it rests on (S8)."""
    alike = [Continued(other, similarity=round(score, 3)) for other, score in cancelled.names.like(name)[:5]]
    return alike + [Continued(cancelled.by_article[one], basis=_shown(one))
                    for one in articles if one in cancelled.by_article][:5]  # fmt: skip


def _shown(article: str) -> str:
    title, _, number = article.rpartition(" ")
    return f"《{title}》第{number}条"


def _judge_texts(rows: Sequence[Row], lexicon: Lexicon) -> list[dict[str, Any]]:
    found = []
    for row in rows:
        facts = facts_of.of_text(row.title, row.kind, row.full_text, may_set=row.kind in SETS_PERMITS)
        said = assess(facts, lexicon)
        if said.suspected:
            where = {"subject": "document", "document_id": row.id}
            found.append(_suspect(facts_of.around(facts, said_paths(said)), said, where, row.region_code))
    return found


def said_paths(said: Assessment) -> set[str]:
    """Where the evidence stands."""
    return {hit.path for one in said.signals for hit in one.hits}


def _suspect(facts: Facts, said: Assessment, where: Mapping[str, Any], region: str) -> dict[str, Any]:
    signals = [asdict(one) for one in said.signals]
    evidence = orjson.dumps([said.pattern, signals], option=orjson.OPT_SORT_KEYS)
    return {
        **where, "id": new_id(), "region_code": region, "name": facts.name, "pattern": said.pattern,
        "score": said.score, "signals": signals, "facts": facts.stored(),
        "fingerprint": hashlib.sha256(evidence).hexdigest(),
    }  # fmt: skip


async def _save(
    tx: Transaction, found: Sequence[Mapping[str, Any]], counts: dict[str, int], *, items: Sequence[UUID] = (),
    documents: Sequence[UUID] = (),
) -> None:  # fmt: skip
    rows = await repository.save(tx.connection, found, items=items, documents=documents, now=tx.now)
    counts["suspected"] += len(found)
    for row in rows:
        counts[row.change] += 1
    for event in _events(rows):
        tx.append(event)
    if items:
        await settle(tx, items)


async def settle(tx: Transaction, items: Sequence[UUID]) -> None:
    """Make the findings V20 of entries agree with the suspects."""
    rows = await findings.settle(tx.connection, items, tx.now)
    for event in telling.of_outcomes("finding", rows, item="item_id", cause_id=None):
        tx.append(event)


def _events(rows: Sequence[Row]) -> Iterable[NewEvent]:
    for change in ("opened", "closed"):
        for region in sorted({row.region_code for row in rows if row.change == change}):
            for part in chunks([row for row in rows if (row.change, row.region_code) == (change, region)]):
                yield NewEvent(
                    type=f"suspect.{change}", region_code=region,
                    item_ids=[row.item_id for row in part if row.item_id],
                    refs={"suspects": [str(row.id) for row in part]},
                )  # fmt: skip
