"""The Kubernetes manifests: valid, hardened, with secrets by name only, and true to the program."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.settings import PORTS, SERVICES, Settings
from tests.deploy.commands import is_a_command
from tests.deploy.kustomization import containers, render

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "deploy" / "kubernetes"
KUSTOMIZATIONS = sorted(path.parent for path in FOLDER.rglob("kustomization.yaml"))
VERSIONS = ("1.31", "1.34")
SECRETS = {
    "qingdan-owner": {"owner.password"},
    "qingdan-database": {"catalog.password", "workflow.password", "publish.password", "reader.password"},
    "qingdan-queue": {"queue.password", "valkey.acl"},
    "qingdan-token-key": {"token.private.pem", "token.public.pem"},
    "qingdan-seal-key": {"seal.private.pem", "seal.public.pem"},
    "qingdan-webhook-key": {"webhook.key"},
    "qingdan-platforms": set(),  # an administrator's: a file for each platform that asks for a credential
    "qingdan-webhook-certificates": set(),  # the same: certificates that subscriptions name
}

# Files that an installation may do without; the worker that goes out has them alone.
OPTIONAL = ("qingdan-platforms", "qingdan-webhook-certificates")

of_each = pytest.mark.parametrize("folder", KUSTOMIZATIONS, ids=lambda path: path.name)


def pods(folder: Path) -> dict[str, dict[str, Any]]:
    """Name -> the pod's specification, of everything that runs."""
    return {
        manifest["metadata"]["name"]: manifest["spec"]["template"]["spec"]
        for manifest in render(folder)
        if "template" in manifest.get("spec", {})
    }


@of_each
def test_every_manifest_is_valid(folder: Path, tmp_path: Path) -> None:
    rendered = tmp_path / "rendered.yaml"
    rendered.write_text(yaml.safe_dump_all(render(folder), allow_unicode=True))
    for version in VERSIONS:
        done = subprocess.run(
            [sys.executable, "-m", "kubernetes_validate", "--strict", "-k", version, str(rendered)],
            capture_output=True, text=True, timeout=100,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(
    not shutil.which("kubectl"), reason="kubectl is not installed; the renderer is compared where it is"
)
@of_each
def test_the_renderer_gives_what_kubectl_gives(folder: Path) -> None:
    command = ["kubectl", "kustomize", str(folder)]
    told = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout

    def in_order(manifests: list[dict[str, Any]]) -> list[str]:
        return sorted(yaml.safe_dump(manifest, sort_keys=True) for manifest in manifests)

    assert in_order(render(folder)) == in_order(list(yaml.safe_load_all(told)))


@of_each
def test_every_container_is_hardened(folder: Path) -> None:
    for name, pod in pods(folder).items():
        assert pod["automountServiceAccountToken"] is False, name
        assert pod["enableServiceLinks"] is False, name
        assert pod["securityContext"]["runAsNonRoot"] is True, name
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        for container in [*pod.get("initContainers", []), *pod["containers"]]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }, name
            assert container["resources"]["limits"]["memory"], name
            assert {"cpu", "memory"} <= set(container["resources"]["requests"]), name


@of_each
def test_every_image_is_named_by_a_version(folder: Path) -> None:
    if folder.name == "base":
        return
    images = {container["image"] for manifest in render(folder) for container in containers(manifest)}
    assert all(re.search(r":[\w.-]+$|@sha256:[0-9a-f]{64}$", image) for image in images), images


@of_each
def test_every_argument_of_our_image_is_a_command_of_ours(folder: Path) -> None:
    ours = [c for m in render(folder) for c in containers(m) if "qingdan" in c["image"]]
    assert len(ours) == 6 * 2 + 1
    for container in ours:
        assert is_a_command(container["args"]), container["args"]


@of_each
def test_each_service_has_an_api_and_a_worker_with_probes_of_their_own_kind(folder: Path) -> None:
    found = pods(folder)
    for service in SERVICES:
        (api,) = found[f"{service}-api"]["containers"]
        assert api["ports"] == [{"name": "http", "containerPort": PORTS[service]}]
        assert api["livenessProbe"]["httpGet"] == {"path": "/healthz", "port": "http"}
        assert api["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "http"}
        (worker,) = found[f"{service}-worker"]["containers"]
        assert worker["livenessProbe"]["exec"]["command"] == ["python", "-m", "shared.probe", "pulse"]
        for name in ("api", "worker"):
            (waits,) = found[f"{service}-{name}"]["initContainers"]
            assert waits["args"] == ["wait-for-schema", service]


@of_each
def test_every_setting_is_one_that_the_program_knows(folder: Path) -> None:
    (config,) = [manifest for manifest in render(folder) if manifest["kind"] == "ConfigMap"]
    known = {f"QINGDAN_{name.upper()}" for name in Settings.model_fields}
    assert set(config["data"]) <= known | {"FORWARDED_ALLOW_IPS"}, "which is uvicorn's"


@of_each
def test_secrets_are_referred_to_by_name_and_each_process_is_given_its_own_only(folder: Path) -> None:
    manifests = render(folder)
    assert not [manifest for manifest in manifests if manifest["kind"] == "Secret"]
    for name, pod in pods(folder).items():
        given = {item for volume in pod["volumes"] for item in _secrets_of(volume)}
        service, _, role = name.partition("-")
        if service in SERVICES:
            passwords = {item for item in given if item.endswith(".password")}
            assert passwords == {f"{service}.password"} | ({"queue.password"} if role == "worker" else set()), name
            assert ("token.private.pem" in given) == (name == "catalog-api")
            assert ("seal.private.pem" in given) == (name == "publish-worker")
            assert ("webhook.key" in given) == (service == "publish")
        sources = [one["secret"] for volume in pod["volumes"] for one in volume.get("projected", {}).get("sources", [])]
        optional = [one for one in sources if one["name"] in OPTIONAL]
        wanted = [{"name": each, "optional": True} for each in OPTIONAL] if name == "publish-worker" else []
        assert optional == wanted, name
    assert "token.private.pem" not in str(pods(folder)["migrate"])


def _secrets_of(volume: dict[str, Any]) -> set[str]:
    sources = [one["secret"] for one in volume.get("projected", {}).get("sources", [])]
    sources += [{"name": volume["secret"]["secretName"], **volume["secret"]}] if "secret" in volume else []
    named = set()
    for source in sources:
        keys = {item["key"] for item in source.get("items", [])} or SECRETS[source["name"]]
        assert keys <= SECRETS[source["name"]], source
        named |= keys
    return named


@of_each
def test_nothing_talks_to_anything_that_is_not_named(folder: Path) -> None:
    policies = {m["metadata"]["name"]: m["spec"] for m in render(folder) if m["kind"] == "NetworkPolicy"}
    assert policies["nothing"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    for name, policy in policies.items():
        for way in [*policy.get("ingress", []), *policy.get("egress", [])]:
            assert way["ports"], f"{name} opens every port"
    (way,) = policies["outside"]["egress"]
    assert "169.254.0.0/16" in way["to"][0]["ipBlock"]["except"]
    assert policies["outside"]["podSelector"]["matchLabels"] == {"app.kubernetes.io/component": "publish-worker"}


@of_each
def test_every_deployment_has_a_disruption_budget_and_every_api_an_autoscaler(folder: Path) -> None:
    manifests = render(folder)
    names = {kind: {m["metadata"]["name"] for m in manifests if m["kind"] == kind} for kind in
             ("Deployment", "PodDisruptionBudget", "HorizontalPodAutoscaler", "Service")}  # fmt: skip
    assert names["PodDisruptionBudget"] == {f"{service}-{role}" for service in SERVICES for role in ("api", "worker")}
    assert names["HorizontalPodAutoscaler"] == {f"{service}-api" for service in SERVICES}
    assert names["PodDisruptionBudget"] <= names["Deployment"]
    for manifest in manifests:
        if manifest["kind"] == "Deployment" and manifest["metadata"]["name"] in names["HorizontalPodAutoscaler"]:
            assert "replicas" not in manifest["spec"], "the autoscaler decides; each apply would undo it"


def test_the_ingress_leads_to_the_three_paths_and_nowhere_else() -> None:
    (ingress,) = [manifest for manifest in render(FOLDER / "overlays" / "production") if manifest["kind"] == "Ingress"]
    (rule,) = ingress["spec"]["rules"]
    told = {path["path"]: path["backend"]["service"]["name"] for path in rule["http"]["paths"]}
    assert told == {f"/{service}/v1": f"{service}-api" for service in SERVICES}
