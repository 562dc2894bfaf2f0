"""Published entries as CPSV-AP 3.2 nodes (SEMIC; JSON-LD 1.1). Pure.

The entry itself is made of its public body alone. Whatever has no term there is left to the entry's own address.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from services.publish.documents.slots.rules import cited

MEDIA_TYPE = "application/ld+json"
CONTEXT: Mapping[str, Any] = {
    "cpsv": "http://purl.org/vocab/cpsv#", "cv": "http://data.europa.eu/m8g/", "dct": "http://purl.org/dc/terms/",
    "dcat": "http://www.w3.org/ns/dcat#", "eli": "http://data.europa.eu/eli/ontology#",
    "foaf": "http://xmlns.com/foaf/0.1/", "schema": "https://schema.org/", "adms": "http://www.w3.org/ns/adms#",
    "skos": "http://www.w3.org/2004/02/skos/core#", "xsd": "http://www.w3.org/2001/XMLSchema#",
}  # fmt: skip
_LANGUAGE = "zh-Hans"
_DURATIONS = {"working_day": "P{}D", "natural_day": "P{}D", "calendar_month": "P{}M"}
Node = dict[str, Any]


def iri(base: str, *parts: str) -> str:
    """A stable address under the installation's own."""
    return "/".join((base, *(quote(part, safe="") for part in parts)))


def item_iri(base: str, item_id: str) -> str:
    """The address of an entry: where it is read."""
    return f"{base}/publish/v1/items/{item_id}"


def catalogue(base: str, facts: Mapping[str, Any]) -> Node:
    """The list as a catalogue of services: `facts` are id, title, region_code, revision, hash."""
    return {
        "@id": f"{base}/publish/v1/lists/{facts['list_id']}", "@type": "dcat:Catalog",
        "dct:title": _said(facts["title"]),
        "dct:spatial": {"@id": iri(base, "id", "regions", facts["region_code"])},
        "dct:identifier": str(facts["list_id"]), "adms:versionNotes": f"revision {facts['revision']} {facts['hash']}",
    }  # fmt: skip


def nodes(base: str, body: Mapping[str, Any]) -> Iterator[Node]:
    """The nodes of a published entry: the service, and what it names."""
    elements, me = body["elements"], item_iri(base, body["id"])
    parts = {
        "cv:hasCost": list(_costs(me, elements)), "cpsv:hasInput": list(_evidence(me, elements)),
        "cv:holdsRequirement": list(_criteria(me, elements)), "cpsv:produces": list(_outputs(me, elements)),
        "cv:hasLegalResource": list(_laws(base, elements)), "cv:hasChannel": list(_channels(me, elements)),
        "cpsv:follows": list(_rules(me, elements)),
    }  # fmt: skip
    organ = _organ(base, elements.get("implementing_body"), body["region_code"])
    region = {"@id": iri(base, "id", "regions", body["region_code"]), "@type": "dct:Location",
              "skos:prefLabel": _said(body["region_name"])}  # fmt: skip
    service: Node = {
        "@id": me, "@type": "cpsv:PublicService", "dct:identifier": _identifier(body),
        "dct:title": _said(elements.get("name", "")), "dct:description": _said(_description(body)),
        "dct:language": {"@id": "http://publications.europa.eu/resource/authority/language/ZHO"},
        "dct:spatial": {"@id": region["@id"]}, "schema:dateModified": _instant(body["effective_from"]),
        "dct:isPartOf": {"@id": f"{base}/publish/v1/lists/{body['list_id']}"},
        "foaf:page": [{"@id": f"{me}/guide"}], "cv:sector": _text(elements.get("item_type")),
        "adms:status": body["state"],
    }  # fmt: skip
    if organ is not None:
        service["cv:hasCompetentAuthority"] = {"@id": organ["@id"]}
    if time := _duration(elements.get("promised_limit") or elements.get("statutory_limit")):
        service["cv:processingTime"] = {"@value": time, "@type": "xsd:duration"}
    service |= {key: [{"@id": node["@id"]} for node in found] for key, found in parts.items() if found}
    yield {key: value for key, value in service.items() if value not in ("", None)}
    yield region
    if organ is not None:
        yield organ
    for found in parts.values():
        yield from found


def _identifier(body: Mapping[str, Any]) -> str:
    elements = body["elements"]
    return _text(elements.get("implementation_code")) or _text(elements.get("base_code")) or str(body["id"])


def _description(body: Mapping[str, Any]) -> str:
    content = _text(body["elements"].get("exercise_content"))
    return content or f"{body['list_title']}：{body['elements'].get('name', '')}"


def _organ(base: str, given: Any, region: str) -> Node | None:
    if not isinstance(given, Mapping) or not given.get("name"):
        return None
    code = _text(given.get("credit_code"))
    return {
        "@id": iri(base, "id", "organisations", code or f"{region}-{given['name']}"), "@type": "cv:PublicOrganisation",
        "skos:prefLabel": _said(given["name"]), "dct:identifier": code or str(given["name"]),
        "dct:spatial": {"@id": iri(base, "id", "regions", region)},
    }  # fmt: skip


def _costs(me: str, elements: Mapping[str, Any]) -> Iterator[Node]:
    if elements.get("charged") is False:
        yield {"@id": f"{me}#cost-0", "@type": "cv:Cost", "dct:identifier": "0", "cv:value": _decimal("0"),
               "cv:currency": _currency(), "dct:description": _said("不收费")}  # fmt: skip
        return
    for number, row in _rows(elements, "fees"):
        amount = row.get("amount")
        cost: Node = {
            "@id": f"{me}#cost-{number}", "@type": "cv:Cost", "dct:identifier": str(number),
            "dct:description": _said("：".join(filter(None, (_text(row.get("name")), _text(row.get("standard")))))),
        }  # fmt: skip
        if isinstance(amount, int | float | str) and _is_number(str(amount)):
            cost |= {"cv:value": _decimal(str(amount)), "cv:currency": _currency()}
        yield cost


def _evidence(me: str, elements: Mapping[str, Any]) -> Iterator[Node]:
    for number, row in _rows(elements, "materials"):
        yield {"@id": f"{me}#evidence-{number}", "@type": "cv:Evidence",
               "dct:identifier": _text(row.get("code")) or str(number), "dct:title": _said(_text(row.get("name"))),
               "cv:isOptional": row.get("necessity") == "optional"}  # fmt: skip


def _criteria(me: str, elements: Mapping[str, Any]) -> Iterator[Node]:
    value = elements.get("conditions")
    for number, text in enumerate(value if isinstance(value, list) else [], 1):
        yield {"@id": f"{me}#criterion-{number}", "@type": "cv:Criterion", "dct:identifier": str(number),
               "dct:title": _said(_text(text))}  # fmt: skip


def _outputs(me: str, elements: Mapping[str, Any]) -> Iterator[Node]:
    named = [_text(row.get("name")) for _, row in _rows(elements, "results")] or [_text(elements.get("result_name"))]
    for number, name in enumerate(filter(None, named), 1):
        yield {"@id": f"{me}#output-{number}", "@type": "cpsv:Output", "dct:identifier": str(number),
               "dct:title": _said(name)}  # fmt: skip


def _rules(me: str, elements: Mapping[str, Any]) -> Iterator[Node]:
    """The steps of handling, as the rules the service follows."""
    for number, row in _rows(elements, "process_steps"):
        told = "，".join(filter(None, (_text(row.get("name")), _text(row.get("standard")))))
        yield {"@id": f"{me}#rule-{number}", "@type": "cpsv:Rule", "dct:identifier": str(number),
               "dct:title": _said(_text(row.get("name"))), "dct:description": _said(told)}  # fmt: skip


def _laws(base: str, elements: Mapping[str, Any]) -> Iterator[Node]:
    for one in cited([elements]):
        number = {"eli:id_local": one["number"]} if one["number"] else {}
        yield {"@id": iri(base, "id", "documents", one["number"] or one["title"]), "@type": "eli:LegalResource",
               "dct:title": _said(one["title"]), **number}  # fmt: skip


def _channels(me: str, elements: Mapping[str, Any]) -> Iterator[Node]:
    windows: Sequence[tuple[int, Mapping[str, Any]]] = list(_rows(elements, "windows")) or [(1, {
        "name": "", "address": elements.get("handling_place"), "hours": elements.get("handling_hours"),
        "phone": elements.get("consult_phone")})]  # fmt: skip
    for number, row in windows:
        if not row.get("address"):
            continue
        channel: Node = {
            "@id": f"{me}#channel-{number}", "@type": "cv:Channel", "dct:identifier": str(number),
            "schema:address": _said(_text(row.get("address"))), "schema:openingHours": _text(row.get("hours")),
            "schema:telephone": _text(row.get("phone")),
        }  # fmt: skip
        yield {key: value for key, value in channel.items() if value}


def _rows(elements: Mapping[str, Any], key: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    value = elements.get(key)
    rows = [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []
    yield from enumerate(rows, 1)


def _said(text: Any) -> Node:
    return {"@value": str(text), "@language": _LANGUAGE}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _instant(text: str) -> Node:
    return {"@value": text, "@type": "xsd:dateTime"}


def _decimal(text: str) -> Node:
    return {"@value": text, "@type": "xsd:decimal"}


def _currency() -> Node:
    return {"@id": "http://publications.europa.eu/resource/authority/currency/CNY"}


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdecimal() and text.isascii()


def _duration(limit: Any) -> str:
    """A limit as xsd:duration; working days are counted as days, since the type knows no others."""
    if not isinstance(limit, Mapping) or not isinstance(limit.get("amount"), int):
        return ""
    form = _DURATIONS.get(str(limit.get("unit")))
    return form.format(limit["amount"]) if form else ""
