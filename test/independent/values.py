"""Withheld values, and what is disclosed of them (docs/format.md section 5)."""

from jcs import Malformed, is_count, parse
from keys import sha256, unbase64url
from rules import is_text

MAX_DISCLOSURE = 1_048_576
# A disclosure, with what stands around it.
MAX_LINE = MAX_DISCLOSURE + 65_535


def is_disclosure(disclosure):
    decoded = unbase64url(disclosure)
    if decoded is None or len(disclosure) > MAX_DISCLOSURE:
        return False
    try:
        value = parse(decoded, MAX_DISCLOSURE)
    except Malformed:
        return False
    return isinstance(value, list) and len(value) == 2 and is_text(value[0]) and len(unbase64url(value[0]) or b"") == 16


def disclosed_in(content):
    """(seq, pointer, digest) -> disclosure of each line that is one."""
    found = {}
    for line in content.split(b"\n")[:-1]:
        try:
            value = parse(line, MAX_LINE)
        except Malformed:
            continue
        if not isinstance(value, dict) or set(value) != {"disclosure", "pointer", "seq"}:
            continue
        if is_text(value["disclosure"]) and is_text(value["pointer"]) and is_count(value["seq"]):
            found[(value["seq"], value["pointer"], sha256(value["disclosure"].encode()))] = value["disclosure"]
    return found


def beside_segments(segments, disclosures, problems):
    """How many values are withheld, erased, disclosed: by what lies beside the segments of a directory."""
    counts = {"withheld": 0, "erased": 0, "disclosed": 0}
    erasures = {}
    for segment in segments:
        for place, seq, each in segment.erasures:
            if segment.is_sealed(seq):
                erasures[(each["segment"], each["seq"], each["pointer"], each["digest"])] = place
    names = {segment.name for segment in segments}
    withheld = {(segment.name, *value) for segment in segments for value in segment.withheld}
    for value, place in erasures.items():
        if value[0] in names and value not in withheld:
            problems.add("erasure_mismatch", *place)
    for segment in segments:
        here = disclosed_in(disclosures.get(segment.name, b""))
        for seq, pointer, digest in segment.withheld:
            disclosure = here.get((seq, pointer, unbase64url(digest)))
            is_erased = (segment.name, seq, pointer, digest) in erasures
            if disclosure is None:
                counts["erased" if is_erased else "withheld"] += 1
            elif is_erased:
                problems.add("erased_disclosed", segment.file, None, seq)
            elif not is_disclosure(disclosure):
                problems.add("disclosure_malformed", segment.file, None, seq)
            else:
                counts["disclosed"] += 1
    return counts
