"""How one field of a peer's document becomes a value of ours and back. Pure; each form is both ways."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from services.catalog.exchange import transforms
from services.catalog.exchange.transforms import CellError

# A peer's integers are small; whatever is longer is a text.
_INTEGER = re.compile(r"-?[0-9]{1,15}")


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field of a table of the peer.

    Attributes
    ----------
    name : as the peer spells it.
    element : element of ours, or column of a sub-table; None: the peer's own, kept as it is.
    form : one of FORMS.
    vocabulary : the peer's value -> ours.
    separator : between the parts of a list.
    number : the peer writes a JSON number.
    derived : ours to infer: written only where the peer wrote it.
    """

    name: str
    element: str | None = None
    form: str = "text"
    vocabulary: Mapping[str, str] = field(default_factory=dict, hash=False)
    separator: str = ","
    number: bool = False
    derived: bool = False

    def read(self, raw: Any) -> Any:
        """The peer's value as ours; None says nothing.

        Raises
        ------
        CellError
            It cannot be translated; it is then kept as it is.
        """
        if raw is None or raw == "":
            return None
        if not isinstance(raw, str | int) or isinstance(raw, bool):
            raise CellError("field_shape", "应为文本或数字")
        return FORMS[self.form][0](self, str(raw))

    def write(self, value: Any) -> Any:
        """Our value as the peer's; what says nothing is an empty text.

        Raises
        ------
        CellError
            The peer has no word for it.
        """
        if value is None:
            return ""
        written = FORMS[self.form][1](self, value)
        return int(written) if self.number and _INTEGER.fullmatch(written) else written

    def part(self, value: Any) -> Any:
        """What of our value this field carries; fields that share an element carry a part each."""
        name = PARTS.get(self.form)
        if name is None:
            return value
        return {name: value[name]} if isinstance(value, Mapping) and name in value else None


def _translated(given: Field, raw: str) -> str:
    if raw not in given.vocabulary:
        raise CellError("vocabulary_unmapped", f"值“{raw[:40]}”没有对应")
    return given.vocabulary[raw]


def _untranslated(given: Field, value: Any) -> str:
    for theirs, ours in given.vocabulary.items():
        if ours == value:
            return theirs
    raise CellError("vocabulary_unmapped", f"值“{value!s:.40}”没有对应")


def _integer(given: Field, raw: str) -> int:
    if not _INTEGER.fullmatch(raw):
        raise CellError("integer", "应为整数")
    return int(raw)


def _texts(given: Field, raw: str) -> list[str]:
    return [part.strip() for part in raw.split(given.separator) if part.strip()]


Reader = Callable[[Field, str], Any]
Writer = Callable[[Field, Any], str]
FORMS: Mapping[str, tuple[Reader, Writer]] = {
    "text": (lambda given, raw: raw if raw.strip() else None, lambda given, value: str(value)),
    "base_code": (lambda given, raw: transforms.base_code(raw), lambda given, value: str(value)),
    "implementation_code": (lambda given, raw: transforms.implementation_code(raw), lambda given, value: str(value)),
    "levels": (lambda given, raw: transforms.levels(raw), lambda given, value: str(value)),
    "choice": (_translated, _untranslated),
    # Codes of which only some are known: the others stand as they are.
    "labelled": (
        lambda given, raw: given.vocabulary.get(raw, raw),
        lambda given, value: next((theirs for theirs, ours in given.vocabulary.items() if ours == value), str(value)),
    ),
    "choices": (
        lambda given, raw: [_translated(given, part) for part in _texts(given, raw)],
        lambda given, value: given.separator.join(_untranslated(given, one) for one in value),
    ),
    "texts": (_texts, lambda given, value: given.separator.join(value)),
    # A whole text that is one condition, one reason: lines of ours become lines of theirs.
    "paragraphs": (lambda given, raw: [raw], lambda given, value: "\n".join(value)),
    "boolean": (lambda given, raw: transforms.boolean(raw), lambda given, value: "1" if value else "0"),
    "integer": (_integer, lambda given, value: str(value)),
    "limit_amount": (lambda given, raw: {"amount": _integer(given, raw)}, lambda given, value: str(value["amount"])),
    "limit_unit": (
        lambda given, raw: {"unit": _translated(given, raw)},
        lambda given, value: _untranslated(given, value["unit"]),
    ),
    "organ_code": (lambda given, raw: transforms.organ(raw), lambda given, value: str(value["credit_code"] or "")),
    "organ_name": (lambda given, raw: None, lambda given, value: str(value["name"])),
}
PARTS: Mapping[str, str] = {"limit_amount": "amount", "limit_unit": "unit"}
ORGAN_FORMS = frozenset({"organ_code", "organ_name"})
