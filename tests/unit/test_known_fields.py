"""Who misspells a field is told those there are at that place."""

from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.http.known_fields import known_fields
from shared.http.messages import message


class Seal(BaseModel):
    model_config = ConfigDict(extra="forbid")
    reference: str
    scan: str | None = Field(default=None, alias="attachment_id")


class Add(BaseModel):
    model_config = ConfigDict(extra="forbid")
    operation: Literal["add"]
    elements: dict[str, Seal] = {}


class Cancel(BaseModel):
    model_config = ConfigDict(extra="forbid")
    operation: Literal["cancel"]
    reason: str = ""


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")
    seal: Seal | None = None
    changes: list[Annotated[Add | Cancel, Field(discriminator="operation")]] = []


@pytest.mark.parametrize(
    ("given", "known"),
    [
        ({"seals": {}}, ["seal", "changes"]),
        ({"seal": {"reference": "1", "archive": "2"}}, ["reference", "attachment_id"]),
        ({"changes": [{"operation": "cancel"}, {"operation": "cancel", "cause": ""}]}, ["operation", "reason"]),
        ({"changes": [{"operation": "add", "elements": {"a": {"reference": "1", "x": 1}}}]},
         ["reference", "attachment_id"]),
    ],
)  # fmt: skip
def test_the_fields_of_the_place_are_named(given: dict[str, object], known: list[str]) -> None:
    with pytest.raises(ValidationError) as refused:
        Body.model_validate(given)
    [place] = [error["loc"] for error in refused.value.errors() if error["type"] == "extra_forbidden"]
    assert known_fields(Body, place[:-1]) == known


def test_what_has_no_fields_names_none_and_too_many_are_not_named() -> None:
    assert known_fields(dict[str, str], ["a"]) == known_fields(None, []) == []
    assert message("extra_forbidden", {"known": ["reference"]}) == "不认识的字段；可用的字段：reference"
    assert message("extra_forbidden", {"known": ["reference"] * 50}) == "不认识的字段，请删除或检查拼写"
