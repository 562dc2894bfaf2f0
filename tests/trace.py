"""`make trace`: which requirement is proved by which test, and which by none, from the last test run."""

import csv
from collections import defaultdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests import trace_plugin

LOG_WIDTH = 140
REQUIREMENTS = Path(__file__).parent / "requirements.csv"


def expected() -> dict[str, dict[str, str]]:
    """Requirement id -> its row: owner, scope (M must, S supporting), clause, what the system must do."""
    with REQUIREMENTS.open(encoding="utf-8", newline="") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


def by_requirement() -> dict[str, list[tuple[str, str]]]:
    """Requirement id -> (nodeid, outcome) of its tests."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for nodeid, facts in sorted(trace_plugin.read().items()):
        for name in facts["requirements"]:
            found[name].append((nodeid, facts["outcome"]))
    return found


def main() -> None:
    wanted, found = expected(), by_requirement()
    console = Console()
    if not console.is_terminal:  # a log has no width of its own
        console.width = LOG_WIDTH
    if not trace_plugin.read():
        console.print("No test has run yet: make test")
    table = Table(title="Requirements and the tests that prove them (last run)", title_justify="left")
    for column, style in (("id", "bold"), ("passed", "green"), ("failed", "red"), ("skipped", ""), ("tests", "")):
        table.add_column(column, style=style, no_wrap=column == "id", overflow="fold")
    for name in sorted({*wanted, *found}):
        tests = found.get(name, [])
        counts = [sum(outcome == kind for _, outcome in tests) for kind in ("passed", "failed", "skipped")]
        names = "\n".join(nodeid for nodeid, _ in tests) or f"[yellow]none[/]: {wanted[name]['requirement']}"
        table.add_row(name, *(str(count or "") for count in counts), names)
    console.print(table)
    outcomes = {name: {outcome for _, outcome in found.get(name, [])} for name in wanted}
    failed = [name for name in wanted if "failed" in outcomes[name]]
    missing = [name for name in wanted if not outcomes[name] & {"passed", "failed"}]
    proved = len(wanted) - len(failed) - len(missing)
    console.print(f"{len(wanted)} expected, {proved} proved, {len(failed)} failed, {len(missing)} missing")
    for owner, scope in sorted({(row["owner"], row["scope"]) for row in wanted.values()}):
        of_both = {name for name, row in wanted.items() if (row["owner"], row["scope"]) == (owner, scope)}
        lacking = sorted(of_both & {*failed, *missing})
        console.print(f"{owner} {scope}: {len(of_both)} expected, {len(of_both) - len(lacking)} proved", *lacking)
    if failed:
        console.print("failed: " + " ".join(failed), soft_wrap=True)
    if missing:
        console.print("missing: " + " ".join(missing), soft_wrap=True)
    unknown = sorted(set(found) - set(wanted))
    if unknown:
        console.print("marked, but not among the expected: " + " ".join(unknown), soft_wrap=True)


if __name__ == "__main__":
    main()
