"""Unified social credit codes (统一社会信用代码) after GB 32100-2015, with the organisation code of GB 11714 inside.

Real registers contain codes whose check character is wrong (two of 177 published organs fail), so a wrong
check character is a flag on the result (a warning, rule V02); only a broken structure is an error.
A region is never derived from a credit code: organs keep their code when districts are renumbered or when
a vertically managed organ is registered elsewhere.
"""

from dataclasses import dataclass
from string import digits

from shared.codes.problems import CodeError, CodeProblem, check_characters, check_length

# GB 32100-2015: digits and capital letters without I, O, S, V, Z, which are easily misread.
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
LENGTH = 18

_VALUES = {character: value for value, character in enumerate(ALPHABET)}
_MODULUS = 31  # the size of the alphabet, GB 32100-2015
_WEIGHTS = tuple(pow(3, index, _MODULUS) for index in range(17))

_EXPECTED = "只能使用数字和除 I、O、S、V、Z 以外的大写字母"

# GB 11714: letters count A=10 … Z=35, here without the gaps of the GB 32100 alphabet.
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_ORGANISATION_VALUES = {character: int(character, 36) for character in ALPHABET}


@dataclass(frozen=True, slots=True)
class CreditCode:
    """A structurally sound credit code.

    Attributes
    ----------
    value : the 18 characters.
    authority : registering authority, 1 character (``1`` = 机构编制).
    category : category of the organisation, 1 character.
    region : GB/T 2260 code of the registering authority, 6 digits; *not* the region the organ serves.
    organisation_code : the 9 characters of GB 11714, the last one its own check character.
    check_ok : whether character 18 is the one GB 32100-2015 computes.
    organisation_check_ok : whether character 17 is the one GB 11714 computes.
    """

    value: str
    authority: str
    category: str
    region: str
    organisation_code: str
    check_ok: bool
    organisation_check_ok: bool

    @property
    def check(self) -> str:
        """The one word a register keeps: ``ok``, ``wrong_organisation_check_digit`` or ``wrong_check_digit``.

        With both wrong it names the organisation code, whose error usually causes the other.
        """
        if not self.organisation_check_ok:
            return "wrong_organisation_check_digit"
        return "ok" if self.check_ok else "wrong_check_digit"

    @property
    def warnings(self) -> tuple[CodeProblem, ...]:
        """What a person should look at; empty when both check characters are right."""
        found = []
        if not self.organisation_check_ok:
            found.append(self._warning(17, "organisation_code_check", organisation_check_character(self.value[8:16])))
        if not self.check_ok:
            found.append(self._warning(18, "credit_code_check", check_character(self.value[:17])))
        return tuple(found)

    def _warning(self, position: int, code: str, expected: str) -> CodeProblem:
        given = self.value[position - 1]
        return CodeProblem(code, f"校验码为“{given}”，按标准计算应为“{expected}”，请核对", self.value, position)

    def __str__(self) -> str:
        return self.value


def check_character(body: str) -> str:
    """The 18th character for the first 17, GB 32100-2015. Raises CodeError for a body that is no code."""
    check_length(body, (17,), code="credit_code_body", name="统一社会信用代码本体")
    _check_structure(body)
    total = sum(_VALUES[character] * weight for character, weight in zip(body, _WEIGHTS, strict=True))
    return ALPHABET[-total % _MODULUS]


def organisation_check_character(body: str) -> str:
    """The 9th character of an organisation code for its first 8, GB 11714. Raises CodeError for a foreign character."""
    check_length(body, (8,), code="organisation_code_body", name="组织机构代码本体")
    check_characters(body, ALPHABET, start=0, end=8, code="organisation_code_character", expected=_EXPECTED)
    pairs = zip(body, _ORGANISATION_WEIGHTS, strict=True)
    check = 11 - sum(_ORGANISATION_VALUES[character] * weight for character, weight in pairs) % 11
    return {10: "X", 11: "0"}.get(check, str(check))


def parse(value: str) -> CreditCode:
    """Read a credit code.

    Wrong check characters are reported in the result.

    Raises
    ------
    CodeError
        ``credit_code_length``, ``credit_code_character`` or ``credit_code_region``, with position.
    """
    check_length(value, (LENGTH,), code="credit_code", name="统一社会信用代码")
    _check_structure(value)
    return CreditCode(
        value=value,
        authority=value[0],
        category=value[1],
        region=value[2:8],
        organisation_code=value[8:17],
        check_ok=check_character(value[:17]) == value[17],
        organisation_check_ok=organisation_check_character(value[8:16]) == value[16],
    )


def generate(*, authority: str, category: str, region: str, organisation_body: str) -> CreditCode:
    """A credit code with both check characters computed, for test data and demo organs only.

    `organisation_body` is the first 8 characters of the organisation code.
    Real codes are issued by the registering authority, never by this product. Raises CodeError.
    """
    organisation = organisation_body + organisation_check_character(organisation_body)
    body = f"{authority}{category}{region}{organisation}"
    return parse(body + check_character(body))


def _check_structure(value: str) -> None:
    """Raise CodeError unless the characters fit; works for 17 and for 18 characters."""
    check_characters(value, ALPHABET, start=0, end=len(value), code="credit_code_character", expected=_EXPECTED)
    expected = "此处为登记机关行政区划码，应为数字"
    check_characters(value, digits, start=2, end=8, code="credit_code_region", expected=expected)


__all__ = [
    "ALPHABET",
    "LENGTH",
    "CodeError",
    "CreditCode",
    "check_character",
    "generate",
    "organisation_check_character",
    "parse",
]
