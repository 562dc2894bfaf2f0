"""Use cases of surveys: schedules open them year by year, results are recorded once, scores are told by organ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from services.workflow.campaigns.access import OVERSEEING, oversees, require_coordinator
from services.workflow.clocks import service as clocks
from services.workflow.clocks.rules import day_of
from services.workflow.clocks.service import position_of
from services.workflow.obligations.service import reader_of
from services.workflow.register import service as register
from services.workflow.surveys import repository, rules
from services.workflow.surveys.rules import KIND, OrganScore
from services.workflow.surveys.schemas import NewResult, NewSchedule, NewSurvey
from services.workflow.tasks import repository as stored_tasks
from services.workflow.tasks import service as tasks
from shared import problems
from shared.http.etag import etag, require_match
from shared.http.pages import decode_cursor, encode_cursor
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction
from shared.statement import Row

_BEGINNING = (datetime(1970, 1, 1, tzinfo=UTC), UUID(int=0))


async def put_schedule(
    tx: Transaction, principal: Principal, region_code: str, given: NewSchedule, if_match: str | None
) -> Row:
    """Set when a region asks: by who runs campaigns there (TH-40). What is open already keeps its day.

    Raises
    ------
    problems.NotFound, problems.Forbidden, problems.PreconditionRequired, problems.PreconditionFailed,
    problems.Invalid
    """
    chain = await register.chain_of(tx, region_code)
    require_coordinator(principal, chain)
    rules.check_days(given.due_days)
    current = await repository.schedule(tx.connection, chain[0], lock=True)
    version = current.version if current else 0
    require_match(if_match, version)
    today = day_of(tx.now)
    values = given.model_dump() | {
        "region_code": chain[0], "since": today, "begun_year": today.year - 1, "actor": tx.actor, "now": tx.now,
    }  # fmt: skip
    if await repository.put_schedule(tx.connection, values, version=version) is None:
        raise problems.PreconditionFailed("刚刚已由他人设定，请重新读取后再修改。", extra={"given": etag(version)})
    refs = {"due_days": list(given.due_days)}
    tx.append(NewEvent(type="survey_schedule.set", region_code=chain[0], legal_basis=given.source, refs=refs))
    return await schedule(tx, principal, chain[0])


async def schedule(tx: Transaction, principal: Principal, region_code: str) -> Row:
    """The schedule of a region where the caller has a role.

    Raises
    ------
    problems.NotFound
    """
    chain = await register.chain_of(tx, region_code)
    found = await repository.schedule(tx.connection, chain[0])
    if found is None or not any(grant.region_code in chain for grant in principal.grants):
        raise problems.NotFound("该区划没有设定满意度调查计划。", code="survey_schedule_not_found")
    return found


async def begin_year(tx: Transaction) -> bool:
    """Open the surveys of one schedule that has not opened this year's; False when all have.

    Years that passed while everything was down are opened as well, each survey once: nobody held them, they are
    missing.
    """
    today = day_of(tx.now)
    asked = await repository.next_schedule(tx.connection, today.year)
    if asked is None:
        return False
    due = rules.due_surveys(asked.due_days, asked.since, asked.begun_year, today)
    surveys = [
        {
            "id": new_id(), "region_code": asked.region_code, "year": each.year, "round": each.round,
            "title": rules.title_of(each.year, each.round), "method": asked.method,
            "due_at": rules.due_at(each.due_on),
        }
        for each in due
    ]  # fmt: skip
    await _open(tx, surveys)
    await repository.save_begun(tx.connection, asked.region_code, today.year)
    return True


async def add(tx: Transaction, principal: Principal, given: NewSurvey) -> Row:
    """A survey beside the schedule, such as mystery handling of one kind of matter (ZZ-64).

    Raises
    ------
    problems.NotFound, problems.Forbidden
    problems.Invalid
        Its day is over.
    """
    chain = await register.chain_of(tx, given.region_code)
    require_coordinator(principal, chain)
    if given.due_on < day_of(tx.now):
        place = problems.FieldError("/due_on", "date_in_past", "完成时限不能早于今天")
        raise problems.Invalid("完成时限有误。", errors=[place])
    id_ = new_id()
    survey = {
        "id": id_, "region_code": chain[0], "year": given.due_on.year, "round": None, "title": given.title,
        "method": given.method, "due_at": rules.due_at(given.due_on),
    }  # fmt: skip
    await _open(tx, [survey])
    return await find(tx, principal, id_)


async def find(tx: Transaction, principal: Principal, survey_id: UUID) -> Row:
    """A survey of a place where the caller has a role.

    Raises
    ------
    problems.NotFound
    """
    found = await repository.find(tx.connection, survey_id, reader_of(principal).given())
    if found is None:
        raise problems.NotFound("没有这次调查，或不在您的职责范围内。", code="survey_not_found")
    return found


async def page(
    tx: Transaction,
    principal: Principal,
    *,
    region_code: str | None,
    year: int | None,
    standing: str | None,
    cursor: str | None,
    limit: int,
) -> tuple[list[Row], str | None]:
    """A page of surveys the caller may read, the first due first, and the cursor of the next.

    Raises
    ------
    problems.Invalid
        The cursor is not one of ours.
    """
    found = await repository.page(
        tx.connection,
        reader_of(principal).given(),
        region_code=region_code,
        year=year,
        standing=standing,
        now=tx.now,
        after=position_of(decode_cursor(cursor, 2)) if cursor else _BEGINNING,
        limit=limit + 1,
    )
    if len(found) <= limit:
        return found, None
    last = found[limit - 1]
    return found[:limit], encode_cursor([last.due_at.isoformat(), str(last.id)])


async def record(tx: Transaction, principal: Principal, survey_id: UUID, given: NewResult, if_match: str | None) -> Row:
    """Record the result of a survey with its report: once, by who runs campaigns of the region.

    Raises
    ------
    problems.NotFound, problems.Forbidden, problems.IllegalTransition, problems.PreconditionFailed
    problems.Invalid
        The days are impossible, a sample is larger than the whole, or something named is not of the region.
    """
    await repository.lock(tx.connection, survey_id)
    row = await find(tx, principal, survey_id)
    if if_match is not None:
        require_match(if_match, row.version)
    require_coordinator(principal, await register.chain_of(tx, row.region_code))
    rules.require_open(row.recorded_at)
    rules.check_fieldwork(given.first_day, given.last_day, tx.now)
    rules.check_samples(given.sample_size, [each.sample_size for each in given.scores])
    await _check_known(tx, row.region_code, given)
    scores = [each.model_dump() | {"number": number} for number, each in enumerate(given.scores, start=1)]
    respondents = sorted(set(given.respondents))
    values = given.model_dump() | {"scores": scores, "respondents": respondents, "actor": tx.actor, "now": tx.now}
    await repository.record(tx.connection, survey_id, values)
    subjects = [f"{KIND}/{survey_id}"]
    closed = await stored_tasks.close(tx.connection, KIND, subjects, state="done", actor=tx.actor, now=tx.now)
    tasks.tell_closed(tx, KIND, closed)
    refs = {"survey": str(survey_id), "year": row.year, "round": row.round, "sha256": given.file.sha256}
    tx.append(NewEvent(type="survey.recorded", region_code=row.region_code, refs=refs))
    return await find(tx, principal, survey_id)


async def of_year(
    tx: Transaction, principal: Principal, region_code: str, year: int
) -> tuple[str, list[OrganScore], list[str]]:
    """Scores by organ of a region's surveys in a year, and the surveys that are missing (TH-41).

    Raises
    ------
    problems.NotFound, problems.Forbidden
        The caller does not oversee the region.
    """
    chain = await register.chain_of(tx, region_code)
    if not oversees(principal, chain):
        principal.require(OVERSEEING[0], region=chain)
    rows = await repository.of_year(tx.connection, chain[0], year)
    missing, _ = await page(
        tx, principal, region_code=chain[0], year=year, standing="missing", cursor=None, limit=rules.MOST
    )  # fmt: skip
    return chain[0], rules.scores_of(rows), [row.title for row in missing]


async def _open(tx: Transaction, surveys: Sequence[Mapping[str, Any]]) -> None:
    fresh = await repository.open_surveys(tx.connection, surveys)
    rows = [rules.task(each) for each in surveys if each["id"] in fresh]
    await tasks.open_tasks(tx, KIND, rows, [(row, clocks.fixed(row["due_at"])) for row in rows])
    for each in surveys:
        if each["id"] in fresh:
            refs = {"survey": str(each["id"]), "year": each["year"], "round": each["round"]}
            tx.append(NewEvent(type="survey.opened", region_code=each["region_code"], refs=refs))


async def _check_known(tx: Transaction, region_code: str, given: NewResult) -> None:
    named = {
        f"/scores/{index}/{name}": id_
        for index, each in enumerate(given.scores)
        for name in ("organ_id", "list_id", "item_id")
        if (id_ := getattr(each, name)) is not None
    }
    known = await repository.known(
        tx.connection, region_code, organs=_ending(named, "organ_id"), lists=_ending(named, "list_id"),
        items=_ending(named, "item_id"),
    )  # fmt: skip
    errors = [
        problems.FieldError(pointer, "unknown_subject", "本区划及下级没有这个机构、清单或事项")
        for pointer, id_ in named.items()
        if id_ not in known
    ]
    if errors:
        raise problems.Invalid("所列评价对象有误。", code="unknown_subject", errors=errors)


def _ending(named: Mapping[str, UUID], name: str) -> list[UUID]:
    return sorted({id_ for pointer, id_ in named.items() if pointer.endswith(name)})
