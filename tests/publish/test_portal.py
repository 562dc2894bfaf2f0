"""The public portal: entries, pages of one revision, codes, history, hash, open data - without login."""

import json
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from docs.verify_list_hash import list_hash, main
from shared.identifiers import new_id
from shared.ledger.envelope import NewEvent
from tests.publish.world import BORN, World

API = "/publish/v1"


async def walk(portal: httpx.AsyncClient, list_id: UUID, **asked: object) -> list[dict]:
    """All pages of a list."""
    pages: list[dict] = []
    cursor = None
    while cursor is not None or not pages:
        page = await portal.get(f"{API}/lists/{list_id}/items", params=asked | ({"cursor": cursor} if cursor else {}))
        assert page.status_code == 200, page.text
        pages.append(page.json())
        cursor = pages[-1]["next"]
    return pages


async def test_an_entry_is_the_bytes_its_hash_is_of(world: World, portal: httpx.AsyncClient) -> None:
    list_id, items = await world.enacted(1)
    answer = await portal.get(f"{API}/items/{items[0]}")
    body = answer.json()
    assert answer.headers["etag"] == f'"{sha256(answer.content).hexdigest()}"'
    assert answer.headers["qingdan-revision"] == "1"
    assert answer.headers["qingdan-list-hash"] == (await world.list_state(list_id))["hash"].hex()
    assert body["elements"]["implementing_body"]["name"] == "广州市生态环境局"
    assert str(world.organ) not in answer.text
    assert body["elements"]["materials"] == [{"name": "环境影响报告表", "necessity": "required"}]
    assert body["effective_from"] == "2026-01-05T09:00:00+08:00"


async def test_an_unchanged_entry_is_304_and_a_changed_one_is_not(world: World, portal: httpx.AsyncClient) -> None:
    _, items = await world.enacted(1)
    tag = (await portal.get(f"{API}/items/{items[0]}")).headers["etag"]
    for given in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        answer = await portal.get(f"{API}/items/{items[0]}", headers={"If-None-Match": given})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
    await world.update(items, name="新名称")
    answer = await portal.get(f"{API}/items/{items[0]}", headers={"If-None-Match": tag})
    assert answer.status_code == 200


async def test_an_unchanged_page_is_304_and_a_page_of_a_changed_list_is_not(
    world: World, portal: httpx.AsyncClient
) -> None:
    list_id, items = await world.enacted(3)
    path = f"{API}/lists/{list_id}/items?limit=2"
    tag = (await portal.get(path)).headers["etag"]
    assert (await portal.get(path, headers={"If-None-Match": tag})).status_code == 304
    assert (await portal.get(path + "0", headers={"If-None-Match": tag})).status_code == 200
    await world.update(items[2:], name="新名称")
    assert (await portal.get(path, headers={"If-None-Match": tag})).status_code == 200


async def test_a_walk_through_the_pages_shows_one_revision_while_a_new_one_appears(
    world: World, portal: httpx.AsyncClient
) -> None:
    list_id, items = await world.enacted(7)
    first = (await portal.get(f"{API}/lists/{list_id}/items", params={"limit": 3})).json()
    await world.update(items, name="新名称")
    second = (await portal.get(f"{API}/lists/{list_id}/items", params={"limit": 3, "cursor": first["next"]})).json()
    assert (first["revision"], second["revision"]) == (1, 1)
    assert first["hash"] == second["hash"]
    assert "新名称" not in json.dumps(second, ensure_ascii=False)
    fresh = await walk(portal, list_id, limit=3)
    assert {page["revision"] for page in fresh} == {2}
    assert [row["id"] for page in fresh for row in page["items"]] == [str(item) for item in sorted(items)]
    assert {row["name"] for page in fresh for row in page["items"]} == {"新名称"}


async def test_an_edition_pins_its_revision(world: World, portal: httpx.AsyncClient) -> None:
    list_id, items = await world.enacted(2)
    await world.tell(
        NewEvent(type="list.edition_named", list_kind=world.lists[list_id], list_id=list_id, refs={"edition": "2026版"})
    )
    await world.publish()
    await world.update(items, name="新名称")
    pinned = (await portal.get(f"{API}/lists/{list_id}/items", params={"edition": "2026版"})).json()
    assert pinned["revision"] == 1
    assert "新名称" not in json.dumps(pinned, ensure_ascii=False)
    detail = (await portal.get(f"{API}/lists/{list_id}")).json()
    assert [(one["name"], one["revision"]) for one in detail["editions"]] == [("2026版", 1)]
    unknown = await portal.get(f"{API}/lists/{list_id}/items", params={"edition": "1999版"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "edition_not_found")


async def test_pages_can_be_narrowed_and_counted(world: World, portal: httpx.AsyncClient) -> None:
    list_id = await world.new_list()
    odd = {"name": "50%_折扣\\审批", "item_type": "05", "level": "2,3", "state": "suspended"}
    await world.add(list_id, [world.elements(1), world.elements(2), world.elements(3, **odd)])
    await world.enact(list_id)
    await world.publish()
    organ = (await world.run("SELECT credit_code FROM qingdan.organ WHERE id = :id", id=world.organ))[0]["credit_code"]
    for asked, found in (
        ({"q": "环境影响"}, 2),
        ({"q": "%_折扣\\"}, 1),
        ({"q": "_"}, 1),
        ({"item_type": "01"}, 2),
        ({"state": "suspended"}, 1),
        ({"level": "2"}, 1),
        ({"level": "3"}, 3),
        ({"organ": organ}, 3),
        ({"organ": "没有这个机关"}, 0),
        ({}, 3),
    ):
        page = (await portal.get(f"{API}/lists/{list_id}/items", params=asked | {"count": "exact"})).json()
        assert (len(page["items"]), page["count"]) == (found, found), asked


async def test_entries_are_found_by_base_and_by_implementation_code(world: World, portal: httpx.AsyncClient) -> None:
    list_id, items = await world.enacted(1, base_code="000777001000", implementation_code="X1777")
    for code in ("000777001000", "X1777", "x1777"):
        answer = await portal.get(f"{API}/items/by-code/{code}")
        assert [one["id"] for one in answer.json()["items"]] == [str(items[0])], code
        again = await portal.get(f"{API}/items/by-code/{code}", headers={"If-None-Match": answer.headers["etag"]})
        assert again.status_code == 304
    assert (await portal.get(f"{API}/items/by-code/X1777", params={"kind": world.lists[list_id]})).status_code == 200
    assert (await portal.get(f"{API}/items/by-code/X1777", params={"kind": "other"})).status_code == 404
    assert (await portal.get(f"{API}/items/by-code/X9999")).json()["code"] == "code_not_published"


async def test_the_hash_of_a_list_is_recomputed_from_its_open_data(
    world: World, portal: httpx.AsyncClient, tmp_path: Path
) -> None:
    list_id, items = await world.enacted(40)
    await world.update(items[:3], name="新名称")
    for revision in (1, 2):
        answer = await portal.get(f"{API}/lists/{list_id}/open-data", params={"revision": revision})
        manifest, *lines = answer.content.splitlines()
        told = json.loads(manifest)
        proof = (await portal.get(f"{API}/lists/{list_id}/hash", params={"revision": revision})).json()
        assert list_hash(lines) == told["hash"] == proof["hash"] == answer.headers["qingdan-list-hash"]
        assert proof["entries"] == len(lines) == 40
        whole = b"".join(
            {one["bucket"]: bytes.fromhex(one["hash"]) for one in proof["buckets"]}.get(
                bucket, bytes.fromhex(proof["empty_bucket"])
            )
            for bucket in range(256)
        )
        assert sha256(whole).hexdigest() == proof["hash"]
        file = tmp_path / f"r{revision}.jsonl"
        file.write_bytes(answer.content)
        assert main(file) == 0
        file.write_bytes(answer.content.replace("审批".encode(), "审核".encode(), 1))
        assert main(file) == 1


@pytest.mark.req("TH-48")
async def test_a_code_is_valid_on_the_days_it_was_in_force(world: World, portal: httpx.AsyncClient) -> None:
    _, items = await world.enacted(1, base_code="000888001000")
    await world.change(items, at=BORN + timedelta(days=10), base_code="000888002000")
    await world.tell(world.event("item.updated", items))
    await world.publish()
    await world.change(items, at=BORN + timedelta(days=20), state="cancelled")
    await world.tell(world.event("item.cancelled", items))
    await world.publish()

    async def on(code: str, day: str) -> dict:
        return (await portal.get(f"{API}/codes/{code}", params={"on": day})).json()

    assert (await on("000888001000", "2026-01-04"))["valid"] is False
    assert (await on("000888001000", "2026-01-05"))["valid"] is True
    replaced = await on("000888001000", "2026-01-15")
    assert replaced["valid"] is False
    assert replaced["entries"][0]["successor"]["code"] == "000888002000"
    assert (await on("000888002000", "2026-01-24"))["valid"] is True
    assert (await on("000888002000", "2026-01-25"))["valid"] is False
    assert (await on("000888002000", "2199-12-31"))["preview"] is True
    assert (await on("999999999999", "2026-01-05")) == {
        "code": "999999999999", "on": "2026-01-05", "valid": False, "preview": False, "entries": [],
        "standing": "not_in_list", "statement": "清单中没有该编码的事项；清单之外，一律不得违法实施行政许可。",
    }  # fmt: skip


@pytest.mark.req("ZL-10")
async def test_the_history_shows_every_published_version_with_hash_time_and_what_changed(
    world: World, portal: httpx.AsyncClient
) -> None:
    list_id, items = await world.enacted(1, hidden=["internal_note"])
    adjustment = new_id()
    await world.update(items, internal_note="内部批注")
    await world.change(items, name="新名称", adjustment=adjustment)
    await world.tell(world.event("item.updated", items))
    await world.publish()
    versions = (await portal.get(f"{API}/items/{items[0]}/history")).json()["items"]
    assert [(one["version"], one["revision"]) for one in versions] == [(3, 2), (1, 1)]
    assert versions[0]["changed"] == ["name"]
    assert versions[0]["adjustment_id"] == str(adjustment)
    assert versions[1]["decision"] == {"meeting": "常务会议", "date": "2026-01-04", "number": "穗府〔2026〕1号"}
    page = (await portal.get(f"{API}/items/{items[0]}/history", params={"limit": 1})).json()
    rest = (await portal.get(f"{API}/items/{items[0]}/history", params={"limit": 1, "cursor": page["next"]})).json()
    assert page["items"] + rest["items"] == versions
    revisions = (await portal.get(f"{API}/lists/{list_id}/revisions")).json()["items"]
    assert [one["revision"] for one in revisions] == [2, 1]
    assert revisions[0]["hash"] == versions[0]["list_hash"]


async def test_published_lists_are_listed_and_a_list_still_compiled_is_not(
    world: World, portal: httpx.AsyncClient
) -> None:
    list_id, _ = await world.enacted(2)
    compiling = await world.new_list()
    found: list[dict] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await portal.get(f"{API}/lists", params={"limit": 2} | ({"cursor": cursor} if cursor else {}))).json()
        found += page["items"]
        cursor = page["next"]
    assert str(list_id) in {one["list_id"] for one in found}
    assert str(compiling) not in {one["list_id"] for one in found}
    one = (await portal.get(f"{API}/lists", params={"kind": world.lists[list_id]})).json()["items"][0]
    assert (one["entries"], one["kind_title"], one["region_name"]) == (2, "行政许可事项清单", "广州市")
    assert (await portal.get(f"{API}/lists/{compiling}/items")).status_code == 404


@pytest.mark.parametrize(
    ("path", "status", "pointer"),
    [
        ("/items/not-a-uuid", 422, "path/item_id"),
        ("/items/{00000000-0000-0000-0000-000000000000}", 422, "path/item_id"),
        (f"/items/{UUID(int=7)}", 404, None),
        (f"/items/{UUID(int=7)}/history", 404, None),
        ("/items/by-code/%00", 422, "path/code"),
        ("/items/by-code/" + "9" * 51, 422, "path/code"),
        ("/items/by-code/%F0%9F%98%80", 422, "path/code"),
        (f"/lists/{UUID(int=7)}/items", 404, None),
        ("/lists/7/items", 422, "path/list_id"),
        ("/lists/LIST/items?limit=0", 422, "query/limit"),
        ("/lists/LIST/items?limit=201", 422, "query/limit"),
        ("/lists/LIST/items?limit=1e3", 422, "query/limit"),
        ("/lists/LIST/items?limit=99999999999999999999999", 422, "query/limit"),
        ("/lists/LIST/items?cursor=!!!", 422, "query/cursor"),
        ("/lists/LIST/items?cursor=WzEsMl0", 422, "query/cursor"),
        ("/lists/LIST/items?cursor=Wzk5OSwiMDAwMDAwMDAtMDAwMC0wMDAwLTAwMDAtMDAwMDAwMDAwMDAwIl0", 422, "query/cursor"),
        ("/lists/LIST/items?state=gone", 422, "query/state"),
        ("/lists/LIST/items?q=%00", 422, "query"),
        ("/lists/LIST/items?q=%FF", 422, "query"),
        ("/lists/LIST/items?q=" + "a" * 201, 422, "query/q"),
        ("/lists/LIST/items?count=all", 422, "query/count"),
        ("/lists/LIST/open-data?revision=99", 404, None),
        ("/lists/LIST/open-data?revision=0", 422, "query/revision"),
        ("/lists/LIST/hash?revision=99", 404, None),
        ("/lists/LIST/hash?revision=99999999999999999999", 422, "query/revision"),
        ("/lists/LIST/revisions?cursor=WyJ4Il0", 422, "query/cursor"),
        ("/lists?cursor=WyJ4Il0", 422, "query/cursor"),
        ("/codes/000116101000?on=2026-02-30", 422, "query/on"),
        ("/codes/000116101000?on=0", 422, "query/on"),
        ("/codes/000116101000?on=0001-01-01", 422, "query/on"),
        ("/codes/000116101000?on=9999-12-31", 422, "query/on"),
        ("/feed?after=-1", 422, "query/after"),
        ("/feed?after=9223372036854775808", 422, "query/after"),
        ("/feed?limit=501", 422, "query/limit"),
        ("/feed?wait=21", 422, "query/wait"),
        ("/nothing", 404, None),
    ],
)
async def test_a_bad_request_is_told_where_it_is_wrong(
    world: World, portal: httpx.AsyncClient, path: str, status: int, pointer: str | None
) -> None:
    list_id, _ = await world.enacted(1)
    answer = await portal.get(API + path.replace("LIST", str(list_id)))
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    problem = answer.json()
    assert problem["status"] == status
    assert [error["pointer"] for error in problem["errors"]] == ([pointer] if pointer else [])


async def test_reads_are_only_read(world: World, portal: httpx.AsyncClient) -> None:
    list_id, items = await world.enacted(1)
    for path in (f"/items/{items[0]}", f"/lists/{list_id}/items", "/feed", f"/lists/{list_id}/open-data"):
        answer = await portal.post(API + path)
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
        head = await portal.head(API + path)
        assert (head.status_code, head.content) == (200, b"")


async def test_every_read_is_described_in_openapi(portal: httpx.AsyncClient) -> None:
    schema = (await portal.get(f"{API}/openapi.json")).json()
    operations = [one for path, methods in schema["paths"].items() if path.startswith(API) for one in methods.values()]
    assert {"get_published_item", "list_items_by_code", "list_published_items", "download_open_data", "read_feed"} <= {
        one["operationId"] for one in operations
    }
    assert all(one["summary"] for one in operations)
