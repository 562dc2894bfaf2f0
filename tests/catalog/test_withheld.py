"""What is not public names its ground; where the internet reaches, secrets are refused at every entrance, unsaved."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from shared import settings
from shared.secrecy import NEVER_ONLINE, OF_ENTRIES, REFUSED_CODE
from shared.settings import Settings
from tests.catalog.import_fixtures import world
from tests.catalog.import_world import PROVINCE_ORGAN, ImportWorld, rejected
from tests.catalog.register_world import COUNTY, RegisterWorld
from tests.catalog.sheets import rows_of
from tests.catalog.test_spreadsheets import TEMPLATE, XLSX, filled, template

__all__ = ["world"]

SECRET = "涉密事项甲乙丙"


async def entered(register: RegisterWorld, **elements: Any) -> dict[str, Any]:
    """The answer to one entry over HTTP: its row when it was taken, its errors when not."""
    listed = (await register.get("/lists", params={"kind": "permit"})).json()["items"]
    list_id = listed[0]["id"] if listed else await register.list_of("permit")
    lead = register.token(("list_authority", COUNTY))
    rows = [{"elements": register.permit(1, **elements)}]
    answer = await register.post(f"/lists/{list_id}/items", {"items": rows}, who=lead)
    found: dict[str, Any] = answer.json() | {"status_code": answer.status_code}
    return found


def faces_the_internet(monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The same installation, connected to the internet; the reader of imports is a process of its own."""
    here = settings.load()
    configured = Settings(state_dir=here.state_dir, secrets_dir=here.secrets_dir, internet_facing=True)
    monkeypatch.setattr(settings, "load", lambda: configured)
    monkeypatch.setenv("QINGDAN_INTERNET_FACING", "true")
    return configured


async def stored(world: ImportWorld) -> str:
    """Everything the database holds of entries, imports and events, as one text."""
    tables = ("item", "item_version", "import_row", "import_outcome", "import_run", "event", "operation")
    found = [str(await world.run(f"SELECT to_jsonb(t)::text AS row FROM qingdan.{name} AS t")) for name in tables]
    return "".join(found)


@pytest.mark.req("HB-33")
async def test_an_entry_is_withheld_on_a_ground_of_the_notices_or_not_at_all(register: RegisterWorld) -> None:
    refused = await entered(register, audience="staff")
    assert [(one["code"], one["pointer"]) for one in refused["errors"]] == [
        ("withheld_without_ground", "/items/0/elements/withheld_because")
    ]
    assert all(name in refused["errors"][0]["message"] for name in OF_ENTRIES.values())
    half = await entered(register, withheld_because="privacy")
    assert [one["code"] for one in half["errors"]] == ["ground_but_public"]
    unknown = await entered(register, audience="staff", withheld_because="inconvenient")
    assert "malformed" in [one["code"] for one in unknown["errors"]]
    taken = await entered(register, audience="staff", withheld_because="state_secret")
    assert taken["status_code"] == 200, "an installation apart from the internet may keep it"


@pytest.mark.req("HB-34", "TH-25")
@pytest.mark.parametrize("ground", sorted(NEVER_ONLINE))
async def test_where_the_internet_reaches_a_secret_is_not_entered(
    register: RegisterWorld, monkeypatch: pytest.MonkeyPatch, ground: str
) -> None:
    faces_the_internet(monkeypatch)
    answer = await entered(register, audience="staff", withheld_because=ground, name=SECRET)
    assert (answer["status_code"], answer["errors"][0]["code"]) == (422, REFUSED_CODE)
    async with register.owner.connect() as connection:
        for table in ("item", "item_version", "event", "idempotency"):
            kept = await connection.execute(text(f"SELECT t::text FROM qingdan.{table} AS t"))
            assert SECRET not in str(kept.all()), table
    trade = await entered(register, audience="staff", withheld_because="trade_secret")
    assert trade["status_code"] == 200, "it may be kept, and is not shown"


async def test_an_entry_from_before_is_corrected_without_being_asked_for_its_ground(register: RegisterWorld) -> None:
    made = await entered(register, audience="staff", withheld_because="privacy")
    (item,) = [row["item_id"] for row in made["rows"]]
    async with register.owner.begin() as connection:
        await connection.execute(text("UPDATE qingdan.item_version SET elements = elements - 'withheld_because'"))
    tag = (await register.get(f"/items/{item}")).headers["etag"]
    body = {"elements": {"consult_phone": "0317-12345678"}}
    answer = await register.send(
        "PATCH", f"/items/{item}", body, headers={"If-Match": tag}, who=register.token(("list_authority", COUNTY))
    )
    assert answer.status_code == 200, answer.text


@pytest.mark.req("HB-34")
async def test_where_the_internet_reaches_a_secret_row_of_a_file_is_refused_and_its_cells_are_not_kept(
    world: ImportWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.app.state.settings = faces_the_internet(monkeypatch)
    header = rows_of(await template(world))[0]
    sheet = filled(header, {"许可事项名称": SECRET, "可见范围": "内部", "不公开理由": "国家秘密",
                            "事项类型": "行政许可", "实施机关": PROVINCE_ORGAN})  # fmt: skip
    done = await world.imported(sheet, headers={**world.token(), "content-type": XLSX}, **TEMPLATE)
    assert done["result"]["counts"]["rejected"] == 1
    (row,) = await rejected(world, done["id"])
    assert "涉密不上网" in str(row)
    assert SECRET not in str(row)
    assert SECRET not in await stored(world)
    assert not [one for one in settings.load().state_dir.rglob("*") if one.is_file()], "the file itself is gone"
