"""The verifier examples accept and refuse what the published vectors say, each in its own language."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

DOCS = Path(__file__).parents[3] / "docs"
VERIFIERS = DOCS / "verifiers"
PUBLISHED = json.loads((DOCS / "webhook-vectors.json").read_text(encoding="utf-8"))


def _tool(*names: str) -> str:
    """The first of these programs that is on the machine."""
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(f"{names[0]} is not on this machine")
    return found


def _run(*command: object) -> None:
    subprocess.run([str(part) for part in command], check=True, capture_output=True, timeout=120)


def _python(_folder: Path) -> list[str]:
    return [sys.executable, str(VERIFIERS / "python" / "verify.py")]


def _javascript(_folder: Path) -> list[str]:
    return [_tool("node"), str(VERIFIERS / "javascript" / "verify.js")]


def _java(folder: Path) -> list[str]:
    compiler = _tool("javac")
    _run(compiler, "-d", folder, VERIFIERS / "java" / "Verify.java")
    return [_tool("java"), "-XX:TieredStopAtLevel=1", "-cp", str(folder), "Verify"]


def _go(folder: Path) -> list[str]:
    _run(_tool("go"), "build", "-o", folder / "verify", VERIFIERS / "go" / "verify.go")
    return [str(folder / "verify")]


def _csharp(folder: Path) -> list[str]:
    compiler, runner = _tool("mcs"), _tool("mono")
    _run(compiler, f"-out:{folder / 'verify.exe'}", "-r:System.Numerics", VERIFIERS / "csharp" / "Verify.cs")
    return [runner, str(folder / "verify.exe")]


def _line(vector: dict[str, Any]) -> str:
    """A request as the examples read it: seven parts in base64."""
    headers = vector["headers"]
    parts = [vector["scheme"], vector["key"], *(headers.get(f"webhook-{name}") or "" for name in ("id", "timestamp",
             "signature")), vector["body"], str(vector["now"])]  # fmt: skip
    return "\t".join(base64.b64encode(part.encode()).decode() for part in parts) + "\n"


@pytest.mark.parametrize("prepare", [_python, _javascript, _java, _go, _csharp], ids=lambda call: call.__name__[1:])
def test_an_example_judges_every_published_request_as_it_must(
    prepare: Callable[[Path], list[str]], tmp_path: Path
) -> None:
    vectors = PUBLISHED["vectors"]
    command = prepare(tmp_path)
    done = subprocess.run(
        command, input="".join(map(_line, vectors)), capture_output=True, text=True, check=True, timeout=120
    )
    judged = [answer == "true" for answer in done.stdout.split()]
    assert len(judged) == len(vectors)
    wrong = [one["name"] for one, valid in zip(vectors, judged, strict=True) if valid is not one["valid"]]
    assert not wrong
    refused = PUBLISHED["refused_keys"]
    done = subprocess.run(
        command, input="".join(map(_line, refused)), capture_output=True, text=True, check=True, timeout=120
    )
    told = done.stdout.splitlines()
    assert len(told) == len(refused)
    assert all("the webhook key is empty or was cut off" in one for one in told), told


def test_the_vectors_hold_every_scheme_and_both_verdicts() -> None:
    found = {(one["scheme"], one["valid"]) for one in PUBLISHED["vectors"]}
    assert found == {(scheme, valid) for scheme in PUBLISHED["versions"] for valid in (True, False)}
