"""What the measurements run on: servers in a folder of their own, all processes of the product, the corpus."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from benchmarks import corpus as corpora
from benchmarks.corpus import Corpus
from shared import entrypoints
from shared.database import create_engine
from shared.installation import Place, install, servers
from shared.settings import SERVICES
from shared.system import Process, System


@dataclass
class Stage:
    """A running installation.

    Attributes
    ----------
    engine
        As the owner: the corpus and the limit programs write under it.
    small
        Fewer rounds, smaller growth: a look, no record.
    """

    place: Place
    system: System
    engine: AsyncEngine
    corpus: Corpus
    small: bool

    @property
    def url(self) -> str:
        """The owner's address as asyncpg takes it."""
        return dsn(self.place.database_url)


def dsn(url: str) -> str:
    """A database address as asyncpg takes it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


@contextlib.contextmanager
def running(state: Path) -> Iterator[tuple[System, Place]]:
    """Servers, schema and processes of the product while the block runs."""
    with servers(state) as place:
        install(place)
        # The measurements receive webhooks, and have their platform, on this machine.
        environment = place.environment | {
            "QINGDAN_WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8", "QINGDAN_PEER_ALLOWED_NETWORKS": "127.0.0.0/8",
        }  # fmt: skip
        system = System(environment, logs=state / "logs")
        for name in SERVICES:  # processes of their own, as in containers: copies share what they have loaded
            system.processes[name] = Process(name, entrypoints.api(name, "127.0.0.1", system.ports[name]))
        with system:
            yield system, place


@contextlib.asynccontextmanager
async def furnished(system: System, place: Place, *, small: bool, matters: int) -> AsyncIterator[Stage]:
    """The corpus, built on a running installation."""
    engine = create_engine(place.database_url, role="owner")
    try:
        yield Stage(place, system, engine, await corpora.build(engine, matters), small)
    finally:
        await engine.dispose()
