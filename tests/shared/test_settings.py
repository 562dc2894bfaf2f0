"""Settings: defaults that work on one machine, and errors that say what to do."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from shared import secret_file, settings
from shared.database import create_engine, session_settings
from shared.settings import Settings


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("DATABASE_URL", "REDIS_URL", "STATE_DIR", "SECRETS_DIR"):
        monkeypatch.delenv(f"QINGDAN_{name}", raising=False)
    monkeypatch.setenv("QINGDAN_STATE_DIR", str(tmp_path))


def test_without_any_setting_the_recorded_servers_count(tmp_path: Path) -> None:
    (tmp_path / "database.url").write_text("postgresql://owner:pw@127.0.0.1:5/qingdan\n")
    (tmp_path / "redis.url").write_text("redis://127.0.0.1:6\n")
    assert Settings().owner_url.port == 5
    assert Settings().queue_url == "redis://127.0.0.1:6"


def test_the_environment_replaces_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "database.url").write_text("postgresql://owner:pw@127.0.0.1:5/qingdan")
    monkeypatch.setenv("QINGDAN_DATABASE_URL", "postgresql://me@db.example:7/other")
    assert (Settings().owner_url.host, Settings().owner_url.database) == ("db.example", "other")


def test_without_a_database_it_says_what_to_do() -> None:
    with pytest.raises(RuntimeError, match="QINGDAN_DATABASE_URL"):
        _ = Settings().owner_url


def test_a_service_connects_with_its_own_role_and_password(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "catalog.password").write_text("p@ss/w:rd\n")
    url = Settings(database_url="postgresql://owner:pw@127.0.0.1:5/qingdan").service_url("catalog")
    assert (url.username, url.password, url.database) == ("qingdan_catalog", "p@ss/w:rd", "qingdan")
    assert "p%40ss" in url.render_as_string(hide_password=False)
    assert "p@ss" not in str(url)


def test_without_its_password_it_says_what_to_do() -> None:
    with pytest.raises(RuntimeError, match="qingdan roles"):
        Settings(database_url="postgresql://owner:pw@127.0.0.1:5/qingdan").service_url("catalog")


@pytest.mark.parametrize(
    ("name", "value"),
    [("TOKEN_MINUTES", "0"), ("POLL_SECONDS", "0"), ("BODY_LIMIT", "-1"), ("POOL_SIZE", "0"), ("LOG_LEVEL", "loud")],
)
def test_a_value_that_cannot_be_is_refused_at_the_start(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"QINGDAN_{name}", value)
    with pytest.raises(ValidationError, match=name.lower()):
        Settings()


def test_settings_are_read_once_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    first = settings.load()
    monkeypatch.setenv("QINGDAN_TOKEN_MINUTES", "1")
    assert settings.load() is first


def test_only_the_owner_may_pause_for_long_inside_a_transaction() -> None:
    limits = {role: int(session_settings(role)["idle_in_transaction_session_timeout"]) for role in ("owner", "catalog")}
    assert limits["catalog"] == 5_000
    assert limits["owner"] > 60_000


def test_a_secret_file_that_was_left_empty_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / "role.password"
    path.touch()
    assert secret_file.ensure(path, lambda: b"fresh") == b"fresh"
    assert secret_file.ensure(path, lambda: b"other") == b"fresh"
    assert [entry.name for entry in tmp_path.iterdir()] == ["role.password"]
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("mode", ["require", "verify-full&sslrootcert=/etc/ssl/certs/absent.crt"])
async def test_an_engine_that_is_to_speak_tls_never_goes_on_without(cluster: str, mode: str) -> None:
    engine = create_engine(f"{cluster}?sslmode={mode}", role="reader", pool_size=1)
    try:
        # The embedded server has no TLS; a certificate that is not there is not passed over either.
        with pytest.raises((ConnectionError, OSError, ValueError), match=r"SSL|No such file"):
            async with engine.connect():
                raise AssertionError("connected without TLS")
    finally:
        await engine.dispose()


async def test_an_address_may_say_that_it_needs_no_tls(cluster: str) -> None:
    engine = create_engine(f"{cluster}?sslmode=disable", role="reader", pool_size=1)
    async with engine.connect() as connection:
        assert (await connection.exec_driver_sql("SELECT 1")).scalar_one() == 1
    await engine.dispose()


def test_the_passwords_of_owner_and_queue_may_lie_in_files(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "owner.password").write_text("0wner\n")
    (tmp_path / "secrets" / "queue.password").write_text("que\n")
    configured = Settings(database_url="postgresql://owner@db:5/qingdan", redis_url="rediss://valkey:6379/0")
    assert configured.owner_url.password == "0wner"
    assert configured.queue_url == "rediss://:que@valkey:6379/0"
    given = Settings(database_url="postgresql://owner:own@db:5/qingdan", redis_url="redis://:own@valkey:6379/0")
    assert (given.owner_url.password, given.queue_url) == ("own", "redis://:own@valkey:6379/0")
