"""Guides of published entries: fourteen elements, every form the same words, nothing that is not public."""

from __future__ import annotations

from typing import Any
from uuid import UUID
from xml.etree import ElementTree

import httpx
import pytest
import pytest_asyncio

from services.publish.app import app
from services.publish.documents.printed import Prints
from shared.guide.fourteen import FOURTEEN
from shared.identifiers import new_id
from shared.identity.tokens import TokenVerifier
from shared.settings import Settings
from tests.publish.document_asking import headers, text_of_docx, text_of_pdf, words
from tests.publish.document_world import NASTY, Documents, implementation, published
from tests.publish.world import World
from tests.statements import counted


@pytest_asyncio.fixture
async def documents(world: World, portal: httpx.AsyncClient, configured: Settings) -> Documents:
    """One entry with its permit; tokens of people hold."""
    app.state.verifier, app.state.settings = TokenVerifier(configured.secrets), configured
    app.state.prints = Prints()
    return await published(world)


def address(item: UUID, form: str = "") -> str:
    return f"/publish/v1/items/{item}/guide{form}"


async def read(portal: httpx.AsyncClient, item: UUID) -> dict[str, Any]:
    answer = await portal.get(address(item, ".json"))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_what_is_not_public_has_no_guide_and_no_document_of_any_kind(
    world: World, portal: httpx.AsyncClient, documents: Documents
) -> None:
    secret = (await world.add(documents.implementation, [implementation(world, 900, audience="staff")]))[0]
    await world.tell(world.event("item.created", [secret]))
    await world.publish()
    for item in (secret, new_id()):
        for path in ("guide", "guide.pdf", "guides", "documents", "review-rules", "cpsv.jsonld"):
            answer = await portal.get(f"/publish/v1/items/{item}/{path}")
            assert (answer.status_code, answer.json()["code"]) == (404, "item_not_published"), path
    for path in (address(documents.item, ".exe"), "/publish/v1/items/x/guide", f"{address(documents.item)}.xlsx"):
        assert (await portal.get(path)).status_code in (404, 422)


@pytest.mark.req("ZL-23", "ZL-25", "ZZ-45")
async def test_a_guide_has_fourteen_elements_and_says_the_same_in_every_form(
    portal: httpx.AsyncClient, documents: Documents, engine: Any
) -> None:
    with counted(app.state.engine) as sent:
        data = await read(portal, documents.item)
    assert len(sent) <= 3, sent
    assert [one["key"] for one in data["elements"]] == [key for key, _, _ in FOURTEEN]
    assert (data["missing"], data["complete"]) == ([], True)
    entry = (await portal.get(f"/publish/v1/items/{documents.item}")).json()["elements"]
    assert [row["name"] for row in data["materials"]] == [row["name"] for row in entry["materials"]], "as the list says"
    files = {form: await portal.get(address(documents.item, f".{form}")) for form in ("html", "pdf", "docx")}
    assert {form: answer.status_code for form, answer in files.items()} == dict.fromkeys(files, 200)
    page = files["html"].text
    assert NASTY not in page
    assert "<script" not in page
    texts = {
        "html": words(page.replace("&#x27;", "'").replace("&quot;", '"').replace("&lt;", "<").replace("&gt;", ">")
                      .replace("&amp;", "&").replace("<br>", "")),
        "pdf": text_of_pdf(files["pdf"].content), "docx": text_of_docx(files["docx"].content),
    }  # fmt: skip
    said = [text for one in data["elements"] if one["key"] not in ("basis", "materials", "process_steps")
            for text in one["text"].split("；")]  # fmt: skip
    said += [row["name"] for row in (*data["steps"], *data["materials"])] + data["conditions"] + data["attention"]
    said += [data["hash"], data["list_hash"], "第三十五条", "办理流程图", "监督投诉：12345"]
    for form, text in texts.items():
        shown = [one.replace("𠮷", "〔U+20BB7〕") if form == "pdf" else one for one in said]
        assert [one for one in shown if words(one) not in text] == [], form


async def test_a_flow_chart_is_drawn_from_the_steps_with_its_branches_and_nothing_that_runs(
    portal: httpx.AsyncClient, documents: Documents
) -> None:
    page = (await portal.get(address(documents.item))).text
    svg = page[page.index("<svg") : page.index("</svg>") + len("</svg>")]
    root = ElementTree.fromstring(svg)
    space = "{http://www.w3.org/2000/svg}"
    texts = "".join(one.text or "" for one in root.iter(f"{space}text"))
    assert {"title", "desc"} <= {one.tag.removeprefix(space) for one in root}
    told = ("申请人提出申请", "受理", "一次性告知补正", "不予受理", "现场核查", "说明理由并告知", "办结")
    assert [one for one in told if one not in texts] == []
    assert {one.tag.removeprefix(space) for one in root.iter()} <= {
        "svg", "title", "desc", "defs", "marker", "path", "g", "rect", "text"}  # fmt: skip
    answer = await portal.get(address(documents.item))
    assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.req("ZL-25")
async def test_an_element_nobody_says_is_named_and_comes_back_with_the_next_version(
    world: World, portal: httpx.AsyncClient, documents: Documents
) -> None:
    before = await portal.get(address(documents.item, ".pdf"))
    same = await portal.get(address(documents.item, ".pdf"), headers={"If-None-Match": before.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")
    assert (await portal.get(address(documents.item, ".pdf"))).content == before.content, "from what is kept"
    await world.change([documents.item], complaint_phone=None)
    await world.tell(world.event("item.updated", [documents.item]))
    await world.publish()
    data = await read(portal, documents.item)
    assert (data["missing"], data["complete"]) == (["complaint_phone"], False)
    after = await portal.get(address(documents.item, ".pdf"), headers={"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200
    assert "（未公布）" in text_of_pdf(after.content)


@pytest.mark.req("ZL-20", "ZZ-05")
async def test_a_matter_has_its_entries_each_with_a_guide_and_takes_from_its_specification(
    portal: httpx.AsyncClient, documents: Documents
) -> None:
    found = (await portal.get(f"/publish/v1/items/{documents.permit}/guides")).json()["items"]
    mine = [one for one in found if one["item_id"] == str(documents.item)]
    assert [one["guide"] for one in mine] == [address(documents.item)]
    data = await read(portal, documents.item)
    assert data["permit_id"] in {str(documents.permit), data["permit_id"]}
    sources = {one["key"]: one["source"] for one in data["elements"]}
    assert (sources["process_steps"], sources["materials"]) == ("permit", "implementation")


async def test_the_form_follows_what_the_caller_accepts(portal: httpx.AsyncClient, documents: Documents) -> None:
    page = "text/html; charset=utf-8"
    wanted = {
        "application/json": "application/json", "*/*": page, "x/y;q=z,application/pdf;q=0": page,
        "text/html;q=0.5, application/pdf": "application/pdf",
    }  # fmt: skip
    for accept, media in wanted.items():
        answer = await portal.get(address(documents.item), headers={"Accept": accept})
        assert (answer.status_code, answer.headers["content-type"]) == (200, media)
        assert "accept" in answer.headers["vary"].lower()


@pytest.mark.req("TH-21")
async def test_a_manual_is_for_those_who_handle_and_says_what_is_examined_and_told(
    world: World, portal: httpx.AsyncClient, documents: Documents, configured: Settings
) -> None:
    path = f"/publish/v1/items/{documents.permit}/manual"
    assert (await portal.get(path)).status_code == 401
    who = headers(configured, "compiler")
    data = (await portal.get(f"{path}.json", headers=who)).json()
    assert {"point": "现场核查", "standard": "场所与布局图一致"} in data["review_points"]
    assert {"受理通知书", "一次性补正告知书", "不予行政许可决定书"} <= {row["name"] for row in data["notices"]}
    assert data["supervision"] == ["日常检查"]
    for form, text_of in (("pdf", text_of_pdf), ("docx", text_of_docx)):
        answer = await portal.get(f"{path}.{form}", headers=who)
        assert answer.headers["cache-control"] == "private, no-store"
        assert {"审查要点", "应当送达的文书"} <= {
            one for one in ("审查要点", "应当送达的文书") if one in text_of(answer.content)
        }
    other = await portal.get(f"/publish/v1/items/{documents.item}/manual", headers=who)
    assert (other.status_code, other.json()["code"]) == (409, "no_manual")
    guide = await read(portal, documents.permit)
    assert guide["title"].endswith("办事指南"), "of each permit a manual and a guide"
    cancelled = await world.change([documents.permit], state="cancelled")
    assert cancelled
    await world.tell(world.event("item.cancelled", [documents.permit]))
    await world.publish()
    gone = await portal.get(address(documents.permit))
    assert (gone.status_code, gone.json()["code"]) == (410, "item_cancelled")
