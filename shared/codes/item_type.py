"""Item types (事项类型): the vocabulary of GB/T 39046-2020 A.1 and, as data, what each source means by its own codes.

Type codes are not comparable between sources: ``20`` is a public service in the standard and 其他行政权力 in
Guangdong's files. A translation keeps the original code beside the result, and says how good it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from shared.codes.problems import CodeError, CodeProblem

CLASS_CODE = "00"
"""行政权力事项 as a whole: the class above 01-10, never the type of an item."""

STANDARD = "gbt_39046_2020"


@dataclass(frozen=True, slots=True)
class ItemType:
    """One type of the standard: `code` (2 digits), `name` (English identifier), `label` (Chinese)."""

    code: str
    name: str
    label: str

    @property
    def is_power(self) -> bool:
        """Whether the type is an administrative power (01-10), as opposed to a public service."""
        return self.code <= "10"


class Relation(StrEnum):
    """How a source's type relates to the type it is mapped to."""

    EXACT = "exact"
    NARROWER = "narrower"  # the source's type is a part of the target
    BROADER = "broader"  # the source's type contains more than the target


@dataclass(frozen=True, slots=True)
class TypeMapping:
    """One row of a source's translation table; `source_code` and `source_label` are kept with the item."""

    source: str
    source_code: str
    source_label: str
    code: str
    relation: Relation
    note: str = ""

    @property
    def item_type(self) -> ItemType:
        """The type of the standard that this row leads to."""
        return ITEM_TYPES[self.code]


_VOCABULARY = (
    ItemType("01", "permit", "行政许可"),
    ItemType("02", "penalty", "行政处罚"),
    ItemType("03", "coercion", "行政强制"),
    ItemType("04", "collection", "行政征收"),
    ItemType("05", "payment", "行政给付"),
    ItemType("06", "inspection", "行政检查"),
    ItemType("07", "confirmation", "行政确认"),
    ItemType("08", "reward", "行政奖励"),
    ItemType("09", "adjudication", "行政裁决"),
    ItemType("10", "other_power", "其他行政权力"),
    ItemType("20", "public_service", "公共服务"),
)

ITEM_TYPES: Mapping[str, ItemType] = MappingProxyType({entry.code: entry for entry in _VOCABULARY})
"""The standard's types by code. 11-19 and 21-99 are extensions: legal in a code, meaningful only per source."""


def _same_as_standard(source: str, codes: tuple[str, ...]) -> tuple[TypeMapping, ...]:
    return tuple(TypeMapping(source, code, ITEM_TYPES[code].label, code, Relation.EXACT) for code in codes)


_MAPPINGS = (
    *_same_as_standard(STANDARD, tuple(ITEM_TYPES)),
    # Only the codes that occur in the source: nothing is known about its 02, 03, 04 and 06.
    *_same_as_standard("guangdong_2021", ("01", "05", "07", "08", "09")),
    TypeMapping("guangdong_2021", "20", "其他行政权力", "10", Relation.EXACT, "本地20类即国标10类"),
    TypeMapping("guangdong_2021", "21", "公共服务", "20", Relation.EXACT, "本地21类即国标20类"),
)

TYPE_MAPPINGS: Mapping[tuple[str, str], TypeMapping] = MappingProxyType(
    {(row.source, row.source_code): row for row in _MAPPINGS}
)
"""All translation rows by (source, the source's own code). A further source is further rows, not further code."""


def translate(source: str, source_code: str) -> TypeMapping:
    """The mapping row of a source's own type code.

    Raises
    ------
    CodeError
        ``item_type_unmapped``: nothing is guessed, somebody has to add the row.
    """
    row = TYPE_MAPPINGS.get((source, source_code))
    if row is None:
        reason = f"来源“{source}”的事项类型代码“{source_code}”没有对照关系，请先在类型对照表中补充"
        raise CodeError(CodeProblem("item_type_unmapped", reason, source_code))
    return row


def by_label(label: str) -> ItemType:
    """The type with this Chinese name: ``行政许可``, ``许可`` or ``行政许可事项``.

    Raises CodeError ``item_type_label`` for a name outside the vocabulary.
    """
    name = label.removesuffix("事项")
    for entry in _VOCABULARY:
        if name in {entry.label, entry.label.removeprefix("行政")}:
            return entry
    known = "、".join(entry.label for entry in _VOCABULARY)
    raise CodeError(CodeProblem("item_type_label", f"事项类型“{label}”不在词表中，可用：{known}", label))
