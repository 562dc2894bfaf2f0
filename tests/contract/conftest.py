"""The system as processes for the fuzzing of its APIs, with a county at work, so that most requests mean something."""

from collections.abc import Iterator

import httpx
import pytest

from shared.http.routing import TOKEN_ENDPOINT
from shared.identity.scopes import SCOPES
from tests.journeys.county import county
from tests.journeys.stage import COUNTY, Stage


@pytest.fixture(scope="session")
def stage(
    cluster: str, valkey: str, template_database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    """A county at work, to be asked anything."""
    with county(cluster, valkey, template_database, tmp_path_factory.mktemp("contract")) as system:
        yield system


@pytest.fixture(scope="session")
def client_token(stage: Stage) -> str:
    """A token of a service client that may do all that clients may."""
    body = {
        "name": "市一体化平台", "operator": "市大数据有限公司", "region_code": COUNTY, "scopes": [*SCOPES],
        "contact": "运维值班", "reason": "接入",
    }  # fmt: skip
    made = stage.admin.post("/catalog/v1/clients", body)
    answer = httpx.post(
        f"{stage.system.url('catalog')}{TOKEN_ENDPOINT}", data={"grant_type": "client_credentials"},
        auth=(made["client_id"], made["client_secret"]), timeout=30, trust_env=False,
    )  # fmt: skip
    token: str = answer.json()["access_token"]
    return token
