"""Who answers for an approval and who supervises: the sentences of the notice as a rule."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.catalog.supervision.rules import Branch, Facts, Stated, decided, determine
from shared import problems

BUREAU, MARKET, HEALTH, POLICE = (UUID(int=number) for number in range(1, 5))
NAMES = {BUREAU: "行政审批局", MARKET: "市场监管局", HEALTH: "卫健局", POLICE: "公安局"}


def found(**facts: Any) -> tuple[Branch, UUID, tuple[UUID, ...]]:
    result = determine(Facts(approving_body=facts.pop("approving_body", BUREAU), **facts), NAMES)
    assert result.reason
    assert result.source
    return result.branch, result.supervising_body, result.joint_bodies


@pytest.mark.req("ZZ-50")
def test_with_concentrated_licensing_the_bureau_answers_and_the_industry_department_supervises() -> None:
    result = determine(Facts(approving_body=BUREAU, concentrated=True, industry_department=MARKET), NAMES)
    assert (result.approval_responsible, result.supervising_body) == (BUREAU, MARKET)
    assert (result.branch, result.joint_bodies) == (Branch.CONCENTRATED, ())
    assert result.reason == "集中行使许可权：行政审批局对审批负责，行业主管部门市场监管局负责监管"


@pytest.mark.req("ZZ-51")
def test_a_department_that_permits_itself_is_supervised_as_law_and_its_duties_say() -> None:
    stated = (Stated(HEALTH, "《传染病防治法》第五十三条"),)
    result = determine(Facts(approving_body=MARKET, industry_department=MARKET, stated=stated), NAMES)
    assert (result.branch, result.supervising_body, result.joint_bodies) == (Branch.BY_LAW, HEALTH, ())
    assert result.source == "《传染病防治法》第五十三条"


@pytest.mark.req("ZZ-51")
def test_where_both_are_silent_the_approving_body_and_the_industry_department_supervise() -> None:
    assert found(approving_body=MARKET) == (Branch.SILENT, MARKET, ())
    assert found(approving_body=MARKET, industry_department=MARKET) == (Branch.SILENT, MARKET, ())
    assert found(approving_body=MARKET, industry_department=HEALTH) == (Branch.SILENT, HEALTH, (MARKET,))


@pytest.mark.req("ZZ-52")
def test_with_several_organs_the_industry_department_leads_and_the_others_are_beside_it() -> None:
    stated = (Stated(HEALTH, "三定规定"), Stated(POLICE, "《消防法》第四条"))
    assert found(stated=stated, industry_department=HEALTH) == (Branch.SEVERAL, HEALTH, (POLICE,))
    sharing = (HEALTH, POLICE, HEALTH)
    assert found(sharing=sharing, industry_department=MARKET) == (Branch.SEVERAL, MARKET, (HEALTH, POLICE))


@pytest.mark.req("ZZ-52")
def test_one_organ_that_shares_the_duty_shares_it_with_the_approving_body_and_no_law_is_claimed_to_name_it() -> None:
    result = determine(Facts(approving_body=MARKET, industry_department=MARKET, sharing=(HEALTH,)), NAMES)
    assert (result.branch, result.supervising_body, result.joint_bodies) == (Branch.SEVERAL, MARKET, (HEALTH,))
    assert "法律法规和三定规定明确" not in result.reason
    assert found(approving_body=MARKET, industry_department=HEALTH, sharing=(HEALTH,)) == (
        Branch.SEVERAL, HEALTH, (MARKET,)
    )  # fmt: skip
    assert found(approving_body=MARKET, sharing=(MARKET,)) == (Branch.SILENT, MARKET, ())
    with pytest.raises(problems.Invalid):
        determine(Facts(approving_body=MARKET, sharing=(HEALTH,)), NAMES)


@pytest.mark.parametrize(
    "facts", [{"concentrated": True}, {"concentrated": True, "industry_department": BUREAU},
              {"sharing": (HEALTH, POLICE)}]
)  # fmt: skip
def test_a_rule_that_needs_the_industry_department_says_so(facts: dict[str, Any]) -> None:
    with pytest.raises(problems.Invalid) as refused:
        determine(Facts(approving_body=BUREAU, **facts), NAMES)
    assert refused.value.errors[0].pointer == "/industry_department"


def test_what_the_government_decided_names_its_decision_as_the_source() -> None:
    result = decided(Facts(approving_body=BUREAU), HEALTH, (POLICE, HEALTH), NAMES, "青政办发〔2026〕8号")
    assert (result.branch, result.supervising_body, result.joint_bodies) == (Branch.DECIDED, HEALTH, (POLICE,))
    assert result.source == "青政办发〔2026〕8号"


ORGANS = st.sampled_from([BUREAU, MARKET, HEALTH, POLICE])


@given(ORGANS, st.none() | ORGANS, st.booleans(), st.lists(ORGANS, max_size=4), st.lists(ORGANS, max_size=4))
def test_there_is_always_exactly_one_lead_that_is_not_beside_itself(
    body: UUID, industry: UUID | None, concentrated: bool, stated: list[UUID], sharing: list[UUID]
) -> None:
    facts = Facts(
        approving_body=body, industry_department=industry, concentrated=concentrated,
        stated=tuple(Stated(one, str(uuid4())) for one in stated), sharing=tuple(sharing),
    )  # fmt: skip
    try:
        result = determine(facts, NAMES)
    except problems.Invalid:
        assert industry is None or (concentrated and industry == body)
        return
    assert result.supervising_body not in result.joint_bodies
    assert len(set(result.joint_bodies)) == len(result.joint_bodies)
    assert result.approval_responsible == body
    assert {*stated, *sharing} <= {result.supervising_body, *result.joint_bodies} | ({body} if concentrated else set())
