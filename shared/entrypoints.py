"""The processes of the product and how each is started: by `qingdan serve`, `work` and `up`, and by the tests."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.exc import SQLAlchemyError

from shared import database, migrate, settings
from shared.ledger import readiness

ROOT = Path(__file__).resolve().parent.parent
# Longer than a proxy keeps a connection that nobody uses (60 s): only one side may close it, or a request is lost.
KEEP_ALIVE_SECONDS = 75
# A reader may wait 20 s for an event; then whatever is still open is cut.
GRACE_SECONDS = 25


class Service(StrEnum):
    """A service as an argument of a command."""

    catalog = "catalog"
    workflow = "workflow"
    publish = "publish"


def api(service: str, host: str, port: int) -> list[str]:
    """The command of a service's API."""
    return [
        sys.executable, "-m", "uvicorn", f"services.{service}.app:app", "--host", host, "--port", str(port),
        "--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning", "--no-server-header",
        "--timeout-keep-alive", str(KEEP_ALIVE_SECONDS), "--timeout-graceful-shutdown", str(GRACE_SECONDS),
    ]  # fmt: skip


def be_api(service: str, host: str, port: int) -> None:
    """Be a service's API until told to stop: in a copy of a process that has it loaded already."""
    import uvicorn

    settings.load.cache_clear()
    _, _, _, *arguments = api(service, host, port)  # what follows `python -m uvicorn`
    uvicorn.main.main(arguments, standalone_mode=False)


def worker(service: str, child: str | None = None) -> list[str]:
    """The command of a service's worker, or of one child (`consumers`, `arq`) without its supervisor."""
    return [sys.executable, "-m", f"services.{service}.worker", *([child] if child else [])]


def serve(
    service: Service,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Another port than the service's own")] = 0,
) -> None:
    """Serve a service's API on QINGDAN_HOST: catalog on 8701, workflow on 8702, publish on 8703."""
    _become(api(service, settings.load().host, port or settings.PORTS[service]))


def work(service: Service) -> None:
    """Run a service's worker: its consumers and, where it has long operations, arq."""
    _become(worker(service))


def wait_for_schema(
    service: Service,
    seconds: Annotated[float, typer.Option(min=0, help="Give up after so many seconds")] = 600.0,
) -> None:
    """Wait until the database has the schema this program needs; for start orders that know no other way."""
    end = time.monotonic() + seconds
    while (reason := asyncio.run(_missing(service))) is not None:
        if time.monotonic() > end:
            typer.echo(f"{reason}. Remedy: run `qingdan migrate` of this version.", err=True)
            raise typer.Exit(1)
        time.sleep(min(2.0, max(end - time.monotonic(), 0.05)))
    typer.echo("the schema is there")


def _become(command: list[str]) -> None:
    """Replace this process: signals of whoever started it reach the real one."""
    os.execve(command[0], command, {**os.environ, "PYTHONPATH": str(ROOT)})


async def _missing(service: str) -> str | None:
    """Why the service cannot start yet; None when it can."""
    engine = database.create_engine(settings.load().service_url(service), role=service, pool_size=1)
    try:
        async with engine.connect() as connection:
            revision = await readiness.revision(connection)
    except (OSError, SQLAlchemyError) as error:
        return f"the database does not answer yet ({type(error).__name__})"
    finally:
        await engine.dispose()
    return None if migrate.is_current(revision) else f"the schema is at {revision}, an earlier one"
