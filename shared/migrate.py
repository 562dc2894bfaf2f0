"""Bringing a database to the present schema: migrations, then views, grants, partitions and built-in data."""

from __future__ import annotations

import asyncio
import importlib
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, make_url, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared import roles, settings
from shared.database import create_engine, driver
from shared.identifiers import new_id
from shared.ledger import partitions

ROOT = Path(__file__).resolve().parent.parent
MIGRATIONS = ROOT / "migrations"

# What services ship as data; each function is safe to repeat and gets the owner's connection.
BUILT_IN = (
    "services.catalog.kinds.builtin:install_builtin",
    "services.catalog.dictionary.builtin:install_builtin_dictionary",
    "services.catalog.exchange.builtin:install_builtin_profiles",
    "services.catalog.annexes.builtin:install_builtin_layouts",
    "services.catalog.linkage.builtin:install_builtin_rules",
    "services.catalog.zones.builtin:install_builtin_duties",
    "services.workflow.procedures.builtin:install_builtin_procedures",
    "services.workflow.deadlines.builtin:install_builtin_deadlines",
)


def configuration(url: str) -> Config:
    """Alembic's configuration for a database."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["url"] = make_url(url).set(drivername="postgresql+asyncpg")
    return config


def is_current(revision: str | None) -> bool:
    """True for the newest revision of this program, and for one it does not know: that of a newer program.

    Migrations only add (expand) until no older program runs, so an older one works on the schema of a newer.
    """
    script = ScriptDirectory(str(MIGRATIONS))
    known = {known.revision for known in script.walk_revisions()}
    return revision is not None and (revision in script.get_heads() or revision not in known)


def upgrade(url: str) -> None:
    """Migrate, then set up what is repeatable. Roles must exist (`roles.ensure_roles`)."""
    command.upgrade(configuration(url), "head")
    asyncio.run(_repeatable(url))


def check(url: str) -> None:
    """Fail when the tables in the code and the migrations differ."""
    command.check(configuration(url))


def drop_views(connection: Connection) -> None:
    """Drop the views, for migrations that take columns away; `upgrade` makes them anew at its end."""
    views = connection.execute(text("SELECT viewname FROM pg_views WHERE schemaname = 'qingdan'")).scalars().all()
    for view in views:
        connection.execute(text(f'DROP VIEW IF EXISTS qingdan."{view}" CASCADE'))


async def _repeatable(url: str) -> None:
    engine = create_engine(url, role="owner")
    try:
        async with engine.begin() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(7214302)"))
            await set_up(connection)
    finally:
        await engine.dispose()


async def set_up(connection: AsyncConnection) -> None:
    """Views, grants, partitions and built-in data; safe to repeat, one transaction."""
    await connection.execute(
        text("INSERT INTO qingdan.log_head (id, position, epoch) VALUES (1, 0, :epoch) ON CONFLICT DO NOTHING"),
        {"epoch": new_id()},
    )
    await partitions.install(connection, [f"qingdan_{service}" for service in settings.SERVICES])
    await partitions.ensure(connection)
    views = await _replace_views(connection)
    for statement in [*roles.grants(), *roles.view_grants(views)]:
        await connection.execute(text(statement))
    for name in BUILT_IN:
        module, _, function = name.partition(":")
        await getattr(importlib.import_module(module), function)(connection)


async def _replace_views(connection: AsyncConnection) -> list[str]:
    old = await connection.execute(text("SELECT viewname FROM pg_views WHERE schemaname = 'qingdan'"))
    for view in old.scalars().all():
        await connection.execute(text(f'DROP VIEW IF EXISTS qingdan."{view}" CASCADE'))
    for owner in ("catalog", "workflow", "publish"):
        path = MIGRATIONS / "views" / f"{owner}.sql"
        # A script of several statements: only the driver's simple protocol takes it in one go.
        await (await driver(connection)).execute(path.read_text())
    now = await connection.execute(text("SELECT viewname FROM pg_views WHERE schemaname = 'qingdan' ORDER BY 1"))
    return list(now.scalars().all())
