"""The permit-to-supervision mapping sheet (映射关系梳理表) is read by a shipped mapping profile."""

from __future__ import annotations

import pytest

from tests.catalog.import_fixtures import world
from tests.catalog.import_world import CITY_ORGAN, PROVINCE, PROVINCE_ORGAN, ImportWorld, rejected

__all__ = ["world"]
pytestmark = pytest.mark.asyncio

HEADER = (
    "监管事项名称,监管事项编码,监管部门,对应的许可事项类型,"
    "对应的许可事项名称,对应的许可事项编码,许可实施机关统一社会信用代码,状态"
)


@pytest.mark.req("ZZ-37")
async def test_the_mapping_sheet_becomes_supervision_items_that_name_their_permits(world: ImportWorld) -> None:
    await world.new_list("internet_supervision", PROVINCE, world.organs[PROVINCE_ORGAN])
    sheet = "\n".join(
        [
            HEADER,
            f"对采砂的监管,33013100100001,{CITY_ORGAN},行政许可,采砂许可,440109001000,{PROVINCE_ORGAN},1",
            f"对取水的监管,33013100100002,{CITY_ORGAN},行政许可,取水许可,440109002000,{PROVINCE_ORGAN},1",
            f"没有部门的监管,33013100100003,不存在的部门,行政许可,取水许可,440109003000,{PROVINCE_ORGAN},1",
        ]
    )
    done = await world.imported(sheet, profile="permit_supervision_mapping", region_code=PROVINCE)
    assert done["state"] == "succeeded", done["error"]
    assert (done["result"]["counts"]["added"], done["result"]["counts"]["rejected"]) == (2, 1)
    first, second = await world.items("internet_supervision")
    assert {first["base_code"], second["base_code"]} == {"440109001000", "440109002000"}
    assert first["elements"]["supervising_body"] == str(world.organs[CITY_ORGAN])
    assert first["elements"]["permit_name"] in ("采砂许可", "取水许可")
    assert first["state"] == "in_use"
    [row] = await rejected(world, done["id"])
    assert row["监管事项名称"] == "没有部门的监管"
