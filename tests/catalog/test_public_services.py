"""The list of public services: domains and natures, enterprises that provide them, the catalogue that lacks them."""

from __future__ import annotations

import pytest

from tests.catalog.register_world import COUNTY
from tests.catalog.responsibility_entries import public_service
from tests.catalog.responsibility_world import BUREAU, MARKET, WATER, Lists, codes


@pytest.mark.req("ZL-15")
@pytest.mark.req("ZL-16")
@pytest.mark.req("HB-22")
@pytest.mark.req("HB-23")
@pytest.mark.req("TH-14")
async def test_public_services_belong_to_one_of_nine_domains_and_four_natures(lists: Lists) -> None:
    register = lists.register
    list_id = await register.list_of("public_service", members=(BUREAU,))
    for element in ("service_domain", "service_nature"):
        answer = await lists.enter(list_id, lists.services() | {element: None})
        assert codes(answer) == {"missing"}
        shown = lists.services() | {"section": "public_service", element: None}
        shown.pop("item_type")
        assert codes(await lists.enter(lists.responsibility, shown)) == {"missing"}
    domains = ["education", "employment", "social_insurance", "social_service", "health", "population", "housing",
               "culture_sport", "disability"]  # fmt: skip
    natures = ["basic", "economic", "safety", "social"]
    entries = [
        public_service(register.permit(100 + number), service_domain=domain, service_nature=natures[number % 4])
        for number, domain in enumerate(domains)
    ]
    await lists.made(list_id, *entries)
    assert codes(await lists.enter(list_id, lists.services() | {"service_domain": "sailing"})) == {"malformed"}


@pytest.mark.req("ZL-19")
async def test_services_of_the_departments_that_the_catalogue_lacks_are_counted(lists: Lists) -> None:
    list_id = await lists.register.list_of("public_service", members=(BUREAU,))
    await lists.made(list_id, lists.services())
    gap = (await lists.coverage())["services_not_in_catalogue"]
    assert (gap["count"], gap["items"][0]["organ"]) == (1, BUREAU)
    catalogue = await lists.register.list_of("catalogue", members=(BUREAU,))
    same = {key: value for key, value in lists.services().items() if key != "service_content"}
    await lists.made(catalogue, same)
    assert (await lists.coverage())["services_not_in_catalogue"]["count"] == 0


@pytest.mark.req("ZL-12")
async def test_a_department_enters_the_items_of_its_enterprises_which_keep_their_body(lists: Lists) -> None:
    register = lists.register
    water = f"/organs/{register.organs[WATER]}"
    row = await register.get(water)
    fields = ("name", "kind", "credit_code", "region_code")
    change = {key: row.json()[key] for key in fields} | {"supervising_organ_id": lists.body()}
    tag = {"If-Match": row.headers["ETag"]}
    list_id = await register.list_of("public_service", members=(BUREAU,))
    entry = public_service(register.permit(3, WATER))
    parent = register.token(("compiler", COUNTY, register.organs[BUREAU]))
    entries = {"items": [{"elements": entry}]}
    assert (await register.post(f"/lists/{list_id}/items", entries, who=parent)).status_code == 403
    assert (await register.put(water, change, headers=tag)).status_code == 200
    stranger = register.token(("compiler", COUNTY, register.organs[MARKET]))
    assert (await register.post(f"/lists/{list_id}/items", entries, who=stranger)).status_code == 403
    answer = await register.post(f"/lists/{list_id}/items", entries, who=parent)
    assert answer.json()["created"] == 1, answer.text
    item = (await register.get(f"/items/{answer.json()['rows'][0]['item_id']}")).json()
    assert item["elements"]["implementing_body"] == str(register.organs[WATER])
