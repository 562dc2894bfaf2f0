"""Compute the hash of a published list from its open-data file (docs/publication-hash.md); needs only Python."""

import json
import sys
from hashlib import sha256
from uuid import UUID


def list_hash(lines):
    """SHA-256 over 256 buckets; `lines` are the entries of the file as bytes, without line feeds."""
    buckets = [[] for _ in range(256)]
    for line in lines:
        item_id = UUID(json.loads(line)["id"]).bytes
        buckets[item_id[15]].append((item_id, sha256(line).digest()))
    hashes = (sha256(b"".join(digest for _, digest in sorted(bucket))).digest() for bucket in buckets)
    return sha256(b"".join(hashes)).hexdigest()


def main(path):
    """Print whether the file is what its manifest says; 0 when it is, 1 when not, 2 when it cannot be told."""
    with open(path, "rb") as file:
        manifest, *lines = file.read().splitlines()
    told = json.loads(manifest)
    if told["purged"]:
        print(f"revision {told['revision']}: {told['purged']} entries were withdrawn since, cannot be recomputed")
        return 2
    computed = list_hash(lines)
    right = computed == told["hash"] and len(lines) == told["entries"]
    print(f"revision {told['revision']}: {computed} {'as published' if right else 'NOT AS PUBLISHED'}")
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
