"""Pure decisions of the linkage: rule sets that may be saved, the order in which lists follow, what is told."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.catalog.kinds.builtin import definitions
from services.catalog.linkage import compiler, rules, telling
from services.catalog.linkage.builtin import BUILTIN
from services.catalog.linkage.builtin.permits import K01
from services.catalog.linkage.day_equivalents import day_equivalents
from services.catalog.linkage.fragments import Look, literal
from services.catalog.linkage.judgement import Changed
from services.catalog.linkage.ruleset import ElementGroup, Missing, Pair, RowGroup, Rule, RuleSet
from services.catalog.linkage.telling import Root
from shared.calendar.limits import TimeLimit, working_day_equivalent
from shared.calendar.working_days import Unit
from shared.ledger.envelope import Event

KEY = (Pair(source="base_code", target="base_code"),)


def known() -> dict[str, set[str]]:
    return {
        kind["code"]: {element["key"] for profile in kind["profiles"] for element in profile["elements"]}
        for kind in definitions()
    }


def sync(rule_id: str, source: str, target: str, *elements: str, **more: Any) -> Rule:
    """A rule that lets elements of one kind follow those of another."""
    pairs = tuple(Pair(source=one.split(">")[0], target=one.split(">")[-1]) for one in elements)
    group = ElementGroup(action="sync", pairs=pairs)
    return Rule(id=rule_id, title=rule_id, source_kind=source, target_kind=target, match=KEY, groups=(group,), **more)


def codes(found: list[Any]) -> dict[str, str]:
    return {error.code: error.pointer for error in found}


def test_the_built_in_rules_may_be_saved() -> None:
    assert rules.problems_of(BUILTIN.rules, known()) == []


def test_the_built_in_rules_survive_the_database() -> None:
    assert RuleSet.model_validate_json(BUILTIN.model_dump_json()) == BUILTIN


@pytest.mark.req("QX-32")
def test_two_authorities_for_one_element_are_refused_with_the_element_and_the_other_rule() -> None:
    found = rules.problems_of([*BUILTIN.rules, sync("K77", "catalogue", "power", "name")], known())
    assert codes(found)["two_authorities"] == f"/rules/{len(BUILTIN.rules)}/groups"
    assert "name" in found[0].message
    assert "K01" in found[0].message


def test_two_authorities_are_allowed_when_their_conditions_are_disjoint() -> None:
    other = sync("K77", "implementation", "power", "visits", condition={"item_type": ("20",)})
    assert "two_authorities" not in codes(rules.problems_of([*BUILTIN.rules, other], known()))
    apart = [sync("A1", "permit", "power", "name", condition={"item_type": ("01",)}),
             sync("A2", "base_catalogue", "power", "name", condition={"item_type": ("20",)})]  # fmt: skip
    assert rules.problems_of(apart, known()) == []


def test_a_cycle_is_refused_and_printed() -> None:
    ring = [
        sync("A1", "permit", "power", "name"),
        sync("A2", "power", "catalogue", "name"),
        sync("A3", "catalogue", "permit", "name"),
    ]
    [error] = rules.problems_of(ring, known())
    assert error.code == "cycle"
    assert "catalogue.name → permit.name → power.name → catalogue.name" in error.message


def test_two_lists_may_follow_each_other_in_different_elements() -> None:
    both = [sync("A1", "permit", "power", "name"), sync("A2", "power", "permit", "level")]
    assert rules.problems_of(both, known()) == []
    assert rules.find_cycle(both) is None


def test_a_superior_rule_is_no_cycle_because_levels_only_descend() -> None:
    down = sync("A1", "permit", "permit", "name", where="superior")
    assert rules.problems_of([down], known()) == []


@pytest.mark.parametrize(
    ("rule", "code", "pointer"),
    [
        (sync("A1", "no_such", "power", "name"), "unknown_kind", "/rules/0/source_kind"),
        (sync("A1", "permit", "power", "colour"), "unknown_element", "/rules/0/groups/0/pairs/0/target"),
        (sync("A1", "permit", "permit", "name"), "same_list", "/rules/0/target_kind"),
        (
            sync("A1", "permit", "power", "name", where="superior", missing=Missing()),
            "no_drafts_below",
            "/rules/0/where",
        ),
        (sync("A1", "permit", "power", "name", condition={"basis": ("x",)}), "not_a_key", "/rules/0/condition/basis"),
    ],
)
def test_what_is_wrong_with_a_rule_is_named_by_its_place(rule: Rule, code: str, pointer: str) -> None:
    assert codes(rules.problems_of([rule], known()))[code] == pointer


def test_a_match_without_an_indexed_key_is_refused() -> None:
    rule = K01.model_copy(update={"match": (Pair(source="name", target="name"),)})
    assert codes(rules.problems_of([rule], known()))["no_indexed_key"] == "/rules/0/match"


def test_lists_follow_in_topological_order() -> None:
    layer = rules.layers(BUILTIN.rules)
    assert layer["permit"] < layer["power"] < layer["catalogue"] < layer["implementation"]
    assert layer["follow_up_supervision"] == layer["investment_approval"] == 1
    assert layer["investment_approval"] < layer["construction_approval"], "K30 compares them when both have followed"
    assert layer["power"] < layer["enforcement"] < layer["random_inspection"]
    assert layer["power"] < layer["charge"] < layer["implementation"]
    assert layer["implementation"] < layer["one_seal_transfer"] < layer["internet_supervision"]


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7), st.integers(0, 2)), max_size=20))
def test_a_cycle_is_found_exactly_when_elements_can_reach_themselves(edges: list[tuple[int, int, int]]) -> None:
    chosen = [sync(f"A{i}", f"k{a}", f"k{b}", f"e{e}") for i, (a, b, e) in enumerate(edges) if a != b]
    graph = rules.edges(chosen)
    reach = {node: set(following) for node, following in graph.items()}
    for _ in range(8):
        for node in list(reach):
            reach[node] |= {far for near in reach[node] for far in graph.get(near, ())}
    cycle = rules.find_cycle(chosen)
    assert (cycle is not None) == any(node in following for node, following in reach.items())
    if cycle:
        assert all(after in graph[before] for before, after in pairwise(cycle))


def effective(*items: UUID, kind: str = "adjustment.effective") -> Event:
    return Event(type=kind, item_ids=items, position=1, recorded_at=datetime.now(UTC), service="workflow",
                 adjustment_id=uuid4())  # fmt: skip


def test_adjustments_that_touch_the_same_item_are_handled_one_after_the_other() -> None:
    one, other = uuid4(), uuid4()
    batch = [effective(one), effective(other), effective(one), effective(kind="draft.accepted"), effective(other)]
    assert [len(part) for part in rules.batches(batch)] == [2, 1, 1, 1]


def test_a_thousand_items_are_one_event_and_one_more_is_two() -> None:
    root = Root(uuid4(), uuid4(), datetime.now(UTC))
    list_id = uuid4()
    changes = [Changed(uuid4(), 2, list_id, "power", "44", ("name",), "in_use", 1, False) for _ in range(1001)]
    events = list(telling.of_items(changes, {change.item_id: root for change in changes}))
    assert [len(event.item_ids) for event in events] == [1000, 1]
    assert {event.type for event in events} == {"item.updated"}


@pytest.mark.parametrize(
    ("state", "elements", "before", "kind"),
    [
        ("cancelled", ("state",), 1, "item.cancelled"),
        ("suspended", ("state",), 1, "item.suspended"),
        ("in_use", ("name", "state"), 1, "item.resumed"),
        ("in_use", ("name",), 1, "item.updated"),
        ("in_use", ("name",), 0, "item.created"),
    ],
)
def test_a_change_is_told_by_what_became_of_the_item(
    state: str, elements: tuple[str, ...], before: int, kind: str
) -> None:
    assert rules.event_type(Changed(uuid4(), 2, uuid4(), "power", "44", elements, state, before, False)) == kind


@pytest.mark.parametrize("look", [Look(), Look(from_target=True), Look(everything=True), Look(overlay=True)])
def test_every_rule_compiles_to_one_statement(look: Look) -> None:
    for rule in BUILTIN.rules:
        statement = compiler.statement([compiler.Part(rule, look)]).sql
        assert statement.count("difference (") == 1
        assert statement.startswith("WITH ")


@given(st.text(max_size=40))
def test_a_literal_cannot_leave_its_quotes(value: str) -> None:
    quoted = literal(value)
    assert quoted[0] == quoted[-1] == "'"
    assert "'" not in quoted[1:-1].replace("''", "")


@pytest.mark.parametrize("amount", [0, 1, 5, 20, 30, 60, 91, 365, 999])
def test_day_equivalents_are_those_of_the_calendar(amount: int) -> None:
    found = {unit: days for unit, _, days in day_equivalents([amount])}
    for unit in (Unit.WORKING_DAY, Unit.NATURAL_DAY):
        assert found[unit.value] == float(working_day_equivalent(TimeLimit(amount, unit)))


def test_a_rule_that_yields_leaves_the_element_to_the_other_authority_and_not_more() -> None:
    group = ElementGroup(action="draft", pairs=(Pair(source="level", target="level"),), yields_to="catalogue")
    yielding = sync("A1", "permit", "power", "name").model_copy(
        update={"groups": (group, ElementGroup(action="sync", pairs=(Pair(source="name", target="name"),)))}
    )
    assert rules.problems_of([yielding, sync("A2", "catalogue", "power", "level")], known()) == []
    assert "two_authorities" in codes(rules.problems_of([yielding, sync("A2", "catalogue", "power", "name")], known()))
    other = sync("A2", "implementation", "power", "level")
    assert "two_authorities" in codes(rules.problems_of([yielding, other], known()))


def test_a_counter_is_no_element_that_follows_and_own_elements_are_only_flagged() -> None:
    counting = sync("A1", "permit", "construction_approval", "level", raises=("level",))
    assert codes(rules.problems_of([counting], known()))["not_a_counter"] == "/rules/0/raises/0"
    unknown = sync("A1", "permit", "construction_approval", "level", raises=("colour",))
    assert codes(rules.problems_of([unknown], known()))["unknown_element"] == "/rules/0/raises/0"
    own = ElementGroup(action="draft", own=True, pairs=(Pair(source="name", target="measure_name"),))
    bad = sync("A1", "permit", "market_access_negative", "name").model_copy(update={"groups": (own,)})
    assert "own_only_flags" in codes(rules.problems_of([bad], known()))


def test_only_rules_whose_list_is_kept_are_looked_at_unless_another_region_may_follow() -> None:
    kept = {rule.id for rule in rules.applicable(BUILTIN.rules, {"permit", "power"})}
    assert kept == {"K01", "K20", "K22"}
    down = sync("A1", "permit", "permit", "name", where="superior")
    assert rules.applicable([*BUILTIN.rules, down], {"permit"}) == (*BUILTIN.rules, down)


# Which lists the field says are linked (specification, section 9), as far as they are shipped.
LINKED = {
    ("permit", "power"), ("power", "catalogue"), ("catalogue", "implementation"), ("permit", "follow_up_supervision"),
    ("permit", "internet_supervision"), ("permit", "market_access_negative"), ("permit", "investment_approval"),
    ("permit", "construction_approval"), ("permit", "one_seal_transfer"), ("permit", "intermediary_service"),
    ("power", "charge"), ("charge", "implementation"), ("power", "enforcement"), ("power", "random_inspection"),
    ("enforcement", "random_inspection"), ("internet_supervision", "random_inspection"), ("implementation", "proof"),
    ("proof", "implementation"), ("proof", "permit"), ("prohibited_investment", "market_access_negative"),
    ("prohibited_investment", "investment_approval"), ("intermediary_service", "permit"),
    ("intermediary_service", "implementation"), ("investment_approval", "construction_approval"),
    ("base_catalogue", "permit"),
}  # fmt: skip


def test_every_list_that_is_linked_has_a_rule_and_every_shipped_kind_is_linked() -> None:
    ruled = {(rule.source_kind, rule.target_kind) for rule in BUILTIN.rules}
    assert ruled >= LINKED
    alone = set(known()) - {kind for pair in ruled for kind in pair}
    assert not alone, "a kind that no rule speaks of stays silently stale"


def test_every_rule_names_its_source_and_no_two_have_one_id() -> None:
    assert all(rule.source for rule in BUILTIN.rules)
    assert len({rule.id for rule in BUILTIN.rules}) == len(BUILTIN.rules)


def rows(rule_id: str, **more: Any) -> Rule:
    group = RowGroup(element="fees", named_by="name", columns=(Pair(source="standard", target="standard"),))
    given: dict[str, Any] = {"relation": "rows", "rows": (group,), "match": KEY} | more
    return Rule(id=rule_id, title=rule_id, source_kind="charge", target_kind="implementation", **given)


@pytest.mark.parametrize(
    ("rule", "code", "pointer"),
    [
        (rows("A1", rows=()), "rows_of_relation", "/rules/0/rows"),
        (rows("A1", relation="equal"), "rows_of_relation", "/rules/0/rows"),
        (rows("A1", where="superior"), "within_region", "/rules/0/where"),
        (rows("A1", orphan="warn"), "relation_alone", "/rules/0/groups"),
        (rows("A1", rows=(RowGroup(element="rates", named_by="name"),)), "unknown_element", "/rules/0/rows/0/target"),
        (rows("A1", rows=(RowGroup(element="fees", named_by="colour"),)), "unknown_element", "/rules/0/rows/0/source"),
        (rows("A1", relation="listed", rows=(), match=KEY * 2), "one_pair", "/rules/0/match"),
        (K01.model_copy(update={"kin": ("name",)}), "kin_of_match", "/rules/0/kin"),
        (K01.model_copy(update={"orphan": None, "kin": ("base_code",)}), "kin_of_match", "/rules/0/kin"),
    ],
)
def test_what_is_wrong_with_a_relation_is_named_by_its_place(rule: Rule, code: str, pointer: str) -> None:
    assert codes(rules.problems_of([rule], known()))[code] == pointer


def test_a_list_that_decides_rows_alone_is_an_authority_and_one_that_only_names_some_is_none() -> None:
    closed = rows("A1", rows=(RowGroup(element="fees", named_by="name", closed=True),))
    other = sync("A2", "catalogue", "implementation", "name").model_copy(
        update={"groups": (ElementGroup(action="draft", pairs=(Pair(source="materials", target="fees"),)),)}
    )
    assert "two_authorities" in codes(rules.problems_of([closed, other], known()))
    assert rules.problems_of([rows("A1"), other], known()) == []


def test_a_cycle_through_rows_is_a_cycle() -> None:
    back = sync("A2", "implementation", "charge", "fees>standard")
    [error] = rules.problems_of([rows("A1"), back], known())
    assert error.code == "cycle"


def test_values_that_alone_say_something_are_those_of_a_key() -> None:
    group = ElementGroup(action="draft", pairs=(Pair(source="materials", target="materials"),), only=("x",))
    bad = sync("A1", "permit", "implementation", "name").model_copy(update={"groups": (group,)})
    assert codes(rules.problems_of([bad], known()))["only_of_keys"] == "/rules/0/groups/0/only"
