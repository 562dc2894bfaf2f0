"""What the framework refuses is told in Chinese, with the limit or the values that are allowed."""

import typing
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from pydantic import BaseModel, Field, ValidationError, field_validator
from pydantic_core.core_schema import ErrorType

from shared.http.messages import message


class Form(BaseModel):
    """One field a kind of mistake."""

    name: Annotated[str, Field(min_length=2, max_length=5, pattern="^[a-z]*$")] = "ab"
    number: Annotated[int, Field(ge=1, le=9)] = 1
    names: Annotated[list[str], Field(min_length=1, max_length=2)] = ["a"]
    on: date = date(2026, 3, 2)
    id: UUID | None = None
    state: Literal["open", "closed", "void"] = "open"
    own: str = "x"

    @field_validator("own")
    @classmethod
    def _own(cls, value: str) -> str:
        if value == "bad":
            raise ValueError("须给出 ids 或 list_id 之一")
        return value


def told(**given: Any) -> str:
    """The message of the one mistake."""
    with pytest.raises(ValidationError) as caught:
        Form.model_validate(given)
    (error,) = caught.value.errors()
    return message(error["type"], error.get("ctx") or {})


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"name": "a"}, "至少 2 个字符"),
        ({"name": "abcdef"}, "最多 5 个字符"),
        ({"name": "ABC"}, "格式不符，应符合 ^[a-z]*$"),
        ({"number": 0}, "应不小于 1"),
        ({"number": "x"}, "应为整数"),
        ({"names": []}, "至少 1 项"),
        ({"names": ["a", "b", "c"]}, "最多 2 项"),
        ({"on": "gestern"}, "应为日期，例如 2026-03-02"),
        ({"id": "7"}, "应为 UUID，例如 01890a5d-ac96-774b-bcce-b302099a8057"),
        ({"state": "other"}, "取值不在允许范围内，可用：open、closed、void"),
        ({"own": "bad"}, "须给出 ids 或 list_id 之一"),
    ],
)
def test_a_mistake_is_told_with_what_is_allowed(given: dict[str, Any], expected: str) -> None:
    assert told(**given) == expected


@pytest.mark.parametrize("kind", typing.get_args(ErrorType))
def test_no_kind_of_mistake_is_told_in_english(kind: str) -> None:
    text = message(kind, {})
    assert any("\u4e00" <= sign <= "\u9fff" for sign in text)
    assert "{" not in text
