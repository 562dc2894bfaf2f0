"""The permit list, what lies below it in the region, and what it owes its superior."""

from __future__ import annotations

from services.catalog.linkage.builtin.parts import CONTENT, IDENTITY, MATTER, ON_APPLICATION, POWER_TYPES, same, sync
from services.catalog.linkage.ruleset import Missing, Rule

K01 = Rule(
    id="K01",
    title="权力清单中的行政许可与行政许可事项清单一致",
    source_kind="permit",
    target_kind="power",
    match=IDENTITY,
    condition={"item_type": ("01",)},
    groups=(sync(*MATTER),),
    missing=Missing(copies=CONTENT, constants={"item_type": "01"}),
    orphan="block",
    source="ZL 匹配; ZZ-41",
)

K02 = Rule(
    id="K02",
    title="目录清单与权力清单中依申请的事项一致",
    source_kind="power",
    target_kind="catalogue",
    match=IDENTITY,
    # Public services have no power behind them; every other entry has one, whatever its type.
    condition={"item_type": POWER_TYPES},
    groups=(sync(*MATTER, "item_type"),),
    missing=Missing(copies=CONTENT, when={"item_type": ON_APPLICATION}, unless={"on_application": ("false",)}),
    orphan="block",
    source="ZL-18; QX-31; ZZ-36",
)

K04 = Rule(
    id="K04",
    title="实施清单沿用目录清单的名称、编码、依据、类型、层级和主体",
    source_kind="catalogue",
    target_kind="implementation",
    match=IDENTITY,
    groups=(sync(*MATTER, "item_type"),),
    missing=Missing(copies=CONTENT),
    orphan="error",
    source="ZL",
)

K20 = Rule(
    id="K20",
    title="行政许可应当能在上级基本目录（各层级）中找到",
    source_kind="base_catalogue",
    target_kind="permit",
    relation="contained",
    where="superior",
    match=same("main_code"),
    source="V14; ZZ",
)

K22 = Rule(
    id="K22",
    title="行政许可的条件、材料、时限等不得严于上级",
    source_kind="permit",
    target_kind="permit",
    relation="not_stricter",
    where="superior",
    match=same("base_code"),
    source="V13; V32; TH-23; ZZ",
)

RULES = (K01, K02, K04, K20, K22)
