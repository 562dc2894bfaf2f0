"""The report: a table for the screen, and the page that keeps the last run."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.measure import Figure
from shared.system import ROOT

PAGE = ROOT / "docs" / "performance.md"
# What people write about a run stays when the next one replaces the table.
_BEGIN, _END = "<!-- last run: begin -->", "<!-- last run: end -->"
_COLUMNS = ("figure", "ours", "limit", "ratio", "to reach", "reached")


def show(figures: Sequence[Figure], facts: Mapping[str, str]) -> None:
    """Print the facts and the table."""
    console = Console(width=200)
    for name, value in facts.items():
        console.print(f"{name:>20}  {value}", highlight=False)
    table = Table(*_COLUMNS, "note", show_lines=True)
    for figure in figures:
        table.add_row(*_cells(figure), figure.note)
    console.print(table)


def write(figures: Sequence[Figure], facts: Mapping[str, str], command: str, ended: str) -> Path:
    """Put the run into the page in place of the one before."""
    text = PAGE.read_text() if PAGE.exists() else f"# Performance\n\n{_BEGIN}\n{_END}\n"
    run = f"{_BEGIN}\n{_markdown(figures, facts, command, ended)}{_END}"
    PAGE.write_text(re.sub(f"{re.escape(_BEGIN)}.*{re.escape(_END)}", lambda _: run, text, flags=re.DOTALL))
    return PAGE


def _cells(figure: Figure) -> list[str]:
    ratio = f"{figure.ratio:.2f}" if figure.ratio is not None else "-"
    reached = {True: "yes", False: "NO", None: "-"}[figure.met]
    return [figure.name, figure.ours, figure.limit, ratio, figure.target, reached]


def _markdown(figures: Sequence[Figure], facts: Mapping[str, str], command: str, ended: str) -> str:
    lines = [f"`{command}`, ended {ended}.", ""]
    lines += [f"* {name}: {value}" for name, value in facts.items()]
    lines += ["", f"| {' | '.join(_COLUMNS)} |", f"|{' --- |' * len(_COLUMNS)}"]
    lines += [f"| {' | '.join(_cells(figure))} |" for figure in figures]
    noted = [figure for figure in figures if figure.note]
    lines += ["", *(f"* {figure.name}: {figure.note}." for figure in noted), ""]
    return "\n".join(lines)
