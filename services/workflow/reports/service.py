"""Use cases of monthly reports: they open by themselves, filled in from the figures, and units hand them in."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

from services.workflow.calendars import service as calendars
from services.workflow.calendars.rules import calendar_of
from services.workflow.campaigns.access import OVERSEEING
from services.workflow.clocks import service as clocks
from services.workflow.clocks.rules import day_of
from services.workflow.clocks.service import position_of
from services.workflow.deadlines.rules import months_to_open
from services.workflow.obligations.papers.service import require_speaker
from services.workflow.progress import repository as progress
from services.workflow.reports import repository, rules
from services.workflow.reports.repository import Overseer
from services.workflow.reports.rules import KIND
from services.workflow.reports.schemas import ReportText
from services.workflow.tasks import repository as stored_tasks
from services.workflow.tasks import service as tasks
from shared import problems
from shared.http.etag import require_match
from shared.http.pages import decode_cursor, encode_cursor
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction
from shared.statement import Row

_BEGINNING = (datetime(1970, 1, 1, tzinfo=UTC), UUID(int=0))


async def begin_month(tx: Transaction) -> bool:
    """Open the reports of one campaign that has not opened this month's; False when all have.

    Months that passed while everything was down are opened as well, each once, with the figures of their own end.
    """
    today = day_of(tx.now)
    campaign = await repository.next_campaign(tx.connection, today)
    if campaign is None:
        return False
    for month in months_to_open(campaign.reports_begun, today):  # bounded: a year of months
        await _open_month(tx, campaign, month)
    await repository.save_begun(tx.connection, campaign.id, today.replace(day=1))
    return True


async def _open_month(tx: Transaction, campaign: Row, month: date) -> None:
    about, at = rules.about(month), rules.month_end(month)
    units = await progress.units(tx.connection, campaign.id, since=rules.month_end(about), at=at)
    if not units:
        return
    regions = await calendars.of_regions(tx, {unit.region_code for unit in units})
    due = {code: rules.due_at(month, campaign.report_day, campaign.report_rule, calendar_of(regions[code]))
           for code in regions}  # fmt: skip
    reports = [
        {
            "id": new_id(), "campaign_id": campaign.id, "region_code": unit.region_code, "organ_id": unit.organ_id,
            "month": about, "due_at": due[unit.region_code], "figures": (found := rules.figures(dict(unit))),
            "progress": rules.prefilled(about, found),
        }
        for unit in units
    ]  # fmt: skip
    fresh = set(await repository.open_reports(tx.connection, reports))
    rows = [rules.task(each, rules.title_of(campaign.title, about)) for each in reports if each["id"] in fresh]
    timed = [(row | {"started_at": at}, clocks.fixed(row["due_at"])) for row in rows]
    await tasks.open_tasks(tx, KIND, rows, timed)
    refs = {"campaign": str(campaign.id), "month": about.isoformat(), "reports": len(rows)}
    tx.append(NewEvent(type="monthly_report.opened", region_code=campaign.region_code, refs=refs))


async def find(tx: Transaction, principal: Principal, report_id: UUID) -> Row:
    """A report the caller may read.

    Raises
    ------
    problems.NotFound
    """
    found = await repository.find(tx.connection, report_id, Overseer.of(principal, OVERSEEING))
    if found is None:
        raise problems.NotFound("没有这份月报，或不在您的职责范围内。", code="report_not_found")
    return found


async def page(
    tx: Transaction,
    principal: Principal,
    *,
    campaign_id: UUID | None,
    month: date | None,
    standing: str | None,
    cursor: str | None,
    limit: int,
) -> tuple[list[Row], str | None]:
    """A page of the reports the caller may read, the first due first, and the cursor of the next.

    Raises
    ------
    problems.Invalid
        The cursor is not one of ours.
    """
    found = await repository.page(
        tx.connection,
        Overseer.of(principal, OVERSEEING),
        campaign_id=campaign_id,
        month=month,
        standing=standing,
        now=tx.now,
        after=position_of(decode_cursor(cursor, 2)) if cursor else _BEGINNING,
        limit=limit + 1,
    )
    if len(found) <= limit:
        return found, None
    last = found[limit - 1]
    return found[:limit], encode_cursor([last.due_at.isoformat(), str(last.id)])


async def submit(
    tx: Transaction, principal: Principal, report_id: UUID, given: ReportText, if_match: str | None
) -> Row:
    """Hand a report in; its figures stay those of the end of its month (QX-60).

    Raises
    ------
    problems.NotFound, problems.Forbidden, problems.IllegalTransition, problems.PreconditionFailed
    """
    await repository.lock(tx.connection, report_id)
    row = await find(tx, principal, report_id)
    if if_match is not None:
        require_match(if_match, row.version)
    await require_speaker(tx, principal, row.region_code, row.organ_id)
    rules.require_open(row.state, row.campaign_state)
    text = given.model_dump() | {"progress": given.progress or row.progress}
    await repository.submit(tx.connection, report_id, text | {"actor": tx.actor, "now": tx.now})
    await _close_tasks(tx, [report_id], "done")
    refs = {"campaign": str(row.campaign_id), "report": str(report_id), "month": row.month.isoformat()}
    tx.append(NewEvent(type="monthly_report.submitted", region_code=row.region_code, refs=refs))
    return await find(tx, principal, report_id)


async def close_open(tx: Transaction, campaign_id: UUID) -> None:
    """A campaign is over: what was not reported stays so, but nobody is asked for it any more."""
    await _close_tasks(tx, await repository.waiting(tx.connection, campaign_id), "void")


async def _close_tasks(tx: Transaction, ids: list[UUID], state: str) -> None:
    if ids:
        subjects = [rules.subject_of(id_) for id_ in ids]
        closed = await stored_tasks.close(tx.connection, KIND, subjects, state=state, actor=tx.actor, now=tx.now)
        tasks.tell_closed(tx, KIND, closed)
