"""The `qingdan` command: set up, run, look after."""

from __future__ import annotations

import asyncio
import importlib
import json
import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy.exc import SQLAlchemyError

from shared import database, doctor, entrypoints, installation, migrate, packages, roles, settings
from shared.ledger import epoch, partitions, position, releasing
from shared.paper import lockdown
from shared.seals import export

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Qingdan: one change, every list follows.")
console = Console()
app.command()(entrypoints.serve)
app.command()(entrypoints.work)
app.command(name="wait-for-schema")(entrypoints.wait_for_schema)
app.command(name="offline-keys")(packages.make_keys)
app.command(name="offline-export")(packages.export)
app.command(name="offline-import")(packages.take)


@app.command(name="roles")
def create_roles() -> None:
    """Create the database roles, one a service, the files with their passwords, and the keys of the installation."""
    with installation.servers() as place:
        installation.prepare(place)
    console.print(f"roles {', '.join('qingdan_' + role for role in roles.ROLES)} and keys are there")


@app.command(name="migrate")
def migrate_database() -> None:
    """Bring the database to the newest schema: migrations, views, grants, partitions, built-in data."""
    with installation.servers() as place:
        installation.install(place)
    console.print("schema, views, grants, partitions and built-in data are up to date")


@app.command(name="check-migrations")
def check_migrations() -> None:
    """Fail when the tables in the code and the migrations differ."""
    with installation.scratch_database() as url:
        migrate.check(url)
    console.print("tables and migrations agree")


@app.command()
def up() -> None:
    """Start everything on this machine and leave it running until Ctrl-C."""
    with installation.running_system(ports=settings.PORTS) as (system, place):
        console.print("[bold]Qingdan is running[/bold]")
        for service in settings.SERVICES:
            console.print(f"  {service:9} {system.url(service)}/{service}/v1/docs")
        console.print(f"  data and logs in {place.state}; administrator: {installation.administrator(place)}")
        signal.sigwait({signal.SIGINT, signal.SIGTERM})


@app.command(name="bootstrap-admin")
def bootstrap_admin(login: str = "admin") -> None:
    """Create the first administrator; the password is written to a file that only its owner can read."""
    with installation.servers() as place:
        installation.prepare(place)
        console.print(installation.administrator(place, login))


@app.command(name="doctor")
def run_doctor(as_json: Annotated[bool, typer.Option("--json", help="For machines")] = False) -> None:
    """Lag of consumers, oldest transaction, parked items with remedy, unfinished adjustments, partitions."""
    try:
        report = asyncio.run(_examine())
    except (OSError, SQLAlchemyError) as error:
        console.print(f"the database cannot be asked: {str(error).splitlines()[0]}")
        console.print("Remedy: start Postgres, or correct QINGDAN_DATABASE_URL; a new one needs `qingdan migrate`.")
        raise typer.Exit(2) from error
    if as_json:
        typer.echo(json.dumps(report.__dict__ | {"healthy": report.healthy}, default=str, ensure_ascii=False, indent=1))
    else:
        _print(report)
    raise typer.Exit(0 if report.healthy else 1)


@app.command()
def release(consumer: str, items: list[UUID]) -> None:
    """Let a consumer try parked items again, in their order, with whatever is held together with them."""
    taken = asyncio.run(_release(consumer, items))
    console.print(f"{consumer}: {taken} events taken again")


@app.command(name="resume-consumer")
def resume_consumer(name: str) -> None:
    """Let a stopped consumer go on from where it stands."""

    async def resume() -> None:
        service = _service_of(name)
        engine = database.create_engine(settings.load().service_url(service), role=service)
        async with engine.begin() as connection:
            await position.resume(connection, name)
        await engine.dispose()

    asyncio.run(resume())
    console.print(f"{name} goes on")


@app.command(name="begin-epoch")
def begin_epoch() -> None:
    """After a restore to an earlier point, before anything starts: positions from here on are others than before."""

    async def begin() -> tuple[int, UUID]:
        engine = database.create_engine(settings.load().owner_url, role="owner")
        try:
            async with engine.begin() as connection:
                return await epoch.begin(connection, actor="operator")
        finally:
            await engine.dispose()

    last, begun = asyncio.run(begin())
    console.print(f"epoch {begun} begins after position {last}: whoever reads the log goes back to it")


@app.command(name="export-log")
def export_log(
    out: Annotated[typer.FileBinaryWrite, typer.Argument(help="File to write")],
    first: Annotated[int, typer.Option("--from", min=1, help="First position")] = 1,
    last: Annotated[int, typer.Option("--to", min=1, help="Last position")] = 2**63 - 1,
) -> None:
    """Write sealed events and their seals; `python docs/verify_log.py` verifies the file without this program."""

    async def write() -> tuple[int, int]:
        engine = database.create_engine(settings.load().service_url("reader"), role="reader")
        try:
            return await export.write(engine, out, first, last)
        finally:
            await engine.dispose()

    seals, events = asyncio.run(write())
    console.print(f"{seals} seals with {events} events written")


@app.command(name="retire-partitions")
def retire_partitions() -> None:
    """Detach partitions of the log past retention that are sealed and read by everybody; archive, then drop them."""

    async def retire() -> list[str]:
        engine = database.create_engine(settings.load().owner_url, role="owner")
        try:
            async with engine.begin() as connection:
                return await partitions.retire(connection)
        finally:
            await engine.dispose()

    names = asyncio.run(retire())
    console.print(f"detached: {', '.join(names)}" if names else "nothing is past retention")


@app.command(name="api-docs")
def api_docs(check: Annotated[bool, typer.Option(help="Fail when the files are stale")] = False) -> None:
    """Write the OpenAPI documents and the AsyncAPI document under docs/api (or check that they are fresh)."""
    stale = []
    for name, document in _documents():
        path = migrate.ROOT / "docs" / "api" / name
        text = json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
        if check and (not path.exists() or path.read_text() != text):
            stale.append(str(path.relative_to(migrate.ROOT)))
        elif not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    if stale:
        console.print(f"stale: {', '.join(stale)}; run `make api-docs`")
        raise typer.Exit(1)


def _documents() -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and content of every document made from the code."""
    for service in settings.SERVICES:
        yield f"{service}.openapi.json", importlib.import_module(f"services.{service}.app").app.openapi()
    yield "events.asyncapi.json", importlib.import_module("services.publish.events.document").asyncapi()


async def _examine() -> doctor.Report:
    engine = database.create_engine(settings.load().service_url("reader"), role="reader")
    try:
        async with engine.connect() as connection:
            return await doctor.examine(connection, confined=await asyncio.to_thread(lockdown.available))
    finally:
        await engine.dispose()


async def _release(name: str, items: list[UUID]) -> int:
    service = _service_of(name)
    work = importlib.import_module(f"services.{service}.worker").WORK
    wanted = next(consumer for consumer in work.consumers if consumer.name == name)
    engine = database.create_engine(settings.load().service_url(service), role=service)
    try:
        return await releasing.release(engine, wanted, items, actor="operator")
    finally:
        await engine.dispose()


def _service_of(consumer: str) -> str:
    for service in settings.SERVICES:
        work = importlib.import_module(f"services.{service}.worker").WORK
        if any(known.name == consumer for known in work.consumers):
            return service
    raise typer.BadParameter(f"no consumer is named {consumer}")


def _print(report: doctor.Report) -> None:
    console.print(f"log head {report.head}, epoch {report.epoch}")
    _table("consumers", ["name", "position", "lag", "state", "updated_at"], report.consumers)
    oldest = report.oldest_transaction
    console.print(
        f"oldest open transaction: {oldest['application']} pid {oldest['pid']}, {oldest['seconds']} s"
        if oldest
        else "oldest open transaction: none"
    )
    console.print(f"events not sealed yet: {report.unsealed['events']}, the oldest for {report.unsealed['seconds']} s")
    subscriptions = report.subscriptions
    console.print(
        f"subscriptions stopped: {subscriptions['stopped']}; oldest delivery: {subscriptions['seconds']} s;"
        f" not numbered for: {subscriptions['unmatched']} s"
    )
    _table("backbone", ["stream", "position", "lag", "failures", "last_success_at"], report.backbone)
    columns = ["consumer", "item_id", "items", "first_position", "error_code", "error", "remedy"]
    _table("parked items", columns, report.parked)
    _table("adjustments without full ledger", ["number", "title", "state", "waiting", "failed"], report.incomplete)
    _table("operations", ["id", "kind", "state", "done", "total"], report.operations)
    sizes = [{"partition": name, "bytes": size} for name, size in report.partitions]
    _table("partitions of the log", ["partition", "bytes"], sizes)
    for problem in report.problems:
        console.print(f"[red]![/red] {problem}")
    console.print("[green]healthy[/green]" if report.healthy else f"{len(report.problems)} problems")


def _cell(value: object) -> str:
    """What a cell says; of an instant the second, so that a row is a line on the narrowest screen."""
    return f"{value.astimezone(UTC):%m-%d %H:%M:%SZ}" if isinstance(value, datetime) else str(value)


def _table(title: str, columns: list[str], rows: list[dict[str, object]]) -> None:
    if not rows:
        console.print(f"{title}: none")
        return
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column)
    for row in rows:
        table.add_row(*(_cell(row.get(column, "")) for column in columns))
    console.print(table)


if __name__ == "__main__":
    app()
