"""SQL of telling about subscriptions, one message an account and subscription, and the outbox with it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.workflow.messages.rules import SUBSCRIPTION
from shared.codes.region_code import NATION
from shared.statement import Statement

# An account owns a subscription itself. A system is no reader of messages: told are the administrators nearest to its
# region, who have registered it and know its contact.
_TELL = Statement(
    f"""
    WITH given AS MATERIALIZED (
        SELECT g.act, s.id, s.name, s.owner, coalesce(c.region_code, CAST(:nation AS text)) AS region_code
        FROM unnest(CAST(:acts AS text[]), CAST(:subscriptions AS uuid[])) AS g(act, subscription_id)
        JOIN qingdan.publish_subscription_v1 AS s ON s.id = g.subscription_id
        LEFT JOIN qingdan.catalog_client_v1 AS c ON s.owner = 'client:' || c.id
    ), holding AS (
        SELECT g.act, g.id, g.name, g.region_code, h.account_id,
               rank() OVER (PARTITION BY g.act, g.id
                            ORDER BY array_position(array_prepend(r.code, r.ancestors), h.region_code)) AS nearness
        FROM given AS g
        LEFT JOIN qingdan.catalog_region_v1 AS r ON r.code = g.region_code
        JOIN qingdan.catalog_account_role_v1 AS h
          ON h.role = 'administrator'
         AND h.region_code = ANY(coalesce(array_prepend(r.code, r.ancestors), ARRAY[CAST(:nation AS text)]))
        JOIN qingdan.catalog_account_v1 AS a ON a.id = h.account_id AND a.active
        WHERE g.owner LIKE 'client:%'
    ), concerned AS (
        SELECT act, id, name, region_code, account_id FROM holding WHERE nearness = 1
        UNION
        SELECT g.act, g.id, g.name, g.region_code, a.id
        FROM given AS g
        JOIN qingdan.catalog_account_v1 AS a ON g.owner = 'account:' || a.id AND a.active
    ), made AS (
        INSERT INTO qingdan.message (id, account_id, act, kind, cause, tasks, title, region_code, made_at)
        SELECT gen_random_uuid(), c.account_id, c.act, '{SUBSCRIPTION}', '{SUBSCRIPTION}/' || c.id, 1, c.name,
               c.region_code, CAST(:now AS timestamptz)
        FROM concerned AS c
        RETURNING id, account_id, act, kind, tasks
    )
    INSERT INTO qingdan.message_delivery (id, account_id, channel, about, content, made_at, next_at)
    SELECT gen_random_uuid(), m.account_id, w.channel, 'message/' || m.id,
           jsonb_build_object('lines', jsonb_build_array(jsonb_build_object(
               'act', m.act, 'kind', m.kind, 'tasks', m.tasks, 'due_at', NULL))),
           CAST(:now AS timestamptz), CAST(:now AS timestamptz)
    FROM made AS m
    JOIN qingdan.message_preference AS p ON p.account_id = m.account_id
    CROSS JOIN LATERAL (VALUES ('email', p.email_mode = 'each'), ('messenger', p.messenger)) AS w (channel, wanted)
    WHERE w.wanted AND w.channel = ANY(CAST(:channels AS text[]))
    """
)


async def tell(
    connection: AsyncConnection, told: Sequence[tuple[str, UUID]], *, channels: Sequence[str], now: datetime
) -> None:
    """A message for everybody who answers for a subscription, and what is to leave through the channels."""
    given = {"acts": [act for act, _ in told], "subscriptions": [one for _, one in told], "channels": list(channels)}
    await _TELL.rows(connection, given | {"nation": NATION, "now": now})
