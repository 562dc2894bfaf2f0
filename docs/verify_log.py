"""Verify an export of the event log (docs/seals.md); needs only Python.

    python docs/verify_log.py EXPORT PUBLIC_KEY.pem [WITNESS.json]

EXPORT is what `qingdan export-log` writes. The PEM file may hold several keys, one after another, for a log whose key
was replaced. WITNESS is a seal that was published or kept elsewhere, as
`GET /publish/v1/seals` answers it: without one, whoever holds the private key could have written all of it anew.
"""

import base64
import hashlib
import json
import sys

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


def statement(seal):
    """The bytes a seal's signature is over."""
    told = {name: value for name, value in seal.items() if name != "signature"}
    return json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


class Verification:
    """Walks through an export and collects what is wrong, in words that name the place."""

    def __init__(self, keys):
        self.keys = keys
        self.wrong = []
        self.seals = {}
        self.events = 0
        self._seal = None
        self._digest = None
        self._next = None

    def take(self, line):
        """One line of the export."""
        document = json.loads(line)
        if "seal" in document:
            self.close()
            self._open(document["seal"])
        elif self._seal is None:
            self.wrong.append("an event stands before the first seal")
        else:
            if document.get("position") != self._next:
                self.wrong.append(f"position {self._next} is missing: {document.get('position')} stands in its place")
                self._next = document.get("position", self._next)
            self._digest.update(hashlib.sha256(line).digest())
            self._next += 1
            self.events += 1

    def _open(self, seal):
        number, before = seal["number"], self.seals.get(seal["number"] - 1)
        if self.seals and before is None:
            self.wrong.append(f"seal {number} does not follow the one before it")
        if before is not None and before["hash"] != seal["previous"]:
            self.wrong.append(f"seal {number} does not continue seal {number - 1}: the chain is broken")
        if before is not None and before["to"] + 1 != seal["from"]:
            self.wrong.append(f"between seals {number - 1} and {number} positions are left out")
        if number == 1 and (seal["previous"] != "0" * 64 or seal["from"] != 1):
            self.wrong.append("seal 1 does not begin at the beginning of the log")
        key = self.keys.get(seal["key"])
        if key is None:
            self.wrong.append(f"seal {number} names key {seal['key']}, which is not among the given ones")
        elif not signed(statement(seal), bytes.fromhex(seal["signature"]), key):
            self.wrong.append(f"the signature of seal {number} is not valid")
        self._seal = self.seals[number] = seal
        self._digest = hashlib.sha256(bytes.fromhex(seal["previous"]))
        self._next = seal["from"]

    def close(self):
        """The end of a seal's events."""
        if self._seal is None:
            return
        place = f"seal {self._seal['number']}, positions {self._seal['from']} to {self._seal['to']}"
        if self._next != self._seal["to"] + 1:
            self.wrong.append(f"{place}: the events end at {self._next - 1}")
        if self._digest.hexdigest() != self._seal["hash"]:
            self.wrong.append(f"{place}: an event was changed, added or taken out")
        self._seal = None

    def compare(self, witness):
        """A seal that was kept elsewhere must be the very one of the export."""
        mine = self.seals.get(witness["number"])
        if mine is None:
            self.wrong.append(f"seal {witness['number']} of the witness is not in this export")
        elif any(mine[name] != witness.get(name) for name in mine):
            self.wrong.append(f"seal {witness['number']} is not the one the witness holds: the log was written anew")


def main(arguments):
    """Print what was verified, or what is wrong; 0 when all is as sealed, 1 when not, 2 when it cannot be told."""
    if len(arguments) not in (2, 3):
        print(__doc__)
        return 2
    with open(arguments[1], encoding="ascii") as file:
        verification = Verification(public_keys(file.read()))
    with open(arguments[0], "rb") as file:
        for line in file:
            verification.take(line.rstrip(b"\n"))
    verification.close()
    if len(arguments) == 3:
        with open(arguments[2], encoding="utf-8") as file:
            witness = json.load(file)
        verification.compare(witness["items"][0] if "items" in witness else witness)
    for wrong in verification.wrong[:20]:
        print(f"NOT AS SEALED: {wrong}")
    if verification.wrong:
        return 1
    if not verification.seals:
        print("nothing is sealed in this file")
        return 2
    numbers = sorted(verification.seals)
    print(f"seals {numbers[0]} to {numbers[-1]}, {verification.events} events: as sealed")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
