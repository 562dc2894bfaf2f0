"""Entries of the responsibility list, of public services and of the special lists, made from a power."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

BASIS = [{"document": "中华人民共和国安全生产法", "article": "第六十二条", "kind": "set", "document_kind": "law"}]
SIX: dict[str, Any] = {
    "supervision_object": "取得许可的企业",
    "supervision_content": ["经营行为"],
    "supervision_method": ["双随机抽查"],
    "supervision_measures": ["现场检查"],
    "supervision_procedure": ["制定方案", "检查", "公开结果"],
    "supervision_handling": ["责令改正"],
}


def of_power(power: Mapping[str, Any]) -> dict[str, Any]:
    """How an entry refers to its power."""
    keys = ("base_code", "implementing_body", "handling_item", "implementation_code", "level")
    return {key: power[key] for key in keys if key in power} | {"power_name": power["name"]}


def duty(power: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """The duty behind a power."""
    own = {"section": "duty", "name": f"{power['name']}责任", "duty_category": "special_business", "basis": BASIS}
    return of_power(power) | own | more


def boundary(body: str, others: Sequence[str], **more: Any) -> dict[str, Any]:
    """A boundary led by `body`."""
    parties = [{"organ": body, "role": "lead", "share": "牵头协调"}]
    parties += [{"organ": other, "role": "assist", "share": "配合检查", "basis": "三定规定"} for other in others]
    own = {"section": "boundary", "name": "餐饮油烟监管", "implementing_body": body, "field": "environment",
           "boundary_parties": parties, "coordination": "联席会议，每季度一次", "basis": BASIS}  # fmt: skip
    return own | more


def supervision(power: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """How a power is supervised afterwards."""
    own = {"section": "supervision", "name": f"{power['name']}的事中事后监管", "disposition": "retained",
           "supervising_body": power["implementing_body"]}  # fmt: skip
    return of_power(power) | own | SIX | more


def public_service(matter: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """A public service made from the elements of a matter: a code of type 20."""
    code = matter["base_code"][:2] + "20" + matter["base_code"][4:]
    own = {"base_code": code, "item_type": "20", "service_domain": "education", "service_nature": "basic",
           "implementation_code": matter["implementation_code"][:19] + code}  # fmt: skip
    keys = ("name", "level", "implementing_body", "handling_item", "basis", "state")
    return {key: matter[key] for key in keys if key in matter} | own | more


def special(power: Mapping[str, Any], others: Sequence[tuple[str, str]], **more: Any) -> dict[str, Any]:
    """An entry of a special list that may span several departments."""
    parties = [{"organ": organ, "role": role, "share": "按职责监管"} for organ, role in others]
    own = {"name": f"{power['name']}监管责任", "duty_content": ["组织检查"], "basis": BASIS,
           "responsible_parties": parties}  # fmt: skip
    kept = {key: value for key, value in of_power(power).items() if key not in ("implementation_code", "level")}
    return kept | own | more
