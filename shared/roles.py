"""Database roles: one a service, least privilege, each password in a file of its own.

Business tables have one writing service. In the ledger everybody inserts; updates are limited to the head and to a
service's own rows of `consumer`, `parked` and `operation` (row-level security). Nobody updates or deletes `event`,
`audit` and `seal`.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets as random_secrets
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import make_url

from shared import secret_file, settings
from shared.schema import SCHEMA, catalog, clients, identity, publish, subscription, workflow
from shared.schema.base import metadata

ROLES = (*settings.SERVICES, "reader")
_OWN = {
    "catalog": (catalog, identity, clients),
    "workflow": (workflow,),
    "publish": (publish, subscription),
}
# What is nobody's to read but its service's, such as what a password or a secret is known by.
_HIDDEN = {
    identity.account: "password_hash",
    clients.service_client_secret: "secret_hash",
    subscription.subscription_secret: "ciphertext",
    publish.app_key: "ciphertext",
    # Who was in charge and who handled it is for those who supervise, through the API alone.
    workflow.handling_record: "responsible",
    workflow.violation: "responsible",
    workflow.rectification_order: "measures",
    # Where people are written to is theirs and their administration's business.
    workflow.message_preference: "email",
}
_OWN_ROWS = ("consumer", "parked", "operation")


def ensure_roles(url: str, secrets: Path | None = None) -> None:
    """Create the login roles that are missing and set the passwords their files hold.

    Needs a URL with the right to create roles. Password files are made (mode 0600) when they are not there.
    """
    folder = secrets or settings.load().secrets
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    passwords = {role: _password(folder / f"{role}.password") for role in ROLES}
    asyncio.run(_create(url, passwords))


def grants() -> list[str]:
    """Statements that give every role exactly what it needs; safe to repeat."""
    statements = [f"GRANT USAGE ON SCHEMA {SCHEMA} TO {_names(ROLES)}"]
    statements += [f"REVOKE ALL ON ALL TABLES IN SCHEMA {SCHEMA} FROM {_names(ROLES)}"]
    for role in settings.SERVICES:
        tables = ", ".join(table for module in _OWN[role] for table in _tables_of(module))
        statements.append(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {tables} TO qingdan_{role}")
    statements += _ledger_grants()
    statements.append(f"GRANT SELECT ON ALL TABLES IN SCHEMA {SCHEMA} TO qingdan_reader")
    for table, hidden in _HIDDEN.items():
        # A privilege on the table covers its columns whatever is revoked of them: the readable ones are named instead.
        readable = ", ".join(column.name for column in table.columns if column.name != hidden)
        statements.append(f"REVOKE SELECT ON {SCHEMA}.{table.name} FROM qingdan_reader")
        statements.append(f"GRANT SELECT ({readable}) ON {SCHEMA}.{table.name} TO qingdan_reader")
    statements.append(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {SCHEMA} TO qingdan_workflow")
    return statements


def view_grants(views: list[str]) -> list[str]:
    """The views are the contract between services: everybody may read them."""
    return [f"GRANT SELECT ON {SCHEMA}.{view} TO {_names(ROLES)}" for view in views]


def _ledger_grants() -> list[str]:
    services = _names(settings.SERVICES)
    statements = [
        f"GRANT SELECT, INSERT ON {SCHEMA}.event, {SCHEMA}.audit, {SCHEMA}.idempotency TO {services}",
        f"GRANT SELECT ON {SCHEMA}.log_head, {SCHEMA}.alembic_version, {SCHEMA}.seal TO {services}",
        f"GRANT INSERT ON {SCHEMA}.seal TO qingdan_publish",
        f"GRANT UPDATE (position) ON {SCHEMA}.log_head TO {services}",
        f"GRANT SELECT, INSERT, UPDATE ON {SCHEMA}.consumer, {SCHEMA}.operation TO {services}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {SCHEMA}.parked TO {services}",
    ]
    for table in _OWN_ROWS:
        statements += [
            f"ALTER TABLE {SCHEMA}.{table} ENABLE ROW LEVEL SECURITY",
            f"DROP POLICY IF EXISTS own_rows ON {SCHEMA}.{table}",
            f"DROP POLICY IF EXISTS read_all ON {SCHEMA}.{table}",
            f"CREATE POLICY own_rows ON {SCHEMA}.{table} TO {services}"
            f" USING ('qingdan_' || service = current_user) WITH CHECK ('qingdan_' || service = current_user)",
            f"CREATE POLICY read_all ON {SCHEMA}.{table} FOR SELECT TO qingdan_reader USING (true)",
        ]
    return statements


def _tables_of(module: Any) -> list[str]:
    own = {id(value) for value in vars(module).values()}
    return [f'{SCHEMA}."{table.name}"' for table in metadata.sorted_tables if id(table) in own]


def _names(roles: tuple[str, ...]) -> str:
    return ", ".join(f"qingdan_{role}" for role in roles)


def _password(path: Path) -> str:
    return secret_file.ensure(path, lambda: random_secrets.token_urlsafe(24).encode()).decode().strip()


async def _create(url: str, passwords: dict[str, str]) -> None:
    connection = await asyncpg.connect(make_url(url).set(drivername="postgresql").render_as_string(hide_password=False))
    try:
        await connection.execute("SELECT pg_advisory_lock(7214301)")
        for role, password in passwords.items():
            name = f"qingdan_{role}"
            exists = await connection.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", name)
            # Role names come from the constant above; the password is quoted by the server itself.
            quoted = await connection.fetchval("SELECT quote_literal($1::text)", password)
            verb = "ALTER" if exists else "CREATE"
            await connection.execute(f"{verb} ROLE {name} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD {quoted}")
        # The doctor reads as `reader`; without this it sees nobody's transaction but its own. Where the owner may not
        # give it, an administrator of the server can; all else works without.
        with contextlib.suppress(asyncpg.InsufficientPrivilegeError):
            await connection.execute("GRANT pg_read_all_stats TO qingdan_reader")
    finally:
        await connection.close()
