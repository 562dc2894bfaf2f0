"""Entries of other lists about a matter, made from the matter's elements."""

from __future__ import annotations

from typing import Any

from tests.catalog.linkage_world import CITY, World

BASIS = [{"document": "价格法", "kind": "set", "article": "第四十七条", "document_kind": "law"}]


def power(world: World, name: str, **more: Any) -> dict[str, Any]:
    """A power that is no permit."""
    return world.permit(CITY, name, item_type="06") | more


def reference(permit: dict[str, Any], **more: Any) -> dict[str, Any]:
    """How an entry of another list refers to a permit."""
    keys = ("base_code", "implementing_body", "handling_item", "state")
    return {key: permit[key] for key in keys} | {"permit_name": permit["name"]} | more


def about(matter: dict[str, Any], name: str, **more: Any) -> dict[str, Any]:
    """An entry of another list about a matter, with its code and a basis."""
    return reference(matter, name=name, implementation_code=matter["implementation_code"], basis=BASIS) | more
