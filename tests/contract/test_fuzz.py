"""schemathesis asks every documented operation of the running services anything: as staff, as a client, as nobody.

Nothing may answer with 5xx, with a status or content that its OpenAPI document does not name, or with a refusal that
does not tell people in Chinese what is wrong and what to do. Seeded: the same run asks the same things.
"""

from __future__ import annotations

import importlib
import itertools
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
from tests.contract.asking import CODES, bearer, check_refusal, familiar
from tests.contract.test_documents import METHODS, Json, operations
from tests.journeys.stage import PASSWORD, Stage


@schemathesis.serializer("application/zip")
def archive(_context: object, value: object) -> bytes:
    """What is made up for a file, as it is: no archive, which a service has to say."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


# Requests made up for each operation, and how many of them a client and a stranger send as well: making them up is
# what takes the time, and these two mostly meet one refusal. With the start of the system this stays within the budget
# of the part (tests/parts.py).
EXAMPLES = 8
SENT_BY_ALL = 3
SEED = 20260302
TIMEOUT_SECONDS = 20
CHECKS = [
    checks.not_a_server_error,
    openapi.status_code_conformance,
    openapi.content_type_conformance,
    openapi.response_schema_conformance,
    openapi.response_headers_conformance,
]
# The staff who ask: posts that may do something with most of what there is.
POSTS = ("admin", "bianzhi-01", "qingdan-01", "shengai-01", "zhengfu-01")


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
def callers(stage: Stage, client_token: str) -> dict[str, list[dict[str, str]]]:
    """The headers of everybody who asks, by the sort of caller; the tokens outlast all of this."""
    url = f"{stage.system.url('catalog')}/catalog/v1/tokens"
    found = []
    for login in POSTS:
        answer = httpx.post(url, json={"login": login, "password": PASSWORD}, trust_env=False, timeout=30)
        found.append(bearer(answer.json()["access_token"]))
    return {"staff": found, "client": [bearer(client_token)], "nobody": [{}]}


def test_the_running_services_describe_themselves_as_the_code_does(stage: Stage) -> None:
    for service, document in documents().items():
        url = f"{stage.system.url(service)}/{service}/v1/openapi.json"
        assert httpx.get(url, trust_env=False, timeout=30).json() == document


@pytest.mark.parametrize(("service", "name"), OPERATIONS)
def test_anything_asked_is_answered_as_documented(
    stage: Stage,
    schemas: Mapping[str, Any],
    known: Mapping[str, list[str]],
    callers: Mapping[str, list[dict[str, str]]],
    session: requests.Session,
    service: str,
    name: str,
) -> None:
    operation = schemas[service].find_operation_by_id(name)
    asked = st.one_of(
        operation.as_strategy(generation_mode=GenerationMode.POSITIVE),
        operation.as_strategy(generation_mode=GenerationMode.NEGATIVE),
    )

    made = itertools.count()

    @seed(SEED + zlib.crc32(name.encode()))
    @hypothesis_settings(
        max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck), report_multiple_bugs=False,
    )  # fmt: skip
    @given(case=asked, post=st.sampled_from(callers["staff"]), number=st.integers(0, 5))
    def ask(case: Case, post: dict[str, str], number: int) -> None:
        if number:  # one in six keeps what was made up
            codes = next((codes for place, codes in CODES.items() if case.path.startswith(place)), [])
            case.path_parameters = familiar(case.path_parameters, {**known, "code": codes}, number)
            case.body = familiar(case.body, known, number)
        if case.query.get("wait"):  # the feed would keep us waiting
            case.query["wait"] = min(case.query["wait"], 1) if isinstance(case.query["wait"], int) else "x"
        others = callers["client"] + callers["nobody"] if next(made) < SENT_BY_ALL else []
        for who in (post, *others):
            headers = {"If-Match": f'"{number % 3}"'} | who
            base = stage.system.url(service)
            answer = case.call(base_url=base, session=session, headers=headers, timeout=TIMEOUT_SECONDS)
            case.validate_response(answer, checks=CHECKS)
            if answer.status_code >= 400:
                check_refusal(answer)

    ask()


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
            check_refusal(answer)
