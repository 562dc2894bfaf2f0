"""Verify a package of offline exchange (docs/offline.md); needs only Python.

    python docs/verify_package.py PACKAGE.zip PUBLIC_KEY.pem [PREVIOUS.zip]

The PEM file may hold several keys, one after another. With PREVIOUS, the package before it, the chain is verified too.
Exit code 0: as signed; 1: not as signed; 2: it cannot be told.
"""

import base64
import hashlib
import json
import sys
import zipfile

MOST_BYTES = 100 * 1024 * 1024
MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"

# Ed25519 (RFC 8032): the field, the curve constant and the order of the base point.
P = 2**255 - 19
D = -121665 * pow(121666, P - 2, P) % P
ORDER = 2**252 + 27742317777372353535851937790883648493
BASE_Y = 4 * pow(5, P - 2, P) % P


def recover_x(y, sign):
    """The x of a point of the curve -x^2 + y^2 = 1 + d x^2 y^2 with this y; None when there is none."""
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    return P - x if x % 2 != sign else x


def point(encoded):
    """The point of 32 bytes, as (X, Y, Z, T) with x = X/Z, y = Y/Z, xy = T/Z; None when it is none."""
    number = int.from_bytes(encoded, "little")
    y, sign = number & (2**255 - 1), number >> 255
    x = recover_x(y, sign)
    return None if x is None else (x, y, 1, x * y % P)


def add(one, other):
    """The sum of two points."""
    a = (one[1] - one[0]) * (other[1] - other[0]) % P
    b = (one[1] + one[0]) * (other[1] + other[0]) % P
    c = 2 * one[3] * other[3] * D % P
    d = 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def times(scalar, start):
    """A multiple of a point."""
    total = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            total = add(total, start)
        start, scalar = add(start, start), scalar >> 1
    return total


def signed(message, signature, key):
    """Whether the signature over the message was made with the private half of the 32-byte key."""
    if len(signature) != 64 or len(key) != 32:
        return False
    commitment, public, scalar = point(signature[:32]), point(key), int.from_bytes(signature[32:], "little")
    if commitment is None or public is None or scalar >= ORDER:
        return False
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % ORDER
    base_x = recover_x(BASE_Y, 0)
    left = times(scalar, (base_x, BASE_Y, 1, base_x * BASE_Y % P))
    right = add(commitment, times(challenge, public))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


def public_keys(pem):
    """The Ed25519 public keys of a PEM file, by the name seals give them: the last 32 bytes of the DER of each."""
    found = {}
    for block in pem.split("-----BEGIN PUBLIC KEY-----")[1:]:
        key = base64.b64decode(block.split("-----END")[0])[-32:]
        found[hashlib.sha256(key).hexdigest()[:16]] = key
    return found


def verify(archive, keys):
    """The manifest of a package, and what is wrong with it, in words."""
    if sum(member.file_size for member in archive.infolist()) > MOST_BYTES:
        return None, ["it is too large to be a package"]
    names = archive.namelist()
    if len(names) != len(set(names)) or not {MANIFEST, SIGNATURE} <= set(names):
        return None, ["it is no package: files are missing or there twice"]
    document = archive.read(MANIFEST)
    manifest, wrong = json.loads(document), []
    key = keys.get(manifest["key"])
    if key is None:
        wrong.append(f"it names key {manifest['key']}, which is not among the given ones")
    elif not signed(document, bytes.fromhex(archive.read(SIGNATURE).decode("ascii").strip()), key):
        wrong.append("the signature is not valid")
    files = {file["name"]: file for file in manifest["files"]}
    for name in sorted(set(names) - {MANIFEST, SIGNATURE} - set(files)):
        wrong.append(f"{name} is not in the manifest")
    for name, file in sorted(files.items()):
        if name not in names:
            wrong.append(f"{name} is missing")
            continue
        content = archive.read(name)
        if hashlib.sha256(content).hexdigest() != file["sha256"]:
            wrong.append(f"{name} was changed")
        if content.count(b"\n") != file["rows"]:
            wrong.append(f"{name} has {content.count(10)} rows and not {file['rows']}")
    return manifest, wrong


def main(arguments):
    """Print what was verified, or what is wrong."""
    if len(arguments) not in (2, 3):
        print(__doc__)
        return 2
    with open(arguments[1], encoding="ascii") as file:
        keys = public_keys(file.read())
    try:
        with zipfile.ZipFile(arguments[0]) as archive:
            manifest, wrong = verify(archive, keys)
        if len(arguments) == 3 and manifest is not None:
            with zipfile.ZipFile(arguments[2]) as archive:
                before = hashlib.sha256(archive.read(MANIFEST)).hexdigest()
            if before != manifest["previous"]:
                wrong.append("it does not follow the package given as the one before it")
    except (OSError, zipfile.BadZipFile, KeyError, ValueError) as error:
        print(f"it cannot be read: {error}")
        return 2
    for one in wrong:
        print(f"NOT AS SIGNED: {one}")
    if wrong:
        return 1
    rows = sum(file["rows"] for file in manifest["files"])
    place = f"from {manifest['source']} to {manifest['destination']}"
    print(f"package {manifest['serial']} {place}: {rows} rows, as signed")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
