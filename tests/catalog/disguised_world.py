"""What the tests of disguised permits need: powers that are none, a scan, and what it suspects."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from tests.catalog.documents_world import run_operation
from tests.catalog.register_world import COUNTY, RegisterWorld, organ_code


def power(world: RegisterWorld, number: int, **changed: Any) -> dict[str, Any]:
    """Another administrative power that nobody would call a permit."""
    base = f"001016{number:03d}000"
    return world.permit(
        number, **{"base_code": base, "implementation_code": f"{organ_code(1)}4{base}", "item_type": "10"} | changed
    )


async def scan(world: RegisterWorld, region: str = COUNTY) -> dict[str, Any]:
    started = await world.post("/disguised-permits/scans", {"region_code": region})
    assert started.status_code == 202, started.text
    done = await run_operation(world, started.json())
    assert done["state"] == "succeeded", done
    result: dict[str, Any] = done["result"]
    return result


async def suspects(world: RegisterWorld, query: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await world.get(f"/disguised-permits?limit=200{query}")).json()["items"]
    return found


async def cancelled(world: RegisterWorld, item: str) -> None:
    """What a decided change would do: the current version says that it is cancelled."""
    async with world.owner.begin() as connection:
        await connection.execute(
            text("UPDATE qingdan.item SET state = 'cancelled' WHERE id = CAST(:id AS uuid)"), {"id": item}
        )
