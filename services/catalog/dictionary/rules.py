"""Whether the elements of a kind mean what the dictionary says they mean (QX-36). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from services.catalog.kinds.rules import check_definition
from shared import problems
from shared.problems import FieldError

_WAYS_OUT = "请沿用字典，或换一个要素标识（key），或由管理员先修订要素字典"
_NAME: Mapping[str, Any] = {"key": "name", "title": "名称", "type": "text"}


def check_meaning(elements: Sequence[Mapping[str, Any]], known: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse elements that the dictionary knows with another type, title or vocabulary.

    Raises
    ------
    problems.Invalid
        One error for each, with what the dictionary says and what can be done.
    """
    errors = [
        error
        for index, element in enumerate(elements)
        if element["key"] in known
        for error in _disagreements(f"/elements/{index}", element, known[element["key"]])
    ]
    if errors:
        raise problems.Invalid(
            f"有{len(errors)}处与要素字典不一致，同一要素在各清单中应口径一致。", code="dictionary_disagrees",
            errors=errors,
        )  # fmt: skip


def _disagreements(place: str, element: Mapping[str, Any], known: Mapping[str, Any]) -> Iterator[FieldError]:
    key = element["key"]
    if element["type"] != known["type"]:
        message = f"要素“{key}”在字典中的类型为 {known['type']}；{_WAYS_OUT}"
        yield FieldError(f"{place}/type", "dictionary_type", message)
        return
    titles = [known["title"], *known["aliases"]]
    if not known["any_title"] and element["title"] not in titles:
        message = f"要素“{key}”在字典中的名称为：{'、'.join(titles)}；{_WAYS_OUT}"
        yield FieldError(f"{place}/title", "dictionary_title", message)
    foreign = _foreign(element.get("vocabulary") or {}, known["vocabulary"])
    if foreign:
        message = f"要素“{key}”的取值{'、'.join(foreign[:5])}不在字典的取值表中或名称不同；{_WAYS_OUT}"
        yield FieldError(f"{place}/vocabulary", "dictionary_vocabulary", message)
    columns = {column["key"]: column for column in known["columns"]}
    for number, column in enumerate(element.get("columns") or ()):
        same = columns.get(column["key"])
        if same is not None and same["type"] != column["type"]:
            message = f"明细表“{key}”的列“{column['key']}”在字典中的类型为 {same['type']}；{_WAYS_OUT}"
            yield FieldError(f"{place}/columns/{number}/type", "dictionary_type", message)


def _foreign(given: Mapping[str, str], known: Mapping[str, str]) -> list[str]:
    """Values the dictionary does not have, or calls otherwise; it may leave the values of an element open."""
    return [value for value, title in given.items() if known and known.get(value) != title]


def check_element(element: Mapping[str, Any]) -> None:
    """Refuse a definition that no kind could use. Raises Invalid, with places within the element."""
    rest = [] if element["key"] == "name" else [_NAME]
    try:
        check_definition([element, *rest])
    except problems.Invalid as problem:
        errors = [FieldError(error.pointer.removeprefix("/elements/0"), error.code, error.message)
                  for error in problem.errors]  # fmt: skip
        raise problems.Invalid("要素定义有误，请按提示修改。", code="element_invalid", errors=errors) from None
