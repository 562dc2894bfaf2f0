"""Ways around the procedure that are none."""

from __future__ import annotations

from tests.workflow.world import BASE, World, modify


async def test_a_returned_submission_that_turns_to_lists_of_another_kind_takes_their_procedure(world: World) -> None:
    await world.new_list("other", "其他清单", members=["环保局"])
    (light,), (grave,) = await world.items(["一"], of="other"), await world.items(["二"])
    await world.bind("with_legality_review", "modify", list_kind=f"permit_{world.suffix}")
    id_ = (await world.open(modify(light, name="甲")))["id"]
    assert (await world.act("环保编制", id_, "submit")).status_code == 200
    assert (await world.read(id_))["procedure_code"] == "short"
    await world.validated(id_, {"rule": "V01", "severity": "block", "message": "格式"})
    [change] = (await world.read(id_))["changes"]
    removed = await world.call("环保编制", "DELETE", f"{BASE}/{id_}/changes/{change['id']}", **{"If-Match": "*"})
    assert removed.status_code in (200, 204), removed.text
    added = await world.call("环保编制", "POST", f"{BASE}/{id_}/changes", {"changes": [modify(grave, name="乙")]})
    assert added.status_code == 201, added.text
    assert (await world.act("环保编制", id_, "submit")).status_code == 200
    assert (await world.read(id_))["procedure_code"] == "with_legality_review"
