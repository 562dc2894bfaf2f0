"""The system as processes, started once for all journeys, on a database of its own."""

from collections.abc import Iterator

import pytest

from tests.journeys.county import county
from tests.journeys.stage import Stage

# Chapters of a story are modules beside its test: what they assert is told as of a test.
pytest.register_assert_rewrite("tests.journeys.guangdong", "tests.journeys.notices")


@pytest.fixture(scope="session")
def stage(
    cluster: str, valkey: str, template_database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    """A county at work."""
    with county(cluster, valkey, template_database, tmp_path_factory.mktemp("journeys")) as system:
        yield system
