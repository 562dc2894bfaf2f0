"""K03, K06, K19, K25, K26: the sections of the responsibility list follow powers, public services and supervision."""

from __future__ import annotations

import random
from typing import Any
from uuid import UUID

import pytest

from services.catalog.linkage import service
from services.catalog.linkage.schemas import NewPreview, ProposedChange
from shared.identifiers import new_id
from shared.ledger.envelope import NewEvent
from tests.catalog.foretold import foretold
from tests.catalog.linkage_fixtures import world
from tests.catalog.linkage_world import CITY, COUNTY, PROVINCE, World, accept, check, events
from tests.catalog.responsibility_entries import duty, public_service, special, supervision
from tests.statements import counted

__all__ = ["world"]
pytestmark = pytest.mark.asyncio(loop_scope="module")


async def clear(world: World) -> None:
    """What the tests before left behind is nobody's business: powers that are cancelled ask for supervision."""
    await world.run(
        "TRUNCATE qingdan.item, qingdan.item_code, qingdan.item_link, qingdan.draft, qingdan.finding CASCADE"
    )


def power(world: World, name: str, **more: Any) -> dict[str, Any]:
    """A power that is no permit."""
    return world.permit(CITY, name, item_type="06") | more


async def entered(world: World, kind: str, entry: dict[str, Any]) -> UUID:
    [item] = await world.enter(kind, CITY, [entry])
    return item


async def drafts_of(world: World, rule: str) -> list[dict[str, Any]]:
    return [dict(row) for row in await world.open_drafts() if row["rule"] == rule]


async def findings_of(world: World, rule: str) -> list[dict[str, Any]]:
    return [dict(row) for row in await world.open_findings() if row["rule"] == rule]


@pytest.mark.req("HB-02")
@pytest.mark.req("TH-12")
async def test_k06_a_power_without_a_duty_gets_one_drafted_and_an_accepted_duty_follows_it(world: World) -> None:
    await clear(world)
    await world.list_of("responsibility", CITY)
    matter = power(world, "消防监督检查", responsibilities=["制定检查计划", "公布结果"])
    item = await entered(world, "power", matter)
    await world.drain()
    [draft] = await drafts_of(world, "K06")
    proposed = draft["elements"]
    assert (proposed["section"], proposed["name"], proposed["power_name"]) == ("duty", matter["name"], matter["name"])
    assert proposed["duty_content"] == ["制定检查计划", "公布结果"]
    await accept(world, [draft["id"]])
    await world.drain()
    assert not await drafts_of(world, "K06")
    [row] = await world.rows("SELECT id, section FROM qingdan.item WHERE kind = 'responsibility' AND state = 'in_use'")
    assert row["section"] == "duty"
    changed = {"name": "消防监督抽查", "implementing_body": str(world.organs[COUNTY])}
    await world.decide([("modify", item, {key: matter[key] for key in changed}, changed)])
    await world.drain()
    entry = await world.entry(row["id"])
    assert (entry["power_name"], entry["implementing_body"]) == tuple(changed.values())
    assert entry["name"] == matter["name"], "the duty has a name of its own"
    assert (await check(world, record=False))["open"] == 0


async def test_k06_the_end_of_a_power_ends_its_duty_when_people_say_so_and_keeps_its_supervision(world: World) -> None:
    await clear(world)
    matter = power(world, "占道经营检查")
    ids = {"power": await entered(world, "power", matter), "duty": await entered(world, "responsibility", duty(matter))}
    ids["record"] = await entered(world, "responsibility", supervision(matter))
    await world.drain()
    assert not await world.open_drafts(), [dict(row) for row in await world.open_drafts()]
    adjustment = await world.decide([("cancel", ids["power"], {}, {})])
    await world.drain()
    proposed = {row["item_id"]: (row["rule"], row["elements"]) for row in await world.open_drafts()}
    assert proposed == {
        ids["duty"]: ("K06", {"state": "cancelled"}),
        ids["record"]: ("K25", {"disposition": "cancelled"}),
    }
    assert await events(world, "draft.opened", adjustment)
    await accept(world, [row["id"] for row in await world.open_drafts()])
    await world.drain()
    assert (await world.entry(ids["duty"]))["state"] == "cancelled"
    record = await world.entry(ids["record"])
    assert (record["state"], record["disposition"]) == ("in_use", "cancelled")
    assert not await world.open_findings()
    assert (await check(world, record=False))["open"] == 0


async def test_k06_a_duty_that_ends_by_itself_is_not_called_back_but_the_power_is_found_uncovered(world: World) -> None:
    await clear(world)
    matter = power(world, "无证经营查处")
    item = await entered(world, "power", matter)
    first, second = await world.enter("responsibility", CITY, [duty(matter), duty(matter, name="另一责任")])
    await world.drain()
    await world.decide([("cancel", first, {}, {})])
    await world.drain()
    assert not await world.open_drafts()
    assert not await world.open_findings(), "another duty of the power is in use"
    await world.decide([("cancel", second, {}, {})])
    await world.drain()
    [found] = await findings_of(world, "K06")
    assert (found["item_id"], found["element"], found["severity"]) == (item, "counterpart", "block")
    await world.decide([("resume", second, {"state": "cancelled"}, {})])
    await world.run("UPDATE qingdan.item SET state = 'in_use' WHERE id = :id", id=second)
    await check(world)
    assert not await findings_of(world, "K06")


async def test_k06_a_duty_of_a_power_nobody_has_is_found(world: World) -> None:
    await clear(world)
    matter = power(world, "并不存在的权力")
    item = await entered(world, "responsibility", duty(matter))
    await world.drain()
    [found] = await findings_of(world, "K06")
    assert (found["item_id"], found["element"]) == (item, "base_code")
    await entered(world, "power", matter)
    await world.drain()
    assert not await findings_of(world, "K06")


@pytest.mark.req("TH-12")
async def test_a_duty_may_cover_several_powers_and_a_power_have_several_duties(world: World) -> None:
    await clear(world)
    matter, other = power(world, "行政检查一"), power(world, "行政检查二")
    await entered(world, "power", matter)
    second = await entered(world, "power", other)
    duties = await world.enter("responsibility", CITY, [duty(matter), duty(matter, name="又一责任")])
    await world.drain()
    assert [row["source_item_id"] for row in await drafts_of(world, "K06")] == [second]
    link = new_id()
    await _link(world, link, duties[0], second)
    assert not await drafts_of(world, "K06"), "the link says that the duty covers the second power as well"
    assert (await check(world, record=False))["open"] == 0
    await world.decide([("cancel", duties[0], {}, {})])
    await world.drain()
    assert [row["source_item_id"] for row in await drafts_of(world, "K06")] == [second]


async def _link(world: World, link: UUID, source: UUID, target: UUID) -> None:
    async with world.transaction() as tx:
        await world.run(
            "INSERT INTO qingdan.item_link (id, from_item_id, to_item_id, type, created_by)"
            " VALUES (:id, :source, :target, 'duty_of', 'system:test')", id=link, source=source, target=target,
        )  # fmt: skip
        tx.append(NewEvent(type="link.created", list_kind="responsibility", region_code=CITY, item_ids=[source],
                           list_id=world.lists["responsibility", CITY],
                           refs={"link": str(link), "type": "duty_of", "to": str(target)}))  # fmt: skip
    await world.drain()


@pytest.mark.req("TH-33")
@pytest.mark.req("HB-17")
async def test_k25_a_cancelled_power_without_a_supervision_record_is_an_error_until_there_is_one(world: World) -> None:
    await clear(world)
    matter = power(world, "小餐饮检查")
    item = await entered(world, "power", matter)
    await entered(world, "responsibility", duty(matter))
    await world.drain()
    adjustment = await world.decide([("cancel", item, {}, {})])
    await world.drain()
    [found] = await findings_of(world, "K25")
    assert (found["item_id"], found["severity"], found["adjustment_id"]) == (item, "error", adjustment)
    assert "没有在用的对应事项" in found["message"]
    record = supervision(matter, disposition="devolved")
    await world.decide([("add", new_id(), {}, record)], list_id=world.lists["responsibility", CITY])
    await world.drain()
    assert not await findings_of(world, "K25")
    assert not await drafts_of(world, "K25"), "devolved is a way of being cancelled here"
    assert not [row for row in (await check(world, record=False))["mismatches"] if row["rule"] == "K25"]


@pytest.mark.req("TH-15")
async def test_k25_body_and_measures_come_from_the_follow_up_list_else_from_the_permit(world: World) -> None:
    await clear(world)
    permit = world.permit(CITY, "危险化学品经营许可", supervision_measures=["许可措施"])
    permit["supervising_body"] = str(world.organs[COUNTY])
    ids = {kind: await entered(world, kind, permit) for kind in ("permit", "power")}
    record = await entered(
        world, "responsibility", supervision(permit, disposition="retained", supervision_measures=["自拟措施"])
    )
    await world.drain()
    proposed = {row["rule"]: row["elements"] for row in await world.open_drafts() if row["item_id"] == record}
    assert proposed == {"K25_P": {"supervising_body": str(world.organs[COUNTY]), "supervision_measures": ["许可措施"]}}
    followed = {key: permit[key] for key in ("base_code", "implementing_body", "handling_item")} | {
        "name": "后续监管", "permit_name": permit["name"], "permit_state": "in_use",
        "supervising_body": str(world.organs[PROVINCE]), "supervision_measures": ["后续措施"],
    }  # fmt: skip
    await entered(world, "follow_up_supervision", followed)
    await check(world)
    proposed = {row["rule"]: row["elements"] for row in await world.open_drafts() if row["item_id"] == record}
    assert proposed == {
        "K25_FS": {"supervising_body": str(world.organs[PROVINCE]), "supervision_measures": ["后续措施"]}
    }
    await accept(world, [row["id"] for row in await world.open_drafts() if row["item_id"] == record])
    await world.drain()
    await world.decide([("modify", ids["permit"], {"supervision_measures": ["许可措施"]},
                         {"supervision_measures": ["又一措施"]})])  # fmt: skip
    await world.drain()
    assert not [row for row in await world.open_drafts() if row["item_id"] == record], "the follow-up list decides"


async def test_k25_is_a_different_supervising_body_in_the_internet_supervision_list_is_flagged(world: World) -> None:
    await clear(world)
    matter = power(world, "特种设备检查")
    await entered(world, "power", matter)
    record = await entered(world, "responsibility", supervision(matter))
    shown = {key: matter[key] for key in ("base_code", "implementing_body", "handling_item")}
    supervised = shown | {"name": "监管事项", "permit_name": matter["name"]}
    await entered(world, "internet_supervision", supervised | {"supervising_body": str(world.organs[PROVINCE])})
    await world.drain()
    [found] = await findings_of(world, "K25_IS")
    assert (found["item_id"], found["element"], found["severity"]) == (record, "supervising_body", "warn")


@pytest.mark.req("HB-22")
@pytest.mark.req("TH-14")
async def test_k26_the_public_service_section_equals_the_list_of_public_services(world: World) -> None:
    await clear(world)
    service_entry = public_service(world.permit(CITY, "义务教育阶段入学服务"))
    item = await entered(world, "public_service", service_entry)
    await world.drain()
    [draft] = await drafts_of(world, "K26")
    assert (draft["elements"]["section"], draft["elements"]["service_domain"]) == ("public_service", "education")
    await accept(world, [draft["id"]])
    await world.drain()
    [shown] = await world.rows(
        "SELECT id FROM qingdan.item WHERE kind = 'responsibility' AND section = 'public_service' AND state = 'in_use'"
    )
    change = {"name": "义务教育入学登记服务", "service_domain": "social_service"}
    await world.decide([("modify", item, {key: service_entry[key] for key in change}, change)])
    await world.drain()
    entry = await world.entry(shown["id"])
    assert {key: entry[key] for key in change} == change
    await world.decide([("cancel", item, {}, {})])
    await world.drain()
    assert (await world.entry(shown["id"]))["state"] == "cancelled"


@pytest.mark.req("ZL-19")
async def test_k03_public_services_of_a_department_that_the_catalogue_lacks_are_drafted(world: World) -> None:
    await clear(world)
    await world.list_of("catalogue", CITY)
    first, second = (public_service(world.permit(CITY, name)) for name in ("就业登记", "图书借阅"))
    ids = await world.enter("public_service", CITY, [first, second])
    await world.enter("catalogue", CITY, [{key: first[key] for key in first if not key.startswith("service_")}])
    await world.drain()
    [draft] = await drafts_of(world, "K03")
    assert (draft["source_item_id"], draft["elements"]["name"]) == (ids[1], "图书借阅")
    await accept(world, [draft["id"]])
    await world.drain()
    assert not await drafts_of(world, "K03")
    [made] = await world.rows("SELECT id FROM qingdan.item WHERE kind = 'catalogue' AND base_code = :code"
                              " AND state = 'in_use'", code=second["base_code"])  # fmt: skip
    await world.decide([("cancel", made["id"], {}, {})])
    await world.drain()
    [found] = await findings_of(world, "K03")
    assert (found["item_id"], found["severity"]) == (ids[1], "error")


@pytest.mark.parametrize("kind", ["environment_responsibility", "work_safety_responsibility"])
@pytest.mark.req("QX-23")
@pytest.mark.req("QX-24")
async def test_k19_a_special_list_follows_the_duties_of_the_responsibility_list(world: World, kind: str) -> None:
    await clear(world)
    matter = power(world, "排污检查")
    item = await entered(world, "power", matter)
    made = await entered(world, "responsibility", duty(matter))
    entry = await entered(world, kind, special(matter, [(str(world.organs[COUNTY]), "assist")]))
    stranger = await entered(world, kind, special(power(world, "无责任事项"), []))
    await world.drain()
    [found] = [row for row in await world.open_findings() if row["rule"].startswith("K19")]
    assert (found["item_id"], found["element"], found["severity"]) == (stranger, "base_code", "error")
    new = {"name": "排污现场检查", "implementing_body": str(world.organs[PROVINCE])}
    await world.decide([("modify", item, {key: matter[key] for key in new}, new)])
    await world.drain()
    followed = await world.entry(entry)
    assert (followed["power_name"], followed["implementing_body"]) == tuple(new.values())
    await world.decide([("cancel", made, {}, {})])
    await world.drain()
    proposed = [row for row in await world.open_drafts() if row["rule"].startswith("K19")]
    assert [(row["item_id"], row["elements"]) for row in proposed] == [(entry, {"state": "cancelled"})]


@pytest.mark.req("QX-29")
async def test_a_renamed_permit_reaches_the_lists_that_rest_on_powers_in_the_same_cascade(world: World) -> None:
    await clear(world)
    permit = world.permit(CITY, "食品生产许可")
    item = await entered(world, "permit", permit)
    await entered(world, "power", permit)
    entries = [await entered(world, "responsibility", made) for made in (duty(permit), supervision(permit))]
    for kind in ("environment_responsibility", "work_safety_responsibility"):
        entries.append(await entered(world, kind, special(permit, [])))
    await world.drain()
    adjustment = await world.decide([("modify", item, {"name": permit["name"]}, {"name": "食品（含添加剂）生产许可"})])
    await world.drain()
    assert {(await world.entry(one))["power_name"] for one in entries} == {"食品（含添加剂）生产许可"}
    told = await events(world, "item.updated", adjustment)
    assert {one for row in told for one in row["item_ids"]} >= set(entries)
    left = [row for row in (await check(world, record=False))["mismatches"] if row["item_id"] in map(str, entries)]
    assert left == []


@pytest.mark.parametrize("seed", range(6))
async def test_the_preview_is_what_the_cascade_does_in_the_responsibility_list(world: World, seed: int) -> None:
    await clear(world)
    chance = random.Random(seed)
    changes, lists = [], {}
    for number in range(3):
        matter = power(world, f"预演{seed}-{number}")
        made = await entered(world, "power", matter)
        [first, second] = await world.enter("responsibility", CITY, [duty(matter), supervision(matter)])
        other = await entered(world, "environment_responsibility", special(matter, []))
        change = chance.choice(
            [
                ("modify", made, {"name": matter["name"]}, {"name": matter["name"] + "新"}),
                ("modify", made, {"implementing_body": matter["implementing_body"]},
                 {"implementing_body": str(world.organs[COUNTY])}),
                ("cancel", made, {}, {}),
                ("suspend", made, {}, {}),
                ("cancel", first, {}, {}),
                ("cancel", second, {}, {}),
            ]
        )  # fmt: skip
        changes.append(change)
        kinds = {made: "power", first: "responsibility", second: "responsibility", other: "environment_responsibility"}
        lists |= {item: world.lists[kind, CITY] for item, kind in kinds.items()}
    await world.drain()
    assert not await world.open_findings(), [dict(row) for row in await world.open_findings()]
    await foretold(world, changes, lists, list_id=world.lists["power", CITY])


async def test_a_region_without_a_responsibility_list_pays_nothing_for_its_rules(world: World) -> None:
    await clear(world)
    permit = world.permit(PROVINCE, "省级许可")
    ids = {kind: (await world.enter(kind, PROVINCE, [permit]))[0] for kind in ("permit", "power")}
    await world.drain()
    await world.decide([("modify", ids["permit"], {"name": permit["name"]}, {"name": "改名"})], region=PROVINCE)
    with counted(world.engine) as sent:
        await world.drain()
    assert [query for query in sent if "k01_pair" in query]
    assert not [query for query in sent if "k06_pair" in query or "k25_pair" in query or "k26_pair" in query]


@pytest.mark.req("ZL-06")
async def test_a_submission_that_takes_the_last_duty_of_a_power_is_refused(world: World) -> None:
    await clear(world)
    matter = power(world, "唯一责任的权力")
    item = await entered(world, "power", matter)
    only = await entered(world, "responsibility", duty(matter))
    await world.drain()
    asked = [ProposedChange(operation="cancel", item_id=only, list_id=world.lists["responsibility", CITY], elements={})]
    async with world.transaction() as tx:
        seen = await service.preview_of(tx, NewPreview(changes=asked))
    [verdict] = [row for row in seen.verdicts if row["rule"] == "K06"]
    assert (verdict["severity"], verdict["item_id"]) == ("block", str(item))


@pytest.mark.req("TH-11")
async def test_a_submission_that_empties_a_section_is_refused_unless_it_is_declared_empty_or_filled(
    world: World,
) -> None:
    await clear(world)
    matter = power(world, "末项监管")
    await entered(world, "power", matter)
    await entered(world, "responsibility", duty(matter))
    only = await entered(world, "responsibility", supervision(matter))
    list_id = world.lists["responsibility", CITY]
    leaving = ProposedChange(operation="cancel", item_id=only, list_id=list_id, elements={})
    coming = ProposedChange(operation="add", list_id=list_id, elements=supervision(matter))

    async def verdicts(*changes: ProposedChange) -> list[Any]:
        async with world.transaction() as tx:
            seen = await service.preview_of(tx, NewPreview(changes=list(changes)))
        return [(row["severity"], row["item_id"]) for row in seen.verdicts if row["rule"] == "V15"]

    assert await verdicts(leaving) == [("block", str(only))]
    assert await verdicts(leaving, coming) == []
    await world.run(
        "INSERT INTO qingdan.declaration (id, list_id, section, reason, declared_by, declared_at)"
        " VALUES (:id, :list, 'supervision', '无', 'account:x', now())", id=new_id(), list=list_id,
    )  # fmt: skip
    assert await verdicts(leaving) == []
