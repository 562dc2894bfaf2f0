"""Which changes a rule is asked about."""

from __future__ import annotations

from services.catalog.linkage.builtin import BUILTIN
from services.catalog.linkage.relevance import known, read_by
from services.catalog.linkage.ruleset import ElementGroup, Pair, Rule

KEY = (Pair(source="base_code", target="base_code"),)


def rule(*groups: ElementGroup, **more: object) -> Rule:
    return Rule(id="K90", title="例", source_kind="permit", target_kind="power", match=KEY, groups=groups, **more)


def group(action: str, source: str, target: str | None = None, **more: object) -> ElementGroup:
    return ElementGroup(action=action, pairs=(Pair(source=source, target=target or source),), **more)


def test_a_rule_reads_what_it_compares_what_matches_and_the_state_of_both_sides() -> None:
    read = read_by(rule(group("sync", "name", "permit_name"), source_condition={"item_type": ("01",)}))
    assert read.of_source == {"name", "base_code", "state", "item_type"}
    assert read.of_target == {"permit_name", "base_code", "state"}


def test_what_a_rule_lets_follow_it_does_not_read_again_but_what_it_only_flags_it_does() -> None:
    read = read_by(rule(group("sync", "name"), group("draft", "basis"), group("flag", "level")))
    assert read.of_follower == {"base_code", "state", "level"}
    yielding = read_by(rule(group("sync", "name", yields_to="catalogue")))
    assert yielding.of_follower == {"base_code", "state", "name"}


def test_elements_held_against_one_another_within_the_target_are_of_the_target_alone() -> None:
    read = read_by(rule(group("flag", "promised_limit", "statutory_limit", own=True)))
    assert read.of_source == {"base_code", "state"}
    assert read.of_target == read.of_follower == {"base_code", "state", "promised_limit", "statutory_limit"}


def test_burdens_are_read_whole_whatever_changed() -> None:
    stricter = next(rule for rule in BUILTIN.rules if rule.relation == "not_stricter")
    assert read_by(stricter).of_source is None
    assert read_by(stricter).of_target is None


def test_a_missing_entry_is_made_of_what_is_copied_and_composed_as_well() -> None:
    for one in (one for one in BUILTIN.rules if one.missing and one.relation == "equal"):
        read = read_by(one).of_source
        assert read is not None
        assert {pair.source for pair in one.missing.copies} <= read, one.id
        assert {*one.missing.when, *one.missing.unless} <= read, one.id


def test_with_the_base_code_the_main_code_has_changed() -> None:
    assert known(["base_code", "name"]) == {"base_code", "main_code", "name"}
