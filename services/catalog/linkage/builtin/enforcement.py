"""Enforcement and random inspection: what the powers of certain types are, and how they are exercised by lot."""

from __future__ import annotations

from services.catalog.linkage.builtin.parts import GOES_WITH, IDENTITY, MATTER, OF_PERMIT, same, sync
from services.catalog.linkage.ruleset import ElementGroup, Missing, Pair, Rule

# Types of power that are enforcement where an administration has adopted no others (a rule set is data).
ENFORCEMENT_TYPES = ("01", "02", "03", "04", "06")

K16 = Rule(
    id="K16",
    title="行政执法事项与权力清单中相应类型的权力一致",
    source_kind="power",
    target_kind="enforcement",
    match=IDENTITY,
    groups=(sync(*MATTER, "item_type"),),
    missing=Missing(
        copies=same("accountability", "joint_bodies", "undertaking_office"),
        when={"item_type": ENFORCEMENT_TYPES},
    ),
    orphan="error",
    source="QX-19",
)

K17 = Rule(
    id="K17",
    title="随机抽查事项属于权力清单中的行政检查",
    source_kind="power",
    target_kind="random_inspection",
    match=IDENTITY,
    groups=(
        ElementGroup(action="sync", pairs=(*OF_PERMIT, *same("implementation_code"))),
        ElementGroup(action="flag", pairs=same("item_type")),
        GOES_WITH,
    ),
    orphan="error",
    severity="error",
    source="QX-20",
)

K17_EN = Rule(
    id="K17_EN",
    title="随机抽查事项属于行政执法事项清单",
    source_kind="enforcement",
    target_kind="random_inspection",
    match=IDENTITY,
    groups=(ElementGroup(action="flag", pairs=same("item_type")),),
    orphan="error",
    severity="error",
    source="QX-20",
)

K17_IS = Rule(
    id="K17_IS",
    title="随机抽查事项对应“互联网+监管”监管子项的检查实施清单",
    source_kind="internet_supervision",
    target_kind="random_inspection",
    relation="listed",
    match=(Pair(source="sub_items", target="check_list_code"),),
    severity="warn",
    source="QX-20; TH-32",
)

RULES = (K16, K17, K17_EN, K17_IS)
