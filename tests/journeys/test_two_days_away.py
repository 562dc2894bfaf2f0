"""Who was away is level again by himself, in order and without a gap, and nobody else noticed; who lies is found out.

On a calendar of its own. Platforms and channels that are away for moments are told in `test_the_provincial_platform`
and `test_channels`; what a subscriber's own failures do to its deliveries in `tests/publish`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from deploy.simulator.running import Simulator
from qingdan_client import Client, Event
from tests.journeys import inbox, platforms
from tests.journeys.county import settled
from tests.journeys.inbox import Hook
from tests.journeys.stage import COUNTY, modify
from tests.journeys.trial import Trial, trial

# Twelve processes start before the first chapter; beside other work on the machine that takes minutes.
pytestmark = pytest.mark.timeout(900)

PERMITS = ("取水许可", "拍卖业务许可")
GOOD, LYING = "good", "lying"
SETTINGS = {
    "QINGDAN_WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8", "QINGDAN_PEER_ALLOWED_NETWORKS": "127.0.0.0/8",
    "QINGDAN_PEER_LOOK_SECONDS": "0.2", "QINGDAN_PEER_PULL_SECONDS": "0.3", "QINGDAN_PEER_SECONDS": "5",
}  # fmt: skip


@dataclass
class Story:
    """The county and those who follow it from outside."""

    trial: Trial
    client: Client
    away: Hook
    present: Hook
    subscriptions: dict[str, str]
    good: Simulator
    lying: Simulator

    def change(self, say: str) -> None:
        """Both permits get another name, and all lists follow."""
        self.trial.carry(*(modify(self.trial.permits[permit], name=f"{permit}（{say}）") for permit in PERMITS))

    def go_to(self, moment: str) -> None:
        """Another day; who sends begins anew with what the database says is due."""
        self.trial.at(moment)
        self.trial.system.kill("publish-senders")
        self.trial.system.start("publish-senders")

    def told(self, hook: Hook) -> bool:
        """Whether everything that was published has been acknowledged."""
        last = int(self.trial.feed()[-1]["sequence"])
        stands = self.client.subscriptions.get(self.subscriptions[hook.name])
        return stands.outstanding == 0 and stands.last_sequence > 0 and stands.document["position"] >= last


@pytest.fixture(scope="module")
def story(
    cluster: str, valkey: str, template_database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Story]:
    """The county on a Monday in March."""
    folder = tmp_path_factory.mktemp("away")
    with contextlib.ExitStack() as stack:
        begun = stack.enter_context(trial(cluster, valkey, template_database, folder, "2026-03-02 09:00", **SETTINGS))
        settled(begun)
        listening = stack.enter_context(inbox.listening())
        client = stack.enter_context(inbox.registered(begun, "市数据交换平台"))
        hooks = [listening.hook("away"), listening.hook("present")]
        told = Story(
            begun, client, *hooks,
            subscriptions={hook.name: inbox.subscribed(client, hook, filter={"regions": [COUNTY]}) for hook in hooks},
            good=stack.enter_context(platforms.exchange(begun, folder / GOOD, GOOD, compare_hours=None)),
            lying=stack.enter_context(platforms.exchange(begun, folder / LYING, LYING, compare_hours=24)),
        )  # fmt: skip
        begun.until(lambda: platforms.at_rest(begun, GOOD, LYING), "the pushes do not come to rest")
        yield told


def in_order(events: list[Event]) -> bool:
    """Whether what came of each entry came in the order of its versions."""
    versions: dict[str | None, list[int]] = {}
    for event in events:
        versions.setdefault(event.subject, []).append(event.version or 0)
    return all(seen == sorted(set(seen)) for seen in versions.values())


@pytest.mark.req("ZZ-42")
def test_a_subscriber_that_is_down_for_two_days_is_level_afterwards_and_another_has_noticed_nothing(
    story: Story,
) -> None:
    stage = story.trial
    story.change("周一")
    stage.until(lambda: story.told(story.away) and story.told(story.present), "not both are level to begin with")
    before = len(story.away.events)
    story.away.down = True
    for moment, say in (("2026-03-02 10:00", "停机"), ("2026-03-03 10:00", "次日"), ("2026-03-04 10:00", "第三日")):
        story.go_to(moment)
        missed = story.away.missed
        story.change(say)
        stage.until(lambda: story.told(story.present), "another subscriber waits")
        stage.until(lambda missed=missed: story.away.missed > missed, "nobody tries")
    assert len(story.away.events) == before
    stands = story.client.subscriptions.get(story.subscriptions["away"])
    assert (stands.state, stands.document["failing_since"][:10]) == ("active", "2026-03-02")

    story.away.down = False
    # The longest pause between attempts is ten hours and a fifth.
    story.go_to("2026-03-04 23:00")
    stage.until(lambda: story.told(story.away), "it does not become level by itself")
    for hook in (story.away, story.present):
        numbers = [event.sequence for event in hook.events]
        assert sorted(map(int, filter(None, numbers))) == list(range(1, len(numbers) + 1)), hook.name
        assert in_order(hook.events), hook.name
        assert hook.wrong == [], hook.name
    assert {event.sequence: (event.id, event.data) for event in story.away.events} == {
        event.sequence: (event.id, event.data) for event in story.present.events
    }
    assert story.present.missed == 0
    attempts = list(story.client.subscriptions.attempts(story.subscriptions["present"]))
    assert len(attempts) == len(story.present.events)
    assert {attempt["status"] for attempt in attempts} == {204}
    told = story.client.subscriptions.get(story.subscriptions["away"]).document
    assert (told["failing_since"], told["parked"]) == (None, 0)


@pytest.mark.req("ZL-02")
def test_a_platform_that_is_down_for_a_day_delays_nothing_and_is_level_by_itself(story: Story) -> None:
    stage = story.trial
    stage.at("2026-03-09 09:00")
    story.good.say(down=True)
    stage.at("2026-03-10 09:00")
    story.change("平台停机")
    names = {f"{permit}（平台停机）" for permit in PERMITS}
    stage.until(lambda: story.told(story.away) and story.told(story.present), "subscribers wait for the platform")
    stage.until(lambda: platforms.at_rest(stage, LYING), "another platform waits")
    assert names <= held(story.lying)
    assert not names & held(story.good)
    stands = stage.admin.get(f"{platforms.PEERS}/{GOOD}/status")
    assert stands["failures"] > 0
    story.good.say(down=False)
    stage.until(lambda: platforms.at_rest(stage, GOOD), "it does not become level by itself")
    assert held(story.good) == held(story.lying)
    assert platforms.compared(stage, GOOD)["differences"] == 0


def held(platform: Simulator) -> set[str]:
    """What a platform calls the entries it holds."""
    return {one["content"]["ROW"]["TASK_NAME"] for one in platform.items(COUNTY).values()}


@pytest.mark.req("ZL-02", "ZZ-46")
def test_a_platform_that_acknowledges_and_does_not_store_is_found_by_the_clock_and_repaired(story: Story) -> None:
    stage = story.trial
    stage.at("2026-03-16 09:00")
    stage.until(lambda: unkept(stage) == 0 and platforms.at_rest(stage, LYING), "it is not level to begin with")
    before = held(story.lying)
    story.lying.say(lie=len(PERMITS))
    story.change("平台未保存")
    stage.until(lambda: platforms.at_rest(stage, LYING), "it acknowledges nothing")
    assert held(story.lying) == before, "it has said it took them and has not"
    for permit in PERMITS:
        (shown,) = [one for one in stage.admin.get(exchange_of(stage, permit))["peers"] if one["peer"] == LYING]
        assert shown["state"] == "accepted"
    stage.at("2026-03-17 10:00")
    stage.until(lambda: unkept(stage) == len(PERMITS), "the comparison by the clock does not find it")
    stage.until(lambda: held(story.lying) == held(story.good), "what it lost is not sent again")
    stage.at("2026-03-18 11:00")
    stage.until(lambda: unkept(stage) == 0, "the alarm does not end")


def exchange_of(stage: Trial, permit: str) -> str:
    """Where an entry's people see how it stands with the platforms."""
    return f"/publish/v1/items/{stage.about(permit)['implementation']}/exchange"


def unkept(stage: Trial) -> int:
    """Acknowledged rows that the last comparison has missed: what the alarm watches."""
    return int(stage.admin.get(f"{platforms.PEERS}/{LYING}/status")["unkept"])
