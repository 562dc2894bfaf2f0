"""Compute the hash of a publication from its document (docs/publication-hash.md); needs only Python.

    python docs/verify_publication.py publication.json [open-data files of its lists ...]

The document is what GET /publish/v1/publications/{number} answers. With open-data files the lists are computed too.
"""

import json
import sys
from hashlib import sha256
from pathlib import Path
from runpy import run_path

list_hash = run_path(str(Path(__file__).with_name("verify_list_hash.py")))["list_hash"]


def publication_hash(number, parts):
    """SHA-256 over the number and one line a part, in ascending order of (list id, revision)."""
    ordered = sorted(parts, key=lambda part: (part["list_id"], part["revision"]))
    lines = (f"{part['list_id']} {part['revision']} {part['hash']} {part['entries']}\n" for part in ordered)
    return sha256(f"{number}\n{''.join(lines)}".encode()).hexdigest()


def main(path, *files):
    """Print whether document and files are as published; 0 when they are, 1 when not, 2 when it cannot be told."""
    told = json.loads(Path(path).read_bytes())
    computed = publication_hash(told["number"], told["parts"])
    worst = 0 if computed == told["hash"] else 1
    print(f"publication {told['number']}: {computed} {'NOT ' if worst else ''}as published")
    parts = {(part["list_id"], part["revision"]): part for part in told["parts"]}
    for file in files:
        manifest, *lines = Path(file).read_bytes().splitlines()
        stated = json.loads(manifest)
        part = parts.get((stated["list_id"], stated["revision"]))
        if part is None:
            said, result = "is no part of the publication", 1
        elif part["purged"]:
            said, result = f"{part['purged']} entries were withdrawn since, cannot be recomputed", 2
        else:
            right = (list_hash(lines), len(lines)) == (part["hash"], part["entries"])
            said, result = ("as published", 0) if right else ("NOT AS PUBLISHED", 1)
        print(f"{file}: {said}")
        worst = 1 if 1 in (worst, result) else max(worst, result)
    return worst


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
