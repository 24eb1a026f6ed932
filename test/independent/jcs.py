"""Strict JSON and its canonical form (docs/format.md section 1; RFC 8785)."""

import json
import re

MAX_DEPTH = 64
MAX_NUMBER = 2**53 - 1


class Malformed(Exception):
    """A rule of the format is broken; `code` says which."""

    def __init__(self, code, what=""):
        super().__init__(what or code)
        self.code = code


def jcs(value):
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, (int, float)):
        return number(value)
    if isinstance(value, str):
        return text(value)
    if isinstance(value, list):
        return "[" + ",".join(map(jcs, value)) + "]"
    return "{" + ",".join(f"{text(key)}:{jcs(value[key])}" for key in sorted(value, key=utf16)) + "}"


def utf16(value):
    return value.encode("utf-16-be", "surrogatepass")


def text(value):
    return json.dumps(value, ensure_ascii=False)


def number(value):
    """ECMAScript's shortest form; repr has the same digits."""
    if isinstance(value, int):
        return str(value) if abs(value) < 10**21 else number(float(value))
    if value == int(value) and abs(value) < 1e21:
        return str(int(value))
    sign, mantissa, exponent = re.fullmatch(r"(-?)([0-9.]+)(?:e([+-][0-9]+))?", repr(value)).groups()
    whole, _, part = mantissa.partition(".")
    part = "" if part == "0" else part
    if exponent is None:
        # repr changes to exponents at 1e-5, and ECMAScript at 1e-7.
        return sign + whole + ("." + part if part else "")
    digits, power = whole + part, int(exponent)
    if -7 < power < 0:
        return f"{sign}0.{'0' * (-power - 1)}{digits}"
    return f"{sign}{whole}{'.' + part if part else ''}e{'+' if power > 0 else '-'}{abs(power)}"


def is_count(value):
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def parse(data, limit):
    """The value of a canonical line. Raises Malformed with the first rule that is broken."""
    if len(data) > limit:
        raise Malformed("line_too_long")
    value, written = loads(data)
    for part in walk(value):
        if isinstance(part, str) and any("\ud800" <= char <= "\udfff" for char in part):
            raise Malformed("line_surrogate")
    for part in walk(value):
        if is_number(part) and not -MAX_NUMBER <= part <= MAX_NUMBER:
            raise Malformed("line_number")
    if jcs(value) != written:
        raise Malformed("line_not_canonical")
    return value


def loads(data):
    try:
        written = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("line_encoding") from None
    if depth_of(written) > MAX_DEPTH:
        raise Malformed("line_too_deep")
    try:
        return json.loads(written, parse_constant=refuse, parse_int=integer), written
    except (ValueError, RecursionError):
        raise Malformed("line_json") from None


def refuse(word):
    raise ValueError(word)


def integer(digits):
    # Python reads no more than some thousand digits, and this is none of the numbers that are allowed.
    return int(digits) if len(digits) < 400 else float("inf")


def depth_of(written):
    depth = deepest = 0
    for token in re.finditer(r'"(?:[^"\\]|\\.)*"?|[\[{\]}]', written, re.S):
        char = token.group()
        if char in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif char in "]}":
            depth -= 1
    return deepest


def walk(value):
    """Every key and every value, however deep."""
    waiting = [value]
    while waiting:
        part = waiting.pop()
        yield part
        if isinstance(part, list):
            waiting.extend(part)
        elif isinstance(part, dict):
            waiting.extend(part)
            waiting.extend(part.values())
