"""Any sequence of acts of all roles over HTTP, on the real database: what never happens, and the chain of the log."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.workflow.adjustments.rules import State
from shared import clock
from shared.seals import export, keys, repository, sealer
from shared.seals.keys import Signer
from tests.workflow.county import COUNTY
from tests.workflow.full_chain import SEAL
from tests.workflow.world import BASE, DECISION, World, modify

SCRIPT = Path(__file__).parents[2] / "docs" / "verify_log.py"
RIGHT = {
    "sign": "环保局长",
    "review": "审改办",
    "confirm": "环保局长",
    "decide": "县政府",
}
PEOPLE = ("环保编制", "兼任", "环保局长", "审改办", "县政府", "外县政府")
WHY = {"reason": "情况有变"}
BODIES: dict[str, Any] = {
    "sign": {"seal": SEAL},
    "review": {"outcome": "pass"},
    "confirm": {"outcome": "confirmed"},
    "decide": {"decision": DECISION},
    "suspend": WHY | {"decision": DECISION},
    "resume": WHY,
    "withdraw": WHY,
    "revoke": WHY | {"decision": DECISION},
    "submit": None,
    "rebase": None,
}
GOING_ON = st.just(("", "go on"))
ANYTHING = st.tuples(
    st.sampled_from(PEOPLE),
    st.sampled_from(
        [*BODIES, "edit", "return", "dispute", "consult", "rule", "validate", "apply", "publish", "fall due"]
    ),
)
# Withdrawing ends the course: what comes after it is refused and teaches little.
COURSES = st.lists(st.one_of(GOING_ON, GOING_ON, ANYTHING), min_size=8, max_size=24)


class Course:
    """One adjustment and whoever acts on it."""

    def __init__(self, world: World, id_: str, item: str) -> None:
        self.world, self.id, self.item = world, id_, item
        self.answered: set[int] = set()

    async def told(self) -> Any:
        return await self.world.read(self.id)

    async def act(self, who: str, act: str) -> None:
        """Try it; an answer is a success or a clear refusal."""
        if act == "go on":
            who, act = await self._next()
        match act:
            case "validate" | "apply" | "publish" | "fall due" | "wait":
                await self._system(act)
                return
            case "edit":
                told = await self.told()
                path = f"{BASE}/{self.id}/changes/{told['changes'][0]['id']}"
                body = {"operation": "modify", "elements": {"name": f"名称{told['version']}"}}
                matched = {"If-Match": f'"{told["version"]}"'}
                answer = await self.world.call(who, "PUT", path, body, **matched)
            case "return":
                body = {"outcome": "return", "opinion": "请修改", "late_reason": "补充"}
                answer = await self.world.act(who, self.id, "review", body)
            case "dispute":
                elements = [{"item_id": self.item, "element": "name", "opinion": "不同意"}]
                body = {"outcome": "disputed", "opinion": "有争议", "elements": elements}
                answer = await self.world.act(who, self.id, "confirm", body)
            case "consult" | "rule":
                answer = await self._settle(who, act)
            case _:
                answer = await self.world.act(who, self.id, act, BODIES[act])
        assert answer.status_code < 500, (who, act, answer.text)
        assert answer.status_code in (200, 201, 403, 404, 409, 412, 422, 428), (who, act, answer.text)

    async def _settle(self, who: str, act: str) -> Any:
        path = f"{BASE}/{self.id}/disputes"
        found = (await self.world.call("环保编制", "GET", path)).json()["items"]
        dispute = found[-1]["id"] if found else self.id
        if act == "rule":
            body: Any = {"ruling": "upheld", "opinion": "维持", "decision": DECISION}
            return await self.world.call(who, "POST", f"/workflow/v1/disputes/{dispute}/decide", body)
        names = [str(self.world.organs[name]) for name in ("环保局", "住建局")]
        organs = [{"organ_id": names[0], "agreed": False, "opinion": "否"}, {"organ_id": names[1], "agreed": True}]
        today = clock.now().astimezone(clock.ZONE).date().isoformat()
        body = {"outcome": "not_agreed", "date": today, "organs": organs, "conclusion": "未一致"}
        return await self.world.call(who, "POST", f"/workflow/v1/disputes/{dispute}/consult", body)

    async def _next(self) -> tuple[str, str]:
        """What would bring it on, and who does that."""
        told = await self.told()
        match told["state"]:
            case "draft" | "returned":
                return "环保编制", "submit"
            case "checking":
                return "", "validate"
            case "suspended":
                return "审改办", "resume"
            case "held":
                return "县政府", "resume"
            case "conflict":
                return "环保编制", "rebase"
            case "scheduled" | "decided":
                return "", "apply"
            case "effective":
                return "", "publish"
        disputes = (await self.world.call("环保编制", "GET", f"{BASE}/{self.id}/disputes")).json()["items"]
        waiting = [one["state"] for one in disputes if one["state"] in ("consulting", "escalated")]
        if waiting:
            return ("审改办", "consult") if waiting == ["consulting"] else ("县政府", "rule")
        acts = [step["act"] for step in told["steps"] if step["state"] == "open" and step["act"] in RIGHT]
        return (RIGHT[acts[0]], acts[0]) if acts else ("", "wait")

    async def _system(self, act: str) -> None:
        told = await self.told()
        number = told["submission"]
        if act == "validate" and told["state"] == "checking" and number not in self.answered:
            self.answered.add(number)
            await self.world.validated(self.id, submission=number)
        elif act == "apply" and told["state"] == "decided":
            await self.world.applied(self.id)
        elif act == "publish" and told["state"] == "effective":
            await self.world.published(self.id, "permit")
        elif act == "fall due":
            await self.world.fall_due()

    async def check(self) -> None:
        """What always holds, from the tables and from the log."""
        told = await self.told()
        assert told["state"] in list(State)
        compilers = {f"account:{one}" for one in told["compiled_by"]}
        mine = [step for step in told["steps"] if step["submission"] == told["submission"]]
        passed = [step for step in mine if step["state"] == "passed" and step["act"] in RIGHT]
        if told["state"] not in ("draft", "returned", "checking", "withdrawn", "conflict"):
            assert not compilers & {step["decided_by"] for step in passed}, "nobody approves what he compiled"
        types = [row["type"] for row in await self.world.events(self.id)]
        for after, before in (
            ("adjustment.effective", "adjustment.decided"),
            ("adjustment.published", "adjustment.effective"),
            ("adjustment.decided", "adjustment.reviewed"),
            ("adjustment.resumed", "adjustment.suspended"),
        ):
            assert after not in types or before in types[: types.index(after)], types
        if told["state"] in ("decided", "scheduled", "held", "effective"):
            assert told["decision"] is not None
            assert {step["state"] for step in mine if step["number"] <= _number(mine, "decide")} == {"passed"}
        if told["state"] in ("suspended", "held", "withdrawn", "returned"):
            reviews = "SELECT count(*) AS n FROM qingdan.task WHERE adjustment_id = CAST(:id AS uuid)"
            reviews += " AND state = 'open' AND kind IN ('review', 'dispute')"
            assert (await self.world.run(reviews, id=self.id))[0]["n"] == 0


def _number(steps: list[Any], act: str) -> int:
    [one] = [step for step in steps if step["act"] == act]
    return int(one["number"])


async def verified(world: World, folder: Path) -> str:
    """Seal what is not sealed, export it, and let the script that stands alone judge."""
    keys.ensure_keys(folder)
    await sealer.seal_next(world.owner, Signer(folder))
    async with world.owner.connect() as connection:
        head, _ = await repository.head(connection)
    out = BytesIO()
    await export.write(world.owner, out, 1, head)
    log, key = folder / "log.jsonl", folder / "seal.public.pem"
    log.write_bytes(out.getvalue())
    key.write_bytes(keys.public_pem(keys.read_public(folder)))
    command = [sys.executable, "-I", str(SCRIPT), str(log), str(key)]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.req("ZL-37", "ZL-51", "ZL-34")
@settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(acts=COURSES, later=st.booleans())
async def test_no_sequence_of_acts_brings_about_what_must_not_be_and_the_log_is_a_chain(
    world: World, tmp_path: Path, acts: list[tuple[str, str]], later: bool
) -> None:
    await world.bind("staffing_office", "modify")
    world.person("兼任", ("compiler", COUNTY, "环保局"), ("reviewer", COUNTY, None))
    item = str(await world.item("环评审批"))
    at = {"effective_at": (clock.now() + timedelta(days=90)).isoformat()} if later else {}
    opened = await world.open(modify(item, name="甲"), confirm_overlap=True, **at)
    course = Course(world, opened["id"], item)
    for who, act in acts:
        await course.act(who, act)
        await course.check()
    assert await verified(world, tmp_path)
