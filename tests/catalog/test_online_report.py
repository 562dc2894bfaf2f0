"""What suits being handled online against what is: figures by organ, the list of gaps, the same as a table."""

from __future__ import annotations

import csv
import io
from zipfile import ZipFile

import pytest

from shared.identifiers import new_id
from tests.catalog.quality_world import ORGAN, OTHER, stored
from tests.catalog.register_world import RegisterWorld

ADDRESS = "https://www.example.gov.cn/apply"


@pytest.mark.req("TH-36")
async def test_what_suits_and_is_not_online_is_counted_by_organ_and_listed(register: RegisterWorld) -> None:
    list_id = await register.list_of("implementation", members=(OTHER,))
    done, unfound, lacking, on_site, unsaid = await stored(
        register, list_id,
        register.permit(1, online=True, online_depth=["4"], online_address=ADDRESS),
        register.permit(2, online=True, online_depth=["8"]),
        register.permit(3, OTHER, online=True, online_depth=["1"], name="=未上网事项"),
        register.permit(4, OTHER, online=False, visit_reason="需现场核验身份"),
        register.permit(5, OTHER, online=False),
    )  # fmt: skip
    told = (await register.get(f"/online-report?list_id={list_id}")).json()
    gaps = {"not_online": 1, "address_missing": 1, "unsaid": 1}
    assert told["together"] == {
        "entries": 5, "suitable": 3, "unsuitable": 1, "unsaid": 1, "online": 2, "share": 0.6666, "gaps": gaps,
    }  # fmt: skip
    organs = {row["organ_name"]: (row["suitable"], row["online"], row["share"]) for row in told["items"]}
    assert organs == {ORGAN: (2, 2, 1.0), OTHER: (1, 0, 0.0)}

    path = f"/online-report/entries?list_id={list_id}"
    first = (await register.get(f"{path}&limit=2")).json()
    rest = (await register.get(f"{path}&limit=2&cursor={first['next']}")).json()
    found = {row["item_id"]: row["gap"] for row in (*first["items"], *rest["items"])}
    assert found == {str(unfound): "address_missing", str(lacking): "not_online", str(unsaid): "unsaid"}
    assert rest["next"] is None
    every = {row["item_id"]: row for row in (await register.get(f"{path}&gaps_only=false")).json()["items"]}
    assert every[str(done)]["address"] == ADDRESS
    assert (every[str(on_site)]["suitable"], every[str(on_site)]["visit_reason"]) == ("no", "需现场核验身份")

    written = (await register.get(f"/online-report/entries.csv?list_id={list_id}")).content.decode("utf-8-sig")
    header, *lines = csv.reader(io.StringIO(written))
    assert (header[1], header[-1], len(lines)) == ("事项名称", "差距", 3)
    assert " =未上网事项" in {line[1] for line in lines}, "no cell begins a formula"
    book = (await register.get(f"/online-report/entries.xlsx?list_id={list_id}&gaps_only=false")).content
    assert ZipFile(io.BytesIO(book)).read("xl/worksheets/sheet1.xml").count(b"<row ") == 1 + 5
    for part in ("", "/entries", "/entries.csv", "/entries.xlsx"):
        assert (await register.get(f"/online-report{part}?list_id={new_id()}")).status_code == 404
