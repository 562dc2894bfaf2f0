"""Database roles: each service may do what is named for it, and is refused everything else."""

from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from shared import roles
from shared.schema import catalog, clients, identity, ledger, publish, subscription, workflow
from shared.schema.base import metadata
from shared.settings import SERVICES, Settings
from tests.shared.room import column, execute, plain

OWN = {
    "catalog": (catalog, identity, clients),
    "workflow": (workflow,),
    "publish": (publish, subscription),
}
REFUSED = asyncpg.InsufficientPrivilegeError


def tables_of(*modules: object) -> set[str]:
    own = {id(value) for module in modules for value in vars(module).values()}
    return {table.name for table in metadata.sorted_tables if id(table) in own}


LEDGER = tables_of(ledger)
EVERYTHING = {table.name for table in metadata.sorted_tables}


@pytest_asyncio.fixture
async def connect(configured: Settings, owner: AsyncEngine) -> AsyncIterator[Callable[[str], object]]:
    opened: list[asyncpg.Connection] = []

    async def connect(role: str) -> asyncpg.Connection:
        url = configured.service_url(role).render_as_string(hide_password=False)
        opened.append(await asyncpg.connect(plain(url)))
        return opened[-1]

    yield connect
    for connection in opened:
        await connection.close()


async def may(connection: asyncpg.Connection, table: str, privilege: str) -> bool:
    return bool(await connection.fetchval("SELECT has_table_privilege($1, $2)", f'qingdan."{table}"', privilege))


def test_every_table_belongs_to_a_service_or_to_the_ledger() -> None:
    owned = [*(tables_of(*modules) for modules in OWN.values()), LEDGER]
    assert set().union(*owned) == EVERYTHING
    assert sum(map(len, owned)) == len(EVERYTHING)


@pytest.mark.parametrize("role", SERVICES)
async def test_a_service_writes_its_own_tables_and_touches_no_others(connect, role: str) -> None:
    connection, own = await connect(role), tables_of(*OWN[role])
    for table in own:
        for privilege in ("SELECT", "INSERT", "UPDATE", "DELETE"):
            assert await may(connection, table, privilege), (role, table, privilege)
    for table in EVERYTHING - own - LEDGER:
        for privilege in ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE"):
            assert not await may(connection, table, privilege), (role, table, privilege)
        with pytest.raises(REFUSED):
            await connection.execute(f'DELETE FROM qingdan."{table}"')
    for table in EVERYTHING:
        assert not await may(connection, table, "TRUNCATE")
        assert not await may(connection, table, "REFERENCES") or table not in LEDGER
        assert not await may(connection, table, "TRIGGER")


@pytest.mark.parametrize("role", SERVICES)
async def test_in_the_ledger_a_service_adds_and_changes_only_what_is_named(connect, role: str) -> None:
    connection = await connect(role)
    allowed = {
        "event": "SELECT INSERT", "audit": "SELECT INSERT", "idempotency": "SELECT INSERT", "log_head": "SELECT",
        "consumer": "SELECT INSERT UPDATE", "operation": "SELECT INSERT UPDATE",
        "parked": "SELECT INSERT UPDATE DELETE", "seal": "SELECT INSERT" if role == "publish" else "SELECT",
    }  # fmt: skip
    assert allowed.keys() == LEDGER
    for table, privileges in allowed.items():
        for privilege in ("SELECT", "INSERT", "UPDATE", "DELETE"):
            assert await may(connection, table, privilege) is (privilege in privileges.split()), (table, privilege)
    await connection.execute("UPDATE qingdan.log_head SET position = position")
    for statement in (
        "UPDATE qingdan.log_head SET epoch = gen_random_uuid()",
        "UPDATE qingdan.log_head SET id = 1",
        "INSERT INTO qingdan.log_head VALUES (2, 0, gen_random_uuid())",
        "DELETE FROM qingdan.log_head",
        "UPDATE qingdan.alembic_version SET version_num = 'x'",
        "CREATE TABLE qingdan.mine (id int)",
        "CREATE TABLE public.mine (id int)",
        "ALTER TABLE qingdan.event DISABLE TRIGGER ALL",
        "DROP TABLE qingdan.event",
        "SET ROLE qingdan_reader",
        "CREATE ROLE mine",
    ):
        with pytest.raises(REFUSED):
            await connection.execute(statement)


@pytest.mark.parametrize(("role", "other"), [("catalog", "workflow"), ("workflow", "publish"), ("publish", "catalog")])
async def test_the_rows_of_another_service_are_invisible_and_out_of_reach(
    connect, owner: AsyncEngine, role: str, other: str
) -> None:
    name, held = f"{other}_{uuid4().hex[:8]}", uuid4()
    await execute(
        owner,
        "INSERT INTO qingdan.consumer (name, service, position) VALUES (:name, :other, 5)",
        name=name,
        other=other,
    )
    await execute(
        owner,
        "INSERT INTO qingdan.parked (consumer, item_id, service, first_position, error_code, error, remedy)"
        " VALUES (:name, :held, :other, 1, 'x', 'x', 'x')",
        name=name, held=held, other=other,
    )  # fmt: skip
    await execute(
        owner,
        "INSERT INTO qingdan.operation (id, service, kind, parameters, created_by)"
        " VALUES (:id, :other, 'x', '{}', 'x')",
        id=held, other=other,
    )  # fmt: skip
    connection, rightful = await connect(role), await connect(other)
    for table, key in (("consumer", name), ("parked", held), ("operation", held)):
        question = {"consumer": "name = $1", "parked": "item_id = $1", "operation": "id = $1"}[table]
        assert not await connection.fetch(f"SELECT 1 FROM qingdan.{table} WHERE {question}", key)
        assert await rightful.fetch(f"SELECT 1 FROM qingdan.{table} WHERE {question}", key)
        assert (
            await connection.execute(f"UPDATE qingdan.{table} SET service = '{role}' WHERE {question}", key)
            == "UPDATE 0"
        )
    assert await connection.execute("DELETE FROM qingdan.parked WHERE item_id = $1", held) == "DELETE 0"
    with pytest.raises(REFUSED, match="row-level security"):
        await connection.execute(
            "INSERT INTO qingdan.consumer (name, service, position) VALUES ($1, $2, 0)", f"x{name}", other
        )
    with pytest.raises(REFUSED, match="row-level security"):
        await rightful.execute("UPDATE qingdan.consumer SET service = $2 WHERE name = $1", name, role)


async def test_the_reader_reads_everything_but_hashes_of_secrets_and_who_is_responsible_and_changes_nothing(
    connect, owner: AsyncEngine
) -> None:
    connection = await connect("reader")
    hidden = {
        "account",
        "service_client_secret",
        "subscription_secret",
        "app_key",
        "handling_record",
        "violation",
        "rectification_order",
        "message_preference",
    }
    for table in EVERYTHING - hidden:
        assert await may(connection, table, "SELECT"), table
    for table in EVERYTHING:
        for privilege in ("INSERT", "UPDATE", "DELETE", "TRUNCATE"):
            assert not await may(connection, table, privilege), (table, privilege)
    await connection.fetch("SELECT id, login, name FROM qingdan.account")
    await connection.fetch("SELECT id, number, standing FROM qingdan.handling_record")
    await connection.fetch("SELECT client_id, valid_until FROM qingdan.service_client_secret")
    await connection.fetch("SELECT account_id, email_mode FROM qingdan.message_preference")
    for question in (
        "SELECT password_hash FROM qingdan.account",
        "SELECT * FROM qingdan.account",
        "SELECT to_jsonb(account) FROM qingdan.account",
        "SELECT 1 FROM qingdan.account WHERE password_hash LIKE '$argon2%'",
        "SELECT secret_hash FROM qingdan.service_client_secret",
        "SELECT * FROM qingdan.service_client_secret",
        "SELECT ciphertext FROM qingdan.app_key",
        "SELECT responsible FROM qingdan.handling_record",
        "SELECT * FROM qingdan.violation",
        "SELECT email FROM qingdan.message_preference",
    ):
        with pytest.raises(REFUSED):
            await connection.fetch(question)
    name = f"seen_{uuid4().hex[:8]}"
    await execute(owner, "INSERT INTO qingdan.consumer VALUES (:name, 'workflow', 0)", name=name)
    assert await connection.fetch("SELECT 1 FROM qingdan.consumer WHERE name = $1", name)


@pytest.mark.parametrize("role", [*SERVICES, "reader"])
async def test_views_are_read_by_everybody_and_show_no_password(connect, owner: AsyncEngine, role: str) -> None:
    connection = await connect(role)
    views = await column(owner, "SELECT viewname FROM pg_views WHERE schemaname = 'qingdan'")
    assert views
    for view in views:
        assert await may(connection, view, "SELECT"), view
        assert not await may(connection, view, "INSERT")
        await connection.fetch(f"SELECT * FROM qingdan.{view} LIMIT 1")
    shown = (
        "SELECT count(*) FROM information_schema.columns"
        " WHERE table_name LIKE '%_v1' AND column_name ~ 'password|secret'"
    )
    assert await column(owner, shown) == [0]


async def test_no_role_is_more_than_a_login(owner: AsyncEngine) -> None:
    strong = (
        "SELECT rolname FROM pg_roles WHERE rolname LIKE 'qingdan_%' AND rolname <> 'qingdan_owner'"
        " AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication OR NOT rolcanlogin)"
    )
    assert await column(owner, strong) == []


def test_password_files_are_the_owners_alone_and_made_once(tmp_path: Path) -> None:
    path = tmp_path / "catalog.password"
    with ThreadPoolExecutor(8) as pool:
        passwords = set(pool.map(roles._password, [path] * 8))
    assert len(passwords) == 1
    assert path.stat().st_mode & 0o077 == 0
    assert passwords == {path.read_text()}
