"""Which of many bindings holds: nearest region, newest, unless a region above has locked it."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.workflow.bindings import rules
from services.workflow.bindings.rules import ProcedureBinding, RoleBinding
from shared import problems

COUNTY, CITY, PROVINCE, NATION = "130922000000", "130900000000", "130000000000", "000000000000"
CHAIN = (COUNTY, CITY, PROVINCE)
DAY = date(2026, 3, 2)
MADE = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = st.integers(-30, 30).map(lambda days: DAY + timedelta(days=days))


def binding(
    region: str | None, template: str, *, number: int = 1, first: date = DAY, last: date | None = None,
    locked: bool = False, kind: str = "add", list_kind: str | None = None,
) -> ProcedureBinding:  # fmt: skip
    return ProcedureBinding(
        id=UUID(int=number), region_code=region, kind=kind, template_code=template, valid_from=first, valid_to=last,
        locked=locked, list_kind=list_kind, source="文件", created_by="x", created_at=MADE,
    )  # fmt: skip


def in_force(*bindings: ProcedureBinding, on: date = DAY, kind: str = "add") -> str | None:
    found = rules.in_force(bindings, CHAIN, kind, on)
    return None if found is None else found.template_code


def test_the_nearest_region_wins_and_the_product_comes_last() -> None:
    own, above, nation, product = (
        binding(region, name)
        for region, name in ((COUNTY, "own"), (PROVINCE, "above"), (NATION, "nation"), (None, "product"))
    )
    assert in_force(product) == "product"
    assert in_force(product, nation) == "nation"
    assert in_force(product, above, nation) == "above"
    assert in_force(product, own, above) == "own"
    assert in_force(own, kind="cancel") is None
    assert in_force(binding("130923000000", "other"), product) == "product"


def test_an_expired_binding_gives_way_and_one_to_come_waits() -> None:
    past = binding(COUNTY, "past", first=date(2026, 1, 1), last=date(2026, 3, 1))
    coming = binding(COUNTY, "coming", first=date(2026, 3, 3))
    product = binding(None, "product", first=date(2015, 1, 1))
    assert in_force(past, coming, product) == "product"
    assert in_force(past, coming, product, on=date(2026, 3, 1)) == "past"
    assert in_force(past, coming, product, on=date(2026, 3, 3)) == "coming"


def test_of_one_region_the_later_one_holds_and_of_one_day_the_one_made_last() -> None:
    old, new = binding(COUNTY, "old", number=9, first=date(2026, 1, 1)), binding(COUNTY, "new", number=1)
    assert in_force(old, new) == in_force(new, old) == "new"
    assert in_force(binding(COUNTY, "second", number=2), binding(COUNTY, "first")) == "second"


def test_what_a_region_above_has_locked_holds_below_and_the_highest_lock_counts() -> None:
    own, city = binding(COUNTY, "own"), binding(CITY, "city", locked=True)
    province = binding(PROVINCE, "province", locked=True)
    assert in_force(own, city) == "city"
    assert in_force(own, city, province) == "province"
    unlocked = binding(CITY, "free", number=2)
    assert in_force(own, city, unlocked) == "own", "the newer binding of the city has taken the lock away"


def test_nobody_binds_under_a_lock_now_or_one_to_come() -> None:
    lock = binding(PROVINCE, "province", locked=True, first=date(2026, 5, 1))
    with pytest.raises(problems.Conflict) as refused:
        rules.refuse_locked([lock], CHAIN, ["modify", "add"], DAY, None)
    assert [(error.pointer, error.code) for error in refused.value.errors] == [("/kinds/1", "binding_locked")]
    rules.refuse_locked([lock], CHAIN, ["add"], DAY, date(2026, 4, 30))
    rules.refuse_locked([lock], CHAIN, ["modify"], DAY, None)
    rules.refuse_locked([lock], (PROVINCE,), ["add"], DAY, None)
    freed = binding(PROVINCE, "free", number=2, first=date(2026, 5, 2))
    rules.refuse_locked([lock, freed], CHAIN, ["add"], date(2026, 5, 3), None)


@given(
    st.lists(
        st.builds(
            binding, st.sampled_from([COUNTY, CITY, PROVINCE, NATION, None]), st.just("t"),
            number=st.integers(1, 99), first=DAYS, last=st.none() | DAYS, locked=st.booleans(),
        )
    ),
    DAYS,
)  # fmt: skip
def test_what_holds_is_valid_that_day_and_no_lock_above_it_is_passed_over(
    bindings: list[ProcedureBinding], day: date
) -> None:
    found = rules.in_force(bindings, CHAIN, "add", day)
    valid = [each for each in bindings if each.holds_on(day)]
    if found is None:
        assert not valid
        return
    assert found in valid
    same = [each for each in valid if each.region_code == found.region_code]
    assert (found.valid_from, found.id) == max((each.valid_from, each.id) for each in same)
    above = rules.places(CHAIN)[rules.places(CHAIN).index(found.region_code) + 1 :]
    for place in above:
        theirs = [each for each in valid if each.region_code == place]
        newest = max(theirs, key=lambda each: (each.valid_from, each.id), default=None)
        assert (
            newest is None
            or not newest.locked
            or (newest.valid_from, newest.id) in [(each.valid_from, each.id) for each in theirs if not each.locked]
        )


def role(name: str, organ: int, *, number: int, last: date | None = None) -> RoleBinding:
    return RoleBinding(
        id=UUID(int=number), region_code=COUNTY, role=name, organ_id=UUID(int=organ), organ_name=f"机构{organ}",
        valid_from=date(2026, 1, 1), valid_to=last, source="文件", created_by="x", created_at=MADE,
    )  # fmt: skip


def test_one_organ_has_a_role_and_several_review_jointly() -> None:
    bindings = [
        role("reviewer", 1, number=1), role("reviewer", 2, number=2),
        role("joint_reviewer", 3, number=3), role("joint_reviewer", 4, number=4), role("joint_reviewer", 3, number=5),
        role("decider", 5, number=6, last=date(2026, 2, 1)),
    ]  # fmt: skip
    found = [(each.role, each.organ_id.int) for each in rules.charged(bindings, DAY)]
    assert sorted(found) == [("joint_reviewer", 3), ("joint_reviewer", 4), ("reviewer", 2)]


def test_a_binding_neither_begins_nor_ends_in_the_past() -> None:
    rules.check_period(DAY, DAY, DAY)
    for first, last in ((DAY - rules.ONE_DAY, None), (DAY, DAY - rules.ONE_DAY)):
        with pytest.raises(problems.Invalid):
            rules.check_period(first, last, DAY)
    running = binding(COUNTY, "t")
    rules.check_end(running, DAY - rules.ONE_DAY, DAY)
    with pytest.raises(problems.Invalid):
        rules.check_end(running, DAY - 2 * rules.ONE_DAY, DAY)
    with pytest.raises(problems.Conflict):
        rules.check_end(binding(COUNTY, "t", last=DAY - 2 * rules.ONE_DAY), DAY, DAY)


def test_what_is_said_of_a_kind_of_list_counts_before_the_general_word_of_the_same_region() -> None:
    general, special = binding(COUNTY, "general", number=2), binding(COUNTY, "special", list_kind="credit")
    above = binding(PROVINCE, "above", list_kind="credit", number=3)

    def held(list_kind: str | None, *bindings: ProcedureBinding) -> str | None:
        found = rules.in_force(bindings, CHAIN, "add", DAY, list_kind)
        return None if found is None else found.template_code

    assert held("credit", general, special, above) == "special"
    assert held("permit", general, special, above) == "general"
    assert held(None, special) is None
    assert held("credit", general, above) == "general", "the nearest region wins"
    assert held("credit", special, binding(CITY, "city", locked=True, number=4)) == "city"
    assert held("permit", general, binding(CITY, "city", locked=True, list_kind="credit", number=4)) == "general"
