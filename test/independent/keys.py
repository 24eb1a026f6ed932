"""Hashes, trees, signatures and the keys that a verifier was given (docs/format.md sections 1, 2, 4)."""

import base64
import functools
import hashlib
import hmac
import re


def sha256(data):
    return hashlib.sha256(data).digest()


def leaf_hash(line):
    return sha256(b"\x00" + line)


class Tree:
    """Roots over the first lines, of any number of them."""

    def __init__(self):
        self.leaves = []
        self.node = functools.cache(self.node)

    def node(self, low, high):
        if high - low == 1:
            return self.leaves[low]
        half = low + (1 << ((high - low - 1).bit_length() - 1))
        return sha256(b"\x01" + self.node(low, half) + self.node(half, high))

    def root(self, size):
        return self.node(0, size) if size > 0 else sha256(b"")


def included(leaf, index, size, path, root):
    """RFC 9162 section 2.1.3.2."""
    if index >= size:
        return False
    last, node = size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if index % 2 == 1 or index == last:
            node = sha256(b"\x01" + sibling + node)
            while index % 2 == 0 and index != 0:
                index, last = index // 2, last // 2
        else:
            node = sha256(b"\x01" + node + sibling)
        index, last = index // 2, last // 2
    return last == 0 and node == root


def unbase64(encoded):
    """None for what decodes and encodes again to another text."""
    try:
        decoded = base64.b64decode(encoded, validate=True)
    except (ValueError, TypeError):
        return None
    return decoded if base64.b64encode(decoded).decode() == encoded else None


def unbase64url(encoded):
    if not isinstance(encoded, str) or not re.fullmatch(r"[A-Za-z0-9_-]*", encoded):
        return None
    return unbase64(encoded.replace("-", "+").replace("_", "/") + "=" * (-len(encoded) % 4))


# Ed25519 (RFC 8032 section 5.1), without the cofactor, R compared as bytes -------------------------------------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
I = pow(2, (P - 1) // 4, P)


def recover_x(y, sign):
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P != 0:
        x = x * I % P
    if (x * x - square) % P != 0 or (x == 0 and sign == 1):
        return None
    return P - x if x % 2 != sign else x


def add(one, other):
    (x1, y1, z1, t1), (x2, y2, z2, t2) = one, other
    a, b = (y1 - x1) * (y2 - x2) % P, (y1 + x1) * (y2 + x2) % P
    c, d = 2 * t1 * t2 * D % P, 2 * z1 * z2 % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def multiply(scalar, point):
    found = (0, 1, 1, 0)
    while scalar > 0:
        if scalar & 1:
            found = add(found, point)
        point, scalar = add(point, point), scalar >> 1
    return found


def decompress(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    x = recover_x(y, sign)
    return None if x is None else (x, y, 1, x * y % P)


def compress(point):
    x, y, z, _ = point
    inverse = pow(z, P - 2, P)
    x, y = x * inverse % P, y * inverse % P
    return (y | ((x & 1) << 255)).to_bytes(32, "little")


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE = (recover_x(BASE_Y, 0), BASE_Y, 1, recover_x(BASE_Y, 0) * BASE_Y % P)


@functools.cache
def verify_ed25519(public, message, signature):
    point = decompress(public)
    if point is None or len(signature) != 64:
        return False
    s = int.from_bytes(signature[32:], "little")
    if s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    x, y, z, t = multiply(k, point)
    return compress(add(multiply(s, BASE), (-x % P, y, z, -t % P))) == signature[:32]


def is_weak(public):
    """Of small order, or not canonically encoded."""
    if int.from_bytes(public, "little") & ((1 << 255) - 1) >= P:
        return True
    point = decompress(public)
    if point is None:
        return False
    x, y, z, _ = multiply(8, point)
    return x % P == 0 and (y - z) % P == 0


# Keys ----------------------------------------------------------------------------------------------------------------


class Key:
    def __init__(self, name, material, verify):
        self.name, self.verify = name, verify
        self.id = sha256(name.encode() + b"\n" + material)[:4]
        self.vkey = f"{name}+{self.id.hex()}+{base64.b64encode(material).decode()}"
        self.shared = material[0] == 0xFF


def is_log_name(name):
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z0-9._~/-]{1,200}", name):
        return False
    return all(part not in ("", ".", "..") for part in name.split("/"))


def parse_vkey(vkey):
    """Name, id and material of a vkey, whatever its type; None if it is none."""
    match = re.fullmatch(r"([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})", vkey) if isinstance(vkey, str) else None
    material = unbase64(match.group(3)) if match else None
    if material is None or len(material) < 2:
        return None
    name, key_id = match.group(1), bytes.fromhex(match.group(2))
    return (name, key_id, material) if sha256(name.encode() + b"\n" + material)[:4] == key_id else None


def ed25519_key(vkey):
    """The key behind a vkey of type 1; None for any other."""
    parsed = parse_vkey(vkey)
    if parsed is None:
        return None
    name, _, material = parsed
    if material[0] != 1 or len(material) != 33 or is_weak(material[1:]):
        return None
    return Key(name, material, lambda message, signature: verify_ed25519(material[1:], message, signature))


def shared_key(name, secret):
    check = hmac.digest(secret, b"spanseal/hmac-sha256 key check", "sha256")
    material = b"\xff" + b"spanseal/hmac-sha256" + check
    return Key(name, material, lambda message, signature: hmac.digest(secret, message, "sha256") == signature)


class Keys:
    """The keys that were given. A shared secret without a name is tried under the name of the log under test."""

    def __init__(self, vkeys, secrets):
        self.keys = [ed25519_key(vkey.strip()) for vkey in vkeys]
        if None in self.keys:
            raise SystemExit("that is no verifier key")
        self.secrets = [(each.get("name"), base64.b64decode(each["key"])) for each in secrets]

    @property
    def given(self):
        return bool(self.keys or self.secrets)

    def find(self, name, key_id):
        shared = [shared_key(given or name, secret) for given, secret in self.secrets]
        return next((key for key in self.keys + shared if (key.name, key.id) == (name, key_id)), None)
