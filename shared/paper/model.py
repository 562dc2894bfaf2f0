"""What a paper says, before any format: facts, sections with texts, a table or a chart, and its source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows of texts under titled columns; `weights` are relative widths."""

    columns: Sequence[str]
    weights: Sequence[float]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, kw_only=True)
class Step:
    """A step of a process as a chart shows it.

    Attributes
    ----------
    stage : apply, accept, review, decide, deliver; empty: unknown.
    note : who does it and until when, in one line.
    special : its time does not count, such as a hearing.
    """

    name: str
    note: str = ""
    stage: str = ""
    special: bool = False


@dataclass(frozen=True, kw_only=True)
class Flow:
    """A process to be drawn.

    Attributes
    ----------
    correction : within which time applicants are told what is missing (行政许可法 art. 32).
    refusal : what a decision may be other than a consent; empty: nothing is decided.
    """

    title: str
    steps: Sequence[Step]
    correction: str = ""
    refusal: str = ""


@dataclass(frozen=True, kw_only=True)
class Section:
    """A titled part; `key` is stable, so that programs and templates find it."""

    key: str
    title: str
    paragraphs: Sequence[str] = ()
    table: Table | None = None
    flow: Flow | None = None


@dataclass(frozen=True, kw_only=True)
class Paper:
    """A document.

    Attributes
    ----------
    facts : title and text of what stands at its head.
    colophon : version, list, revision and hash it was made from, line by line.
    """

    kind: str
    title: str
    issuer: str
    facts: Sequence[tuple[str, str]]
    sections: Sequence[Section]
    colophon: Sequence[str]

    def as_dict(self) -> dict[str, Any]:
        """As it is sent to the process that writes it, and as JSON shows it."""
        return asdict(self)

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Paper:
        """From `as_dict`, also after a journey as JSON."""
        facts = [(title, text) for title, text in given["facts"]]
        return cls(**{**given, "facts": facts, "sections": [_section(one) for one in given["sections"]]})

    def texts(self) -> Iterator[str]:
        """Everything it says, in reading order; a chart says what its steps say."""
        yield self.title
        for pair in self.facts:
            yield from pair
        for section in self.sections:
            yield section.title
            yield from section.paragraphs
            if section.table:
                yield from section.table.columns
                for row in section.table.rows:
                    yield from row
            if section.flow:
                for step in section.flow.steps:
                    yield from (step.name, step.note)
        yield from self.colophon


def _section(given: Mapping[str, Any]) -> Section:
    table, flow = given.get("table"), given.get("flow")
    drawn = Flow(**{**flow, "steps": [Step(**one) for one in flow["steps"]]}) if flow else None
    return Section(**{**given, "table": Table(**table) if table else None, "flow": drawn})
