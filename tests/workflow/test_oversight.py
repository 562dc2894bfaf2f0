"""Inspections, what waits for an order, the figures, and what auditors read and take away."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import anyio
import pytest

from services.workflow.auditing import rules
from shared import clock
from shared.seals import keys, sealer
from shared.seals.keys import Signer
from tests.workflow.county import CITY, COUNTY, NATION, OTHER_COUNTY
from tests.workflow.oversight_world import COMPLAINTS, ORDERS, code_of, get, platform, violation
from tests.workflow.test_rectification import suspect
from tests.workflow.test_tasks import tasks_of
from tests.workflow.timing import BEGIN, set_time
from tests.workflow.world import World

pytestmark = pytest.mark.usefixtures("at_the_beginning")
INSPECTIONS = "/workflow/v1/inspections"
OVERSIGHT = "/workflow/v1/oversight"
AUDIT = "/workflow/v1/audit"
VERIFIER = Path(__file__).parents[2] / "docs" / "verify_log.py"


@pytest.fixture
def at_the_beginning() -> Any:
    set_time(BEGIN)
    yield
    clock.use(None)


async def verified(exported: Path, key: Path) -> tuple[int, str]:
    """What the script says that needs nothing but Python: its exit code and its words."""
    command = [sys.executable, "-I", str(VERIFIER), str(exported), str(key)]
    done = await anyio.run_process(command, check=False)
    return done.returncode, (done.stdout + done.stderr).decode()


def inspection(world: World, *findings: dict[str, Any], **more: Any) -> dict[str, Any]:
    given = {
        "region_code": COUNTY, "title": "清单编制情况督导检查", "inspected_on": "2026-03-04",
        "inspectors": "县政府办公室", "basis": "县政府督查计划", "scope": "县直各部门",
        "summary": "总体较好，个别单位未公布", "findings": list(findings),
    }  # fmt: skip
    return given | more


def finding(world: World, organ: str, **more: Any) -> dict[str, Any]:
    return {"organ_id": str(world.organs[organ]), "title": "责任清单未公布", "requirement": "于期限内公布",
            "due_on": "2026-03-20"} | more  # fmt: skip


async def test_an_inspection_that_makes_no_sense_is_refused_with_every_place(world: World) -> None:
    wrong = inspection(world, finding(world, "环保局", item_id="0197f3a0-0000-7000-8000-000000000041"),
                       finding(world, "住建局"))  # fmt: skip
    answer = await world.call("审改办", "POST", INSPECTIONS, wrong)
    assert code_of(answer, 422) == "inspection_invalid"
    assert [each["pointer"] for each in answer.json()["errors"]] == ["/findings/0/item_id"]
    future = inspection(world, inspected_on="2026-03-06")
    assert code_of(await world.call("审改办", "POST", INSPECTIONS, future), 422) == "inspection_invalid"
    assert code_of(await world.call("环保局长", "POST", INSPECTIONS, inspection(world)), 403) == "not_supervisor"


async def test_what_is_wrong_with_a_finding_is_told_with_its_place(world: World) -> None:
    nobody, abolished = "0197f3a0-0000-7000-8000-000000000041", world.organs["住建局"]
    await world.run("UPDATE qingdan.organ SET state = 'abolished' WHERE id = :id", id=abolished)
    for findings, pointers in (
        ([{"organ_id": nobody}], ["/findings/0/organ_id"]),
        ([{}, {"organ_id": str(abolished)}], ["/findings/1/organ_id"]),
        ([{}, {"organ_id": nobody, "due_on": "2026-03-01"}], ["/findings/1/organ_id", "/findings/1/due_on"]),
    ):
        body = inspection(world, *(finding(world, "环保局", **wrong) for wrong in findings))
        answer = await world.call("审改办", "POST", INSPECTIONS, body)
        assert code_of(answer, 422) == "inspection_invalid"
        assert [error["pointer"] for error in answer.json()["errors"]] == pointers


@pytest.mark.req("QX-59")
async def test_each_finding_of_an_inspection_is_an_order_with_a_task(world: World) -> None:
    body = inspection(world, finding(world, "环保局"), finding(world, "住建局", severity="serious"))
    answer = await world.call("审改办", "POST", INSPECTIONS, body)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (made["findings"], made["open"]) == (2, 2)
    found = (await get(world, f"{ORDERS}?region={COUNTY}&inspection={made['id']}"))["items"]
    assert {each["organ_id"] for each in found} == {str(world.organs["环保局"]), str(world.organs["住建局"])}
    for who, organ in (("环保编制", "环保局"), ("住建编制", "住建局")):
        (order,) = [each["id"] for each in found if each["organ_id"] == str(world.organs[organ])]
        assert order in [each["id"] for each in await tasks_of(world, who, "&kind=rectification")]
    body = {"reason": "误报"}
    assert (await world.call("审改办", "POST", f"{ORDERS}/{found[0]['id']}/withdraw", body)).status_code == 200
    assert (await get(world, f"{INSPECTIONS}/{made['id']}"))["open"] == 1
    await get(world, f"{INSPECTIONS}/{made['id']}", "外县政府", 404)
    assert made["id"] in [each["id"] for each in (await get(world, f"{INSPECTIONS}?region={COUNTY}"))["items"]]


@pytest.mark.req("QX-59")
async def test_what_a_superior_finds_below_lies_with_the_organ_it_has_found_it_at(world: World) -> None:
    world.person("市审改办", ("reviewer", CITY, None))
    body = inspection(world, finding(world, "环保局"), region_code=CITY)
    elsewhere = inspection(world, finding(world, "环保局"), region_code=OTHER_COUNTY)
    world.person("外县审改办", ("reviewer", OTHER_COUNTY, None))
    assert code_of(await world.call("外县审改办", "POST", INSPECTIONS, elsewhere), 422) == "inspection_invalid"
    made = (await world.call("市审改办", "POST", INSPECTIONS, body)).json()
    (order,) = (await get(world, f"{ORDERS}?region={CITY}&inspection={made['id']}", "市审改办"))["items"]
    own = f"{ORDERS}/{order['id']}"
    assert order["id"] in [each["id"] for each in await tasks_of(world, "环保编制", "&kind=rectification")]
    mine = await get(world, f"{ORDERS}?region={COUNTY}&organ={world.organs['环保局']}", "环保编制")
    assert order["id"] in [each["id"] for each in mine["items"]]
    assert order["id"] in [each["id"] for each in (await get(world, f"{ORDERS}?region={COUNTY}"))["items"]]
    for who in ("住建编制", "外县审改办"):
        await get(world, own, who, 404)
    report = {"statement": "已公布", "evidence": [{"title": "公布截图", "reference": "档案号 2026-040"}]}
    reported = await world.call("环保编制", "POST", f"{own}/report", report)
    assert reported.status_code == 200, reported.text
    accept = {"reason": "已核验"}
    assert code_of(await world.call("审改办", "POST", f"{own}/accept", accept), 403) == "not_supervisor"
    assert (await get(world, own))["measures"] is None, "who is held to account is the superior's to know"
    checks = [each["href"] for each in await tasks_of(world, "市审改办", "&kind=rectification")]
    assert own in checks
    assert own not in [each["href"] for each in await tasks_of(world, "审改办", "&kind=rectification")]
    assert (await world.call("市审改办", "POST", f"{own}/accept", accept)).status_code == 200


@pytest.mark.req("ZZ-29")
async def test_what_waits_for_an_order_is_one_list_wherever_it_was_found(world: World) -> None:
    await platform(world)
    about = await violation(world)
    subject = await suspect(world, await world.item("户外广告备案"))
    await suspect(world, await world.item("未认定的"), None)
    path = f"{OVERSIGHT}/matters?region={COUNTY}&organ={world.organs['环保局']}"
    found = (await get(world, path))["items"]
    assert {each["subject"] for each in found} == {f"violation/{about}", subject}
    assert all(each["order_id"] is None for each in found)
    order = {"subject": subject, "requirement": "停止", "remedy": "stop", "due_on": "2026-03-20"}
    made = (await world.call("审改办", "POST", ORDERS, order)).json()
    (ordered,) = (await get(world, f"{path}&ordered=true"))["items"]
    assert (ordered["subject"], ordered["order_id"]) == (subject, made["id"])
    first = await get(world, f"{path}&limit=1")
    second = await get(world, f"{path}&limit=1&cursor={first['next']}")
    assert {first["items"][0]["subject"], second["items"][0]["subject"]} == {f"violation/{about}", subject}
    assert code_of(await world.call("审改办", "GET", f"{path}&cursor=WzEsMl0"), 422) == "bad_cursor"


@pytest.mark.req("HB-40")
@pytest.mark.req("ZL-57", "TH-39")
async def test_the_figures_are_counted_by_organ_and_by_region(world: World) -> None:
    await platform(world)
    await violation(world)
    item = await world.item("跑多次的", visits=3)
    complaint = {"source": "good_bad_review", "region_code": COUNTY, "item_id": str(item), "subject": "attitude",
                 "rating": 1, "text": "态度差"}  # fmt: skip
    made = (await world.call("审改办", "POST", COMPLAINTS, complaint)).json()
    upheld = {"outcome": "upheld", "answer": "已批评教育"}
    assert (await world.call("环保编制", "POST", f"{COMPLAINTS}/{made['id']}/answer", upheld)).status_code == 200
    organ = str(world.organs["环保局"])
    by_organ = (await get(world, f"{OVERSIGHT}/statistics?region={COUNTY}"))["items"]
    (mine,) = [each for each in by_organ if each["key"] == organ]
    (upheld_,) = (await get(world, f"{OVERSIGHT}/matters?region={COUNTY}&organ={organ}&origin=complaint"))["items"]
    assert upheld_["title"].startswith("好差评 ")
    assert (mine["name"], mine["complaints_upheld"], mine["violations_serious"]) == ("环保局", 1, 1)
    (county,) = (await get(world, f"{OVERSIGHT}/statistics?region={COUNTY}&by=region"))["items"]
    assert (county["name"], county["violations"] >= 1) == ("青县", True)
    short = (await get(world, f"{OVERSIGHT}/shortcomings?region={COUNTY}&organ={organ}"))["items"]
    told = {(each["source"], each["what_title"], each["count"]) for each in short}
    assert {("visits", "到现场次数多", 3), ("review", "差评", 1), ("violation", "清单之外实施", 1)} <= told
    for wrong in ("since=2026-05-01&until=2026-01-01", "since=1", "since=9999-01-01", "by=person"):
        assert (await world.call("审改办", "GET", f"{OVERSIGHT}/statistics?region={COUNTY}&{wrong}")).status_code == 422


@pytest.mark.req("TH-50")
@pytest.mark.req("TH-53")
async def test_an_auditor_reads_everything_of_his_regions_and_changes_nothing(world: World) -> None:
    await platform(world)
    about = await violation(world)
    for name, place in (("县监督", COUNTY), ("外县监督", OTHER_COUNTY), ("市监督", CITY)):
        world.person(name, ("auditor", place, None))
    subject = await suspect(world, await world.item("户外广告备案"))
    order = {"subject": subject, "requirement": "停止", "remedy": "stop", "due_on": "2026-03-20"}
    made = (await world.call("审改办", "POST", ORDERS, order)).json()
    for who in ("县监督", "市监督"):
        assert (await get(world, f"/workflow/v1/violations/{about}", who))["responsible"]["leader"]
        assert (await get(world, f"{ORDERS}/{made['id']}", who))["measures"] == []
        events = (await get(world, f"{AUDIT}/events?type=rectification_order.issued", who))["items"]
        assert made["id"] in [order for each in events for order in each["refs"]["orders"]]
    await get(world, f"{ORDERS}/{made['id']}", "外县监督", 404)
    elsewhere = (await get(world, f"{AUDIT}/events?type=rectification_order.issued", "外县监督"))["items"]
    assert made["id"] not in [order for each in elsewhere for order in each["refs"]["orders"]]
    for path, body in ((ORDERS, order), (f"{ORDERS}/{made['id']}/withdraw", {"reason": "试"}),
                       (f"/workflow/v1/violations/{about}/dismiss", {"reason": "试"})):  # fmt: skip
        assert code_of(await world.call("县监督", "POST", path, body), 403) == "not_supervisor"
    assert code_of(await world.call("审改办", "GET", f"{AUDIT}/events"), 403) == "forbidden"


@pytest.mark.req("TH-50")
async def test_the_sealed_log_is_exported_and_verified_with_python_alone(world: World, tmp_path: Path) -> None:
    keys.ensure_keys(tmp_path)
    await platform(world)
    await violation(world)
    await sealer.seal_next(world.owner, Signer(tmp_path))
    world.person("全国监督", ("auditor", NATION, None))
    world.person("外县监督", ("auditor", OTHER_COUNTY, None))
    wish = {"first": 1, "last": 100}
    assert code_of(await world.call("外县监督", "POST", f"{AUDIT}/exports", wish), 403) == "not_all_audited"
    assert code_of(await world.call("外县监督", "GET", f"{AUDIT}/acts"), 403) == "not_all_audited"
    gone = await world.call("全国监督", "POST", f"{AUDIT}/exports", {"first": 900, "last": 901})
    assert code_of(gone, 404) == "seal_not_found"
    answer = await world.call("全国监督", "POST", f"{AUDIT}/exports", wish)
    assert answer.status_code == 200, answer.text
    exported = tmp_path / "log.jsonl"
    exported.write_bytes(answer.content)
    code, said = await verified(exported, tmp_path / keys.PUBLIC_FILE)
    assert (code, "as sealed" in said) == (0, True), said
    exported.write_bytes(answer.content.replace(b"violation.found", b"violation.found ", 1))
    assert (await verified(exported, tmp_path / keys.PUBLIC_FILE))[0] == 1
    acts = (await get(world, f"{AUDIT}/acts?tag=workflow:log", "全国监督"))["items"]
    assert [(each["tag"], each["outcome"]) for each in acts] == [("workflow:log:export", "done")]


async def test_a_page_of_acts_looks_only_so_far_and_says_where_to_go_on(world: World) -> None:
    world.person("全国监督", ("auditor", NATION, None))
    await world.run(
        "INSERT INTO qingdan.audit (id, service, actor, tag, outcome, recorded_at)"
        " SELECT gen_random_uuid(), 'catalog', 'system:test', CASE n WHEN 1 THEN :rare ELSE 'catalog:often' END,"
        "  'done', CAST('2001-01-01' AS timestamptz) + make_interval(secs => n)"
        " FROM generate_series(1, CAST(:count AS int)) AS n",
        rare=f"catalog:rare:{world.suffix}", count=rules.WINDOW + 10,
    )  # fmt: skip
    path = f"{AUDIT}/acts?tag=catalog:rare:{world.suffix}"
    first = await get(world, path, "全国监督")
    assert (first["items"], first["next"] is None) == ([], False), "so far, and it goes on"
    second = await get(world, f"{path}&cursor={first['next']}", "全国监督")
    assert ([each["outcome"] for each in second["items"]], second["next"]) == (["done"], None)
