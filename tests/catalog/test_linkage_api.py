"""The linkage over HTTP, as the catalog's own database role."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import make_url

from services.catalog.linkage import jobs
from services.catalog.linkage.builtin import BUILTIN
from services.catalog.linkage.routes import ROUTERS
from services.catalog.quality.routes import router as quality
from shared import settings
from shared.database import create_engine
from shared.http.app import create_app
from shared.identifiers import new_id
from shared.identity.principal import Grant, Principal
from shared.identity.tokens import TokenIssuer, TokenVerifier, ensure_keys
from shared.ledger import operations
from tests.catalog.linkage_world import CITY, COUNTY, PROVINCE, World
from tests.emptying import empty

NATIONAL = {"role": "administrator", "region": "000000000000"}


class Api:
    """A client that signs in as whom a test names."""

    def __init__(self, world: World, client: httpx.AsyncClient, issuer: TokenIssuer) -> None:
        self.world, self._client, self._issuer = world, client, issuer

    async def __call__(self, method: str, path: str, body: Any = None, *, role: str = "list_authority",
                       region: str = CITY) -> httpx.Response:  # fmt: skip
        who = Principal(new_id(), role, role, None, (Grant(role, region),))
        headers = {"Authorization": f"Bearer {self._issuer.issue(who)}"}
        return await self._client.request(method, f"/catalog/v1{path}", json=body, headers=headers)


@pytest_asyncio.fixture
async def api(database_url: str, tmp_path: Path) -> AsyncIterator[Api]:
    ensure_keys(tmp_path)
    password = (settings.load().secrets / "catalog.password").read_text().strip()
    owner = create_engine(database_url, role="owner", pool_size=2)
    engine = create_engine(make_url(database_url).set(username="qingdan_catalog", password=password), role="catalog")
    app = create_app(service="catalog", title="catalog", routers=[*ROUTERS, quality])
    app.state.engine, app.state.settings, app.state.verifier = engine, settings.load(), TokenVerifier(tmp_path)
    world = World(owner, engine)
    async with owner.begin() as connection:
        await empty(connection, "draft", "finding", "cascade_ledger", "adjustment")
        await empty(connection, "item_code", "list", "organ", "region")
    await world.found()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://catalog") as client:
        yield Api(world, client, TokenIssuer(tmp_path, minutes=5))
    await engine.dispose()
    await owner.dispose()


async def drafted(api: Api) -> list[dict[str, Any]]:
    """A permit with lists that lack it."""
    for kind in ("permit", "power", "internet_supervision"):
        await api.world.list_of(kind, CITY)
    await api.world.enter("permit", CITY, [api.world.permit(CITY, "拍卖企业设立许可")])
    await api.world.drain()
    rows = (await api("GET", "/drafts?state=open")).json()["items"]
    return sorted(rows, key=lambda row: str(row["rule"]))


async def test_drafts_are_paged_and_accepted_by_the_authority_of_the_list_alone(api: Api) -> None:
    drafts = await drafted(api)
    assert [row["rule"] for row in drafts] == ["K01", "K10"]
    first = (await api("GET", "/drafts?limit=1")).json()
    second = (await api("GET", f"/drafts?limit=1&cursor={first['next']}")).json()
    assert {first["items"][0]["id"], second["items"][0]["id"]} == {row["id"] for row in drafts}
    body = {"list_id": str(api.world.lists["power", CITY]), "reason": "核对一致"}
    assert (await api("POST", "/drafts/accept", body, role="compiler")).status_code == 403
    assert (await api("POST", "/drafts/accept", body, region=COUNTY)).status_code == 403
    done = (await api("POST", "/drafts/accept", body)).json()
    assert (done["accepted"], done["remaining"], len(done["item_ids"])) == (1, 0, 1)
    await api.world.drain()
    why = (await api("GET", f"/items/{done['item_ids'][0]}/why/name")).json()
    assert (why["rule"], why["value"], why["source"]["list_kind"]) == ("K01", "拍卖企业设立许可", "permit")
    again = await api("POST", "/drafts/accept", {"ids": [drafts[0]["id"]], "reason": "再次"})
    assert (again.status_code, again.json()["code"]) == (409, "draft_closed")


@pytest.mark.req("ZZ-43")
async def test_an_objection_closes_the_draft_with_its_opinion(api: Api) -> None:
    draft = (await drafted(api))[1]
    done = await api("POST", f"/drafts/{draft['id']}/object", {"opinion": "由省级统一监管"})
    assert (done.json()["state"], done.json()["opinion"]) == ("objected", "由省级统一监管")
    assert (await api("POST", f"/drafts/{draft['id']}/object", {"opinion": "再次"})).status_code == 409
    assert (await api("POST", f"/drafts/{uuid4()}/object", {"opinion": "无"})).status_code == 404


async def test_an_entry_added_meanwhile_supersedes_its_draft(api: Api) -> None:
    draft = (await drafted(api))[0]
    await api.world.run("DELETE FROM qingdan.consumer WHERE name = 'compile'")
    await api.world.enter("power", CITY, [draft["elements"]])
    done = (await api("POST", "/drafts/accept", {"ids": [draft["id"]], "reason": "核对"})).json()
    assert (done["accepted"], done["superseded"]) == (0, 1)


async def test_findings_are_listed_and_waived_for_a_time(api: Api) -> None:
    materials = [{"name": "申请表", "necessity": "required"}]
    above = api.world.permit(PROVINCE, "取水许可", materials=[])
    await api.world.enter("permit", PROVINCE, [above])
    below = api.world.permit(CITY, "取水许可", base_code=above["base_code"], materials=materials)
    await api.world.enter("permit", CITY, [below])
    await api.world.drain()
    [finding] = (await api("GET", "/findings?state=open&rule=K22")).json()["items"]
    assert finding["message"] == "疑似增加申请材料：申请表（上级：广东省“取水许可”）"
    assert (finding["actual"], finding["expected"]) == (materials, [])
    path = f"/findings/{finding['id']}/waive"
    assert (await api("POST", path, {"reason": "过渡", "expires_on": "2001-01-01"})).status_code == 422
    assert (await api("POST", path, {"reason": "过渡", "expires_on": "2027-06-30"}, role="auditor")).status_code == 403
    waived = (await api("POST", path, {"reason": "过渡", "expires_on": "2027-06-30"})).json()
    assert (waived["state"], waived["waiver"]["reason"]) == ("waived", "过渡")
    assert (await api("POST", path, {"reason": "过渡", "expires_on": "2027-06-30"})).status_code == 409


async def test_a_rule_set_with_a_cycle_is_refused_with_the_cycle(api: Api) -> None:
    rules = BUILTIN.model_dump(mode="json")["rules"]
    saved = await api("POST", "/rule-sets", {"rules": rules}, **NATIONAL)
    assert saved.status_code == 201
    version = saved.json()["version"]
    assert (await api("GET", f"/rule-sets/{version}")).json()["rules"] == rules
    back = dict(rules[2]) | {"id": "K98", "source_kind": "implementation", "target_kind": "permit", "missing": None}
    bad = await api("POST", "/rule-sets", {"rules": [*rules, back]}, **NATIONAL)
    assert bad.status_code == 422
    assert "cycle" in {error["code"] for error in bad.json()["errors"]}
    assert "permit.base_code → power.base_code" in bad.text
    assert (await api("POST", "/rule-sets", {"rules": rules})).status_code == 403
    for path, given in (("", {"rules": rules}), (f"/{version}/adopt", {})):
        assert (await api("POST", f"/rule-sets{path}", given, role="administrator")).status_code == 403, "of one city"
    past = {"effective_from": "2001-01-01T00:00:00+08:00"}
    assert (await api("POST", f"/rule-sets/{version}/adopt", past, **NATIONAL)).status_code == 422
    assert (await api("POST", f"/rule-sets/{version}/adopt", {}, **NATIONAL)).json()["state"] == "adopted"
    assert (await api("POST", f"/rule-sets/{version}/adopt", {}, **NATIONAL)).status_code == 409


async def test_a_preview_says_what_would_follow_and_changes_nothing(api: Api) -> None:
    permit = api.world.permit(CITY, "典当业许可")
    entries = await api.world.linked(permit)
    change = {"list_id": str(api.world.lists["permit", CITY]), "item_id": str(entries["permit"]),
              "elements": {"name": "典当行设立许可"}}  # fmt: skip
    seen = (await api("POST", "/preview", {"changes": [change]})).json()
    assert {(row["list_kind"], row["element"]) for row in seen["followed"]} == {
        ("power", "name"), ("catalogue", "name"), ("implementation", "name"), ("investment_approval", "name"),
        ("follow_up_supervision", "permit_name"), ("internet_supervision", "permit_name"),
    }  # fmt: skip
    assert (await api.world.entry(entries["power"]))["name"] == "典当业许可"
    unknown = await api("POST", "/preview", {"changes": [change | {"item_id": str(uuid4())}]})
    assert unknown.status_code == 404
    assert (await api("POST", "/preview", {"changes": [change, change]})).status_code == 422
    assert (await api("POST", "/preview", {"adjustment_id": str(uuid4())})).status_code == 404
    nul = change | {"elements": {"name": "a\0b"}}
    assert (await api("POST", "/preview", {"changes": [nul]})).status_code == 422
    odd = change | {"elements": {"implementing_body": "no uuid", "statutory_limit": {"amount": "x"}, "level": 9}}
    assert (await api("POST", "/preview", {"changes": [odd]})).status_code == 200


async def test_the_ledger_is_complete_when_nothing_waits(api: Api) -> None:
    permit = api.world.permit(CITY, "保安服务许可")
    entries = await api.world.linked(permit)
    await api.world.drain()
    adjustment: UUID = await api.world.decide([("suspend", entries["permit"], {}, {})])
    assert (await api("GET", f"/cascades/{adjustment}")).status_code == 404
    await api.world.drain()
    ledger = (await api("GET", f"/cascades/{adjustment}")).json()
    assert (ledger["complete"], ledger["open_drafts"]) == (False, 3)
    drafts = (await api("GET", f"/drafts?adjustment_id={adjustment}")).json()["items"]
    await api("POST", "/drafts/accept", {"ids": [row["id"] for row in drafts], "reason": "同意"})
    await api.world.drain()
    ledger = (await api("GET", f"/cascades/{adjustment}")).json()
    assert ledger["complete"] is True
    assert {row["kind"] for row in ledger["rows"]} == set(entries)


async def test_a_check_runs_as_an_operation(api: Api) -> None:
    permit = api.world.permit(CITY, "印刷经营许可")
    entries = await api.world.linked(permit)
    await api.world.drain()
    await api.world.run("UPDATE qingdan.item SET level = '2' WHERE id = :id", id=entries["implementation"])
    asked = await api("POST", "/check", {"list_id": str(api.world.lists["implementation", CITY])})
    assert asked.status_code == 202
    kinds = {kind.kind: kind for kind in jobs.OPERATIONS}
    assert api.world.worker is not None
    await operations.execute(api.world.worker, "catalog", kinds, UUID(asked.json()["operation_id"]))
    [row] = await api.world.rows("SELECT state, result, error FROM qingdan.operation")
    assert (row["state"], row["error"]) == ("succeeded", None)
    [mismatch] = row["result"]["mismatches"]
    assert (mismatch["element"], mismatch["left"], mismatch["right"]) == ("level", "2", "3")


async def many_drafted(api: Api) -> dict[str, dict[str, Any]]:
    """Three permits the power list lacks, by name: the drafts of their entries."""
    await api.world.list_of("power", CITY)
    permits = [api.world.permit(CITY, name) for name in ("拍卖企业设立许可", "取水许可", "排污许可")]
    await api.world.enter("permit", CITY, permits)
    await api.world.drain()
    rows = (await api("GET", "/drafts?state=open&rule=K01")).json()["items"]
    return {row["elements"]["name"]: row for row in rows}


async def test_one_draft_that_cannot_be_accepted_does_not_reject_the_good_ones(api: Api) -> None:
    drafts = await many_drafted(api)
    good, closed, taken = (drafts[name] for name in ("拍卖企业设立许可", "取水许可", "排污许可"))
    await api("POST", f"/drafts/{closed['id']}/object", {"opinion": "由省级办理"})
    other = api.world.permit(CITY, "另一事项", implementation_code=taken["elements"]["implementation_code"])
    await api.world.enter("power", CITY, [other])
    unknown = str(uuid4())
    body = {"ids": [unknown, closed["id"], good["id"], taken["id"], good["id"]], "reason": "核对一致"}
    refused = await api("POST", "/drafts/accept", body | {"atomic": True})
    assert (refused.status_code, refused.json()["code"]) == (404, "draft_not_found")
    done = await api("POST", "/drafts/accept", body)
    assert done.status_code == 200, done.text
    results = {row["draft_id"]: (row["outcome"], row["code"]) for row in done.json()["results"]}
    assert results == {
        good["id"]: ("accepted", None),
        unknown: ("refused", "draft_not_found"),
        closed["id"]: ("refused", "draft_closed"),
        taken["id"]: ("refused", "code_in_use"),
    }
    assert done.json()["accepted"] == 1
    assert (await api("GET", f"/drafts/{taken['id']}")).json()["state"] == "open"
    again = await api("POST", "/drafts/accept", {"ids": [taken["id"]], "reason": "核对"})
    assert (again.status_code, again.json()["code"]) == (409, "code_in_use")
    assert (await api("GET", f"/drafts/{good['id']}")).json()["state"] == "accepted"


async def test_a_draft_of_a_list_one_does_not_lead_is_left_for_those_who_do(api: Api) -> None:
    drafts = await many_drafted(api)
    county = api.world.permit(COUNTY, "县级许可")
    await api.world.list_of("power", COUNTY)
    await api.world.enter("permit", COUNTY, [county])
    await api.world.drain()
    rows = (await api("GET", f"/drafts?state=open&rule=K01&region_code={COUNTY}")).json()["items"]
    ids = [rows[0]["id"], *(row["id"] for row in drafts.values())]
    body = {"ids": ids, "opinion": "暂不纳入"}
    assert (await api("POST", "/drafts/object", body | {"atomic": True}, region=COUNTY)).status_code == 403
    done = await api("POST", "/drafts/object", body, region=COUNTY)
    outcomes = {row["draft_id"]: row["code"] for row in done.json()["results"]}
    assert outcomes == {rows[0]["id"]: None} | dict.fromkeys(ids[1:], "not_list_authority")
    assert (await api("POST", "/drafts/object", {"ids": ids[1:], "opinion": "x"}, region=COUNTY)).status_code == 403


async def test_objections_to_many_close_them_with_one_event_for_the_list(api: Api) -> None:
    drafts = await many_drafted(api)
    ids = [row["id"] for row in drafts.values()]
    done = await api("POST", "/drafts/object", {"ids": ids, "opinion": "本级不设"})
    assert (done.json()["objected"], {row["outcome"] for row in done.json()["results"]}) == (3, {"objected"})
    events = await api.world.rows("SELECT refs FROM qingdan.event WHERE type = 'draft.objected' ORDER BY position")
    assert sorted(events[-1]["refs"]["drafts"]) == sorted(ids)
    assert (await api("POST", "/drafts/object", {"ids": ids, "opinion": "再次"})).status_code == 409
    for body in ({"ids": [], "opinion": "x"}, {"ids": ["x"], "opinion": "x"}, {"ids": ids}, {"opinion": "x"}):
        assert (await api("POST", "/drafts/object", body)).status_code == 422
