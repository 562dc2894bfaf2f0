"""The Python client as a package: what it declares is what is there, and what it needs."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from email.parser import Parser
from pathlib import Path

import pytest

CLIENT = Path(__file__).resolve().parents[3] / "clients" / "python"
PACKAGE = CLIENT / "qingdan_client"


def imported() -> set[str]:
    """The distributions that its modules import by name, the standard library and itself apart."""
    trees = [ast.parse(path.read_text()) for path in PACKAGE.rglob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    return {name.split(".")[0] for name in names} - set(sys.stdlib_module_names) - {"qingdan_client"}


def test_its_metadata_can_be_built_and_name_everything_it_imports(tmp_path: Path) -> None:
    pytest.importorskip("setuptools")
    source = tmp_path / "source"
    shutil.copytree(CLIENT, source, ignore=shutil.ignore_patterns("build", "*.egg-info", "__pycache__"))
    build = [sys.executable, "-c", "from setuptools import setup; setup()", "egg_info"]
    subprocess.run(build, cwd=source, check=True, capture_output=True, timeout=60)
    (metadata,) = source.glob("*.egg-info/PKG-INFO")
    told = Parser().parsestr(metadata.read_text())
    assert (told["Name"], told["Requires-Python"]) == ("qingdan-client", ">=3.11")
    (requires,) = source.glob("*.egg-info/requires.txt")
    needed = {line.split(">=")[0] for line in requires.read_text().splitlines() if line and line[0] != "["}
    assert imported() == needed
    assert "pip install" in told.get_payload()
    (packages,) = source.glob("*.egg-info/SOURCES.txt")
    listed = set(packages.read_text().split())
    assert {path.relative_to(CLIENT).as_posix() for path in PACKAGE.glob("*.py")} <= listed
    assert "qingdan_client/py.typed" in listed
