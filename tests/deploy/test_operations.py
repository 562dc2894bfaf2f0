"""Alarms name metrics that exist and have a runbook; the operators' documents know every setting and every command."""

import importlib
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY
from prometheus_client.metrics import MetricWrapperBase

from shared.cli import app
from shared.settings import SERVICES, Settings

ROOT = Path(__file__).resolve().parents[2]
ALERTS = ROOT / "deploy" / "monitoring" / "alerts.yaml"
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
IN_CHINESE = (ROOT / "docs" / "operations.zh-CN.md").read_text(encoding="utf-8")
RULES: list[dict[str, Any]] = [
    rule for group in yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"] for rule in group["rules"]
]


@cache
def metrics() -> dict[str, set[str]]:
    """Name of every series that any process of ours shows -> the labels it has."""
    for service in SERVICES:
        for module in ("app", "worker"):
            importlib.import_module(f"services.{service}.{module}")
    found: dict[str, set[str]] = {}
    for metric in set(REGISTRY._names_to_collectors.values()):
        if isinstance(metric, MetricWrapperBase):
            (family,) = metric.describe()
            labels = set(metric._labelnames)
            ends = {"histogram": ("_bucket", "_count", "_sum"), "counter": ("_total",)}.get(family.type, ("",))
            found |= {family.name + end: labels | ({"le"} if end == "_bucket" else set()) for end in ends}
    return {name: labels for name, labels in found.items() if name.startswith("qingdan_")}


def test_the_document_explains_every_metric() -> None:
    families = {re.sub(r"_(bucket|count|sum)$", "", name) for name in metrics()}
    unknown = {family for family in families if f"`{family}`" not in OPERATIONS}
    assert not unknown, f"docs/operations.md does not explain {sorted(unknown)}"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alarm_watches_metrics_that_exist_by_labels_they_have_and_has_a_runbook(rule: dict[str, Any]) -> None:
    known = metrics()
    named = set(re.findall(r"\bqingdan_\w+", rule["expr"]))
    assert named <= set(known), named - set(known)
    assert named or rule["expr"].startswith("up{")
    for name, matchers in re.findall(r"\b(qingdan_\w+)\{([^}]*)\}", rule["expr"]):
        assert set(re.findall(r"(\w+)[=!]", matchers)) <= known[name], name
    for grouped in re.findall(r"by \(([^)]*)\)", rule["expr"]):
        assert all({label.strip() for label in grouped.split(",")} <= known[name] for name in named)
    assert rule["labels"]["severity"] in {"critical", "warning"}
    page, _, anchor = rule["annotations"]["runbook"].partition("#")
    assert page == "docs/operations.md"
    assert anchor == rule["alert"].lower()
    assert f"### {rule['alert']}\n" in OPERATIONS
    assert f"`{rule['alert']}`" in IN_CHINESE


def test_every_runbook_belongs_to_an_alarm() -> None:
    assert set(re.findall(r"^### (Qingdan\w+)$", OPERATIONS, re.MULTILINE)) == {rule["alert"] for rule in RULES}


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed; its own check runs where it is")
def test_prometheus_accepts_the_alarms() -> None:
    done = subprocess.run(["promtool", "check", "rules", str(ALERTS)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def settings_table() -> str:
    """The rows of the settings, as the document has to show them."""
    rows = []
    for name, field in Settings.model_fields.items():
        default = "" if field.default in (None, "", ()) else f"`{field.default}`"
        assert field.description, f"{name} has no description"
        rows.append(f"| `QINGDAN_{name.upper()}` | {default} | {field.description} |")
    return "\n".join(rows)


def test_the_document_shows_every_setting_with_its_default_and_meaning() -> None:
    shown = OPERATIONS.partition("<!-- settings: begin -->\n")[2].partition("\n<!-- settings: end -->")[0]
    assert shown == settings_table(), f"the table of docs/operations.md should be:\n{settings_table()}"


def test_the_document_names_commands_that_exist() -> None:
    known = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    for document in (OPERATIONS, IN_CHINESE):
        named = set(re.findall(r"`(?:\*\*)?qingdan ([a-z-]+)", document))
        assert named <= known, named - known
    assert known - {"up", "check-migrations", "api-docs"} <= set(re.findall(r"`qingdan ([a-z-]+)", OPERATIONS)) | {
        "roles"
    }


def test_the_documents_name_files_that_exist() -> None:
    for name in ("operations.md", "operations.zh-CN.md", "integration.md"):
        text = (ROOT / "docs" / name).read_text(encoding="utf-8")
        for path in re.findall(r"`(deploy/[\w./-]+)`", text):
            made = {"deploy/secrets", "deploy/.env", "deploy/secrets/account-admin.password"}
            assert path in made or (ROOT / path).exists(), f"{name}: {path}"
        for link in re.findall(r"\]\(([\w./-]+)(?:#[\w-]+)?\)", text):
            assert (ROOT / "docs" / link).exists(), f"{name}: {link}"
