"""Every route is for everybody, for staff, for staff and service clients, or for who has signed the request; a client
gets onto no staff route."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts

from services.publish.compatibility.routing import signed_by
from services.publish.portal.hot import PATHS
from shared import settings
from shared.http.routing import caller, staff
from tests.contract.asking import bearer
from tests.contract.test_documents import document, operations
from tests.journeys.stage import Stage

# What is open to everybody beside the public reads of the publish service.
OPEN = {
    "sign_in", "issue_client_token", "get_authorization_server_metadata",
    # What the public says of published entries is no submission to a list, and nobody is asked who he is (HB-03).
    "give_feedback", "read_feedback",
    # Nor is what the public says of a draft it is asked about (ZL-49).
    "give_comment", "read_comment",
}  # fmt: skip


def asked(dependant: Dependant) -> set[Any]:
    """Everything a route depends on."""
    return {dependant.call}.union(*(asked(each) for each in dependant.dependencies))


def routes() -> Iterator[tuple[str, RouteContext]]:
    """Service and route of everything that is documented."""
    for service in settings.SERVICES:
        app = importlib.import_module(f"services.{service}.app").app
        for context in iter_route_contexts(app.routes):
            if isinstance(context.original_route, APIRoute) and context.include_in_schema:
                yield service, context


ROUTES = [pytest.param(service, route, id=route.operation_id) for service, route in routes()]
FOR_STAFF = [given for given in ROUTES if staff in asked(given.values[1].dependant)]


def test_every_operation_that_is_documented_is_looked_at() -> None:
    documented = {each["operationId"] for service in settings.SERVICES for place, each in operations(document(service))
                  if place.removeprefix("GET ") not in PATHS.values()}  # fmt: skip
    assert {route.operation_id for _, route in routes()} == documented


@pytest.mark.req("ZL-46")
@pytest.mark.parametrize(("service", "route"), ROUTES)
def test_a_route_says_who_may_call_it(service: str, route: RouteContext) -> None:
    found = asked(route.dependant)
    if {staff, caller, signed_by} & found:
        assert not {staff, caller} <= found, "for staff alone, or for clients too: not both"
        return
    public = service == "publish" and route.methods == {"GET"}
    assert public or route.operation_id in OPEN, "nobody is asked who they are"


@pytest.mark.parametrize(("service", "route"), FOR_STAFF)
def test_a_client_with_every_scope_is_refused_what_is_for_staff(
    stage: Stage, client_token: str, session: requests.Session, service: str, route: RouteContext
) -> None:
    path = re.sub(r"\{[a-z_]+\}", "01890a5d-ac96-774b-bcce-b302099a8057", route.path)
    for method in route.methods or ():
        url = f"{stage.system.url(service)}{path}"
        answer = session.request(method, url, headers=bearer(client_token), timeout=30)
        assert (answer.status_code, answer.json()["code"]) == (403, "staff_only"), answer.text
        assert "工作人员" in answer.json()["detail"]
