"""A published entry with something in every place: what templates are checked against and tried with. Pure.

It is made by the same rules as every document, so a template is never tried with fields that do not exist.
"""

from __future__ import annotations

from typing import Any

from services.publish.documents.guides import paper as guide_paper
from services.publish.documents.guides import rules as guide_rules
from services.publish.documents.manuals import paper as manual_paper
from services.publish.documents.manuals import rules as manual_rules
from services.publish.documents.printed import Document
from services.publish.documents.slots import paper as review_paper
from services.publish.documents.wording import Wording
from shared.paper.printing import Template

_DAYS = {"amount": 5, "unit": "working_day"}
_WORDS = "示例文字，用于试排版。" * 3
_COLUMNS = (
    "name", "question", "answer", "standard", "basis", "collector", "address", "hours", "phone", "traffic", "body",
    "description", "document", "number", "article", "text", "handler", "result", "content", "office",
)  # fmt: skip
_ROW = dict.fromkeys(_COLUMNS, _WORDS)
_STEPS = [
    {**_ROW, "name": name, "stage": stage, "limit": _DAYS, "special": stage == "review"}
    for name, stage in (
        ("申请", "apply"),
        ("受理", "accept"),
        ("审查", "review"),
        ("决定", "decide"),
        ("送达", "deliver"),
    )
]
_ELEMENTS: dict[str, Any] = {
    "name": "示例事项", "base_code": "000100000000", "implementation_code": "11440100000000000X3000100000000",
    "item_type": "01", "implementing_body": {"name": "示例机关", "credit_code": "11440100000000000X"},
    "basis": [{**_ROW, "kind": "set"}, {**_ROW, "kind": "implement"}], "conditions": [_WORDS, _WORDS],
    "acceptance_conditions": [_ROW], "statutory_limit": _DAYS, "promised_limit": _DAYS, "correction_limit": _DAYS,
    "process_steps": _STEPS, "special_procedures": [{**_ROW, "kind": "hearing", "limit": _DAYS}],
    "materials": [{**_ROW, "necessity": "required", "form": "paper", "originals": 1, "copies": 1,
                   "source": "applicant", "notes": _WORDS}] * 3,
    "fees": [_ROW, _ROW], "charged": True, "windows": [_ROW, _ROW], "results": [_ROW], "questions": [_ROW],
    "handling_place": _WORDS, "handling_hours": _WORDS, "consult_phone": "12345", "complaint_phone": "12345",
    "consult_way": _WORDS, "complaint_way": _WORDS, "online": True, "online_address": "https://example.cn/",
    "visits": 1, "service_objects": ["自然人"], "applicant_rights": _WORDS, "reconsideration": _WORDS,
    "litigation": _WORDS, "review_standard": _WORDS, "notice_templates": [{**_ROW, "kind": "acceptance"}],
    "supervising_body": {"name": "示例机关", "credit_code": None}, "supervision_measures": [_WORDS],
    "duty_content": [_WORDS], "work_items": [_ROW], "accountability": [_WORDS], "accountability_scope": _WORDS,
    "supervision_content": [_WORDS], "supervision_method": [_WORDS], "extension_limit": _DAYS,
    "extension_procedure": _WORDS, "validity": _WORDS, "alteration": _WORDS, "renewal": _WORDS,
}  # fmt: skip
_BODY: dict[str, Any] = {
    "id": "01890a5d-ac96-774b-bcce-b302099a8057", "region_name": "示例市", "list_title": "示例清单", "version": 1,
    "state": "in_use", "effective_from": "2026-01-05T09:00:00+08:00", "transitional_rule": _WORDS,
    "elements": _ELEMENTS,
}  # fmt: skip
_PROOF = {
    "item_id": _BODY["id"], "list_id": _BODY["id"], "list_title": _BODY["list_title"], "revision": "1",
    "list_hash": "0" * 64, "hash": "0" * 64, "permit_id": "", "permit_hash": "",
}  # fmt: skip


def sample(kind: str, template: Template | None = None) -> Document:
    """A full document of a kind (guide, manual, review_rules)."""
    wording = Wording(())
    if kind == "manual":
        data = manual_rules.manual_data(_BODY, None, [_BODY], [_BODY], wording, _PROOF)
        return Document(paper=manual_paper.paper(data), data=data, template=template)
    data = guide_rules.guide_data(_BODY, None, wording, _PROOF)
    if kind == "review_rules":
        data = review_paper.review_data(data, ("示例审查标准。",))
        return Document(paper=review_paper.paper(data), data=data, template=template)
    return Document(paper=guide_paper.paper(data), data=data, template=template)
