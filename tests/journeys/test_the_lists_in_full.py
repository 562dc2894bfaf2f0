"""The lists in full on real data: a province, its capital, a district, a town and a zone keep their lists in step."""

from __future__ import annotations

import pytest

from tests.journeys.guangdong import changes, city, data, district, superior
from tests.journeys.guangdong.world import COUNTY, TOWN, ZONE, register
from tests.journeys.stage import Stage


@pytest.mark.skipif(not data.DATA.exists(), reason="the public data of Guangdong are not beside the project")
@pytest.mark.timeout(900)  # alone it takes a minute; beside other work on the machine several
@pytest.mark.req(
    "ZZ-10", "ZZ-12", "ZZ-13", "ZZ-14", "ZZ-18", "ZZ-24", "ZZ-34", "QX-30", "QX-33", "QX-57", "TH-03", "TH-42",
    "TH-44", "TH-51",
)  # fmt: skip
def test_a_province_its_capital_a_district_a_town_and_a_zone_keep_their_lists_in_step(stage: Stage) -> None:
    world = register(stage)

    superior.publishes_its_catalogue(world)
    superior.publishes_its_own_permits(world)

    city.brings_its_permits(world)
    city.exactly_what_was_withheld_is_reported(world)
    city.other_limits_stand_beside_the_superiors_row(world)
    city.what_no_name_joins_is_to_be_mapped(world)
    city.the_third_material_is_a_suspected_addition(world)
    superior.adds_what_it_had_withheld(world)
    city.nothing_is_beyond_the_superior_any_more(world)
    city.corrects_its_table(world)
    city.decides_on_its_lists(world)
    city.asks_no_more_than_its_superior(world)

    district.is_offered_what_the_province_devolves(world)
    for region in (COUNTY, TOWN):
        district.claims_or_says_why_not(world, region)
        district.decides_on_its_lists(world, region)
    district.the_districts_list_covers_the_town(world)
    district.may_not_rename_what_it_inherits(world)
    city.plan(world, ZONE, "permit")
    district.claims_or_says_why_not(world, ZONE)
    district.decides_on_its_lists(world, ZONE)
    district.the_zone_covers_the_district(world)

    changes.a_law_is_repealed(world)
    changes.organs_merge(world)
    changes.a_superior_permit_is_cancelled(world)
    changes.the_check_ends_at_zero(world)
