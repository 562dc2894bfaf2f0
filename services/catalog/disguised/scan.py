"""A scan of a region: its entries and texts page by page through the scorer. No query for a single entry."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Mapping, Sequence
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a step looked at and what it suspects of it; `after`: where the next page begins, None behind the last."""

    found: Sequence[Mapping[str, Any]] = ()
    items: Sequence[UUID] = ()
    documents: Sequence[UUID] = ()
    after: UUID | None

    @property
    def looked_at(self) -> int:
        """How many entries and texts."""
        return len(self.items) + len(self.documents)


async def run(engine: AsyncEngine, running: Running) -> Mapping[str, Any]:
    """Carry out a scan; a page is a transaction, so that a stop loses nothing. The result has counts.

    A page is judged between two transactions: one that computes for seconds would be ended as idle.
    """
    region = running.parameters["region_code"]
    lexicon = shipped()
    counts = {"looked_at": 0, "suspected": 0, "opened": 0, "closed": 0}
    async with engine.connect() as connection:
        total = await repository.count(connection, region, (lexicon.kinds_aside, lexicon.types_aside))
        cancelled = Cancelled.of(await repository.cancelled_permits(connection, region, most=MOST_CANCELLED))
    for step in (_entries, _documents, _ended):
        page = Page(after=None)
        while True:
            await running.step(counts["looked_at"], total)
            page = await step(engine, region, page.after, lexicon, cancelled)
            async with begin(engine, service="catalog", actor=running.actor) as tx:
                await _save(tx, page, counts)
            counts["looked_at"] += page.looked_at if step is not _ended else 0
            if page.after is None:
                break
    await running.progress(counts["looked_at"], counts["looked_at"])
    return counts


async def _entries(
    engine: AsyncEngine, region: str, after: UUID | None, lexicon: Lexicon, cancelled: Cancelled
) -> Page:  # fmt: skip
    aside = (lexicon.kinds_aside, lexicon.types_aside)
    async with engine.connect() as connection:
        rows = await repository.entries(connection, region, aside, after=after, limit=PAGE)
    found = await asyncio.to_thread(_judge_entries, rows, lexicon, cancelled)
    return Page(found=found, items=[row.id for row in rows], after=rows[-1].id if len(rows) == PAGE else None)


async def _documents(
    engine: AsyncEngine, region: str, after: UUID | None, lexicon: Lexicon, _cancelled: Cancelled
) -> Page:  # fmt: skip
    async with engine.connect() as connection:
        rows = await repository.texts(connection, region, after=after, limit=DOCUMENTS)
    found = await asyncio.to_thread(_judge_texts, rows, lexicon)
    return Page(found=found, documents=[row.id for row in rows], after=rows[-1].id if len(rows) == DOCUMENTS else None)


async def _ended(
    engine: AsyncEngine, region: str, after: UUID | None, _lexicon: Lexicon, _cancelled: Cancelled
) -> Page:  # fmt: skip
    """What was stopped, or holds no longer, is no suspect: nothing was found of it, and its finding closes."""
    async with engine.connect() as connection:
        rows = await repository.ended(connection, region, after=after, limit=PAGE)
    return Page(items=[row.item_id for row in rows if row.item_id],
                documents=[row.document_id for row in rows if row.document_id],
                after=rows[-1].id if len(rows) == PAGE else None)  # fmt: skip


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


async def _save(tx: Transaction, page: Page, counts: dict[str, int]) -> None:
    rows = await repository.save(
        tx.connection, page.found, items=page.items, documents=page.documents, now=tx.now
    )  # fmt: skip
    counts["suspected"] += len(page.found)
    for row in rows:
        counts[row.change] += 1
    for event in _events(rows):
        tx.append(event)
    if page.items:
        await settle(tx, page.items)


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
