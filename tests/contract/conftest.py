"""The system as processes for the fuzzing of its APIs, with a county at work, so that most requests mean something."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import requests

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


def register_client(stage: Stage) -> dict[str, Any]:
    """A new service client that may do all that clients may, with its secret."""
    body = {
        "name": "市一体化平台", "operator": "市大数据有限公司", "region_code": COUNTY, "scopes": [*SCOPES],
        "contact": "运维值班", "reason": "接入",
    }  # fmt: skip
    made: dict[str, Any] = stage.admin.post("/catalog/v1/clients", body)
    return made


@pytest.fixture(scope="session")
def client_token(stage: Stage) -> str:
    """A token of such a client."""
    made = register_client(stage)
    answer = httpx.post(
        f"{stage.system.url('catalog')}{TOKEN_ENDPOINT}", data={"grant_type": "client_credentials"},
        auth=(made["client_id"], made["client_secret"]), timeout=30, trust_env=False,
    )  # fmt: skip
    token: str = answer.json()["access_token"]
    return token


def _documents(stage: Stage) -> dict[str, list[str]]:
    """A document that hides a permit, and what was suspected of it."""
    notice = {"title": "关于规范测试行业的通知", "kind": "normative", "region_code": COUNTY,
              "full_text": "第一条 企业应当申请登记。\n第二条 企业未经登记的，不得开展活动。"}  # fmt: skip
    document = stage.admin.post("/catalog/v1/documents", notice)
    stage.operation(stage.admin.post("/catalog/v1/disguised-permits/scans", {"region_code": COUNTY}))
    suspects = stage.admin.all_of("/catalog/v1/disguised-permits")
    return {
        "document_id": [document["id"]],
        "by_document_id": [document["id"]],
        "suspect_id": [one["id"] for one in suspects],
    }


@pytest.fixture(scope="session")
def known(stage: Stage, client_token: str) -> dict[str, list[str]]:
    """Values of parameters that stand for something: a random id never meets an entry."""
    permits, organs = list(stage.permits.values()), list(stage.organs.values())
    opened = [
        stage.open({"operation": "modify", "item_id": permits[place], "elements": {"promised_limit": None}})["id"]
        for place in range(3)
    ]
    account = next(row for row in stage.admin.all_of("/catalog/v1/accounts") if row["login"] == "bianzhi-03")
    bound = stage.admin.get("/workflow/v1/procedure-bindings")["items"][0]
    changes = stage.admin.get(f"/workflow/v1/adjustments/{opened[0]}")["changes"]
    started = stage.admin.post("/catalog/v1/check", {"record": True})
    stage.operation(started)
    client = register_client(stage)
    secrets = stage.admin.get(f"/catalog/v1/clients/{client['id']}")["secrets"]
    subscription = stage.system.url("publish") + "/publish/v1/subscriptions"
    opened_by = {"Authorization": f"Bearer {client_token}"}
    subscribed = requests.post(subscription, json={"name": "一体机"}, headers=opened_by, timeout=30).json()
    return {
        **_documents(stage),
        "subscription_id": [subscribed["id"]],
        "client_id": [client["id"]],
        "client_secret": [client["client_secret"]],
        "secret_id": [secret["id"] for secret in secrets],
        "scopes": ["subscriptions"],
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
        "template_code": ["short", "full"],
        "binding_id": [bound["id"]],
        "number": ["1"],
        "version": ["1"],
        "element": ["name", "basis"],
    }


@pytest.fixture(scope="session")
def session() -> requests.Session:
    """One connection for all requests."""
    kept = requests.Session()
    kept.trust_env = False
    return kept
