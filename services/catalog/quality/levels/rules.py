"""What validators there are for people, and how a region's levels change what they say. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from services.catalog.quality.entry import BLOCK, ERROR, WARN, Finding
from shared import problems

OFF = "off"
SEVERITIES = (BLOCK, ERROR, WARN, OFF)
# (rule, code) -> severity; an empty code stands for all findings of the rule.
Levels = Mapping[tuple[str, str], str]

# The validators as people know them: of one entry by itself, and what compares entries of several lists and levels.
TITLES: Mapping[str, str] = {
    "V01": "要素必填且格式正确",
    "V02": "编码结构正确且不重复",
    "V03": "类型、层级、实施主体与编码一致，实施主体具备资格",
    "V04": "设定依据合法、写明条款",
    "V05": "承诺时限不长于法定时限，不得擅自延长",
    "V06": "各环节时限合计不长于承诺时限",
    "V07": "收费有项目、标准和依据",
    "V08": "申请材料有依据和来源，不得要求兜底性材料",
    "V09": "可共享、可核验的材料不得要求申请人提供",
    "V10": "可网上办理的不得要求到现场，网上办理深度一致",
    "V11": "中介服务对应行政许可并有依据",
    "V12": "初审和办理环节有依据",
    "V13": "材料、环节、时限、收费等不严于上级",
    "V14": "能在上级基本目录中找到，层级相符",
    "V15": "行政权力都有对应的责任事项",
    "V16": "职责边界有且只有一个主办部门",
    "V17": "行政许可的监管主体、监管事项和监管措施同时明确",
    "V18": "取消、下放的事项有监管措施或声明",
    "V19": "不公开的事项写明理由，涉密不上网",
    "V20": "疑似变相许可",
    "V22": "同一事项在各清单中名称、服务对象一致",
    "V23": "市县均可实施的不分级许可由县级实施",
    "V24": "承接的许可进驻政务大厅或说明理由",
    "V25": "一次性告知的时限不超过规定",
    "V26": "有受理和补正文书样式",
    "V27": "不需申请的事项原则上不纳入",
    "V28": "事中事后监管写明对象、内容、方式、措施、程序和处理方式",
    "V29": "重点领域监管有日常监管、定期抽查、隐患排查和重大案件查处措施",
    "V30": "省级政府规章设定的临时性许可不超过一年",
    "V31": "公开的联系方式不含个人信息",
    "V32": "许可条件与上级一致，不增加、减少或改写",
    "V33": "风险等级有评估说明，高风险列为重点监管",
}
COMPARING = frozenset({"V13", "V14", "V15", "V18", "V20", "V22", "V23", "V24", "V30", "V32"})
# The database, the other lists and the law of secrecy rest on these: no region can do without them.
FIXED_RULES = frozenset({"V02", "V19"})
FIXED_CODES = frozenset({"malformed", "unknown_organ"})


def leveled(findings: Iterable[Finding], levels: Levels) -> list[Finding]:
    """The findings as severe as the region takes them; a level for the code counts before one for the rule."""
    told = []
    for finding in findings:
        severity = finding.severity
        if not is_fixed(finding.rule, finding.code):
            severity = levels.get((finding.rule, finding.code)) or levels.get((finding.rule, ""), severity)
        if severity != OFF:
            told.append(finding if severity == finding.severity else replace(finding, severity=severity))
    return told


def is_fixed(rule: str, code: str) -> bool:
    """Whether nobody may change how severe a finding is."""
    return rule in FIXED_RULES or code in FIXED_CODES


def nearest(rows: Iterable[Mapping[str, str]], chain: Sequence[str]) -> dict[tuple[str, str], str]:
    """Levels that hold in a region: those of the nearest region of its chain that says something."""
    order = {code: index for index, code in enumerate(chain)}
    found: dict[tuple[str, str], tuple[int, str]] = {}
    for row in rows:
        distance = order.get(row["region_code"])
        key = (row["rule"], row["code"])
        if distance is not None and distance < found.get(key, (len(chain), ""))[0]:
            found[key] = (distance, row["severity"])
    return {key: severity for key, (_, severity) in found.items()}


def check(levels: Sequence[tuple[str, str]], *, prefix: str = "/levels") -> None:
    """Refuse levels for what is fixed, for what is no validator of entries, and for the same finding twice.

    V21 guards what goes out and is no finding: a level that changed nothing would be a promise nobody keeps.
    Of what compares entries (COMPARING) only the whole can be set: its findings have no codes.

    Raises
    ------
    problems.Invalid
        One error for each.
    """
    errors = []
    for index, (rule, code) in enumerate(levels):
        if is_fixed(rule, code):
            message = f"{rule}{f'（{code}）' if code else ''}是数据库和各清单共同的前提，级别不能调整"
            errors.append(problems.FieldError(f"{prefix}/{index}", "level_fixed", message))
        if rule not in TITLES:
            known = "、".join(sorted(TITLES))
            message = f"{rule}不是事项校验规则，其级别不能在此设置；可用：{known}"
            errors.append(problems.FieldError(f"{prefix}/{index}/rule", "level_elsewhere", message))
        if rule in COMPARING and code:
            message = f"{rule}比对多个事项，只能整体设置级别，请去掉code"
            errors.append(problems.FieldError(f"{prefix}/{index}/code", "level_of_whole", message))
        if (rule, code) in levels[:index]:
            errors.append(problems.FieldError(f"{prefix}/{index}", "level_twice", "同一规则写了两次，请合并"))
    if errors:
        raise problems.Invalid(f"有{len(errors)}项级别不能这样设置。", code="levels_invalid", errors=errors)
