"""What entries of the county's lists say: complete permits, and the entries other lists keep about them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.codes import credit_code
from shared.codes.item_code import BaseCode

Elements = dict[str, Any]


# How and where a matter is handled: what its service guide tells beside what the permit says (ZL-25).
HANDLING: Elements = {
    "charged": False,
    "process_steps": [{"name": "受理"}, {"name": "审查"}, {"name": "决定"}],
    "handling_forms": ["window"],
    "handling_place": "县政务服务中心一楼",
    "handling_hours": "工作日9:00-17:00",
    "consult_phone": "0317-0000000",
    "complaint_phone": "0317-12345",
}


def organ_code(region: str, body: str) -> str:
    """A credit code with sound check characters; the organ is one of the stage."""
    return credit_code.generate(authority="1", category="1", region=region[:6], organisation_body=body).value


def base_code(number: int, item_type: str = "01") -> str:
    """Base code of the stage's n-th main item of a type."""
    return BaseCode.generate(area="13", type_code=item_type, department="31", main=number).value


def basis(article: str) -> list[Elements]:
    """One basis that may set a permit."""
    return [{"document": "河北省行政许可条例", "kind": "set", "document_kind": "local_regulation", "article": article}]


def permit(name: str, number: int, *, organ: str, code: str, **changed: Any) -> Elements:
    """A complete permit of an organ with a credit code."""
    base = base_code(number)
    return {
        "name": name, "base_code": base, "implementation_code": f"{code}4{base}", "item_type": "01", "level": "4",
        "implementing_body": organ, "basis": basis(f"第{number}条"), "service_objects": ["enterprise"],
        "materials": [{"name": "申请表", "necessity": "required"}, {"name": "场地证明", "necessity": "required"}],
        "conditions": ["有固定的经营场所"], "statutory_limit": {"amount": 20, "unit": "working_day"},
        "promised_limit": {"amount": 10, "unit": "working_day"}, "investment": True,
        "consult_phone": "0317-0000000", "state": "in_use", **changed,
    }  # fmt: skip


def public_service(name: str, number: int, *, organ: str, code: str, domain: str) -> Elements:
    """A public service of an organ: type 20, one of the nine domains (ZL-15)."""
    base = base_code(number, "20")
    return {
        "name": name, "base_code": base, "implementation_code": f"{code}4{base}", "item_type": "20", "level": "4",
        "implementing_body": organ, "basis": basis(f"第{number}条"), "service_objects": ["natural_person"],
        "service_domain": domain, "statutory_limit": {"amount": 10, "unit": "working_day"},
        "promised_limit": {"amount": 5, "unit": "working_day"}, "materials": [],
    }  # fmt: skip


def master(name: str, number: int) -> Elements:
    """The superior's master entry of a permit: all levels of authority."""
    return {"name": name, "base_code": base_code(number), "item_type": "01", "level": "2,3,4", "state": "in_use"}


def _reference(of: Mapping[str, Any]) -> Elements:
    """How entries of other lists refer to a permit."""
    return {key: of[key] for key in ("base_code", "implementing_body")} | {"permit_name": of["name"]}


def negative(of: Mapping[str, Any]) -> Elements:
    """A measure of the market access negative list that rests on a permit (ZZ-35)."""
    return _reference(of) | {
        "name": f"未获得许可，不得从事：{of['name']}", "category": "licensed", "measure_name": of["name"],
        "measure_code": f"CS{of['base_code']}", "matched_service_items": [of["base_code"]], "state": "in_use",
    }  # fmt: skip


def construction(of: Mapping[str, Any]) -> Elements:
    """The matter of engineering construction that a permit belongs to (ZZ-39)."""
    return _reference(of) | {
        "name": f"工程建设：{of['name']}", "standard_item_code": f"BZ{of['base_code'][:9]}", "project_stage": "1",
        "item_version": 1, "level": of["level"], "implementation_code": of["implementation_code"], "state": "in_use",
    }  # fmt: skip


def transfer(of: Mapping[str, Any], *, source: str) -> Elements:
    """The row of the one-seal reform: from which organ the permit came, who supervises now (ZZ-40)."""
    return _reference(of) | {
        "name": f"划转：{of['name']}", "transfer_from": source, "supervising_body": source, "level": of["level"],
        "implementation_code": of["implementation_code"], "state": "in_use",
    }  # fmt: skip
