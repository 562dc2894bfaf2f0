"""Names and constants of what follows from a superior's change. Pure."""

from __future__ import annotations

# The rule that drafts of superiors' changes bear, and that of the findings on those that are late (ZZ-34, TH-03).
CHANGE, LATE = "K20_CHANGE", "K20_LATE"

# What identifies a matter at every level (ZZ-14).
IDENTITY = ("name", "base_code", "item_type", "basis")
# What a superior says on how a matter is handled: a change of it is a new specification (ZZ-15).
SPECIFICATION = frozenset({
    "conditions", "materials", "statutory_limit", "fees", "intermediary_services", "process_steps", "quantity_limit",
    "visits", "service_objects",
})  # fmt: skip
# A change of these may open, end or move work below.
CONCERNS = frozenset({*IDENTITY, "state", "level", "implementing_body", *SPECIFICATION})
