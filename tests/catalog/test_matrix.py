"""The responsibility matrix over HTTP: imported, exported in the same shape, and followed by the lists."""

from __future__ import annotations

from typing import Any

import pytest

from tests.catalog.register_world import CITY, COUNTY, RegisterWorld, organ_code

HEADER = "区划代码,区划,清单代码,清单,牵头单位代码,牵头单位,配合单位,备注"
PATH = "/matrix/import?region=130922"


async def take_in(register: RegisterWorld, content: bytes, query: str = "", who: Any = None) -> Any:
    return await register.client.post(
        f"/catalog/v1{PATH}{query}", content=content, headers=(who or register.admin) | {"Content-Type": "text/csv"}
    )


@pytest.mark.req("QX-64")
async def test_rows_with_unknown_names_are_told_and_the_others_are_stored(register: RegisterWorld) -> None:
    text = (
        "清单,牵头部门,配合部门\n行政权力清单,青县行政审批局,青县市场监督管理局\n不存在的清单,青县行政审批局,\n"
        "政务服务事项目录清单,没有这个局,\n行政权力清单,青县市场监督管理局,\n"
    )
    answer = await take_in(register, text.encode("gb18030"))
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert {name: told[name] for name in ("created", "changed", "rejected")} == {
        "created": 1, "changed": 0, "rejected": 3,
    }  # fmt: skip
    assert [(one["pointer"], one["code"]) for one in told["errors"]] == [
        ("/rows/3/清单", "kind_unknown"), ("/rows/4/牵头单位", "organ_unknown"), ("/rows/5/清单", "given_twice"),
    ]  # fmt: skip
    assert "不存在的清单" in told["errors"][0]["message"]
    refused = await take_in(register, text.encode(), "&atomic=true")
    assert (refused.status_code, refused.json()["code"]) == (422, "rows_invalid")


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 422), ("清单\n行政权力清单\n".encode(), 422), (b"PK\x03\x04broken", 422), (b"\xff\xfe\x00a", 422),
        ("清单,牵头单位\n行政权力清单,\x00\n".encode(), 422), (b"\xd0\xcf\x11\xe0", 422), (b"a" * (3 << 20), 413),
        ("清单,牵头单位\n".encode() + b"\x81,\xff\n", 422),
    ],
)  # fmt: skip
async def test_files_that_are_none_are_refused_clearly(register: RegisterWorld, content: bytes, status: int) -> None:
    answer = await take_in(register, content)
    assert answer.status_code == status, answer.text
    assert answer.json()["detail"]


async def test_only_who_organises_the_lists_of_a_region_sets_who_leads_them(register: RegisterWorld) -> None:
    elsewhere = register.token(("reviewer", "130921000000"))
    answer = await take_in(register, "清单,牵头单位\n行政权力清单,青县行政审批局\n".encode(), who=elsewhere)
    assert answer.status_code == 403
    assert (await take_in(register, b"", who={"Accept": "*/*"})).status_code == 401


@pytest.mark.req("QX-64")
@pytest.mark.parametrize("ending", ["csv", "xlsx"])
async def test_what_is_exported_can_be_imported_again_and_changes_nothing(register: RegisterWorld, ending: str) -> None:
    text = f"{HEADER}\n130922,青县,power,行政权力清单,{organ_code(1)},青县行政审批局,青县市场监督管理局,=1+1\n"
    assert (await take_in(register, text.encode())).json()["created"] == 1
    answer = await register.get(f"/matrix/export.{ending}?region=130922")
    assert answer.status_code == 200
    if ending == "csv":
        shown = answer.content.decode("utf-8-sig").splitlines()
        assert shown[0] == HEADER
        assert shown[1].startswith(f"{COUNTY},青县,power,行政权力清单,{organ_code(1)},青县行政审批局,青县市场")
        assert shown[1].endswith(", =1+1")  # a table program does not take it for a formula
    again = (await take_in(register, answer.content)).json()
    assert (again["unchanged"], again["created"], again["changed"], again["rejected"]) == (1, 0, 0, 0)


@pytest.mark.req("QX-64")
async def test_the_matrix_says_who_leads_a_list_and_lists_follow_it(register: RegisterWorld) -> None:
    body = {"kind": "power", "region_code": COUNTY}
    missing = await register.post("/lists", body)
    assert (missing.status_code, missing.json()["code"]) == (422, "lead_missing")
    bureau, market = register.organs["青县行政审批局"], register.organs["青县市场监督管理局"]
    set_ = await register.put(f"/matrix/{COUNTY}/power", {"lead_organ_id": str(bureau)}, headers={"If-Match": '"0"'})
    assert set_.status_code == 200, set_.text
    made = await register.post("/lists", body)
    assert made.status_code == 201, made.text
    assert made.json()["lead_organ_id"] == str(bureau)
    stale = await register.put(f"/matrix/{COUNTY}/power", {"lead_organ_id": str(market)}, headers={"If-Match": '"0"'})
    assert stale.status_code == 412
    changed = await register.put(
        f"/matrix/{COUNTY}/power", {"lead_organ_id": str(market), "reason": "机构改革"}, headers={"If-Match": '"1"'}
    )
    assert (changed.status_code, changed.json()["lead_name"]) == (200, "青县市场监督管理局")
    row = (await register.get(f"/lists/{made.json()['id']}")).json()
    assert row["lead_organ_id"] == str(market)
    members = (await register.get(f"/lists/{row['id']}/members")).json()["items"]
    assert {one["name"] for one in members} == {"青县行政审批局", "青县市场监督管理局"}
    told = (await register.events("responsibility.set"))[-1]
    assert (told.reason, told.refs["rows"][0]["lead"]) == ("机构改革", str(market))
    assert list((await register.events("list.updated"))[-1].elements) == ["lead_organ_id"]
    page = (await register.get(f"/matrix?region={CITY}&below=true&organ={market}")).json()["items"]
    assert [one["list_kind"] for one in page] == ["power"]
