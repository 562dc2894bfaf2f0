"""A database as it was before a migration: what stood in it then is read after the way forward."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from alembic import command
from alembic.script import ScriptDirectory

from shared import migrate
from tests.conftest import _administer as administer
from tests.conftest import in_own_loop, url_of


@contextmanager
def before(revision: str, cluster: str, template: str) -> Iterator[str]:
    """The owner's address of a database one migration before `revision`."""
    name = f"older_{uuid4().hex[:8]}"
    in_own_loop(administer, cluster, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    url = url_of(cluster, name)
    configuration = migrate.configuration(url)
    previous = ScriptDirectory.from_config(configuration).get_revision(revision).down_revision
    in_own_loop(command.downgrade, configuration, str(previous))
    try:
        yield url
    finally:
        in_own_loop(administer, cluster, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
