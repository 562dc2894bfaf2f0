"""`make demo`: real permits, one change, every list follows, nothing lost. Exit code 0 only if all of it held.

With `--stay` (`make demo STAY=1`) the system goes on running until Ctrl-C, for whoever tries what `docs/integration.md`
tells; addresses and the credentials of a system of its own lie in a file that a shell reads.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
import time

from deploy.demo import (
    ending,
    first_edition,
    full_procedure,
    further_systems,
    in_full,
    live,
    on_a_calendar,
    one_source,
    outside,
    story,
)
from deploy.demo.screen import Story, console
from deploy.demo.world import World, build
from shared import embedded, installation


def main() -> int:
    """Run the whole demo on a state of its own."""
    state = embedded.state_dir() / "demo"
    # A demo that was interrupted leaves its servers and its lists behind; this one begins anew.
    embedded.stop_all(state)
    shutil.rmtree(state, ignore_errors=True)
    telling = Story()
    telling.begin()
    started = time.perf_counter()
    with (
        outside.listening(state / "outside") as others,
        installation.running_system(state, configured=outside.CONFIGURED | one_source.CONFIGURED) as (system, place),
    ):
        installation.administrator(place)
        telling.say(f"three services and their workers are up after {time.perf_counter() - started:.0f} s")
        world = build(system, place)
        _first_edition(world, telling)
        telling.chapter("A subscriber and the provincial platform follow from outside")
        outside.subscribe(world, telling, others)
        outside.register_platform(world, telling, others)
        adjustment = _one_change(world, telling)
        telling.chapter("The full procedure: a permit passes to another organ")
        full_procedure.show(world, telling)
        telling.chapter("A whole chain on a calendar of its own: August to November 2017, with every clock")
        on_a_calendar.show(place, telling)
        telling.chapter("One publication, everywhere the same: a channel, a guide, three more systems")
        one_source.show(world, telling, adjustment)
        further_systems.show(world, telling)
        telling.chapter("Around the lists: duties, claims, a merger, a law, an annex, a search")
        in_full.show(world, telling)
        telling.chapter("What the subscriber and the platform have")
        outside.show(world, telling, others)
        telling.chapter("The end: what is open, what is published")
        ending.show(world, telling, adjustment)
        console.print(f"\n   {time.perf_counter() - started:.0f} s from start to end")
        result = telling.end()
        if "--stay" in sys.argv:
            _stay(world)
    return result


def _stay(world: World) -> None:
    """Leave everything running for integrators, with a file their shell reads."""
    file = further_systems.write_access(world)
    console.print(f"\n   Still running, until Ctrl-C. In another shell:  . {os.path.relpath(file)}")
    stopped = threading.Event()
    # Handlers, not sigwait: a shell that starts this in the background has told it to ignore Ctrl-C.
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, lambda *_: stopped.set())
    while not stopped.wait(1):
        pass


def _first_edition(world: World, telling: Story) -> None:
    telling.chapter("Real permits are imported")
    first_edition.import_lists(world, telling)
    telling.chapter("The linkage rules build the other lists; their authorities accept")
    first_edition.accept_drafts(world, telling)
    telling.chapter("The governments decide, the lists are in force and public")
    in_full.list_county_matters(world)
    one_source.describe_handling(world)
    first_edition.enact(world, telling)


def _one_change(world: World, telling: Story) -> str:
    """From the suspicion to every list; returns the adjustment."""
    telling.chapter("建设项目环境影响报告表审批: the city asks for one material more than the province")
    story.show_suspicion(world, telling)
    adjustment = story.open_adjustment(world, telling)
    expected = story.preview(world, telling, adjustment)
    telling.chapter("The procedure: compile and sign, review, decide")
    story.pass_procedure(world, telling, adjustment)
    telling.chapter("Decided - and each list follows, although the worker is killed on the way")
    live.follow_live(world, telling, adjustment, expected)
    telling.chapter("A second change, without accidents")
    live.follow_undisturbed(world, telling)
    telling.chapter("The zone tries to ask for the material again")
    story.zone_tries_again(world, telling)
    return adjustment


if __name__ == "__main__":
    sys.exit(main())
