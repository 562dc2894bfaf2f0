"""The embedded servers start, die and come back as the fault tests and the demo need it, for root and for anybody."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import asyncpg
import psutil
import pytest
from redis.asyncio import Redis

from shared import postgres_runtime, server_process
from shared.embedded import DATABASE, EmbeddedPostgres, EmbeddedValkey, ServerError, database, stop_all
from shared.server_process import wait_until

needs_root = pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root needs the two ways round it")
needs_linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="death signals are Linux's")

STARTER = """
import sys, time
from pathlib import Path
from concurrent.futures import ThreadPoolExecutor
from shared.embedded import EmbeddedPostgres, EmbeddedValkey
with ThreadPoolExecutor(1) as pool:  # its thread ends here, the servers must not
    pg = pool.submit(EmbeddedPostgres(Path(sys.argv[1]) / "pg").start).result()
    valkey = pool.submit(EmbeddedValkey(Path(sys.argv[1]) / "valkey").start).result()
time.sleep(0.3)
print(pg.pid, valkey.pid, flush=True)
time.sleep(600)
"""


async def ask(url: str, question: str, *arguments: object) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(question, *arguments)
    finally:
        await connection.close()


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory):
    with EmbeddedPostgres(tmp_path_factory.mktemp("embedded") / "postgres") as server:
        yield server


async def test_the_owner_finds_a_utf8_database_that_knows_chinese_letters(postgres: EmbeddedPostgres) -> None:
    assert await ask(postgres.url, "SELECT current_database()") == DATABASE
    assert await ask(postgres.url, "SELECT current_setting('server_encoding')") == "UTF8"
    await ask(postgres.url, "CREATE EXTENSION IF NOT EXISTS pg_trgm")
    assert len(await ask(postgres.url, "SELECT show_trgm('环境影响')")) == 5
    assert await ask(postgres.url, "SELECT current_setting('synchronous_commit')") == "on"


async def test_nobody_comes_in_without_the_password(postgres: EmbeddedPostgres) -> None:
    assert postgres.password_file.stat().st_mode & 0o777 == 0o600
    password = postgres.password_file.read_text()
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(postgres.url.replace(password, "guessed"))


async def test_what_was_acknowledged_is_there_after_a_kill_at_the_same_address(postgres: EmbeddedPostgres) -> None:
    await ask(postgres.url, "CREATE TABLE kept (n int)")
    for round_ in range(3):
        await ask(postgres.url, "INSERT INTO kept VALUES ($1)", round_)
        before = postgres.url
        await asyncio.to_thread(postgres.kill)
        await asyncio.to_thread(postgres.start)
        assert postgres.url == before
        assert await ask(postgres.url, "SELECT count(*) FROM kept") == round_ + 1


async def test_a_kill_from_outside_is_survived_too(postgres: EmbeddedPostgres) -> None:
    assert postgres.pid
    os.kill(postgres.pid, signal.SIGKILL)
    assert wait_until(lambda: postgres.pid is None, 5)
    await asyncio.to_thread(postgres.start)
    assert await ask(postgres.url, "SELECT 1") == 1


async def test_a_lock_file_that_names_an_unrelated_process_does_not_block(postgres: EmbeddedPostgres) -> None:
    await asyncio.to_thread(postgres.stop)
    bystander = await asyncio.create_subprocess_exec(sys.executable, "-c", "import time; time.sleep(60)")
    try:
        (postgres.runtime.data_dir / "postmaster.pid").write_text(f"{bystander.pid}\n{postgres.runtime.data_dir}\n")
        await asyncio.to_thread(postgres.start)
        assert await ask(postgres.url, "SELECT 1") == 1
    finally:
        bystander.kill()
        await bystander.wait()


def test_a_lost_race_for_the_port_is_run_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as squatter:
        squatter.bind(("127.0.0.1", 0))
        squatter.listen()
        free = server_process.free_port()
        offered = iter([squatter.getsockname()[1], free])
        monkeypatch.setattr(server_process, "free_port", lambda: next(offered))
        with EmbeddedValkey(tmp_path / "valkey") as server:
            assert server.port == free


def test_a_port_that_was_asked_for_and_is_taken_is_an_error_that_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_process, "START_SECONDS", 0.5)
    with socket.socket() as squatter:
        squatter.bind(("127.0.0.1", 0))
        squatter.listen()
        port = squatter.getsockname()[1]
        with pytest.raises(ServerError, match=f"did not start on port {port}"):
            EmbeddedValkey(tmp_path / "valkey", port).start()


async def test_a_queue_comes_back_empty_and_with_append_only_full(tmp_path: Path) -> None:
    for append_only, kept in ((False, None), (True, b"1")):
        with EmbeddedValkey(tmp_path / f"valkey-{append_only}", append_only=append_only) as server:
            async with Redis.from_url(server.url) as client:
                await client.set("key", 1)
            await asyncio.to_thread(server.stop)
            await asyncio.to_thread(server.start)
            async with Redis.from_url(server.url) as client:
                assert await client.get("key") == kept


def start_in_another_process(directory: Path) -> tuple["subprocess.Popen[str]", list[int]]:
    starter = subprocess.Popen([sys.executable, "-c", STARTER, str(directory)], stdout=subprocess.PIPE, text=True)
    assert starter.stdout is not None
    return starter, [int(pid) for pid in starter.stdout.readline().split()]


@needs_linux
def test_the_servers_outlive_the_thread_but_not_the_process_that_started_them(tmp_path: Path) -> None:
    starter, pids = start_in_another_process(tmp_path)
    with starter:
        assert len(pids) == 2
        assert all(psutil.pid_exists(pid) for pid in pids)
        starter.kill()
    assert wait_until(lambda: not any(psutil.pid_exists(pid) for pid in pids), 15)
    with EmbeddedPostgres(tmp_path / "pg") as again:
        assert again.pid


def test_a_running_server_is_found_refused_to_a_second_starter_and_ended_on_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("QINGDAN_DATABASE_URL", raising=False)
    starter, pids = start_in_another_process(tmp_path)
    try:
        with database(tmp_path / "pg") as url:
            assert url.endswith(f"/{DATABASE}")
        with pytest.raises(ServerError, match=f"already runs \\(pid {pids[0]}\\)"):
            EmbeddedPostgres(tmp_path / "pg").start()
        assert stop_all(tmp_path)
        assert wait_until(lambda: not any(psutil.pid_exists(pid) and _running(pid) for pid in pids), 15)
    finally:
        starter.kill()
        starter.communicate()


def _running(pid: int) -> bool:
    return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


@needs_root
async def test_root_works_without_user_namespaces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = postgres_runtime._refusal

    def refuse_namespaces(mode: str, directory: Path, bin_dir: Path) -> str | None:
        return "not permitted" if mode == "userns" else real(mode, directory, bin_dir)

    monkeypatch.setattr(postgres_runtime, "_refusal", refuse_namespaces)
    monkeypatch.setattr(postgres_runtime, "RELOCATED", postgres_runtime.RELOCATED.with_name(f"qingdan-{os.getpid()}"))
    try:
        with EmbeddedPostgres(tmp_path / "postgres") as server:
            assert psutil.Process(server.pid).uids().real != 0
            assert await ask(server.url, "SELECT 1") == 1
            server.kill()
            server.start()
            assert await ask(server.url, "SELECT 1") == 1
    finally:
        shutil.rmtree(postgres_runtime.RELOCATED)


@needs_root
def test_root_is_told_what_to_do_when_no_way_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_runtime, "_refusal", lambda *_: "not permitted")
    monkeypatch.setattr(postgres_runtime, "RELOCATED", tmp_path / "relocated")
    with pytest.raises(ServerError, match="Run the same command as a normal user, or set QINGDAN_DATABASE_URL"):
        EmbeddedPostgres(tmp_path / "postgres").start()


def test_missing_programs_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QINGDAN_POSTGRES_BIN", str(tmp_path))
    with pytest.raises(ServerError, match="no program postgres and no initdb"):
        EmbeddedPostgres(tmp_path / "postgres").start()
