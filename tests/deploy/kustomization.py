"""What `kubectl kustomize` makes of our kustomizations, for checks on machines without kubectl.

It knows the fields that ours use - resources, namespace, labels, images, patches (merged by name, or JSON 6902) - and
refuses every other, so that nothing is rendered wrongly in silence. `test_kubernetes.py` compares it with kubectl.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

KNOWN = {"apiVersion", "kind", "namespace", "labels", "resources", "images", "patches"}
# Kinds that belong to no namespace.
CLUSTER_WIDE = {"Namespace"}

Manifest = dict[str, Any]


def render(folder: Path) -> list[Manifest]:
    """All manifests of a kustomization."""
    (wish,) = documents(folder / "kustomization.yaml")
    unknown = set(wish) - KNOWN
    assert not unknown, f"{folder}: the renderer does not know {sorted(unknown)}"
    manifests: list[Manifest] = []
    for name in wish["resources"]:
        path = folder / name
        manifests += render(path) if path.is_dir() else documents(path)
    for patch in wish.get("patches", []):
        _patch(manifests, patch, folder)
    for manifest in manifests:
        _place(manifest, wish.get("namespace"))
        for labels in wish.get("labels", []):
            assert set(labels) == {"pairs"}, "labels of selectors cannot be changed later; only metadata is labelled"
            manifest["metadata"].setdefault("labels", {}).update(labels["pairs"])
        for image in wish.get("images", []):
            _name_image(manifest, image)
    return manifests


def documents(path: Path) -> list[Manifest]:
    """The documents of a YAML file."""
    return [document for document in yaml.safe_load_all(path.read_text(encoding="utf-8")) if document]


def containers(manifest: Manifest) -> Iterator[Manifest]:
    """Every container of a manifest, those that run before the others included."""
    template = manifest.get("spec", {}).get("template", {}).get("spec", {})
    yield from template.get("initContainers", [])
    yield from template.get("containers", [])


def _place(manifest: Manifest, namespace: str | None) -> None:
    if namespace and manifest["kind"] not in CLUSTER_WIDE:
        manifest["metadata"]["namespace"] = namespace


def _name_image(manifest: Manifest, wish: dict[str, str]) -> None:
    for container in containers(manifest):
        name = re.split(r"[:@]", container["image"].rsplit("/", 1)[-1])[0]
        if container["image"].removesuffix(container["image"].rsplit("/", 1)[-1]) + name == wish["name"]:
            tag = f"@{wish['digest']}" if "digest" in wish else f":{wish['newTag']}"
            container["image"] = wish.get("newName", wish["name"]) + tag


def _patch(manifests: list[Manifest], patch: dict[str, Any], folder: Path) -> None:
    if "path" in patch:
        for change in documents(folder / patch["path"]):
            (found,) = _matching(manifests, {"kind": change["kind"], "name": change["metadata"]["name"]})
            _merge(found, change)
        return
    found = _matching(manifests, patch["target"])
    assert found, f"{folder}: nothing matches {patch['target']}"
    for manifest in found:
        for operation in yaml.safe_load(patch["patch"]):
            _operate(manifest, operation)


def _matching(manifests: list[Manifest], target: dict[str, str]) -> list[Manifest]:
    return [
        manifest
        for manifest in manifests
        if manifest["kind"] == target["kind"] and target.get("name", manifest["metadata"]["name"])
        == manifest["metadata"]["name"]
    ]  # fmt: skip


def _merge(manifest: Manifest, change: Manifest) -> None:
    """Maps are merged, all else is replaced: our patches change no list whose elements Kubernetes merges by name."""
    for key, value in change.items():
        if isinstance(value, dict) and isinstance(manifest.get(key), dict):
            _merge(manifest[key], value)
        else:
            assert key not in {"containers", "initContainers", "volumes"}, "lists of named elements are not merged here"
            manifest[key] = copy.deepcopy(value)


def _operate(manifest: Manifest, operation: dict[str, Any]) -> None:
    assert operation["op"] == "replace", "the renderer knows `replace` only"
    *way, last = operation["path"].strip("/").split("/")
    place = manifest
    for step in way:
        place = place[step]
    assert last in place, f"{operation['path']} is not there to be replaced"
    place[last] = operation["value"]
