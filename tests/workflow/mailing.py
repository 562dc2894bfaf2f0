"""E-mail in tests: an installation that knows a mail server, something to tell of, and time that passes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from shared import clock as shared_clock
from shared.ledger.envelope import NewEvent
from tests.publish.test_webhook_connection import certified
from tests.smtp import MailServer, mail_server
from tests.workflow.messaging import begin, gather, install
from tests.workflow.test_tasks import linked_drafts
from tests.workflow.world import World

MONDAY = datetime(2026, 3, 9, 7, 30, tzinfo=shared_clock.ZONE)


def installed(monkeypatch: pytest.MonkeyPatch, port: int, **more: Any) -> None:
    given = {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_security": "none", "mail_from": "list@qx.test"}
    install(monkeypatch, **(given | {"public_url": "https://lists.qx.test"} | more))


@asynccontextmanager
async def signed_in_server(world: World, monkeypatch: pytest.MonkeyPatch, folder: Path) -> AsyncIterator[MailServer]:
    """A mail server that offers STARTTLS, and an installation that signs in there with a password from its file."""
    server_side, _ = certified(folder, "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / "certificate.pem"))
    secrets = folder / "secrets"
    secrets.mkdir()
    (secrets / "smtp.password").write_text("not-for-logs\n")
    await world.run("DELETE FROM qingdan.message_delivery")
    async with mail_server() as server:
        server.upgrade = server_side
        installed(
            monkeypatch, server.port, smtp_host="localhost", smtp_security="starttls", smtp_user="list",
            secrets_dir=secrets,
        )  # fmt: skip
        await begin(world)
        yield server


async def something_to_do(world: World, name: str = "环评审批") -> UUID:
    """A linked change waits for the authority of the power list."""
    (draft,) = await linked_drafts(world, await world.item(name), ["power"], None)
    await world.tell(NewEvent(type="draft.opened", refs={"drafts": [str(draft)]}))
    await gather(world)
    return draft


def pass_time(later: timedelta) -> None:
    now = shared_clock.now()
    shared_clock.use(lambda: now + later)
