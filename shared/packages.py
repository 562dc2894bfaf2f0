"""Commands of offline exchange: packages for networks without connection, written to files and read from them."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from sqlalchemy.ext.asyncio import AsyncEngine

from shared import database, problems, settings
from shared.seals import keys

console = Console()


def make_keys() -> None:
    """Make the key pair that packages are signed with, unless it is there; print the public half for the partners."""
    folder = settings.load().secrets
    keys.ensure_keys(folder, keys.PACKAGES)
    typer.echo((folder / f"{keys.PACKAGES}.public.pem").read_text(), nl=False)


def export(
    partner: Annotated[str, typer.Argument(help="Code of the partner")],
    out: Annotated[Path, typer.Argument(help="File to write", dir_okay=False, writable=True)],
    everything: Annotated[bool, typer.Option(help="All of it, not only what is new")] = False,
    acknowledgement: Annotated[bool, typer.Option(help="What is said of the partner's own entries")] = False,
) -> None:
    """Make the next signed package for a network without connection; `docs/verify_package.py` verifies it."""
    kind = "acknowledgement" if acknowledgement else "entries"
    jobs = importlib.import_module("services.publish.offline.jobs")
    content, told = _as_publish(lambda engine: jobs.export(engine, partner, kind=kind, everything=everything))
    out.write_bytes(content)
    console.print(f"package {told['serial']} with {told['rows']} rows written{'; there is more' * told['more']}")


def take(
    partner: Annotated[str, typer.Argument(help="Code of the partner it comes from")],
    package: Annotated[Path, typer.Argument(help="File to read", exists=True, dir_okay=False)],
) -> None:
    """Take a signed package of a partner: all of it, or nothing."""
    jobs = importlib.import_module("services.publish.offline.jobs")
    content = package.read_bytes()
    told = _as_publish(lambda engine: jobs.take(engine, partner, content))
    console.print(f"package {told['serial']}: {'taken before' if told['again'] else str(told['rows']) + ' rows taken'}")


def _as_publish(work: Callable[[AsyncEngine], Awaitable[Any]]) -> Any:
    """Do something as the publish service; what it refuses is told with its remedy."""

    async def run() -> Any:
        engine = database.create_engine(settings.load().service_url("publish"), role="publish")
        try:
            return await work(engine)
        finally:
            await engine.dispose()

    try:
        return asyncio.run(run())
    except problems.Problem as problem:
        console.print(f"{problem.code}: {problem.detail}")
        raise typer.Exit(1) from problem
    except RuntimeError as error:  # no key, no database: it says what to do
        console.print(str(error))
        raise typer.Exit(2) from error
