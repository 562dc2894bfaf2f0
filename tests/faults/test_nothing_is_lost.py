"""A minute of misfortune: processes and servers are killed while adjustments stream in, and every promise holds."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.faults import tamper
from tests.faults.outcome import Outcome
from tests.faults.place import CONFIGURED, Installation, Refused, refuse_foreign_servers
from tests.faults.run import control, report
from tests.faults.storm import Storm, raised

SECONDS = float(os.environ.get("QINGDAN_FAULT_SECONDS", "40"))
SEED = os.environ.get("QINGDAN_FAULT_SEED", "pytest")

pytestmark = pytest.mark.timeout(420)


@pytest.fixture(scope="module", autouse=True)
def own_servers() -> None:
    """These tests kill servers: they never run on somebody else's."""
    try:
        refuse_foreign_servers()
    except Refused as refused:
        pytest.skip(str(refused))


@pytest_asyncio.fixture(scope="module")
async def storm() -> AsyncIterator[tuple[Storm, Outcome]]:
    """An installation after its storm, still running."""
    with tempfile.TemporaryDirectory(prefix="qingdan-faults-", ignore_cleanup_errors=True) as folder:
        place = Installation(Path(folder))
        try:
            storm = await raised(place)
            outcome = await storm.round(SEED, SECONDS)
            report(outcome)
            yield storm, outcome
            await storm.close()
        finally:
            await asyncio.to_thread(place.stop)


def kept(outcome: Outcome, promise: int) -> None:
    """Fail with the evidence when a promise was not kept."""
    against = [str(violation) for violation in outcome.violations if violation.promise == promise]
    assert not against, "\n".join([outcome.line(), *against[:20]])


async def test_the_storm_was_one(storm: tuple[Storm, Outcome]) -> None:
    _, outcome = storm
    assert outcome.acknowledged >= 5, outcome.line()
    assert sum(outcome.kills.values()) >= 5, outcome.line()


async def test_what_was_acknowledged_is_in_force_exactly_once(storm: tuple[Storm, Outcome]) -> None:
    kept(storm[1], 1)


async def test_every_event_reached_every_consumer_and_the_platform_once(storm: tuple[Storm, Outcome]) -> None:
    kept(storm[1], 2)


async def test_derived_lists_equal_a_recompute_and_change_together(storm: tuple[Storm, Outcome]) -> None:
    kept(storm[1], 3)


async def test_every_revision_proves_its_hash(storm: tuple[Storm, Outcome]) -> None:
    kept(storm[1], 6)


@pytest.mark.req("ZZ-42")
async def test_each_subscriber_got_every_event_of_its_filter_numbered_in_order_and_verified(
    storm: tuple[Storm, Outcome],
) -> None:
    kept(storm[1], 7)
    assert storm[1].received > 0, storm[1].line()


async def test_clocks_tasks_messages_and_reports_were_killed_among_and_each_came_once(
    storm: tuple[Storm, Outcome],
) -> None:
    """What speaks against it is among promises 1 and 2; here: that there was something to lose."""
    _, outcome = storm
    assert outcome.words >= 20, outcome.line()
    assert outcome.messages >= 20, outcome.line()
    assert outcome.reports >= 6, outcome.line()
    assert outcome.letters >= 10, outcome.line()


async def test_nobody_was_told_of_a_restore_that_was_none(storm: tuple[Storm, Outcome]) -> None:
    kept(storm[1], 9)


async def test_the_log_is_sealed_and_its_chain_verifies(storm: tuple[Storm, Outcome]) -> None:
    kept(storm[1], 8)


async def test_nobody_was_answered_with_a_bare_500(storm: tuple[Storm, Outcome]) -> None:
    assert not storm[1].broken, "\n".join(storm[1].broken[:10])


async def test_the_checker_notices_what_a_tamperer_does_to_database_journals_and_platform(
    storm: tuple[Storm, Outcome],
) -> None:
    assert len(tamper.MISDEEDS) >= 8
    assert len(tamper.FORGERIES) >= 8
    assert len(tamper.FALSIFICATIONS) >= 6
    assert len(tamper.LETTERS) >= 3
    assert await control(storm[0]) == []


async def test_it_refuses_to_run_on_configured_servers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in CONFIGURED:
        monkeypatch.setenv(name, "postgresql://somebody-elses")
        with pytest.raises(Refused, match="must not be set"):
            Installation(tmp_path)
        monkeypatch.delenv(name)
