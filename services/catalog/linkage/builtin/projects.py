"""Lists about the market, investment, construction and the transfer of permits to an approval bureau."""

from __future__ import annotations

from services.catalog.linkage.builtin.parts import IDENTITY, OF_PERMIT, draft, same, sync
from services.catalog.linkage.ruleset import ElementGroup, Missing, Pair, Rule

K11 = Rule(
    id="K11",
    title="市场准入负面清单中与许可有关的措施对应行政许可事项清单",
    source_kind="permit",
    target_kind="market_access_negative",
    match=IDENTITY,
    # A measure may rest on several permits: whether it goes when one of them does is for people to say.
    groups=(ElementGroup(action="sync", pairs=OF_PERMIT), draft("state", "state")),
    orphan="block",
    source="ZZ-35; ZZ-41",
)

K12 = Rule(
    id="K12",
    title="投资项目审批事项清单中的行政许可与行政许可事项清单一致",
    source_kind="permit",
    target_kind="investment_approval",
    match=IDENTITY,
    groups=(
        sync("name", "implementation_code", "base_code", "implementing_body", "handling_item", "level"),
        draft("state", "state"),
    ),
    missing=Missing(
        copies=same("basis", "project_stage", "project_type", "statutory_limit", "promised_limit", "materials"),
        constants={"item_type": "01"},
        when={"investment": ("true",)},
    ),
    orphan="block",
    source="ZZ-38; ZZ-41; QX-31",
)

K13 = Rule(
    id="K13",
    title="工程建设项目审批事项清单中的行政许可与行政许可事项清单一致",
    source_kind="permit",
    target_kind="construction_approval",
    match=IDENTITY,
    # The name and the standard item code are those of the national construction catalogue; neither is the permit's.
    groups=(
        ElementGroup(action="sync", pairs=(*OF_PERMIT, *same("implementation_code", "level"))),
        draft("state", "state"),
    ),
    raises=("item_version",),
    orphan="block",
    source="ZZ-39; ZZ-41; SPSXBBH",
)

K13_PROCESS = Rule(
    id="K13_PROCESS",
    title="审批事项版本变更后，应核对其所在审批流程的版本",
    source_kind="permit",
    target_kind="construction_approval",
    match=IDENTITY,
    groups=(
        ElementGroup(action="flag", own=True, pairs=(Pair(source="item_version", target="process_item_version"),)),
    ),
    severity="warn",
    source="ZZ-39; SPLCBBH",
)

K14 = Rule(
    id="K14",
    title="划转基本目录中的事项属于本级行政许可事项清单",
    source_kind="permit",
    target_kind="one_seal_transfer",
    match=IDENTITY,
    groups=(
        ElementGroup(action="sync", pairs=(*OF_PERMIT, *same("implementation_code", "level"))),
        draft("state", "state"),
    ),
    orphan="block",
    source="ZZ-40; ZZ-41",
)

K14_SI = Rule(
    id="K14_SI",
    title="划转事项在实施清单中由划入部门实施",
    source_kind="implementation",
    target_kind="one_seal_transfer",
    match=IDENTITY,
    groups=(ElementGroup(action="flag", pairs=same("implementation_code")),),
    orphan="error",
    severity="error",
    source="ZZ-40",
)

K14_BODY = Rule(
    id="K14_BODY",
    title="谁主管谁监管：划转事项由原实施部门监管",
    source_kind="permit",
    target_kind="one_seal_transfer",
    match=IDENTITY,
    groups=(ElementGroup(action="flag", own=True, pairs=(Pair(source="transfer_from", target="supervising_body"),)),),
    severity="warn",
    source="ZZ-40; 谁主管谁监管",
)

K14_IS = Rule(
    id="K14_IS",
    title="谁主管谁监管：划转事项在“互联网+监管”清单中由原实施部门监管",
    source_kind="one_seal_transfer",
    target_kind="internet_supervision",
    match=IDENTITY,
    groups=(draft("transfer_from", "supervising_body"),),
    source="ZZ-40; 谁主管谁监管",
)

K30 = Rule(
    id="K30",
    title="投资项目审批事项清单与工程建设项目审批事项清单对同一许可的记载一致",
    source_kind="investment_approval",
    target_kind="construction_approval",
    match=IDENTITY,
    groups=(ElementGroup(action="flag", pairs=same("implementation_code", "level")),),
    # The construction list need not be part of the other; but the permit must not be another organ's there.
    orphan="warn",
    kin=("base_code",),
    severity="warn",
    source="ZZ-38; ZZ-39",
)

RULES = (K11, K12, K13, K13_PROCESS, K14, K14_SI, K14_BODY, K14_IS, K30)
