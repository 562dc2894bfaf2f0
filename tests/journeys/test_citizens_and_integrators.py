"""What is public: found by code, read page by page, checked against a day, followed by a feed - without a login."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest

from shared import clock
from tests.journeys import entries
from tests.journeys.county import enter, new_list
from tests.journeys.stage import CITY, COUNTY, DECISION, GROUNDS, Stage, modify

MANY = 120


def test_a_citizen_finds_a_permit_by_its_code_in_every_list_that_shows_it(stage: Stage) -> None:
    code = stage.elements(stage.permits["药品零售许可"])["implementation_code"]
    found = stage.public(f"/items/by-code/{code}").json()
    assert {item["kind"] for item in found["items"]} >= {"permit", "power", "catalogue", "implementation"}
    (permit,) = stage.public(f"/items/by-code/{code}", params={"kind": "permit"}).json()["items"]
    assert permit["list_title"] == "青县行政许可事项清单"
    assert permit["transitional_rule"].startswith("生效前已受理的办件")
    unknown = stage.public("/items/by-code/999999999999")
    assert (unknown.status_code, unknown.json()["title"]) == (404, "未找到")
    wrong = stage.public("/items/by-code/%20")
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "path/code")


def test_pages_of_fifty_walk_through_one_revision_while_the_list_changes(stage: Stage) -> None:
    list_id = new_list(stage, "base_catalogue", CITY, "province")
    rows = [entries.master(f"市级事项{number:03d}", number) | {"level": "3"} for number in range(100, 100 + MANY)]
    ids = enter(stage, list_id, rows, "sheng-01")
    stage.posts["sheng-01"].post(f"/catalog/v1/lists/{list_id}/enact", {"decision": DECISION, **GROUNDS})
    stage.settle()
    first = stage.public(f"/lists/{list_id}/items", params={"limit": 50}).json()
    assert (len(first["items"]), first["entries"], first["revision"]) == (50, MANY, 1)
    seen, page = [row["id"] for row in first["items"]], first
    while page["next"]:
        page = stage.public(f"/lists/{list_id}/items", params={"limit": 50, "cursor": page["next"]}).json()
        assert (page["revision"], page["hash"]) == (1, first["hash"])
        seen += [row["id"] for row in page["items"]]
    assert sorted(seen) == sorted(ids)
    assert len(set(seen)) == MANY
    some = stage.public(f"/lists/{list_id}/items", params={"q": "事项10", "count": "exact"}).json()
    assert some["count"] == 10
    tag = stage.public(f"/lists/{list_id}/items").headers["etag"]
    unchanged = stage.public(f"/lists/{list_id}/items", headers={"If-None-Match": tag})
    assert (unchanged.status_code, unchanged.content) == (304, b"")


@pytest.mark.req("QX-18")
def test_a_code_is_valid_on_the_days_on_which_it_was_in_force_and_its_history_says_why(stage: Stage) -> None:
    permit = stage.permits["药品零售许可"]
    code = stage.elements(permit)["implementation_code"]
    told = stage.carry(modify(permit, name="药品零售企业经营许可"))
    today = clock.now().astimezone(clock.ZONE).date()
    assert stage.public(f"/codes/{code}", params={"on": str(today)}).json()["valid"] is True
    past = stage.public(f"/codes/{code}", params={"on": "2020-01-01"}).json()
    assert (past["valid"], past["preview"]) == (False, False)
    ahead = stage.public(f"/codes/{code}", params={"on": str(today + timedelta(days=30))}).json()
    assert ahead["preview"] is True
    history = stage.public(f"/items/{permit}/history").json()["items"]
    assert [(row["version"], row["item"]["elements"]["name"]) for row in history] == [
        (2, "药品零售企业经营许可"), (1, "药品零售许可"),
    ]  # fmt: skip
    assert history[0]["adjustment_id"] == told["id"]
    wrong = stage.public(f"/codes/{code}", params={"on": "2月30日"})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "query/on")


def test_an_entry_is_the_bytes_its_hash_is_of_and_is_not_sent_twice(stage: Stage) -> None:
    permit = stage.permits["药品零售许可"]
    entry = stage.public(f"/items/{permit}")
    newest = stage.public(f"/items/{permit}/history").json()["items"][0]
    assert hashlib.sha256(entry.content).hexdigest() == newest["hash"]
    again = stage.public(f"/items/{permit}", headers={"If-None-Match": entry.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert stage.public(f"/items/{permit}", headers={"If-None-Match": '"other"'}).status_code == 200


def test_an_integrator_waits_at_the_feed_and_is_told_of_a_change_as_soon_as_it_is_published(stage: Stage) -> None:
    permit = stage.permits["药品零售许可"]
    stage.settle()
    after = int(stage.feed()[-1]["sequence"])
    told = stage.carry(modify(permit, conditions=["有执业药师"]))
    answer = stage.public("/feed", params={"after": after, "limit": 10, "wait": 5})
    events = answer.json()
    assert answer.headers["qingdan-next"] == str(int(events[-1]["sequence"]))
    assert answer.headers["content-type"].startswith("application/cloudevents-batch+json")
    (event,) = [one for one in events if one["subject"] == f"permit/{permit}"]
    assert event["type"] == "cn.qingdan.item.updated.v1"
    assert (event["data"]["adjustment"], event["data"]["changed"]) == (told["id"], ["conditions"])
    shown = stage.public(f"/lists/{stage.lists['permit', COUNTY]}").json()
    assert (event["data"]["revision"], event["data"]["list_hash"]) == (shown["revision"], shown["hash"])
    assert stage.public("/feed", params={"after": events[-1]["sequence"], "wait": 0}).json() == []
