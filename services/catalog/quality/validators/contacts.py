"""V31: what the public reads to reach an office names no person and no private telephone (personal data)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from services.catalog.quality.entry import WARN, Entry, Finding, Validator

# Where people look for whom to call; sub-tables with such columns are looked through as well.
CONTACTS = frozenset({
    "consult_phone", "complaint_phone", "consult_way", "complaint_way", "progress_query", "handling_place", "windows",
    "special_procedures",
})  # fmt: skip
_MOBILE = re.compile(r"(?<!\d)1[3-9]\d(?:[ -]?\d{4}){2}(?!\d)")
# A name stands apart: 联系人民政府 and 负责人员 name nobody, and what ends like an office or a post is one.
_PERSON = re.compile(r"(联系人|经办人|负责人|办理人员|咨询人)\s*[:：\s]\s*([\u4e00-\u9fff·]{2,5})(?![\u4e00-\u9fff·])")
_OFFICE = re.compile(r"(窗口|大厅|中心|科|室|股|处|局|委|办|站|所|队|部|组|院|厅|政府|热线|岗|员|主任|科长|局长|股长)$")


def personal_data(entry: Entry) -> Iterator[Finding]:
    """A mobile number or a person's name in a public contact element: people should look."""
    for key in sorted(CONTACTS & entry.elements.keys()):
        element = entry.profile.element(key)
        if element is None or not element.public:
            continue
        for place, text in _texts(entry.elements[key], f"/{key}"):
            if _MOBILE.search(text):
                message = f"{element.title}疑似为个人手机号码，公开内容请改用办公电话"
                yield Finding("V31", WARN, key, "personal_mobile", message, place)
            if _names_somebody(text):
                message = f"{element.title}疑似写有个人姓名，公开内容请改写机构或岗位"
                yield Finding("V31", WARN, key, "personal_name", message, place)


def _names_somebody(text: str) -> bool:
    return any(not _OFFICE.search(found[2]) for found in _PERSON.finditer(text))


def _texts(value: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, list):
        for index, row in enumerate(value):
            for column, cell in row.items() if isinstance(row, dict) else ():
                if isinstance(cell, str):
                    yield f"{place}/{index}/{column}", cell


VALIDATORS = (Validator(rule="V31", check=personal_data, elements=CONTACTS),)
