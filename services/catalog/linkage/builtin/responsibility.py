"""The responsibility list and what it owes the lists of powers, public services and supervision; the special lists.

The sections of the responsibility list are conditions: an entry of one section follows one authority, and rules of
different sections never meet. K07, whose lists are compared as sets of organs, is asked of the whole list (coverage
of `services/catalog/responsibility`).
"""

from __future__ import annotations

from services.catalog.linkage.builtin.parts import IDENTITY, MATTER, draft, same, sync
from services.catalog.linkage.ruleset import ElementGroup, Missing, Pair, Rule

OF_POWER = (Pair(source="name", target="power_name"), *IDENTITY, *same("level"))
# Only the end of a matter says something about the other entry; while it lasts that one may end on its own.
ENDS = ElementGroup(action="draft", pairs=(Pair(source="state", target="state", values={"cancelled": ("cancelled",)}),))
# Powers that were given away are cancelled in this region's list as well.
GIVEN_AWAY = ("cancelled", "transferred", "devolved", "territorial")

K03 = Rule(
    id="K03",
    title="公共服务事项清单中的事项列入目录清单",
    source_kind="public_service",
    target_kind="catalogue",
    match=IDENTITY,
    condition={"item_type": ("20",)},
    groups=(ElementGroup(action="flag", pairs=same("name")),),
    missing=Missing(
        copies=same("name", "implementation_code", "level", "basis", "service_objects", "on_application",
                    "statutory_limit", "promised_limit", "conditions", "materials", "service_domain", "service_nature"),
        constants={"item_type": "20"},
    ),
    uncovered="error",
    severity="error",
    source="ZL-19 应不少于",
)  # fmt: skip

K06 = Rule(
    id="K06",
    title="责任清单与权力清单相配套，每项权力有责任事项",
    source_kind="power",
    target_kind="responsibility",
    match=IDENTITY,
    condition={"section": ("duty",)},
    # A duty may rest on several powers (links): whether it ends with one of them is for people to say.
    groups=(ElementGroup(action="sync", pairs=(*OF_POWER, *same("implementation_code"))), ENDS),
    missing=Missing(
        copies=(*same("name", "basis", "accountability", "undertaking_office"),
                Pair(source="responsibilities", target="duty_content")),
        constants={"section": "duty", "duty_category": "special_business"},
    ),
    orphan="block",
    uncovered="block",
    linked="duty_of",
    source="V15; HB-02; TH-12; ZL-06",
)  # fmt: skip

K25 = Rule(
    id="K25",
    title="取消、下放的权力有事中事后监管，监管记录与权力一致",
    source_kind="power",
    target_kind="responsibility",
    match=IDENTITY,
    condition={"section": ("supervision",)},
    # The record stays when the power goes; what changes is how the matter is dealt with, and people say it.
    groups=(
        ElementGroup(action="sync", pairs=(*OF_POWER, *same("implementation_code"))),
        ElementGroup(
            action="draft", pairs=(Pair(source="state", target="disposition", values={"cancelled": GIVEN_AWAY}),)
        ),
    ),
    orphan="error",
    uncovered="error",
    uncovered_states=("cancelled",),
    severity="error",
    source="V18; HB-17; TH-33",
)

K25_FS = Rule(
    id="K25_FS",
    title="责任清单的监管主体和措施与后续监管清单一致",
    source_kind="follow_up_supervision",
    target_kind="responsibility",
    match=IDENTITY,
    condition={"section": ("supervision",)},
    groups=(draft("supervising_body", "supervising_body"), draft("supervision_measures", "supervision_measures")),
    source="HB-17; TH-15",
)

K25_P = Rule(
    id="K25_P",
    title="责任清单的监管主体和措施与行政许可事项清单一致",
    source_kind="permit",
    target_kind="responsibility",
    match=IDENTITY,
    condition={"section": ("supervision",)},
    # Where the market is concerned the follow-up list says how it is supervised.
    groups=tuple(
        draft(element, element).model_copy(update={"yields_to": "follow_up_supervision"})
        for element in ("supervising_body", "supervision_measures")
    ),
    source="HB-17; TH-15",
)

K25_IS = Rule(
    id="K25_IS",
    title="责任清单的监管主体与“互联网+监管”事项清单一致",
    source_kind="internet_supervision",
    target_kind="responsibility",
    match=IDENTITY,
    condition={"section": ("supervision",)},
    groups=(ElementGroup(action="flag", pairs=same("supervising_body")),),
    severity="warn",
    source="HB-17; TH-15",
)

K26 = Rule(
    id="K26",
    title="责任清单的公共服务事项与公共服务事项清单一致",
    source_kind="public_service",
    target_kind="responsibility",
    match=IDENTITY,
    condition={"section": ("public_service",)},
    groups=(sync(*MATTER, "service_domain", "service_nature"),),
    missing=Missing(copies=same("service_objects"), constants={"section": "public_service"}),
    orphan="error",
    severity="error",
    source="HB-22; TH-14",
)


def _special(suffix: str, target_kind: str, title: str) -> Rule:
    """What a special list owes the duties it names: same power, same body, and it ends with them."""
    return Rule(
        id=f"K19_{suffix}",
        title=title,
        source_kind="responsibility",
        target_kind=target_kind,
        match=IDENTITY,
        source_condition={"section": ("duty",)},
        groups=(ElementGroup(action="sync", pairs=(*same("power_name"), *IDENTITY)), ENDS),
        orphan="error",
        severity="error",
        source="QX-23; QX-24",
    )


K19_EV = _special("EV", "environment_responsibility", "生态环境保护监管责任来自责任清单")
K19_WS = _special("WS", "work_safety_responsibility", "安全生产监管责任来自责任清单")

RULES = (K03, K06, K25, K25_FS, K25_P, K25_IS, K26, K19_EV, K19_WS)
