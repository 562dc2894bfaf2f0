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
from tests.journeys.stage import COUNTY, PASSWORD, Stage

# 105 operations; together with the start of the system this stays within the 150 seconds of the part.
EXAMPLES = 12
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
# Who asks: nobody, and posts that may do something with most of what there is.
ASKING = (None, "admin", "bianzhi-01", "qingdan-01", "shengai-01", "zhengfu-01")


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
    """The schemas of the running services, as an integrator loads them."""
    return {
        service: schemathesis.openapi.from_url(f"{stage.system.url(service)}/{service}/v1/openapi.json")
        for service in settings.SERVICES
    }


@pytest.fixture(scope="session")
def known(stage: Stage) -> dict[str, list[str]]:
    """Values of parameters that stand for something: a random id never meets an entry."""
    permits = list(stage.permits.values())
    opened = [
        stage.open({"operation": "modify", "item_id": permits[place], "elements": {"promised_limit": None}})["id"]
        for place in range(3)
    ]
    account = next(row for row in stage.admin.all_of("/catalog/v1/accounts") if row["login"] == "bianzhi-03")
    return {
        "list_id": [stage.lists["permit", COUNTY], stage.lists["power", COUNTY]],
        "item_id": permits,
        "adjustment_id": opened,
        "account_id": [account["id"]],
        "organ_id": list(stage.organs.values()),
        "code": ["permit", "short", "guangdong_permits_2021", "130131001000", COUNTY],
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
            for parameter in {*case.path_parameters} & {*known}:
                values = known[parameter]
                case.path_parameters[parameter] = values[number % len(values)]
        case.headers["If-Match"] = f'"{number}"'
        if who is not None:
            case.headers["Authorization"] = f"Bearer {tokens[who]}"
        answer = case.call(base_url=stage.system.url(service), session=session, timeout=TIMEOUT_SECONDS)
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
