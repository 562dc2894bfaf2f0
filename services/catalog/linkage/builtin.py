"""The linkage rules of the built-in lists (specification, section 9)."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.linkage.day_equivalents import MOST_DAYS, SAMPLES, day_equivalents
from services.catalog.linkage.ruleset import ElementGroup, Missing, Pair, Rule, RuleSet
from services.catalog.linkage.rulesets import repository


def _same(*elements: str) -> tuple[Pair, ...]:
    return tuple(Pair(source=element, target=element) for element in elements)


# The identity of a matter within a region. Serials of handling items are comparable because the body is the same.
_IDENTITY = _same("base_code", "implementing_body", "handling_item")
_CONTENT = _same("service_objects", "statutory_limit", "promised_limit", "materials", "conditions")
# In lists about a permit the key elements are those of the permit; the entry's own name is its own.
_OF_PERMIT = (Pair(source="name", target="permit_name"), *_IDENTITY)
_ON_APPLICATION = ("01", "05", "07", "09", "10", "20")


def _sync(*elements: str) -> ElementGroup:
    return ElementGroup(action="sync", pairs=_same(*elements))


def _draft(source: str, target: str) -> ElementGroup:
    return ElementGroup(action="draft", pairs=(Pair(source=source, target=target),))


_MATTER = ("name", "implementation_code", "base_code", "basis", "implementing_body", "handling_item", "level", "state")

K01 = Rule(
    id="K01",
    title="权力清单中的行政许可与行政许可事项清单一致",
    source_kind="permit",
    target_kind="power",
    match=_IDENTITY,
    condition={"item_type": ("01",)},
    groups=(_sync(*_MATTER),),
    missing=Missing(copies=_CONTENT, constants={"item_type": "01"}),
    orphan="block",
    source="ZL 匹配; ZZ-41",
)
K02 = Rule(
    id="K02",
    title="目录清单与权力清单中依申请的事项一致",
    source_kind="power",
    target_kind="catalogue",
    match=_IDENTITY,
    condition={"item_type": _ON_APPLICATION},
    groups=(_sync(*_MATTER, "item_type"),),
    missing=Missing(copies=_CONTENT, when={"item_type": _ON_APPLICATION}, unless={"on_application": ("false",)}),
    source="ZL 完全一致; ZZ-36",
)
K04 = Rule(
    id="K04",
    title="实施清单沿用目录清单的名称、编码、依据、类型、层级和主体",
    source_kind="catalogue",
    target_kind="implementation",
    match=_IDENTITY,
    groups=(_sync(*_MATTER, "item_type"),),
    missing=Missing(copies=_CONTENT),
    source="ZL",
)
K09 = Rule(
    id="K09",
    title="后续监管清单对应行政许可（含已取消的许可）",
    source_kind="permit",
    target_kind="follow_up_supervision",
    match=_IDENTITY,
    # The entry stays when its permit is cancelled; what changes is how the market is supervised, and people decide it.
    groups=(ElementGroup(action="sync", pairs=_OF_PERMIT), _draft("state", "permit_state")),
    missing=Missing(
        copies=(Pair(source="implementing_body", target="supervising_body"),),
        composed={"name": "{name}后续监管"},
        unless={"market_entity": ("false",)},
    ),
    source="QX-11; TH",
)
K10 = Rule(
    id="K10",
    title="“互联网+监管”事项清单对应行政许可",
    source_kind="permit",
    target_kind="internet_supervision",
    match=_IDENTITY,
    groups=(
        ElementGroup(action="sync", pairs=_OF_PERMIT),
        _draft("state", "state"),
        # Whoever permits supervises, unless the list's authority objects and says who does, or the matter was moved to
        # an approval bureau: then K14_IS says who.
        _draft("implementing_body", "supervising_body").model_copy(update={"yields_to": "one_seal_transfer"}),
    ),
    missing=Missing(composed={"name": "对{name}的监管"}),
    source="ZZ-37; ZZ-41",
)
K11 = Rule(
    id="K11",
    title="市场准入负面清单中与许可有关的措施对应行政许可事项清单",
    source_kind="permit",
    target_kind="market_access_negative",
    match=_IDENTITY,
    # A measure may rest on several permits: whether it goes when one of them does is for people to say.
    groups=(ElementGroup(action="sync", pairs=_OF_PERMIT), _draft("state", "state")),
    orphan="block",
    source="ZZ-35; ZZ-41",
)
K12 = Rule(
    id="K12",
    title="投资项目审批事项清单中的行政许可与行政许可事项清单一致",
    source_kind="permit",
    target_kind="investment_approval",
    match=_IDENTITY,
    groups=(
        _sync("name", "implementation_code", "base_code", "implementing_body", "handling_item", "level"),
        _draft("state", "state"),
    ),
    missing=Missing(
        copies=_same("basis", "project_stage", "project_type", "statutory_limit", "promised_limit", "materials"),
        constants={"item_type": "01"},
        when={"investment": ("true",)},
    ),
    source="ZZ-38; ZZ-41",
)
K13 = Rule(
    id="K13",
    title="工程建设项目审批事项清单中的行政许可与行政许可事项清单一致",
    source_kind="permit",
    target_kind="construction_approval",
    match=_IDENTITY,
    # The name and the standard item code are those of the national construction catalogue; neither is the permit's.
    groups=(
        ElementGroup(action="sync", pairs=(*_OF_PERMIT, *_same("implementation_code", "level"))),
        _draft("state", "state"),
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
    match=_IDENTITY,
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
    match=_IDENTITY,
    groups=(
        ElementGroup(action="sync", pairs=(*_OF_PERMIT, *_same("implementation_code", "level"))),
        _draft("state", "state"),
    ),
    orphan="block",
    source="ZZ-40; ZZ-41",
)
K14_SI = Rule(
    id="K14_SI",
    title="划转事项在实施清单中由划入部门实施",
    source_kind="implementation",
    target_kind="one_seal_transfer",
    match=_IDENTITY,
    groups=(ElementGroup(action="flag", pairs=_same("implementation_code")),),
    orphan="error",
    severity="error",
    source="ZZ-40",
)
K14_BODY = Rule(
    id="K14_BODY",
    title="谁主管谁监管：划转事项由原实施部门监管",
    source_kind="permit",
    target_kind="one_seal_transfer",
    match=_IDENTITY,
    groups=(ElementGroup(action="flag", own=True, pairs=(Pair(source="transfer_from", target="supervising_body"),)),),
    severity="warn",
    source="ZZ-40; 谁主管谁监管",
)
K14_IS = Rule(
    id="K14_IS",
    title="谁主管谁监管：划转事项在“互联网+监管”清单中由原实施部门监管",
    source_kind="one_seal_transfer",
    target_kind="internet_supervision",
    match=_IDENTITY,
    groups=(_draft("transfer_from", "supervising_body"),),
    source="ZZ-40; 谁主管谁监管",
)
K20 = Rule(
    id="K20",
    title="行政许可应当能在上级基本目录（各层级）中找到",
    source_kind="base_catalogue",
    target_kind="permit",
    relation="contained",
    where="superior",
    match=_same("main_code"),
    source="V14; ZZ",
)
K22 = Rule(
    id="K22",
    title="行政许可的条件、材料、时限等不得严于上级",
    source_kind="permit",
    target_kind="permit",
    relation="not_stricter",
    where="superior",
    match=_same("base_code"),
    source="V13; V32; TH-23; ZZ",
)

BUILTIN = RuleSet(rules=(K01, K02, K04, K09, K10, K11, K12, K13, K13_PROCESS, K14, K14_SI, K14_BODY, K14_IS, K20, K22))
# Before any list could be in force: every instant has a rule set.
SINCE = datetime(2000, 1, 1, tzinfo=UTC)
# Limits computed between two statements: well below a second on a slow machine.
_CHUNK = 100


async def install_builtin_rules(connection: AsyncConnection) -> None:
    """Install the shipped rules and the day equivalents; repeating it changes nothing.

    A new database gets them for all time; one that had others gets the next version, which holds from now on unless
    the rule set in force is the administration's own: then it is only saved, for an administrator to adopt.
    """
    await repository.install_rule_set(connection, BUILTIN.model_dump(mode="json"), SINCE)
    samples = list(day_equivalents(SAMPLES))
    if await repository.known_day_equivalents(connection, samples) == len(samples):
        return
    for start in range(0, MOST_DAYS + 1, _CHUNK):  # bounded: a transaction must not sit idle while we compute
        amounts = range(start, min(start + _CHUNK, MOST_DAYS + 1))
        await repository.install_day_equivalents(connection, list(day_equivalents(amounts)))
