"""Decisions about lists in sections: which sections there are, which of them stand empty. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from services.catalog.kinds.rules import Profile
from services.catalog.linkage.ruleset import Rule
from shared.problems import FieldError

POWER, RESPONSIBILITY = "power", "responsibility"
# The element that says in which section of its list an entry stands; a kind that has it is a list in sections.
SECTION = "section"
# Duties are listed in the order of their categories: planning, policy, special business, other (HB-10).
CATEGORY = "duty_category"
DUTY, BOUNDARY, SUPERVISION = "duty", "boundary", "supervision"
# Fields in which overlapping duties are to be delimited before all others (HB-15).
FOCUS_FIELDS = ("market_supervision", "food_safety", "work_safety", "environment")
# The special lists and the field their duties lie in (K19).
SPECIAL_FIELDS = {"environment_responsibility": "environment", "work_safety_responsibility": "work_safety"}


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a list, in the order in which people read them."""

    key: str
    title: str


def sections(profile: Profile) -> tuple[Section, ...]:
    """The sections of a kind's lists in their order; none when its lists have no sections."""
    element = profile.element(SECTION)
    if element is None:
        return ()
    return tuple(Section(key, element.vocabulary[key]) for key in element.order or element.vocabulary)


def order_of(profile: Profile) -> tuple[list[str], list[str]]:
    """Sections and categories in the order in which entries are read and exported."""
    category = profile.element(CATEGORY)
    return [section.key for section in sections(profile)], list(category.order) if category else []


def empty(found: Sequence[Section], counts: Mapping[str, int], declared: Collection[str]) -> list[Section]:
    """Sections with nothing in them that nobody has declared empty (TH-11)."""
    return [section for section in found if not counts.get(section.key) and section.key not in declared]


def gaps(lacking: Sequence[Section], powers_without_duty: int) -> list[FieldError]:
    """What stands in the way of a list in sections being enacted (V15, TH-11, HB-02)."""
    errors = [
        FieldError(f"/sections/{section.key}", "section_empty",
                   f"“{section.title}”部分没有事项，请补充，或声明“无”并说明理由")
        for section in lacking
    ]  # fmt: skip
    if powers_without_duty:
        message = f"有{powers_without_duty}项行政权力没有对应的责任事项，请补充后再公布"
        errors.append(FieldError("/coverage/powers_without_duty", "powers_without_duty", message))
    return errors


def drafting(rules: Sequence[Rule]) -> list[Rule]:
    """The rules that draft entries of the responsibility list from powers (HB-41)."""
    return [
        rule
        for rule in rules
        if (rule.source_kind, rule.target_kind) == (POWER, RESPONSIBILITY) and rule.missing is not None
    ]


def declarable(rules: Sequence[Rule], *, list_kind: str, item_kind: str, state: str) -> Rule | None:
    """The rule that asks for a counterpart of an entry in this state and lets people say that it needs none.

    What blocks cannot be declared away: a power in use has duties (V15).
    """
    return next(
        (
            rule
            for rule in rules
            if rule.target_kind == list_kind
            and rule.source_kind == item_kind
            and rule.uncovered not in (None, "block")
            and state in rule.uncovered_states
        ),
        None,
    )
