"""Industries nobody may invest in: no list of the region opens a way into them."""

from __future__ import annotations

from services.catalog.linkage.ruleset import Pair, Rule

_BY_CODE = (Pair(source="industry_code", target="industry_code"),)

K24 = Rule(
    id="K24",
    title="禁投产业在市场准入负面清单中没有许可准入措施",
    source_kind="prohibited_investment",
    target_kind="market_access_negative",
    relation="prohibits",
    match=_BY_CODE,
    severity="error",
    source="QX-12",
)

K24_IV = Rule(
    id="K24_IV",
    title="禁投产业在投资项目审批事项清单中没有审批事项",
    source_kind="prohibited_investment",
    target_kind="investment_approval",
    relation="prohibits",
    match=_BY_CODE,
    severity="error",
    source="QX-12",
)

RULES = (K24, K24_IV)
