"""Region codes: GB/T 2260 (6 digits), GB/T 39046 (9) and platform codes (12); stored with 12 digits.

Level and parent of a region come from the region register alone. What the digits suggest is a plausibility
check: 东莞 and 中山 have towns directly under the city, zones carry local codes, districts are renumbered.
"""

from dataclasses import dataclass
from string import digits

from shared.codes.level import Level
from shared.codes.problems import CodeProblem, check_characters, check_length

LENGTH = 12
NATION = "0" * LENGTH

# First two digits given out by GB/T 2260: provinces, then 71 台湾, 81 香港, 82 澳门.
_PROVINCES = frozenset(
    f"{tens}{ones}"
    for tens, last in (("1", "12345"), ("2", "123"), ("3", "1234567"), ("4", "123456"), ("5", "01234"), ("6", "12345"))
    for ones in last
) | {"71", "81", "82"}


@dataclass(frozen=True, slots=True)
class RegionCode:
    """A region code in its stored form; `warnings` say what a person should look at before it is registered."""

    value: str
    warnings: tuple[CodeProblem, ...] = ()

    @property
    def short(self) -> str:
        """The 6 digits of GB/T 2260; not unique for townships and zones."""
        return self.value[:6]

    @property
    def suggested_level(self) -> Level:
        """The level the zeros suggest; a guess to compare the register with, never a fact."""
        if self.value == NATION:
            return Level.NATION
        ends = ((2, Level.PROVINCE), (4, Level.CITY), (6, Level.COUNTY), (9, Level.TOWNSHIP))
        return next((level for end, level in ends if not self.value[end:].strip("0")), Level.VILLAGE)

    def __str__(self) -> str:
        return self.value


def parse(value: str) -> RegionCode:
    """Read a code of 6, 9 or 12 digits and pad it to 12.

    Raises
    ------
    CodeError
        ``region_code_length`` or ``region_code_character``; everything else is a warning.
    """
    check_length(value, (6, 9, LENGTH), code="region_code", name="行政区划代码")
    check_characters(value, digits, start=0, end=len(value), code="region_code_character", expected="应为数字")
    padded = value.ljust(LENGTH, "0")
    return RegionCode(padded, () if padded == NATION else _implausible(padded))


def _implausible(value: str) -> tuple[CodeProblem, ...]:
    """Warnings about a 12-digit code: an unknown province, or a level filled below an empty one."""
    found = []
    if value[:2] not in _PROVINCES:
        found.append(CodeProblem("region_code_province", f"起“{value[:2]}”不是已知的省级代码，请核对", value, 1))
    segments = ((2, 4, "地级"), (4, 6, "县级"), (6, 9, "乡级"))
    for start, end, name in segments:
        if not value[start:end].strip("0") and value[end:].strip("0"):
            reason = f"起{name}段全为0而下级段不为0，请核对上级区划"
            found.append(CodeProblem("region_code_gap", reason, value, start + 1))
    return tuple(found)
