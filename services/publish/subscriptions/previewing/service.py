"""The use case of the preview."""

from __future__ import annotations

from datetime import timedelta

import orjson

from services.publish.portal import cloud_events
from services.publish.subscriptions import filters, registry, service
from services.publish.subscriptions.bounded import bounded
from services.publish.subscriptions.previewing import repository
from services.publish.subscriptions.previewing.schemas import Count, Preview, PreviewRequest
from services.publish.subscriptions.reading import repository as reading
from shared import problems
from shared.identity.principal import Principal
from shared.ledger.transaction import Transaction
from shared.problems import FieldError

USUAL = timedelta(days=30)
LONGEST = timedelta(days=92)


async def preview(tx: Transaction, principal: Principal, wanted: PreviewRequest) -> Preview:
    """What a subscription with this filter would have received; nothing is created.

    Raises
    ------
    problems.Forbidden
    problems.Invalid
        The filter names something unknown, the time is too long, or looking took too long.
    """
    service.owner_seen(principal, changes=False)
    until = wanted.until or tx.now
    since = wanted.since or until - USUAL
    if not timedelta() < until - since <= LONGEST:
        place = FieldError("/from", "span_too_long", f"时段应在 {LONGEST.days} 天以内，且早于 until")
        raise problems.Invalid("时段不正确。", code="span_too_long", errors=[place])
    stored = await filters.checked(tx, wanted.filter)
    async with bounded(tx.connection, "/from"):
        found = await repository.preview(tx.connection, stored, since=since, until=until, limit=wanted.limit)
        entries = await reading.entries(tx.connection, found.first) if found.first else []
    types = [one | {"name": registry.outward(one["name"])} for one in found.types]
    return Preview(
        since=since,
        until=until,
        events=min(found.events, repository.MOST),
        complete=found.events <= repository.MOST,
        types=[Count(**one | {"title": registry.BY_TYPE[one["name"]].title}) for one in types],
        kinds=[Count(**one) for one in found.kinds],
        regions=[Count(**one) for one in found.regions],
        first=[orjson.loads(cloud_events.event(row)) for row in entries],
    )
