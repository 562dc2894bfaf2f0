"""Lists of how what is permitted is supervised."""

from __future__ import annotations

from services.catalog.linkage.builtin.parts import IDENTITY, OF_PERMIT, draft
from services.catalog.linkage.ruleset import ElementGroup, Missing, Pair, Rule

# Who was found to supervise a permit; while nobody was, whoever permits it.
SUPERVISED_BY = Pair(source="implementing_body", target="supervising_body", rather="supervising_body")

K09 = Rule(
    id="K09",
    title="后续监管清单对应行政许可（含已取消的许可）",
    source_kind="permit",
    target_kind="follow_up_supervision",
    match=IDENTITY,
    # The entry stays when its permit is cancelled; what changes is how the market is supervised, and people decide it.
    groups=(ElementGroup(action="sync", pairs=OF_PERMIT), draft("state", "permit_state")),
    missing=Missing(
        copies=(SUPERVISED_BY,),
        composed={"name": "{name}后续监管"},
        unless={"market_entity": ("false",)},
    ),
    orphan="block",
    source="QX-11; QX-31; TH",
)

K10 = Rule(
    id="K10",
    title="“互联网+监管”事项清单对应行政许可",
    source_kind="permit",
    target_kind="internet_supervision",
    match=IDENTITY,
    groups=(
        ElementGroup(action="sync", pairs=OF_PERMIT),
        draft("state", "state"),
        # Whoever was found to supervise, else whoever permits, unless the list's authority objects and says who does,
        # or the matter was moved to an approval bureau: then K14_IS says who.
        ElementGroup(action="draft", pairs=(SUPERVISED_BY,), yields_to="one_seal_transfer"),
    ),
    missing=Missing(composed={"name": "对{name}的监管"}),
    orphan="block",
    source="ZZ-37; ZZ-41; QX-31",
)

RULES = (K09, K10)
