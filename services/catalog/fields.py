"""Shapes of values that several areas of the catalog API share."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from fastapi import Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, StringConstraints

from shared import problems
from shared.codes import region_code
from shared.codes.problems import CodeError

_PLAIN = r"^[^\x00]*$"

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500, pattern=_PLAIN)]
"""One line of text a person types."""
Link = Annotated[str, StringConstraints(max_length=500, pattern=r"^https?://[^\s\x00]+$")]
"""An address of the web."""
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=5_000, pattern=_PLAIN)]
"""A text that may be empty."""
Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
"""Code of a list kind or key of an element."""
RegionText = Annotated[str, StringConstraints(min_length=2, max_length=32, pattern=r"^[0-9A-Za-z._-]+$")]
"""A region code as people write it: 6, 9 or 12 digits, or a zone's local code."""
Search = Annotated[str | None, Query(max_length=100, pattern=_PLAIN, description="Part of the name")]

_DEEPEST = 12
_LONGEST_KEY = 100


def _storable(value: Any, depth: int = 0) -> Any:
    """Refuse what the database or a reader could not take: NUL, lone surrogates, endless nesting, absurd numbers."""
    if depth > _DEEPEST:
        raise ValueError(f"嵌套不超过{_DEEPEST}层")
    if isinstance(value, str):
        if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
            raise ValueError("含有空字符或不完整的字符，请删除")
    elif isinstance(value, Mapping):
        if any(len(str(key)) > _LONGEST_KEY for key in value):
            raise ValueError(f"字段名不超过{_LONGEST_KEY}个字符")
        for key, entry in value.items():
            _storable(key, depth + 1)
            _storable(entry, depth + 1)
    elif isinstance(value, list):
        for entry in value:
            _storable(entry, depth + 1)
    elif isinstance(value, int | float) and not isinstance(value, bool) and not abs(value) < 2**63:
        raise ValueError("数值超出范围")
    return value


Storable = Annotated[JsonValue, AfterValidator(_storable)]
"""Any JSON value that the database takes."""

Elements = Annotated[
    dict[str, Any],
    Field(max_length=300, examples=[{"name": "食品经营许可", "base_code": "000116102000"}]),
    AfterValidator(_storable),
]
"""Element values by key, as an entry stores them."""


class Strict(BaseModel):
    """Base of request bodies: an unknown field is an error, not silently lost."""

    model_config = ConfigDict(extra="forbid", str_max_length=20_000)


class Grounds(Strict):
    """Why a change is made and on what basis; kept with its event (promise 8)."""

    reason: Words | None = Field(default=None, description="Why", examples=["机构改革，职责划转"])
    legal_basis: Words | None = Field(default=None, description="On what basis", examples=["国办发〔2022〕2号"])


def _is_left_out(value: object) -> bool:
    return value is None


class Decision(Strict):
    """The decision record without which a list is not published (ZL-34)."""

    meeting: Words = Field(description="Meeting that decided", examples=["县政府第12次常务会议"])
    on: date = Field(alias="date", description="Day of the decision", examples=["2026-11-20"])
    number: Words = Field(description="Number of the decision", examples=["青政办发〔2026〕8号"])
    authority: Words | None = Field(
        default=None, exclude_if=_is_left_out, description="Authority that issued it", examples=["青县人民政府"]
    )
    link: Link | None = Field(
        default=None, exclude_if=_is_left_out, description="Where the document is published",
        examples=["https://www.qingxian.gov.cn/doc/8"],
    )  # fmt: skip

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


def region(text: str, pointer: str = "/region_code") -> str:
    """A region code in its stored form (12 digits, or a zone's local code).

    Raises
    ------
    problems.Invalid
        Digits of another length than 6, 9 or 12.
    """
    if not text.isdigit():
        return text
    try:
        return region_code.parse(text).value
    except CodeError as error:
        message = f"{error.problem.message}；开发区等没有国标代码的区划，本地代码须含字母"
        raise problems.Invalid(
            message, code=error.problem.code, errors=[problems.FieldError(pointer, error.problem.code, message)]
        ) from None
