"""The AsyncAPI document of this product: the generator applied to the registry of event types."""

from __future__ import annotations

from typing import Any

from services.publish.events import asyncapi as generator
from services.publish.subscriptions import registry


def asyncapi() -> dict[str, Any]:
    """The document that `docs/api/events.asyncapi.json` holds."""
    return generator.document(registry.TYPES)
