"""HTTP of deadline rules."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path
from starlette.responses import Response

from services.workflow.deadlines import repository, service
from services.workflow.deadlines.schemas import DeadlineRuleView, NewDeadlineRule
from services.workflow.fields import Code
from shared.http.etag import IfMatch, with_etag
from shared.http.pages import Cursor, Limit, Page, decode_cursor, page_of
from shared.http.routing import Staff, Unit, transactional_router

router = transactional_router(prefix="/workflow/v1/deadline-rules", tags=["clocks"])

RuleCode = Annotated[Code, Path(description="Code of the rule", examples=["new_list_after_superior"])]


@router.get("", operation_id="list_deadline_rules", summary="Deadline rules", response_model=Page[DeadlineRuleView])
async def list_rules(tx: Unit, staff: Staff, cursor: Cursor = None, limit: Limit = 50) -> Page[DeadlineRuleView]:
    """时限规则：上级清单公布后、每月等情形下，哪些区划须在何时前完成何事。"""
    after = str(decode_cursor(cursor, 1)[0]) if cursor else ""
    found = await repository.page(tx.connection, after=after, limit=limit + 1)
    return page_of([DeadlineRuleView.model_validate(rule) for rule in found], limit, lambda rule: [rule.code])


@router.get("/{code}", operation_id="get_deadline_rule", summary="One deadline rule", response_model=DeadlineRuleView)
async def get_rule(tx: Unit, staff: Staff, code: RuleCode) -> Response:
    """一项时限规则。"""
    rule = await service.find(tx, code)
    return with_etag(DeadlineRuleView.model_validate(rule), rule.version)


@router.put("/{code}", operation_id="set_deadline_rule", summary="Set a deadline rule", response_model=DeadlineRuleView)
async def put_rule(
    tx: Unit, staff: Staff, code: RuleCode, given: NewDeadlineRule, if_match: IfMatch = None
) -> Response:
    """新增、修改、启用或停用时限规则（新增时 If-Match 为 "0"）。"""
    rule = await service.put(tx, staff, code, given, if_match)
    return with_etag(DeadlineRuleView.model_validate(rule), rule.version)
