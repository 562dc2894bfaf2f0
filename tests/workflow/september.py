"""A September in which some units did their part in time, some late and some not at all; for standings and notices."""

from datetime import date
from typing import Any

from services.workflow.clocks import jobs as clocks
from services.workflow.reports.jobs import begin_months
from services.workflow.standings.consumers import CONSUMERS
from shared.ledger import consume, position
from tests.workflow.campaigning import (
    CAMPAIGNS,
    REPORTS,
    ZONE,
    at,
    enact,
    kind,
    milestone,
    plan,
    set_time,
    settle_in,
    started,
)
from tests.workflow.world import World


async def settled(world: World) -> None:
    """The county of campaigns in June 2017, with the consumer of standings."""
    set_time(at(2017, 6, 25))
    await settle_in(world)
    async with world.owner.begin() as connection:
        await position.register(connection, [CONSUMERS[0].name], "workflow")


async def noted(world: World) -> None:
    for _ in range(50):
        if not await consume.step(world.engine, CONSUMERS[0]):
            return
    raise AssertionError("the consumer does not come to an end")


async def september(county: World) -> Any:
    """环保局 did its list in time and reported late; 住建局 did neither; the zone reported and has no list."""
    first, second = await kind(county, "sa", "清单甲"), await kind(county, "sb", "清单乙", lead="住建局")
    await kind(county, "sa", "清单甲", region=ZONE, lead="外单位")
    set_time(at(2017, 8, 10))
    campaign = await started(
        county,
        plan(
            milestone(1, "list", "lead", date(2017, 9, 20), kinds=[first, second],
                      region_kinds=["administrative", "zone"]),
            milestone(2, "summary", "obliged", date(2017, 11, 30)),
            report_day=5,
        ),
    )  # fmt: skip
    set_time(at(2017, 9, 1, 0))
    await begin_months(county.engine)
    await enact(county, "sa", at(2017, 9, 10))
    set_time(at(2017, 9, 5))
    await hand_in(county, campaign, "开发区", "青县开发区")
    set_time(at(2017, 9, 21, 0))
    await clocks.tick(county.engine)
    await enact(county, "sa", at(2017, 9, 25), region=ZONE)
    await hand_in(county, campaign, "牵头单位", "环保局")
    set_time(at(2017, 10, 2))
    await noted(county)
    return campaign


async def hand_in(world: World, campaign: Any, who: str, unit: str) -> None:
    answer = await world.call(who, "GET", f"{REPORTS}?campaign={campaign['id']}&month=2017-08-01")
    (report,) = [each for each in answer.json()["items"] if unit in (each["organ_name"], each["region_name"])]
    assert (await world.call(who, "POST", f"{REPORTS}/{report['id']}/submit", {})).status_code == 200


async def standing(world: World, campaign: Any, query: str = "", who: str = "放管服组") -> Any:
    period = "first_day=2017-09-01&last_day=2017-09-30"
    answer = await world.call(who, "GET", f"{CAMPAIGNS}/{campaign['id']}/standings?{period}&{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()
