"""A file tells the time of a trial installation, and nothing else does."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared import clock


@pytest.fixture(autouse=True)
def _machine_time_afterwards() -> Iterator[None]:
    yield
    clock.use(None)


def write(file: Path, instant: str, seconds_ago: float = 0.0) -> None:
    file.write_text(instant)
    then = clock.machine().timestamp() - seconds_ago
    os.utime(file, (then, then))


def test_time_begins_at_the_files_instant_and_goes_on_from_when_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "calendar"
    write(file, "2017-07-05T09:00:00+08:00", seconds_ago=90)
    clock.simulate(file)
    passed = clock.now() - datetime(2017, 7, 5, 1, tzinfo=UTC)
    assert timedelta(seconds=90) <= passed < timedelta(seconds=100)


def test_whoever_replaces_the_file_moves_time(tmp_path: Path) -> None:
    file = tmp_path / "calendar"
    write(file, "2017-07-05T09:00:00+08:00")
    clock.simulate(file)
    write(file, "2022-12-31T23:59:59Z")
    assert clock.now().year in (2022, 2023)
    assert clock.machine().year >= 2026, "the machine's own time is not touched"


@pytest.mark.parametrize("content", ["", "tomorrow", "2017-07-05T09:00:00", None])
def test_a_trial_does_not_begin_without_an_instant_with_a_zone(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "calendar"
    if content is not None:
        file.write_text(content)
    with pytest.raises(ValueError, match=r"calendar|isoformat"):
        clock.simulate(file)
