"""Templates of administrations, and the catalogue as linked data."""

from __future__ import annotations

import io
from typing import Any

import docx
import httpx
import pytest
import pytest_asyncio
from rdflib import RDF, Graph, Namespace, URIRef

from services.publish.app import app
from services.publish.documents.printed import Prints
from shared.identity.tokens import TokenVerifier
from shared.settings import Settings
from tests.publish.document_asking import headers, text_of_docx
from tests.publish.document_world import Documents, published
from tests.publish.world import REGION, World

CPSV, CV = Namespace("http://purl.org/vocab/cpsv#"), Namespace("http://data.europa.eu/m8g/")
ELI = Namespace("http://data.europa.eu/eli/ontology#")


@pytest_asyncio.fixture
async def documents(world: World, portal: httpx.AsyncClient, configured: Settings) -> Documents:
    """Three entries with their permits; tokens of people hold."""
    app.state.verifier, app.state.settings = TokenVerifier(configured.secrets), configured
    app.state.prints = Prints()
    return await published(world, 3)


@pytest.mark.req("HB-37")
async def test_a_province_fixes_the_template_of_a_city_until_it_opens_it(
    world: World, portal: httpx.AsyncClient, documents: Documents, configured: Settings
) -> None:
    province = "440000000000"
    await world.run("INSERT INTO qingdan.region (code, name, level, kind) VALUES (:code, '广东省', 'province',"
                    " 'administrative') ON CONFLICT DO NOTHING", code=province)  # fmt: skip
    await world.run("UPDATE qingdan.region SET parent_code = :above, ancestors = ARRAY[:above] WHERE code = :code",
                    above=province, code=REGION)  # fmt: skip
    base, bytes_ = "/publish/v1/document-templates", {"Content-Type": "application/octet-stream"}
    own, above = headers(configured, "reviewer"), headers(configured, "reviewer", region=province)

    async def upload(who: dict[str, str], region: str, text: str, **more: Any) -> httpx.Response:
        given = {"region": region, "document": "guide", "file_name": "指南.docx"} | more
        return await portal.post(base, params=given, content=word(text), headers=who | bytes_)

    async def act(who: dict[str, str], template: dict[str, Any], what: str) -> httpx.Response:
        match = {"If-Match": f'"{template["version"]}"'}
        return await portal.post(f"{base}/{template['id']}/{what}", headers=who | match)

    wrong = await upload(own, REGION, "{{ nmae }}")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "unknown_field")
    assert "nmae" in wrong.json()["detail"]
    assert (await upload(own, province, "{{ name }}")).status_code == 403
    fixed = (await upload(above, province, "省统一：{{ name }}")).json()
    local = (await upload(own, REGION, "市自定：{{ name }}")).json()
    trial = await portal.get(f"{base}/{local['id']}/trial", headers=own)
    assert "市自定：示例事项" in text_of_docx(trial.content)
    guide = f"/publish/v1/items/{documents.item}/guide.docx"
    name = world.current[documents.item]["name"]
    assert "申请材料" in text_of_docx((await portal.get(guide)).content), "the shipped one until one is active"
    local = (await act(own, local, "activate")).json()
    assert text_of_docx((await portal.get(guide)).content) == f"市自定：{name}"
    fixed = (await act(above, fixed, "activate")).json()
    assert text_of_docx((await portal.get(guide)).content) == f"省统一：{name}"
    again = await upload(own, REGION, "{{ name }}")
    assert (again.status_code, again.json()["code"]) == (409, "template_fixed_above")
    assert (await act(above, fixed, "retire")).json()["state"] == "retired"
    assert text_of_docx((await portal.get(guide)).content) == f"市自定：{name}"
    assert (await act(own, local | {"version": 1}, "retire")).status_code == 412
    assert {one.type for one in await world.events(["document_template.activated", "document_template.retired"])}


def word(*lines: str) -> bytes:
    document, file = docx.Document(), io.BytesIO()
    for line in lines:
        document.add_paragraph(line)
    document.save(file)
    return file.getvalue()


@pytest.mark.req("ZZ-48")
async def test_the_catalogue_reads_as_linked_data_with_libraries_of_others(
    portal: httpx.AsyncClient, documents: Documents
) -> None:
    one = await portal.get(f"/publish/v1/items/{documents.item}/cpsv.jsonld")
    assert one.headers["content-type"] == "application/ld+json"
    whole = await portal.get(f"/publish/v1/lists/{documents.implementation}/cpsv.jsonld")
    me = URIRef(f"http://portal/publish/v1/items/{documents.item}")
    for answer in (one, whole):
        graph = Graph().parse(data=answer.text, format="json-ld")
        assert (me, RDF.type, CPSV.PublicService) in graph
        [organ] = graph.objects(me, CV.hasCompetentAuthority)
        assert (organ, RDF.type, CV.PublicOrganisation) in graph
        assert len(set(graph.objects(me, CPSV.hasInput))) == 2
        [law] = graph.objects(me, CV.hasLegalResource)
        assert (law, RDF.type, ELI.LegalResource) in graph
        assert [str(time) for time in graph.objects(me, CV.processingTime)] == ["P10D"]
    services = set(Graph().parse(data=whole.text, format="json-ld").subjects(RDF.type, CPSV.PublicService))
    assert {URIRef(f"http://portal/publish/v1/items/{item}") for item in documents.items} <= services
    same = await portal.get(f"/publish/v1/lists/{documents.implementation}/cpsv.jsonld",
                            headers={"If-None-Match": whole.headers["etag"]})  # fmt: skip
    assert same.status_code == 304
