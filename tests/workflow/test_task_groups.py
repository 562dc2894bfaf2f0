"""Tasks by cause: one line for what one thing has left, and all of it given to somebody at once."""

from shared.ledger.envelope import NewEvent
from tests.statements import counted
from tests.workflow.county import COUNTY
from tests.workflow.messaging import GROUPS, a_law_is_repealed, authority, begin, gather, told
from tests.workflow.test_inbox import review
from tests.workflow.test_tasks import linked_drafts
from tests.workflow.world import World


async def test_groups_go_on_behind_a_cursor_and_what_has_no_cause_stands_alone(world: World) -> None:
    await world.call("审改办", "GET", GROUPS)
    task = await review(world)
    item = await world.item("环评审批")
    drafts = await linked_drafts(world, item, ["power", "permit"], None)
    await world.tell(NewEvent(type="draft.opened", refs={"drafts": [str(id_) for id_ in drafts]}))
    world.person("双岗", ("reviewer", COUNTY, None), ("list_authority", COUNTY, "环保局"))
    seen, cursor = [], ""
    while True:
        page = (await world.call("双岗", "GET", f"{GROUPS}?limit=1{cursor}")).json()
        seen += page["items"]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    mine = {group["kind"]: group for group in seen if group["cause"] == f"item/{item}" or group["task_id"] == task}
    assert (mine["linkage_draft"]["tasks"], mine["linkage_draft"]["cause_title"]) == (2, "环评审批")
    assert mine["review"]["href"] == f"/workflow/v1/tasks/{task}"
    assert (await world.call("双岗", "GET", f"{GROUPS}?cursor=xx")).status_code == 422


async def test_all_tasks_of_a_cause_are_given_to_somebody_who_could_do_them(world: World) -> None:
    await begin(world)
    person = await authority(world, "牵头甲")
    stranger = await authority(world, "住建牵头", "住建局")
    law = await a_law_is_repealed(world, entries=30)
    path, body = f"{GROUPS}/assign", {"kind": "finding", "cause": f"document/{law}"}
    nobody = await world.call("住建牵头", "POST", path, body | {"account_id": str(person.account_id)})
    assert (nobody.status_code, nobody.json()["code"]) == (404, "task_not_found")
    wrong = await world.call("牵头甲", "POST", path, body | {"account_id": str(stranger.account_id)})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "cannot_act")
    assert (await world.call("牵头甲", "POST", path, {"kind": "finding", "cause": ""})).status_code == 422
    given = body | {"account_id": str(person.account_id), "reason": "熟悉该条例"}
    with counted(world.engine) as sent:
        answer = await world.call("牵头单位", "POST", path, given)
    assert answer.json() == {"assigned": 30, "refused": 0}
    assert len(sent) <= 3
    (group,) = (await world.call("牵头甲", "GET", f"{GROUPS}?assignee=me&cause={body['cause']}")).json()["items"]
    assert (group["mine"], group["unassigned"]) == (30, 0)
    await gather(world)
    assigned = [message for message in await told(world, "牵头甲") if message["act"] == "assigned"]
    assert [message["tasks"] for message in assigned] == [30]
