"""The ways out that this installation has."""

from __future__ import annotations

from shared import settings

EMAIL, MESSENGER = "email", "messenger"


def configured() -> list[str]:
    """Channels that are set up: nothing is written for one that is not."""
    installed = settings.load()
    return [name for name, there in ((EMAIL, installed.smtp_host), (MESSENGER, installed.messenger_url)) if there]
