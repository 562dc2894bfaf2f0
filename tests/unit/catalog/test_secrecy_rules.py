"""Grounds for withholding: one list of them for rules, profiles and the API."""

from __future__ import annotations

from typing import get_args

import pytest

from services.catalog.kinds.rules import check_definition
from services.catalog.kinds.schemas import Ground
from shared import problems
from shared.secrecy import OF_ELEMENTS, refused_at_entry

NAME = {"key": "name", "title": "名称", "type": "text"}
NOTE = {"key": "internal_note", "title": "内部备注", "type": "text", "public": False}


def test_the_api_knows_the_same_grounds() -> None:
    assert set(get_args(Ground)) - {""} == set(OF_ELEMENTS)


@pytest.mark.req("HB-33")
def test_an_element_of_a_kind_is_hidden_on_a_ground_only() -> None:
    with pytest.raises(problems.Invalid) as refused:
        check_definition([NAME, NOTE])
    assert [(error.pointer, error.code) for error in refused.value.errors] == [
        ("/elements/1/withheld_because", "withheld_without_ground")
    ]
    check_definition([NAME, NOTE | {"withheld_because": "internal_affairs"}])


@pytest.mark.parametrize(("reason", "refused"), [("state_secret", True), ("state_security", True), ("privacy", False),
                                                 (None, False), (7, False), (["state_secret"], False)])  # fmt: skip
def test_only_where_the_internet_reaches_secrets_of_the_state_are_refused(reason: object, refused: bool) -> None:
    assert refused_at_entry({"withheld_because": reason}, internet_facing=True) is refused
    assert refused_at_entry({"withheld_because": reason}, internet_facing=False) is False
