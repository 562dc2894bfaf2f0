"""Configuration, read from the environment (prefix QINGDAN_); secrets are referred to by file, never by value."""

from __future__ import annotations

import re
from functools import cache
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy import URL, make_url

SERVICES = ("catalog", "workflow", "publish")
PORTS = {"catalog": 8701, "workflow": 8702, "publish": 8703}


class Settings(BaseSettings):
    """What an installation can set; every default works for a single machine."""

    model_config = SettingsConfigDict(env_prefix="QINGDAN_", extra="ignore")

    database_url: str | None = Field(
        default=None,
        description="The owner's URL; a missing password is in the file `owner.password`; unset: embedded",
    )
    read_database_url: str | None = Field(
        default=None, description="A replica for public reads (entries, pages, open data); unset: the database itself"
    )
    redis_url: str | None = Field(
        default=None, description="Job queue; a missing password is in the file `queue.password`; unset: embedded"
    )
    state_dir: Path = Field(default=Path(".state"), description="Uploads that wait (spool); embedded servers, secrets")
    secrets_dir: Path | None = Field(default=None, description="Passwords and keys; `secrets` in the state folder")
    font_dir: Path | None = Field(default=None, description="Fonts of the administration for PDF, before the own one")
    simulated_clock: Path | None = Field(
        default=None, description="File that tells the time of a trial installation; never where lists are in force"
    )
    host: str = Field(default="127.0.0.1", description="Address that APIs and metrics of workers listen on")
    metrics_port: int | None = Field(
        default=None, ge=1, le=65535, description="Where a worker shows metrics; unset: nowhere"
    )
    pulse_dir: Path | None = Field(default=None, description="Where workers show that they turn; unset: nowhere")
    public_url: str | None = Field(
        default=None, pattern=r"^https?://[^/?#\s]+(/[^?#\s]*[^/?#\s])?$",
        description="Address the installation is reached under, no slash at the end; taken from the request when empty",
    )  # fmt: skip
    manuals_public: bool = Field(default=False, description="Everybody may read business manuals; else staff alone")
    templates_confined: bool = Field(
        default=False,
        description="Where templates cannot be cut off from the network, none of an administration is run",
    )
    internet_facing: bool = Field(
        default=False, description="The installation is connected to the internet: state secrets are refused at entry"
    )
    token_minutes: int = Field(default=15, ge=1, le=24 * 60, description="How long an access token is good")
    body_limit: int = Field(default=1_000_000, ge=1_000, description="Largest JSON body in bytes")
    upload_limit: int = Field(default=64 * 1024 * 1024, ge=1_000, description="Largest uploaded file in bytes")
    requests_per_second: float = Field(
        default=0.0, ge=0, le=10_000, description="Requests a caller may go on making, for each API process; 0: any"
    )
    request_burst: int = Field(default=100, ge=1, le=100_000, description="Requests a caller may make after a rest")
    poll_seconds: float = Field(default=2.0, gt=0, description="How often consumers look when no bell rings")
    gather_seconds: float = Field(
        default=1.0, ge=0, le=60, description="How long consumers that nobody waits for let events gather"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(default="INFO", description="Least level logged")
    pool_size: int = Field(default=8, ge=1, description="Database connections an API keeps; at most twice as many")
    webhook_allowed_networks: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = Field(
        default=(), description="Private networks that webhooks may be sent to, as CIDR, divided by commas"
    )
    webhook_concurrency: int = Field(default=8, ge=1, le=100, description="Webhooks on their way to one endpoint")
    webhook_requests_per_second: int = Field(
        default=1_000, ge=1, le=10_000, description="Webhooks a second to one endpoint, at most"
    )
    webhook_connections: int = Field(default=256, ge=1, le=1_000, description="Webhooks on their way in all, a worker")
    peer_allowed_networks: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = Field(
        default=(),
        description="Private networks of platforms, as CIDR, by comma; in them also by address or plain http",
    )
    peer_seconds: float = Field(
        default=15.0, gt=0, description="How long a platform's answer is waited for, to its last byte"
    )
    peer_look_seconds: float = Field(default=1.0, gt=0, description="How often there is looked for what to send")
    peer_pull_seconds: float = Field(
        default=30.0, gt=0, description="How often a platform is asked for feedback and for its catalogue"
    )
    channel_allowed_networks: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = Field(
        default=(), description="Private networks in which channels may be put to and read back, as CIDR, by comma"
    )
    channel_seconds: float = Field(
        default=15.0, gt=0, description="How long a channel is waited for, to the last byte of its answer"
    )
    channel_check_seconds: float = Field(
        default=600.0, gt=0, description="How often a channel that is level is read back at the latest"
    )
    nats_url: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Servers of the message backbone (nats:// or tls://), divided by commas; unset: no backbone",
    )
    nats_user: str | None = Field(
        default=None, description="Who signs in there; the password is in the file `nats.password`; needs tls://"
    )
    nats_stream: str = Field(
        default="QINGDAN", pattern=r"^[A-Za-z0-9_-]{1,100}$", description="Stream that the public feed is written to"
    )
    nats_subject_prefix: str = Field(
        default="qingdan", pattern=r"^[A-Za-z0-9_-]{1,50}$", description="First token of its subjects"
    )
    nats_replicas: int = Field(default=3, ge=1, le=5, description="Servers that hold the stream")
    nats_storage: Literal["file", "memory"] = Field(default="file", description="Where they hold it")
    nats_duplicate_seconds: float = Field(
        default=120.0, ge=1, le=86_400, description="How long the servers remember ids of messages"
    )
    smtp_host: str | None = Field(default=None, description="Mail server that messages go through; unset: no e-mail")
    smtp_port: int = Field(default=587, ge=1, le=65535, description="Its port")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="How the connection to it is protected; with `none` nobody signs in there"
    )
    smtp_user: str | None = Field(
        default=None, description="Who signs in at the mail server; the password is in the file `smtp.password`"
    )
    mail_from: str = Field(
        default="qingdan@localhost", pattern=r"^[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9.-]{1,189}$",
        description="Sender of e-mail",
    )  # fmt: skip
    mail_domains: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="Domains that people may have e-mail sent to, divided by commas; unset: any"
    )
    messenger_url: str | None = Field(
        default=None, pattern=r"^https?://[^\s]+$",
        description="Webhook of the administration's own messenger; signed with the secret in `messenger.secret`",
    )  # fmt: skip

    @field_validator(
        "webhook_allowed_networks", "peer_allowed_networks", "channel_allowed_networks", "mail_domains", "nats_url",
        mode="before",
    )  # fmt: skip
    @classmethod
    def _by_comma(cls, given: object) -> object:
        return [part.strip() for part in given.split(",") if part.strip()] if isinstance(given, str) else given

    @field_validator("nats_url")
    @classmethod
    def _addresses_alone(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        for url in given:
            if re.fullmatch(r"(nats|tls)://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?", url) is None:
                raise ValueError("nats_url holds nats:// or tls:// addresses without user and password")
        return given

    @model_validator(mode="after")
    def _no_password_in_the_clear(self) -> Settings:
        if self.smtp_user and self.smtp_security == "none":
            raise ValueError("smtp_user needs smtp_security starttls or tls: a password is never sent in the clear")
        if self.nats_user and not all(url.startswith("tls://") for url in self.nats_url):
            raise ValueError("nats_user needs tls:// addresses: a password is never sent in the clear")
        return self

    @property
    def secrets(self) -> Path:
        """The folder the secret files live in."""
        return self.secrets_dir or self.state_dir / "secrets"

    @property
    def owner_url(self) -> URL:
        """URL of the schema's owner; migrations and role set-up only.

        Raises
        ------
        RuntimeError
            When neither QINGDAN_DATABASE_URL is set nor an embedded server has recorded its own.
        """
        url = make_url(self.database_url or self._recorded("database.url"))
        password = self.secrets / "owner.password"
        if url.username and url.password is None and password.exists():
            return url.set(password=password.read_text().strip())
        return url

    @property
    def queue_url(self) -> str:
        """URL of the job queue."""
        url = self.redis_url or self._recorded("redis.url")
        password = self.secrets / "queue.password"
        if "@" not in url and password.exists():
            # arq takes a password as it stands in the URL: `make-secrets` writes letters and digits only.
            return url.replace("://", f"://:{password.read_text().strip()}@", 1)
        return url

    def service_url(self, role: str) -> URL:
        """URL under which a service (`catalog`, `workflow`, `publish`) or the `reader` connects."""
        path = self.secrets / f"{role}.password"
        if not path.exists():
            raise RuntimeError(f"no password of the database role qingdan_{role} in {path}: run `qingdan roles`")
        password = path.read_text().strip()
        return self.owner_url.set(username=f"qingdan_{role}", password=password)

    def replica_url(self, role: str) -> URL | None:
        """URL of the replica for a service's public reads; None where there is none."""
        if self.read_database_url is None:
            return None
        own = self.service_url(role)
        return make_url(self.read_database_url).set(username=own.username, password=own.password)

    def _recorded(self, name: str) -> str:
        path = self.state_dir / name
        if not path.exists():
            raise RuntimeError(
                f"no database configured: set QINGDAN_DATABASE_URL and QINGDAN_REDIS_URL, or run `make up` ({path})"
            )
        return path.read_text().strip()


@cache
def load() -> Settings:
    """Settings of this process, read once."""
    return Settings()
