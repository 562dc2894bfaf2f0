"""Campaigns in tests: a county with townships and a zone, plans, and what the catalog and the publication say."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.workflow.obligations.consumers import CONSUMERS
from shared import clock as shared_clock
from shared.identifiers import new_id
from shared.ledger import consume, position
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import begin
from tests.workflow.county import CITY, COUNTY, NATION, PROVINCE
from tests.workflow.world import World

CAMPAIGNS = "/workflow/v1/campaigns"
OBLIGATIONS = "/workflow/v1/obligations"
REPORTS = "/workflow/v1/monthly-reports"
ZONE, TOWNSHIP = "130922-KFQ", "130922100000"
ABOVE = [COUNTY, CITY, PROVINCE, NATION]


def at(year: int, month: int, day: int, hour: int = 9) -> datetime:
    return datetime(year, month, day, hour, tzinfo=shared_clock.ZONE)


def set_time(instant: datetime) -> None:
    shared_clock.use(lambda: instant)


async def settle_in(world: World) -> None:
    """A zone, a township, the coordinating group, and the consumer's row."""
    for code, name, level, kind in (
        (ZONE, "青县开发区", "county", "zone"),
        (TOWNSHIP, "清州镇", "township", "administrative"),
    ):
        await world.run(
            "INSERT INTO qingdan.region (code, name, level, kind, parent_code, ancestors)"
            " VALUES (:code, :name, :level, :kind, :parent, :ancestors) ON CONFLICT DO NOTHING",
            code=code, name=name, level=level, kind=kind, parent=COUNTY, ancestors=ABOVE,
        )  # fmt: skip
    world.person("放管服组", ("coordination_group", COUNTY, None))
    world.person("省协调组", ("coordination_group", PROVINCE, None))
    world.person("开发区", ("reviewer", ZONE, None))
    world.person("住建牵头", ("list_authority", COUNTY, "住建局"))
    async with world.owner.begin() as connection:
        await position.register(connection, [CONSUMERS[0].name], "workflow")
    await drain(world)


async def drain(world: World) -> None:
    """Let the campaigns catch up."""
    for _ in range(50):
        if not await consume.step(world.engine, CONSUMERS[0]):
            return
    raise AssertionError("the consumer does not come to an end")


async def kind(world: World, name: str, title: str, *, region: str = COUNTY, lead: str = "环保局",
               list_class: str = "comprehensive", enacted: datetime | None = None) -> str:  # fmt: skip
    """A kind of list of which a region has one in compilation, or in force since an instant."""
    code = f"{name}_{world.suffix}"
    await world.run(
        "INSERT INTO qingdan.list_kind (code, title, origin, list_class) VALUES (:code, :title, 'custom', :class)"
        " ON CONFLICT DO NOTHING",
        code=code, title=title, **{"class": list_class},
    )  # fmt: skip
    id_ = world.lists[f"{name}@{region}"] = new_id()
    await world.run(
        "INSERT INTO qingdan.list (id, kind, region_code, title, lead_organ_id, state, enacted_at)"
        " VALUES (:id, :kind, :region, :title, :lead, :state, :enacted)",
        id=id_, kind=code, region=region, title=title, lead=world.organs[lead],
        state="in_force" if enacted else "compiling", enacted=enacted,
    )  # fmt: skip
    return code


async def enact(world: World, name: str, instant: datetime, *, region: str = COUNTY) -> None:
    """The government puts a list into force, and it is published a minute later."""
    id_ = world.lists[f"{name}@{region}"]
    await world.run("UPDATE qingdan.list SET state = 'in_force', enacted_at = :at WHERE id = :id", id=id_, at=instant)
    await publish(world, name, instant.replace(minute=instant.minute + 1), region=region)


async def publish(
    world: World, name: str, instant: datetime, *, region: str = COUNTY, adjustment: UUID | None = None
) -> None:
    """A revision of a list becomes public, and the log says so."""
    id_, code = world.lists[f"{name}@{region}"], f"{name}_{world.suffix}"
    given = {"id": id_, "kind": code, "region": region, "at": instant}
    rows = await world.run(
        "INSERT INTO qingdan.published_list (list_id, kind, region_code, title, revision, hash, entries, published_at)"
        " VALUES (:id, :kind, :region, :kind, 1, '', 0, :at)"
        " ON CONFLICT (list_id) DO UPDATE SET revision = published_list.revision + 1, published_at = :at"
        " RETURNING revision",
        **given,
    )
    await world.run(
        "INSERT INTO qingdan.list_revision (list_id, revision, hash, entries, adjustment_id, effective_at,"
        " published_at) VALUES (:id, :revision, '', 0, :adjustment, :at, :at)",
        id=id_, revision=rows[0].revision, adjustment=adjustment, at=instant,
    )  # fmt: skip
    async with begin(world.owner, service="publish", actor="system:publish") as tx:
        tx.append(NewEvent(type="list.published", region_code=region, list_kind=code, list_id=id_))
    await drain(world)


def milestone(number: int, subject: str, unit: str, due: date, **more: Any) -> dict[str, Any]:
    given: dict[str, Any] = {"number": number, "title": f"节点{number}", "subject": subject, "unit": unit}
    if subject == "list":
        given["completion"] = "enacted"
    return given | {"levels": ["county"], "due_on": due.isoformat()} | more


def plan(*milestones: dict[str, Any], **more: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "region_code": COUNTY, "title": "完善清单管理制度", "source": "工作方案（2017年6月）",
        "starts_on": "2017-06-20", "due_on": "2017-11-30", "milestones": list(milestones),
    }  # fmt: skip
    return given | more


async def planned(world: World, body: dict[str, Any], who: str = "放管服组") -> Any:
    answer = await world.call(who, "POST", CAMPAIGNS, body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def started(world: World, body: dict[str, Any], who: str = "放管服组") -> Any:
    campaign = await planned(world, body, who)
    answer = await world.call(who, "POST", f"{CAMPAIGNS}/{campaign['id']}/start")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def owed(world: World, campaign: Any, query: str = "", who: str = "放管服组") -> list[Any]:
    answer = await world.call(who, "GET", f"{CAMPAIGNS}/{campaign['id']}/obligations?limit=200&{query}")
    assert answer.status_code == 200, answer.text
    items: list[Any] = answer.json()["items"]
    return items


async def act(world: World, who: str, obligation: Any, what: str, body: dict[str, Any]) -> Any:
    return await world.call(who, "POST", f"{OBLIGATIONS}/{obligation['id']}/{what}", body)


PAPER = {"title": "工作方案", "reference": "档案号 2017-031"}


def receipt(day: date, number: str = "青编备〔2017〕9号") -> dict[str, str]:
    return {"recipient": "县编办", "receipt_number": number, "date": day.isoformat()}
