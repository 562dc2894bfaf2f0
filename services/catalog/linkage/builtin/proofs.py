"""Proofs asked of people and enterprises, and the materials they are."""

from __future__ import annotations

from services.catalog.linkage.builtin.parts import GOES_WITH, IDENTITY, OF_PERMIT, same
from services.catalog.linkage.ruleset import ElementGroup, RowGroup, Rule

K18 = Rule(
    id="K18",
    title="证明的用途事项属于实施清单",
    source_kind="implementation",
    target_kind="proof",
    match=IDENTITY,
    groups=(
        ElementGroup(action="sync", pairs=(*OF_PERMIT, *same("implementation_code"))),
        GOES_WITH,
    ),
    orphan="error",
    source="QX-22",
)

# A proof that is no material yet is no reason to ask for it: that is for people to settle, on either side.
_AS_MATERIAL = (RowGroup(element="materials", named_by="name", missing="flag"),)

K18_SI = Rule(
    id="K18_SI",
    title="证明与用途事项的申请材料同名，证明取消后不再要求",
    source_kind="proof",
    target_kind="implementation",
    relation="rows",
    match=IDENTITY,
    rows=_AS_MATERIAL,
    severity="warn",
    source="QX-22; ZL-28",
)

K18_P = Rule(
    id="K18_P",
    title="证明取消后，许可实施规范不再要求",
    source_kind="proof",
    target_kind="permit",
    relation="rows",
    match=IDENTITY,
    rows=(RowGroup(element="materials", named_by="name"),),
    severity="warn",
    source="QX-22; ZL-28",
)

RULES = (K18, K18_SI, K18_P)
