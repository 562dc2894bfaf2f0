"""Which lists the candidates of a list stand in, and which rules lead from them. Pure."""

from __future__ import annotations

from services.catalog.coverage.rules import origins
from services.catalog.linkage.builtin import BUILTIN


def test_a_catalogue_takes_from_powers_and_through_them_from_permits_and_master_lists() -> None:
    found = {origin.kind: origin for origin in origins(BUILTIN.rules, "catalogue")}
    assert found["power"].rules == ("K02",)
    assert found["permit"].rules == ("K01", "K02")
    assert found["permit"].when == found["power"].when
    assert [(pair.source, pair.target) for pair in found["permit"].match] == [
        (name, name) for name in ("base_code", "implementing_body", "handling_item")
    ]


def test_a_permit_list_takes_from_the_master_lists_above_and_not_from_other_permit_lists() -> None:
    [origin] = origins(BUILTIN.rules, "permit")
    assert (origin.kind, origin.superior, origin.rules) == ("base_catalogue", True, ("K20",))


def test_a_list_no_rule_leads_to_has_no_candidates() -> None:
    assert origins(BUILTIN.rules, "base_catalogue") == []
