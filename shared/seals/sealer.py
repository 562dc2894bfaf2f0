"""The sealer: each minute, what was appended since the last seal is hashed, signed and stored."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared import clock, settings, telemetry
from shared.seals import repository, rules
from shared.seals.keys import Signer
from shared.seals.rules import NOTHING, Seal

log = telemetry.get_logger(__name__)

EVERY_SECONDS = 60.0
# Events a seal covers at most; a backlog is sealed in several, one transaction each.
MOST_EVENTS = 20_000
# Read at a time: an event may name two thousand items.
SLICE = 500


async def seal_all(engine: AsyncEngine) -> None:
    """Seal everything that is not sealed yet.

    Raises
    ------
    RuntimeError
        There is no private key: told in the log at every tick, and by the doctor as unsealed events.
    """
    signer = Signer(settings.load().secrets)
    while await seal_next(engine, signer) == MOST_EVENTS:
        pass


async def seal_next(engine: AsyncEngine, signer: Signer, most: int = MOST_EVENTS) -> int:
    """Seal what comes after the last seal, at most `most` events; returns how many."""
    async with engine.begin() as connection:
        if not await repository.become_only_sealer(connection):
            return 0
        before = await repository.last(connection)
        head, epoch = await repository.head(connection)
        first = before.to_position + 1 if before else 1
        end = min(head, first + most - 1)
        if end < first:
            return 0
        previous = before.hash if before else NOTHING
        chain = rules.Chain(previous)
        for start in range(first, end + 1, SLICE):  # bounded: by MOST_EVENTS
            await _take_in(connection, chain, start, min(start + SLICE - 1, end))
        unsigned = Seal(
            number=before.number + 1 if before else 1,
            epoch=epoch,
            from_position=first,
            to_position=end,
            hash=chain.hash,
            previous=previous,
            sealed_at=clock.now(),
            key_id=signer.key_id,
        )
        await repository.add(connection, replace(unsigned, signature=signer.sign(rules.statement(unsigned))))
    log.info("log sealed", number=unsigned.number, first=first, last=end)
    return end - first + 1


async def _take_in(connection: AsyncConnection, chain: rules.Chain, first: int, last: int) -> None:
    events = await repository.events(connection, first, last)
    if len(events) != last - first + 1:
        # Positions have no gaps: an event that is missing was taken out, and must not be sealed over.
        raise RuntimeError(f"positions {first} to {last} of the log hold {len(events)} events: do not seal, look")
    chain.add(rules.line(dict(event)) for event in events)
