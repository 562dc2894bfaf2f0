"""The chains of the five documents and of the presets, as the product ships them."""

from __future__ import annotations

import pytest

from services.workflow.procedures import checks, presets
from shared import problems

# Rosters, "approval chain variants", and the presets A to D of spec 5.2.
CHAINS = {
    "lead_unit": "sign review review decide publish file",
    "public_comment_and_assessment": "sign review review comment assess legality decide publish",
    "staffing_office": "sign review confirm decide publish",
    "two_offices": "sign review legality decide publish file",
    "claim_and_copy": "sign review report decide publish file",
    "full_parallel_legality": "sign review review legality decide publish file",
    "two_offices_decide": "sign review legality decide publish",
    "staffing_and_legality": "sign review legality decide",
    "superior_decision": "sign review decide publish",
    "staffing_and_legality_published": "sign review legality decide publish",
}


@pytest.mark.parametrize(("code", "acts"), CHAINS.items())
def test_the_chains_of_the_five_documents_and_of_the_presets_are_shipped_as_the_sources_tell_them(
    code: str, acts: str
) -> None:
    [template] = [one for one in presets.BUILT_IN if one.code == code]
    assert " ".join(step.act for step in template.steps) == acts


def test_only_changes_of_elements_are_decided_by_an_office() -> None:
    [template] = [one for one in presets.BUILT_IN if one.code == "two_offices_decide"]
    checks.check_steps(template.steps, ["modify"])
    for kinds in (["add"], ["modify", "cancel"]):
        with pytest.raises(problems.Invalid) as refused:
            checks.check_steps(template.steps, kinds)
        assert [error.code for error in refused.value.errors] == ["government_decides"]
