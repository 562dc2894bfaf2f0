"""Resident memory of an API process after 10,000 requests."""

from __future__ import annotations

import psutil

from benchmarks import staff
from benchmarks.line import Line
from benchmarks.measure import Figure
from benchmarks.stage import Stage

MOST = 150 * 2**20


async def measure(stage: Stage) -> Figure:
    """The largest of the three APIs after 10,000 requests each."""
    count = 2_000 if stage.small else 10_000
    matters = stage.corpus.matters
    held = staff.tokens(stage)["administrator"]
    some = [str(matter.permit) for matter in matters[:200]]
    paths = {
        "publish": [f"/publish/v1/items/{id_}" for id_ in some]
        + [f"/publish/v1/lists/{id_}/items?limit=50" for id_ in stage.corpus.lists.values()],
        "catalog": [f"/catalog/v1/items/{id_}" for id_ in some],
        "workflow": ["/workflow/v1/adjustments?limit=50", "/workflow/v1/adjustments?limit=5&mine=true"],
    }
    sizes = {}
    for service, asked in paths.items():
        async with Line(stage.system.ports[service], held) as line:
            for number in range(count):
                (await line.get(asked[number % len(asked)])).expect(200)
        popen = stage.system.processes[service].popen
        assert popen is not None
        sizes[service] = psutil.Process(popen.pid).memory_info().rss
    return Figure(
        name=f"memory of an API process after {count:,} requests",
        ours=", ".join(f"{service} {size / 2**20:.0f} MB" for service, size in sizes.items()),
        limit="-",
        target="150 MB or less",
        met=max(sizes.values()) <= MOST,
        note="resident size, after everything measured before",
    )
