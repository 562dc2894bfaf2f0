"""What messages need on a rhythm: digests, the ways out, and forgetting. Nobody waits for any of it."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from services.workflow.clocks.rules import day_of
from services.workflow.messages.channels import EMAIL, MESSENGER, configured
from services.workflow.messages.outbox import repository
from services.workflow.messages.outbox.mail import Mail
from services.workflow.messages.outbox.messenger import Messenger
from services.workflow.messages.outbox.sending import send_waiting
from shared import clock, settings
from shared.tick import Ticker

SERVICE = "workflow"
# Accounts a transaction writes digests for.
BATCH = 200
# The outbox is no archive; messages are found as long as events are kept (400 days).
KEPT_DELIVERIES, KEPT_MESSAGES = timedelta(days=30), timedelta(days=400)


async def write_digests(engine: AsyncEngine) -> None:
    """The digests of those whose hour has come today; after an outage once, not once a day that passed."""
    if EMAIL not in configured():
        return
    while True:
        now = clock.now()
        async with engine.begin() as connection:
            looked_at = await repository.write_digests(
                connection, hour=now.astimezone(clock.ZONE).hour, today=day_of(now), now=now, limit=BATCH
            )
        if looked_at < BATCH:
            return


async def send_mail(engine: AsyncEngine) -> None:
    """What is to go out by e-mail."""
    if EMAIL in configured():
        await send_waiting(engine, EMAIL, Mail(settings.load()).send)


async def send_to_messenger(engine: AsyncEngine) -> None:
    """What is to go to the administration's messenger."""
    if MESSENGER in configured():
        await send_waiting(engine, MESSENGER, Messenger(settings.load()).send)


async def clear_away(engine: AsyncEngine) -> None:
    """Forget what is old."""
    now = clock.now()
    async with engine.begin() as connection:
        await repository.clear(connection, deliveries_before=now - KEPT_DELIVERIES, messages_before=now - KEPT_MESSAGES)


TICKERS = [
    Ticker(name="message_digests", service=SERVICE, every_seconds=60.0, tick=write_digests, leisurely=True),
    Ticker(name="message_mail", service=SERVICE, every_seconds=5.0, tick=send_mail, leisurely=True),
    Ticker(name="message_messenger", service=SERVICE, every_seconds=5.0, tick=send_to_messenger, leisurely=True),
    Ticker(name="message_upkeep", service=SERVICE, every_seconds=3600.0, tick=clear_away, leisurely=True),
]
