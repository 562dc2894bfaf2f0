"""Every process that tells figures is asked for them: an alarm without data never comes."""

import importlib
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.settings import PORTS, SERVICES
from tests.deploy.kustomization import render

ROOT = Path(__file__).resolve().parents[2]
BASE = ROOT / "deploy" / "kubernetes" / "base"
FIRST = 8790


def ports_of(service: str, role: str) -> list[tuple[str, int]]:
    """Names and numbers of the ports of a pod's containers."""
    (pod,) = [
        manifest["spec"]["template"]["spec"]
        for manifest in render(BASE)
        if manifest["kind"] == "Deployment"
        and manifest["spec"]["template"]["metadata"]["labels"].get("qingdan/service") == service
        and manifest["spec"]["template"]["metadata"]["labels"].get("qingdan/role") == role
    ]
    return [(port["name"], port["containerPort"]) for one in pod["containers"] for port in one.get("ports", [])]


@pytest.mark.parametrize("service", SERVICES)
def test_a_worker_names_a_port_for_each_of_its_processes(service: str) -> None:
    children = importlib.import_module(f"services.{service}.worker").WORK.children
    expected = [(f"metrics-{number}" if number else "metrics", FIRST + number) for number in range(len(children))]
    assert ports_of(service, "worker") == expected
    assert f"QINGDAN_METRICS_PORT={FIRST}" in (ROOT / "deploy" / "Dockerfile").read_text()


def test_the_monitoring_may_reach_every_port_that_is_named() -> None:
    (policy,) = [one["spec"] for one in render(BASE)
                 if one["kind"] == "NetworkPolicy" and one["metadata"]["name"] == "metrics"]  # fmt: skip
    opened: dict[str, Any] = {str(port["port"]): port for rule in policy["ingress"] for port in rule["ports"]}
    span = opened[str(FIRST)]
    reached = set(range(FIRST, span["endPort"] + 1)) | ({*PORTS.values()} if "http" in opened else set())
    for service in SERVICES:
        named = ports_of(service, "worker") + ports_of(service, "api")
        assert {number for _, number in named} <= reached


def test_the_scrape_configuration_keeps_every_port_that_is_named() -> None:
    (job,) = yaml.safe_load((ROOT / "deploy" / "monitoring" / "scrape.yaml").read_text())["scrape_configs"]
    assert job["job_name"].startswith("qingdan")
    port = ["__meta_kubernetes_pod_container_port_name"]
    (kept,) = [one["regex"] for one in job["relabel_configs"] if one["source_labels"] == port and "action" in one]
    names = {name for service in SERVICES for role in ("api", "worker") for name, _ in ports_of(service, role)}
    assert names >= {"http", "metrics", "metrics-1", "metrics-3"}
    assert all(re.fullmatch(kept, name) for name in names)
