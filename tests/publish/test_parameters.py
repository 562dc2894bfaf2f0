"""Public reads know the parameters that are described, and no others."""

from typing import Any

import httpx
import pytest

from tests.publish.publishing import API
from tests.publish.world import World


async def described(portal: httpx.AsyncClient) -> dict[str, list[str]]:
    """The names of the query's parameters, by path, of all reads without login."""
    schema: dict[str, Any] = (await portal.get(f"{API}/openapi.json")).json()
    return {
        path: [given["name"] for given in methods["get"].get("parameters", ()) if given["in"] == "query"]
        for path, methods in schema["paths"].items()
        if "get" in methods and not methods["get"].get("security") and path.startswith(API)
    }


def filled(path: str, list_id: object, item_id: object) -> str:
    words = {"list_id": list_id, "item_id": item_id, "code": "000116101000", "unit": "114401007594349999"}
    return path.format_map(words)


async def test_each_read_takes_what_is_described_and_refuses_anything_else(
    world: World, portal: httpx.AsyncClient
) -> None:
    list_id, items = await world.enacted(1)
    hot = ["/items/{item_id}", "/items/by-code/{code}", "/lists/{list_id}/items", "/feed",
           "/lists/{list_id}/open-data", "/lists/{list_id}/units/{unit}/open-data"]  # fmt: skip
    names = await described(portal)
    for path in [f"{API}{one}" for one in hot] + [f"{API}/lists", f"{API}/codes/{{code}}"]:
        address = filled(path, list_id, items[0])
        refused = await portal.get(address, params={"at": "2026-01-01"})
        assert (refused.status_code, refused.json().get("code")) == (422, "unknown_parameter"), path
        assert all(name in refused.json()["detail"] for name in names[path]), path
        for name in names[path]:
            answer = await portal.get(address, params={name: "1"})
            told = answer.json() if answer.headers["content-type"].startswith("application/problem") else {}
            assert told.get("code") != "unknown_parameter", (path, name)
            twice = await portal.get(f"{address}?{name}=1&{name}=2")
            assert (twice.status_code, twice.json().get("code")) == (422, "repeated_parameter"), (path, name)


@pytest.mark.parametrize("path", ["/items/{item_id}", "/lists/{list_id}/items"])
async def test_a_tag_does_not_open_the_way_to_an_unknown_parameter(
    world: World, portal: httpx.AsyncClient, path: str
) -> None:
    list_id, items = await world.enacted(1)
    address = filled(f"{API}{path}", list_id, items[0])
    tag = (await portal.get(address)).headers["etag"]
    answer = await portal.get(address, params={"at": "2026-01-01"}, headers={"If-None-Match": tag})
    assert answer.status_code == 422
    past_a_cache = await portal.get(address, params={"_": "1795392000000"})
    assert past_a_cache.status_code == 200
