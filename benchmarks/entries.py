"""The entries of the corpus: one matter and what each of the lists says about it, consistent by every linkage rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from shared.codes.item_code import BaseCode, ImplementationCode
from shared.codes.level import Level

KINDS = (
    "permit",
    "power",
    "catalogue",
    "implementation",
    "follow_up_supervision",
    "internet_supervision",
    "investment_approval",
)
DERIVED = KINDS[1:]
# The element in which each list shows the name of the permit.
NAME_OF = {"follow_up_supervision": "permit_name", "internet_supervision": "permit_name"}

_FIELDS = (
    "建设项目",
    "危险化学品",
    "食品生产",
    "道路运输",
    "医疗机构",
    "水利工程",
    "林木采伐",
    "人力资源",
    "测绘",
    "广告",
)
_ACTS = ("环境影响报告表审批", "经营许可", "设立许可", "初步设计文件审批", "竣工验收核准", "从业资格认定")
_DOCUMENTS = ("环境影响评价法", "行政许可法", "安全生产法", "水法", "森林法", "食品安全法", "道路运输条例")


@dataclass(frozen=True)
class Organ:
    """An organ of the corpus."""

    id: UUID
    name: str
    credit_code: str


def name_of(number: int, edition: int = 0) -> str:
    """The name of matter `number`; a higher edition is another name."""
    field, act = _FIELDS[number % len(_FIELDS)], _ACTS[number // len(_FIELDS) % len(_ACTS)]
    return f"{field}{act}（第{number}类）" + (f"第{edition}次更名" if edition else "")


def base_code(number: int) -> BaseCode:
    """The base code of matter `number`, 0-based: a main item of a department each."""
    return BaseCode.generate(area="00", type_code="01", department=f"{10 + number // 900:02d}", main=number % 900 + 1)


def of_matter(number: int, organ: Organ) -> dict[str, dict[str, Any]]:
    """What each list says about matter `number` exercised by `organ`, by kind of list."""
    base = base_code(number)
    identity = {
        "name": name_of(number),
        "base_code": base.value,
        "implementation_code": ImplementationCode.generate(organ.credit_code, Level.COUNTY, base).value,
        "handling_item": "",
        "level": "4",
        "implementing_body": str(organ.id),
        "state": "in_use",
    }
    matter = {**identity, "item_type": "01", "basis": _basis(number)}
    content = _content(number)
    about_permit = {key: identity[key] for key in ("base_code", "implementing_body", "handling_item", "level", "state")}
    about_permit |= {"permit_name": identity["name"], "supervising_body": str(organ.id)}
    return {
        "permit": {**matter, **content, "investment": True, "project_stage": "2"},
        "power": {**matter, **content, "responsibilities": ["受理责任", "审查责任", "决定责任", "送达责任"]},
        "catalogue": {**matter, **content},
        "implementation": {**matter, **content, **_handling(number)},
        "follow_up_supervision": {
            **about_permit,
            "name": f"{identity['name']}后续监管",
            "permit_state": "in_use",
            "supervision_measures": ["双随机、一公开抽查", "投诉举报核查", "年度报告核查"],
        },
        "internet_supervision": {**about_permit, "name": f"对{identity['name']}的监管"},
        "investment_approval": {**matter, "project_stage": "2", **_limits(number)},
    }


def of_base_catalogue(number: int) -> dict[str, Any]:
    """What the superior's base catalogue says about matter `number`."""
    return {
        "name": name_of(number),
        "base_code": base_code(number).value,
        "item_type": "01",
        "level": "2,3,4",
        "basis": _basis(number),
        "state": "in_use",
    }


def _basis(number: int) -> list[Mapping[str, str]]:
    return [
        {
            "document": f"中华人民共和国{_DOCUMENTS[(number + offset) % len(_DOCUMENTS)]}",
            "number": f"主席令第{20 + (number + offset) % 60}号",
            "issuer": "全国人民代表大会常务委员会",
            "article": f"第{10 + number % 70}条：应当按照国务院的规定报有审批权的主管部门审批；未经审批不得开工建设。",
            "kind": use,
            "document_kind": "law",
        }
        for offset, use in enumerate(("set", "implement"))
    ]


def _limits(number: int) -> dict[str, Any]:
    return {
        "statutory_limit": {"amount": 20 + number % 40, "unit": "working_day"},
        "promised_limit": {"amount": 5 + number % 15, "unit": "working_day"},
    }


def _content(number: int) -> dict[str, Any]:
    return {
        **_limits(number),
        "service_objects": ["natural_person", "enterprise", "institution"],
        "conditions": [
            "建设项目符合国民经济和社会发展规划、国土空间规划以及相关专项规划的要求",
            "申请人具有与所申请事项相适应的场所、设备、专业技术人员和管理制度",
            f"最近{1 + number % 5}年内没有因同类违法行为受到行政处罚的记录",
        ],
        "materials": [
            {"name": f"{title}（{number % 7 + 1}份）", "necessity": "required" if order < 4 else "optional"}
            for order, title in enumerate(
                ("申请书", "营业执照", "法定代表人身份证明", "技术方案", "承诺书", "授权委托书")
            )
        ],
    }


def _handling(number: int) -> dict[str, Any]:
    return {
        "handling_kind": "committed",
        "visits": number % 2,
        "online": True,
        "handling_place": f"政务服务中心二楼综合窗口{number % 40 + 1}号",
        "handling_hours": "工作日 9:00-12:00，13:30-17:30",
        "consult_phone": f"020-8{number:07d}",
        "result_name": f"{name_of(number)}决定书",
    }
