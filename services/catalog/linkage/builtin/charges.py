"""Charges and fines: they rest on powers, and are the authority for the fees of the implementation list."""

from __future__ import annotations

from services.catalog.linkage.builtin.parts import GOES_WITH, IDENTITY, OF_PERMIT, same
from services.catalog.linkage.ruleset import ElementGroup, RowGroup, Rule

K15 = Rule(
    id="K15",
    title="收费和罚没项目对应权力清单中的许可、处罚或征收事项",
    source_kind="power",
    target_kind="charge",
    match=IDENTITY,
    # A matter of another type is no ground for a charge: that is for people to say, the entry's type stays.
    groups=(
        ElementGroup(action="sync", pairs=(*OF_PERMIT, *same("implementation_code"))),
        ElementGroup(action="flag", pairs=same("item_type")),
        GOES_WITH,
    ),
    orphan="error",
    severity="error",
    source="QX-13; F2",
)

K15_SI = Rule(
    id="K15_SI",
    title="实施清单中的收费项目以收费和罚没清单为准",
    source_kind="charge",
    target_kind="implementation",
    relation="rows",
    match=IDENTITY,
    rows=(
        RowGroup(
            element="fees",
            named_by="name",
            columns=same("standard", "basis", "reducible", "reduction_basis"),
            missing="draft",
            closed=True,
        ),
    ),
    severity="error",
    source="QX-13; 清单之外无收费",
)

RULES = (K15, K15_SI)
