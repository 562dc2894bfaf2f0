"""Types of request fields that every area of the workflow service uses."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from shared.codes import region_code
from shared.codes.problems import CodeError
from shared.http.instants import Instant

# jsonb takes deeper values, but nobody reads them; entries of the catalog are at most four levels deep.
_DEEPEST = 20
_FIRST_COUNTED, _LAST_COUNTED = datetime(2000, 1, 1, tzinfo=UTC), datetime(2080, 1, 1, tzinfo=UTC)
_UNSTORABLE = "文本中含有空字符或不完整的字符，请删除"
_SMALLEST_INTEGER, _LARGEST_INTEGER = -(2**63), 2**63 - 1


def storable_text(value: str) -> str:
    """Refuse what Postgres cannot store: NUL, and halves of surrogate pairs."""
    try:
        value.encode()  # a hundred times as fast as a look at each character: batches bring texts by the thousand
    except UnicodeEncodeError:
        raise ValueError(_UNSTORABLE) from None
    if "\0" in value:
        raise ValueError(_UNSTORABLE)
    return value


def storable_json(value: Any, depth: int = 0) -> Any:
    """Refuse JSON that could be read but not stored or sent again: NUL, non-finite or huge numbers, deep nesting."""
    if depth > _DEEPEST:
        raise ValueError(f"内容嵌套超过 {_DEEPEST} 层")
    match value:
        case str():
            storable_text(value)
        case bool() | None:
            pass
        case int() if not _SMALLEST_INTEGER <= value <= _LARGEST_INTEGER:
            raise ValueError("整数超出允许范围")
        case float() if not math.isfinite(value):
            raise ValueError("数值须为有限数")
        case dict():
            for key, inner in value.items():
                storable_text(key)
                storable_json(inner, depth + 1)
        case list():
            for inner in value:
                storable_json(inner, depth + 1)
    return value


def stored_region(value: str) -> str:
    """A region code as the register stores it: digits are filled up to 12, a zone's local code stays as it is."""
    if not value.isdigit():
        return value
    try:
        return region_code.parse(value).value
    except CodeError as error:
        raise ValueError(error.problem.message) from None


def _counted(value: datetime) -> datetime:
    """An instant that limits are counted from: the working calendar reaches from 1996 to 2099, a limit ten years."""
    if not _FIRST_COUNTED <= value < _LAST_COUNTED:
        raise ValueError("时间应在 2000 年至 2079 年之间")
    return value


CountedInstant = Annotated[Instant, AfterValidator(_counted)]
Storable = AfterValidator(storable_text)
StorableJson = AfterValidator(storable_json)

Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), Storable]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500), Storable]
Paragraph = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000), Storable]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
RegionCode = Annotated[
    str, StringConstraints(min_length=2, max_length=32, pattern=r"^[0-9A-Za-z._-]+$"), AfterValidator(stored_region)
]
"""A region code as people write it: 6, 9 or 12 digits, or a zone's local code, e.g. `130922-KFQ`."""


def _address(value: str) -> str:
    """An archive number is free text; what looks like an address must be one."""
    if "://" in value:
        scheme, _, rest = value.partition("://")
        if scheme not in ("http", "https", "file") or not rest.strip("/") or any(each.isspace() for each in value):
            raise ValueError("地址格式有误，应为 http、https 或 file 地址，或改填档案号")
    return value


Reference = Annotated[Line, AfterValidator(_address)]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Document(BaseModel):
    """Where a document lies, and its digest."""

    model_config = ConfigDict(extra="forbid")

    reference: Reference = Field(description="Archive number or address")
    sha256: Digest | None = Field(default=None, description="SHA-256 of the document, 64 small hexadecimal digits")


class Evidence(BaseModel):
    """A document that a record rests on: a file attached to the adjustment, or where it lies outside."""

    model_config = ConfigDict(extra="forbid")

    reference: Reference | None = Field(
        default=None, description="Archive number or address; of an attached file its name when empty"
    )
    sha256: Digest | None = Field(
        default=None, description="SHA-256 of the document; of an attached file it must be that file's"
    )
    attachment_id: UUID | None = Field(default=None, description="A file attached to the adjustment")

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if self.reference is None and self.attachment_id is None:
            raise ValueError("请写明档案号、地址（reference）或所引用的附件（attachment_id）")
        return self
