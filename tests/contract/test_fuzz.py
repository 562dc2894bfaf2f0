"""schemathesis asks every documented operation of the running services anything, signed in and not.

Nothing may answer with 5xx, with a status or content that its OpenAPI document does not name, or with a refusal that
does not tell people in Chinese what is wrong and what to do. Seeded: the same run asks the same things.
"""

from __future__ import annotations

import importlib
import re
import zlib
from collections.abc import Mapping
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode, checks
from schemathesis.specs.openapi import checks as openapi

from shared import settings
from tests.contract.test_documents import METHODS, Json, operations
from tests.journeys.stage import COUNTY, PASSWORD, ZONE, Stage

# 105 operations; together with the start of the system this stays within the 150 seconds of the part.
EXAMPLES = 16
SEED = 20260302
TIMEOUT_SECONDS = 20
CHINESE = re.compile(r"[\u4e00-\u9fff]")
ENGLISH = re.compile(r"\b(should|must|Value error|not a|at least|at most|is invalid)\b")
CHECKS = [
    checks.not_a_server_error,
    openapi.status_code_conformance,
    openapi.content_type_conformance,
    openapi.response_schema_conformance,
    openapi.response_headers_conformance,
]
# Who asks: posts that may do something with most of what there is, and nobody.
ASKING = ("admin", "bianzhi-01", "qingdan-01", "shengai-01", "zhengfu-01", None)
# What a `code` names depends on where it stands.
CODES = {
    "/catalog/v1/kinds": ["permit", "power"],
    "/catalog/v1/regions": [COUNTY, ZONE, "130922"],
    "/catalog/v1/mapping-profiles": ["guangdong_permits_2021"],
    "/workflow/v1/procedure-templates": ["short", "with_legality_review"],
    "/workflow/v1/deadline-rules": ["monthly_report", "new_list_after_superior"],
    "/publish/v1": ["130131001000", "130131002000"],
}


def documents() -> dict[str, Json]:
    """The documents as the code describes them; the running processes are compared with them."""
    return {service: importlib.import_module(f"services.{service}.app").app.openapi() for service in settings.SERVICES}


OPERATIONS = [
    pytest.param(service, operation["operationId"], id=operation["operationId"])
    for service, document in documents().items()
    for _, operation in operations(document)
]


@pytest.fixture(scope="session")
def schemas(stage: Stage) -> dict[str, Any]:
    """The schemas of the running services, without their security: who asks is decided here, not made up."""
    found = {}
    for service in settings.SERVICES:
        described = requests.get(f"{stage.system.url(service)}/{service}/v1/openapi.json", timeout=30).json()
        for _, operation in operations(described):
            operation.pop("security", None)
        found[service] = schemathesis.openapi.from_dict(described)
    return found


@pytest.fixture(scope="session")
def known(stage: Stage) -> dict[str, list[str]]:
    """Values of parameters that stand for something: a random id never meets an entry."""
    permits, organs = list(stage.permits.values()), list(stage.organs.values())
    opened = [
        stage.open({"operation": "modify", "item_id": permits[place], "elements": {"promised_limit": None}})["id"]
        for place in range(3)
    ]
    account = next(row for row in stage.admin.all_of("/catalog/v1/accounts") if row["login"] == "bianzhi-03")
    changes = stage.admin.get(f"/workflow/v1/adjustments/{opened[0]}")["changes"]
    started = stage.admin.post("/catalog/v1/check", {"record": True})
    stage.operation(started)
    return {
        "operation_id": [started["operation_id"]],
        "change_id": [change["id"] for change in changes],
        "list_id": [stage.lists["permit", COUNTY], stage.lists["power", COUNTY]],
        "item_id": permits,
        "adjustment_id": opened,
        "account_id": [account["id"]],
        "organ_id": organs,
        "lead_organ_id": organs,
        "implementing_body": organs,
        "region_code": [COUNTY, "130922100000"],
        "kind": ["permit", "power"],
        "procedure": ["short"],
        "number": ["1"],
        "version": ["1"],
        "element": ["name", "basis"],
    }


@pytest.fixture(scope="session")
def tokens(stage: Stage) -> dict[str, str]:
    """A token for everybody who asks; good for longer than all of this takes."""
    url = f"{stage.system.url('catalog')}/catalog/v1/tokens"
    found = {}
    for login in filter(None, ASKING):
        answer = httpx.post(url, json={"login": login, "password": PASSWORD}, trust_env=False, timeout=30)
        found[login] = answer.json()["access_token"]
    return found


@pytest.fixture(scope="session")
def session() -> requests.Session:
    """One connection for all requests."""
    kept = requests.Session()
    kept.trust_env = False
    return kept


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


def test_the_running_services_describe_themselves_as_the_code_does(stage: Stage) -> None:
    for service, document in documents().items():
        url = f"{stage.system.url(service)}/{service}/v1/openapi.json"
        assert httpx.get(url, trust_env=False, timeout=30).json() == document


@pytest.mark.parametrize(("service", "name"), OPERATIONS)
def test_anything_asked_is_answered_as_documented(
    stage: Stage,
    schemas: Mapping[str, Any],
    known: Mapping[str, list[str]],
    tokens: Mapping[str, str],
    session: requests.Session,
    service: str,
    name: str,
) -> None:
    operation = schemas[service].find_operation_by_id(name)
    asked = st.one_of(
        operation.as_strategy(generation_mode=GenerationMode.POSITIVE),
        operation.as_strategy(generation_mode=GenerationMode.NEGATIVE),
    )

    @seed(SEED + zlib.crc32(name.encode()))
    @hypothesis_settings(
        max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck), report_multiple_bugs=False,
    )  # fmt: skip
    @given(case=asked, who=st.sampled_from(ASKING), number=st.integers(0, 5))
    def ask(case: Case, who: str | None, number: int) -> None:
        if number:  # one in six keeps what was made up
            codes = next((codes for place, codes in CODES.items() if case.path.startswith(place)), [])
            case.path_parameters = familiar(case.path_parameters, {**known, "code": codes}, number)
            case.body = familiar(case.body, known, number)
        headers = {"If-Match": f'"{number % 3}"'} | ({"Authorization": f"Bearer {tokens[who]}"} if who else {})
        if case.query.get("wait"):  # the feed would keep us waiting
            case.query["wait"] = min(case.query["wait"], 1) if isinstance(case.query["wait"], int) else "x"
        base = stage.system.url(service)
        answer = case.call(base_url=base, session=session, headers=headers, timeout=TIMEOUT_SECONDS)
        case.validate_response(answer, checks=CHECKS)
        if answer.status_code >= 400:
            _check_refusal(answer.json(), answer.status_code)

    ask()


def _check_refusal(problem: Json, status: int) -> None:
    """A refusal says in Chinese what is wrong, and where."""
    assert problem["status"] == status
    for text in (problem["title"], problem["detail"], *(place["message"] for place in problem["errors"])):
        assert CHINESE.search(text), f"not Chinese: {text}"
        assert not ENGLISH.search(text), f"English in what officials read: {text}"
    for place in problem["errors"]:
        assert re.match(r"(/|$|query|path|header)", place["pointer"]), place


@pytest.mark.parametrize("service", settings.SERVICES)
def test_methods_that_are_not_documented_are_refused_with_those_that_are(
    stage: Stage, session: requests.Session, service: str
) -> None:
    paths = documents()[service]["paths"]
    for path in paths:
        place = re.sub(r"\{[a-z_]+\}", "x", path)
        # `/accounts/me` is also an `/accounts/{account_id}`.
        other = {one for known in paths if re.fullmatch(re.sub(r"\{[a-z_]+\}", "[^/]+", known), place)
                 for one in paths[known]}  # fmt: skip
        for method in {*METHODS} - other:
            answer = session.request(method.upper(), f"{stage.system.url(service)}{place}", timeout=30)
            assert answer.status_code == 405, f"{method} {path}: {answer.status_code}"
            assert {one.strip().lower() for one in answer.headers["allow"].split(",")} & other, path
            _check_refusal(answer.json(), 405)
