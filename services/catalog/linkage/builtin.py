"""Rule set version 1: the linkage rules of the built-in lists (specification, section 9)."""

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
        # Whoever permits supervises, unless the list's authority objects and says who does.
        _draft("implementing_body", "supervising_body"),
    ),
    missing=Missing(composed={"name": "对{name}的监管"}),
    source="ZZ-37; ZZ-41",
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

BUILTIN_VERSION = 1
BUILTIN = RuleSet(rules=(K01, K02, K04, K09, K10, K12, K20, K22))
# Before any list could be in force: every instant has a rule set.
SINCE = datetime(2000, 1, 1, tzinfo=UTC)
# Limits computed between two statements: well below a second on a slow machine.
_CHUNK = 100


async def install_builtin_rules(connection: AsyncConnection) -> None:
    """Install rule set 1 and the day equivalents; repeating it changes nothing."""
    await repository.install_rule_set(connection, BUILTIN_VERSION, BUILTIN.model_dump(mode="json"), SINCE)
    samples = list(day_equivalents(SAMPLES))
    if await repository.known_day_equivalents(connection, samples) == len(samples):
        return
    for start in range(0, MOST_DAYS + 1, _CHUNK):  # bounded: a transaction must not sit idle while we compute
        amounts = range(start, min(start + _CHUNK, MOST_DAYS + 1))
        await repository.install_day_equivalents(connection, list(day_equivalents(amounts)))
