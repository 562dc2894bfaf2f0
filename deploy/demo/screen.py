"""What the demo shows, and the record of whether all of it held."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.panel import Panel
from rich.table import Table

console = Console(width=118, highlight=False)

DISCLAIMER = (
    "Data: public government services of Guangdong and Guangzhou as of 2021, a third-party copy, not an official "
    "release.\nLinks between lists were made for this demo by the linkage rules. Findings are suspects (疑似), "
    "not verdicts."
)


class Story:
    """Prints the chapters and remembers every claim that did not hold."""

    def __init__(self) -> None:
        self.failed: list[str] = []
        self._chapter = 0

    def begin(self) -> None:
        """Title and what the data are."""
        console.print(Panel(DISCLAIMER, title="清单 Qingdan - one change, every list follows, nothing lost"))

    def chapter(self, title: str) -> None:
        """A new part of the story."""
        self._chapter += 1
        console.print(f"\n[bold]{self._chapter}. {title}[/bold]")

    def say(self, text: str) -> None:
        """A line of the story."""
        console.print(f"   {text}")

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Some rows of facts."""
        table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 3), header_style="dim")
        for column in columns:
            table.add_column(column, no_wrap=True)
        for row in rows:
            table.add_row(*(str(cell) for cell in row))
        console.print(table)

    def claim(self, holds: bool, text: str) -> None:
        """Something that must be true for the demo to have succeeded."""
        console.print(f"   {'[green]✓[/green]' if holds else '[red]✗[/red]'} {text}")
        if not holds:
            self.failed.append(text)

    def end(self) -> int:
        """The verdict; the exit code of the demo."""
        if self.failed:
            console.print(f"\n[red]{len(self.failed)} claims did not hold:[/red]")
            for text in self.failed:
                console.print(f"   - {text}")
            return 1
        console.print("\n[green]All of it held: no blocking findings, nothing waiting, nothing lost.[/green]")
        return 0
