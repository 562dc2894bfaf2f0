"""Asking the services: values that stand for something, and what every refusal has to say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import requests

from shared.http.routing import TOKEN_ENDPOINT
from tests.journeys.stage import COUNTY, ZONE

CHINESE = re.compile(r"[\u4e00-\u9fff]")
ENGLISH = re.compile(r"\b(should|must|Value error|not a|at least|at most|is invalid)\b")
# What a `code` names depends on where it stands.
CODES = {
    "/catalog/v1/kinds": ["permit", "power"],
    "/catalog/v1/regions": [COUNTY, ZONE, "130922"],
    "/catalog/v1/mapping-profiles": ["guangdong_permits_2021"],
    "/catalog/v1/codes": ["130131001000", "62052400MZ-XK-0001"],
    "/catalog/v1/region-successors": [COUNTY, "130922"],
    "/workflow/v1/deadline-rules": ["monthly_report", "new_list_after_superior"],
    "/workflow/v1/procedure-templates": ["short", "with_legality_review"],
    "/publish/v1": ["130131001000", "130131002000"],
}


def bearer(token: str) -> dict[str, str]:
    """The header that shows a token."""
    return {"Authorization": f"Bearer {token}"}


def familiar(given: Any, known: Mapping[str, list[str]], number: int) -> Any:
    """What was made up, with texts that name something replaced by what there is."""
    if isinstance(given, dict):
        return {
            key: known[key][number % len(known[key])]
            if key in known and isinstance(value, str)
            else familiar(value, known, number)
            for key, value in given.items()
        }
    if isinstance(given, list):
        return [familiar(value, known, number) for value in given]
    return given


def check_refusal(answer: requests.Response) -> None:
    """A refusal says in Chinese what is wrong, and where; at the token endpoint it speaks as RFC 6749 does."""
    problem = answer.json()
    if answer.request.path_url.startswith(TOKEN_ENDPOINT) and "error" in problem:
        assert problem.keys() == {"error", "error_description"}
        assert problem["error_description"].isascii()
        return
    assert problem["status"] == answer.status_code
    for text in (problem["title"], problem["detail"], *(place["message"] for place in problem["errors"])):
        assert CHINESE.search(text), f"not Chinese: {text}"
        assert not ENGLISH.search(text), f"English in what officials read: {text}"
    for place in problem["errors"]:
        assert re.match(r"(/|$|query|path|header)", place["pointer"]), place
