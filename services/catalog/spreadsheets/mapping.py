"""The mapping profile that reads a filled spreadsheet of a kind again. Pure."""

from __future__ import annotations

from typing import Any

from services.catalog.kinds.rules import Profile
from services.catalog.spreadsheets.rules import EXAMPLE, IDENTITY, MANDATORY, NUMBER, columns_of
from services.catalog.spreadsheets.subsheets import subsheets_of


def mapping_of(profile: Profile, kind_title: str) -> dict[str, Any]:
    """The mapping profile that reads a filled spreadsheet: one column an element, by its title with or without mark."""
    return {
        "code": mapping_code(profile),
        "title": f"{kind_title}电子表格模板",
        "source": "template",
        "list_kinds": [profile.kind],
        "target": "root",
        "rejecting": ["V02", "V03"],
        "identity_column": IDENTITY,
        "example": {"column": NUMBER, "value": EXAMPLE},
        "sheets": [sheet.mapping() for sheet in subsheets_of(profile)],
        "columns": [
            {
                "element": column.element.key,
                "transform": "sheet",
                "columns": list(dict.fromkeys([column.title, column.title.removesuffix(MANDATORY)])),
                "required": column.element.key == "name",
                "form": {"type": column.element.type, "vocabulary": dict(column.element.vocabulary)},
            }
            for column in columns_of(profile)
        ],
    }


def mapping_code(profile: Profile) -> str:
    """Under which code the mapping of a profile is kept: profiles never change, they get a next number."""
    return f"template_{profile.kind}_{profile.number}"
