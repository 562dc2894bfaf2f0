"""The system as processes for the fuzzing of its APIs, with a county at work, so that most requests mean something."""

from collections.abc import Iterator

import pytest

from tests.journeys.county import county
from tests.journeys.stage import Stage


@pytest.fixture(scope="session")
def stage(
    cluster: str, valkey: str, template_database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    """A county at work, to be asked anything."""
    with county(cluster, valkey, template_database, tmp_path_factory.mktemp("contract")) as system:
        yield system
