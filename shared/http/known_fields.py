"""Which fields a body has at a place, for who misspelt one. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel


def known_fields(body: Any, place: Sequence[str | int]) -> list[str]:
    """Names of the fields that an object at a place of a body may have, in the order of its description.

    Parameters
    ----------
    body : type of the whole body, as the route declares it.
    place : the way to the object, names and indexes, as a validation error tells it; of a choice between models the
        error names the one it took, which is passed over here.

    Returns
    -------
    list[str]
        Of all models that may stand there; empty where none does.
    """
    if isinstance(body, type) and issubclass(body, BaseModel):
        return _of_model(body, place)
    origin, parts = get_origin(body), get_args(body)
    if origin is Annotated:
        return known_fields(parts[0], place)
    if origin in (Union, UnionType):
        return _of_choice([part for part in parts if part is not NoneType], place)
    # An array's parts have one type, an object's values the second.
    return known_fields(parts[-1 if origin in (dict, Mapping) else 0], place[1:]) if parts and place else []


def _of_model(model: type[BaseModel], place: Sequence[str | int]) -> list[str]:
    fields = {field.alias or name: field.annotation for name, field in model.model_fields.items()}
    return known_fields(fields.get(str(place[0])), place[1:]) if place else list(fields)


def _of_choice(parts: Sequence[Any], place: Sequence[str | int]) -> list[str]:
    if len(parts) == 1:
        return known_fields(parts[0], place)
    taken = [part for part in parts if place and _is_named(part, str(place[0]))]
    found = (name for part in taken for name in known_fields(part, place[1:]))
    return list(dict.fromkeys(found))


def _is_named(part: Any, name: str) -> bool:
    """True when an error would call the model so: by its own name, or by a value that tells it from the others."""
    if get_origin(part) is Annotated:
        part = get_args(part)[0]
    if not (isinstance(part, type) and issubclass(part, BaseModel)):
        return False
    told = (
        get_args(field.annotation) for field in part.model_fields.values() if get_origin(field.annotation) is Literal
    )
    return name == part.__name__ or any(name in values for values in told)
