"""V16, V28, V29 and the basis of a duty (V04): the sections of the responsibility list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from services.catalog.kinds.subtables import DOCUMENT_KINDS
from services.catalog.quality.entry import BLOCK, ERROR, Entry, Finding, Validator

KINDS = frozenset({"responsibility"})
# What a duty of an organ may rest on: laws and rules, 三定, documents of the centre and the province (HB-09).
GIVES_DUTIES = frozenset(DOCUMENT_KINDS) - {"normative"}
SIX = {
    "supervision_object": "监管对象",
    "supervision_content": "监管内容",
    "supervision_method": "监管方式",
    "supervision_measures": "监管措施",
    "supervision_procedure": "监管程序",
    "supervision_handling": "监管处理方式",
}
KEY_AREA = {
    "daily_supervision": "日常监管",
    "spot_checks": "定期抽查",
    "hazard_investigation": "隐患排查",
    "major_cases": "重大案件查处",
}


def duty_basis(entry: Entry) -> Iterator[Finding]:
    """V04: a duty that rests on nothing but lesser documents is not listed (HB-09, HB-12)."""
    if entry.elements.get("section") != "duty":
        return
    if not any(row["document_kind"] in GIVES_DUTIES for row in entry.elements["basis"]):
        message = "责任事项须有法律、法规、规章、三定规定或中央、省文件依据，仅有其他规范性文件的不列入，请补充依据"
        yield Finding("V04", BLOCK, "basis", "no_duty_basis", message, "/basis")


def one_lead(entry: Entry) -> Iterator[Finding]:
    """V16: exactly one organ leads (HB-16), each organ is named once, and the entry's body is the one that leads."""
    if entry.elements.get("section") != "boundary":
        return
    # In a profile of somebody's own the rows may be something else: then nothing is said of them.
    rows = [row for row in entry.rows("boundary_parties") if isinstance(row.get("organ"), str)]
    if not rows:
        return
    leads = [row["organ"] for row in rows if row.get("role") == "lead"]
    place = "/boundary_parties"
    if len(leads) != 1:
        message = f"职责边界须有且只有一个主办部门，现有{len(leads)}个，请明确主办，其余列为协办"
        yield Finding("V16", BLOCK, "boundary_parties", "not_one_lead", message, place)
    elif entry.elements.get("implementing_body") not in (None, leads[0]):
        message = "责任主体应为主办部门，请核对责任主体或部门职责分工"
        yield Finding("V16", BLOCK, "boundary_parties", "lead_is_not_body", message, place)
    if len(rows) == 1:
        message = "职责边界须写明相关各部门的职责，请补充协办部门；只涉及一个部门的事项不列入职责边界"
        yield Finding("V16", ERROR, "boundary_parties", "one_department", message, place)
    for organ, times in Counter(row["organ"] for row in rows).items():
        if times > 1:
            index = [row["organ"] for row in rows].index(organ)
            message = "同一部门在职责分工中列了多次，请合并"
            yield Finding("V16", BLOCK, "boundary_parties", "organ_twice", message, f"{place}/{index}/organ")


def six_elements(entry: Entry) -> Iterator[Finding]:
    """V28: object, content, method, measures, procedure and handling of every supervision record (HB-20)."""
    if entry.elements.get("section") != "supervision":
        return
    severity = BLOCK if entry.context.complete else ERROR
    for key, title in SIX.items():
        if not entry.elements.get(key):
            message = f"事中事后监管须写明{title}，请填写"
            yield Finding("V28", severity, key, "supervision_incomplete", message, f"/{key}")


def key_area_measures(entry: Entry) -> Iterator[Finding]:
    """V29: key areas are supervised daily, spot-checked, searched for hazards, and major cases dealt with (HB-21)."""
    for key, title in KEY_AREA.items():
        if not entry.elements.get(key):
            message = f"重点领域的监管须有{title}措施，请补充"
            yield Finding("V29", ERROR, key, "key_area_measure_missing", message, f"/{key}")


VALIDATORS = (
    Validator(rule="V04", check=duty_basis, elements=frozenset({"basis"}), kinds=KINDS),
    Validator(rule="V16", check=one_lead, elements=frozenset({"boundary_parties"}), kinds=KINDS),
    Validator(rule="V28", check=six_elements, elements=frozenset({"section"}), kinds=KINDS),
    Validator(rule="V29", check=key_area_measures, elements=frozenset({"key_area"}), kinds=KINDS),
)
