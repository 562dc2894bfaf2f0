"""What must not be kept where the internet reaches comes into no adjustment."""

import pytest

from shared import settings
from tests.workflow.world import BASE, HEADER, World


@pytest.mark.req("TH-25")
async def test_where_the_internet_reaches_a_secret_comes_into_no_adjustment(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    configured = settings.load().model_copy(update={"internet_facing": True})
    monkeypatch.setattr(settings, "load", lambda: configured)
    secret = {"name": "涉密事项甲乙丙", "audience": "staff", "withheld_because": "state_secret"}
    change = {"operation": "add", "list_id": str(world.lists["permit"]), "elements": secret}
    body = HEADER | {"organ_id": str(world.organs["环保局"]), "changes": [change]}
    refused = await world.call("环保编制", "POST", BASE, body)
    assert refused.status_code == 422
    assert [(one["code"], one["pointer"]) for one in refused.json()["errors"]] == [
        ("secret_on_the_internet", "/changes/0/elements/withheld_because")
    ]
    for table in ("adjustment", "change", "event", "audit"):
        assert "涉密事项甲乙丙" not in str(await world.run(f"SELECT t::text AS row FROM qingdan.{table} AS t"))
