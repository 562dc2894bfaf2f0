"""What the simulated platform checks of a row: its own small reading of the standards, not the product's code.

Credit codes after GB 32100-2015: 17 characters weighted 3^(n-1) mod 31 and a check character. Implementation codes:
credit code, level 1-7, base code of 12 characters.
"""

from __future__ import annotations

import re
from typing import Any

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_TASK_CODE = re.compile(r"[0-9A-HJ-NPQRTUWXY]{18}[1-7]\d{4}[0-9A-Z]{5}(\d{3}|00Y)(\d{2})?")
_BASE_CODE = re.compile(r"\d{4}[0-9A-Z]{5}(\d{3}|00Y)")
MANDATORY = ("TASK_NAME", "CATALOG_CODE", "TASK_TYPE", "USE_LEVEL", "TASK_CODE", "TASK_STATE", "DEPT_NAME", "DEPT_CODE")
# Main items of internet+supervision (a provincial platform's sheet): what has to be there.
SUPERVISION = ("itemCode", "itemName", "supervisionDept", "supervisionDeptCode", "allowItemCode", "state")
_TYPES = frozenset({*(f"{number:02d}" for number in range(1, 11)), "20"})


def credit_code_is_sound(code: str) -> bool:
    """Whether the 18th character follows from the 17 before."""
    if len(code) != 18 or any(character not in _ALPHABET for character in code):
        return False
    total = sum(_ALPHABET.index(character) * pow(3, place, 31) for place, character in enumerate(code[:17]))
    return _ALPHABET[-total % 31] == code[17]


def complaint(row: dict[str, Any]) -> tuple[str, str] | None:
    """Code and remark of the first thing that is wrong with the columns of a row."""
    columns = row.get("ROW")
    if not isinstance(columns, dict):
        return "E01", "缺少 ROW"
    supervision = row.get("TABLE") == "supervision_main_item"
    for name in SUPERVISION if supervision else MANDATORY:
        if not columns.get(name):
            return "E01", f"必填项 {name} 为空"
    if supervision:
        return None
    task, base, department = columns["TASK_CODE"], columns["CATALOG_CODE"], columns["DEPT_CODE"]
    if not _TASK_CODE.fullmatch(task):
        return "E02", f"实施编码 {task} 不是 31 位或 33 位的规定结构"
    if not credit_code_is_sound(task[:18]):
        return "E03", f"实施编码 {task} 中统一社会信用代码的校验位错误"
    if not credit_code_is_sound(department):
        return "E03", f"实施主体代码 {department} 的校验位错误"
    if not _BASE_CODE.fullmatch(base) or task[19:31] != base:
        return "E04", "实施编码与基本编码不一致"
    if columns["TASK_TYPE"] not in _TYPES:
        return "E05", f"事项类型 {columns['TASK_TYPE']} 不在代码表中"
    return None
