"""Use cases of the online report: figures by organ, entries with what they lack, the same as a table."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.quality.online import repository, rules
from services.catalog.quality.online.rules import GAPS, SUITABLE, Verdict
from services.catalog.quality.online.schemas import OnlineEntry, OnlineFigures, OnlineReport, OrganOnline
from shared.statement import Row

TITLES = ("实施主体", "事项名称", "编码", "是否适宜网上办理", "是否已网上办理", "网上办理地址", "必须现场办理的原因",
          "差距")  # fmt: skip


async def report(connection: AsyncConnection, list_id: UUID) -> OnlineReport:
    """The figures of a list and of each organ in it; one statement."""
    rows = [(row, rules.judge(row.elements)) for row in await repository.said(connection, list_id, rules.ELEMENTS)]
    by_organ: dict[tuple[str, UUID | None], list[Verdict]] = {}
    for row, verdict in rows:
        by_organ.setdefault((row.organ_name or "", row.organ_id), []).append(verdict)
    return OnlineReport(
        together=_figures(verdict for _, verdict in rows),
        items=[
            OrganOnline(organ_id=organ, organ_name=name or None, **_figures(told).model_dump())
            for (name, organ), told in sorted(by_organ.items(), key=lambda one: (one[0][0], str(one[0][1])))
        ],
    )


async def entries(connection: AsyncConnection, list_id: UUID, *, gaps_only: bool) -> list[OnlineEntry]:
    """The entries of a list in the order of their ids, or only those that lack something."""
    rows = await repository.said(connection, list_id, rules.ELEMENTS)
    told = (_entry(row, rules.judge(row.elements)) for row in rows)
    return [one for one in told if one.gap or not gaps_only]


def table(found: Iterable[OnlineEntry]) -> list[list[str]]:
    """Entries as a table for people, organ by organ, header first."""
    ordered = sorted(found, key=lambda one: (one.organ_name or "\U0010ffff", one.code or "", one.name))
    return [list(TITLES), *(_line(one) for one in ordered)]


def _line(one: OnlineEntry) -> list[str]:
    return [one.organ_name or "", one.name, one.code or "", SUITABLE[one.suitable], "是" if one.online else "否",
            one.address or "", one.visit_reason or "", one.gap_title or ""]  # fmt: skip


def _figures(verdicts: Iterable[Verdict]) -> OnlineFigures:
    found = rules.figures(verdicts)
    return OnlineFigures(
        entries=found.entries, suitable=found.suitable, unsuitable=found.unsuitable, unsaid=found.unsaid,
        online=found.online, share=found.share, gaps=dict(found.gaps),
    )  # fmt: skip


def _entry(row: Row, verdict: Verdict) -> OnlineEntry:
    reason = row.elements.get("visit_reason")
    return OnlineEntry(
        item_id=row.item_id, name=row.name, code=row.code, organ_id=row.organ_id, organ_name=row.organ_name,
        suitable=verdict.suitable, online=verdict.online, address=verdict.address,
        visit_reason=reason if isinstance(reason, str) else None, gap=verdict.gap,
        gap_title=GAPS[verdict.gap] if verdict.gap else None,
    )  # fmt: skip
