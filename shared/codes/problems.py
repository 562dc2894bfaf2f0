"""How a code says what is wrong with it: one problem type, one error, one way to normalise raw text.

ValueError
    CodeError               a code that cannot be read; carries one CodeProblem
        CodeSpaceExhausted  no serial number is left below a code
"""

import unicodedata
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class CodeProblem:
    """One thing wrong (or odd) about one code.

    Attributes
    ----------
    code : stable English identifier, e.g. ``base_code_length``; goes into problem details and findings.
    reason : Chinese, what is wrong and what would be right, without the position.
    value : the text as it was given.
    position : 1-based position of the first offending character, ``None`` where the whole text is meant.
    """

    code: str
    reason: str
    value: str
    position: int | None = None

    @property
    def message(self) -> str:
        """Chinese sentence for officials, with the position where there is one."""
        return self.reason if self.position is None else f"第{self.position}位{self.reason}"

    def within(self, value: str, *, offset: int) -> "CodeProblem":
        """The same problem seen from the longer code `value` that contains this one `offset` characters in."""
        position = None if self.position is None else self.position + offset
        return replace(self, value=value, position=position)


class CodeError(ValueError):
    """A code whose structure cannot be read. `problem` says which character and why."""

    def __init__(self, problem: CodeProblem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class CodeSpaceExhausted(CodeError):
    """Every serial number below a code is taken; serial numbers are never reused."""


def normalise(text: str) -> str:
    """Raw text of a spreadsheet cell as a code: full-width forms narrowed, blanks dropped, letters upper case.

    Parsers are strict and do not call this: an import does, and keeps the original beside the result.
    """
    return "".join(unicodedata.normalize("NFKC", text).split()).upper()


def check_length(value: str, lengths: tuple[int, ...], *, code: str, name: str) -> None:
    """Raise CodeError ``<code>_length`` unless `value` has one of the lengths; `name` is the Chinese name."""
    if len(value) not in lengths:
        allowed = "、".join(str(length) for length in lengths)
        raise CodeError(CodeProblem(f"{code}_length", f"{name}应为{allowed}位，实际为{len(value)}位", value))


def check_characters(value: str, allowed: str, *, start: int, end: int, code: str, expected: str) -> None:
    """Raise CodeError `code` at the first character of ``value[start:end]`` that is not in `allowed`."""
    for index in range(start, end):
        if value[index] not in allowed:
            raise CodeError(CodeProblem(code, f"“{value[index]}”有误，{expected}", value, index + 1))
