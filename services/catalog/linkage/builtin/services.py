"""What lists of services owe the permit list beyond their names: how a permit is handled, as its specification says."""

from __future__ import annotations

from services.catalog.linkage.builtin.parts import IDENTITY, same
from services.catalog.linkage.ruleset import ElementGroup, Rule

# What a specification (14 groups) says of the handling; what an office promises beyond it is its own, and for fees the
# list of charges is the authority (K15_SI).
HANDLING = (
    "conditions", "materials", "process_steps", "special_procedures", "intermediary_services", "charged",
    "statutory_limit", "quantity_limit", "service_objects", "result_name", "validity", "preliminary_review",
    "preliminary_review_level", "preliminary_review_basis", "notification_commitment",
)  # fmt: skip

K27 = Rule(
    id="K27",
    title="实施清单的办理要素与行政许可实施规范一致",
    source_kind="permit",
    target_kind="implementation",
    match=IDENTITY,
    # What the specification does not say is left to the implementation list.
    groups=(ElementGroup(action="draft", pairs=same(*HANDLING)),),
    source="ZZ-15; QX-21",
)

RULES = (K27,)
