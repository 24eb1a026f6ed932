"""A verifier for evidence packs, written from docs/format.md alone: it shares no code with this project.

    python3 verify_pack.py <pack> <vkey>

Python's standard library, and openssl for Ed25519. Packs with whole segments, by one key. Not the strictest of readers
(it stops at the first problem, and knows no recovery), but an independent one: if it and `spanseal verify` judge a pack
differently, then one of them or the document is wrong.
"""

import base64
import hashlib
import json
import re
import subprocess
import sys
import tempfile

USAGE = [
    "input_tokens",
    "output_tokens",
    "cache_read_input_tokens",
    "cache_write_input_tokens",
    "reasoning_output_tokens",
    "total_tokens",
]
FIELDS = {"v", "seq", "ts", "type", "payload", "prev_hash"}
OPTIONAL = {"decision_id", "trace_id", "span_id", "parent_span_id", "lossy", "sd"}
WITHHOLD_NOTHING = set(
    "audit_open audit_close seal tally gap recovery clock_step erasure retention anchor custody".split()
)
NEVER_WITHHELD = {"outcome", "action", "role", "severity", "call_id", "span", "usage"}
DECLARED = ["risk_tier", "environment", "operator", "legal_role"]
ABSENT = object()


def check(holds, what):
    if not holds:
        sys.exit(f"FAILS: {what}")


# RFC 8785 ------------------------------------------------------------------------------------------------------------


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
    return value.encode("utf-16-be")


def text(value):
    return json.dumps(value, ensure_ascii=False)


def number(value):
    if isinstance(value, int):
        return str(value)
    if value == int(value) and abs(value) < 1e21:
        return str(int(value))
    mantissa, _, exponent = repr(value).partition("e")
    if exponent == "":
        return mantissa
    mantissa = mantissa.removesuffix(".0")
    if int(exponent) < -6:
        return f"{mantissa}e{int(exponent)}"
    sign, digits = ("-" if value < 0 else ""), mantissa.lstrip("-").replace(".", "")
    return sign + "0." + "0" * (-int(exponent) - 1) + digits


def canonical(line):
    try:
        value = json.loads(line.decode("utf-8"))
    except ValueError as error:
        sys.exit(f"FAILS: {error}")
    check(jcs(value).encode() == line, "a line is not canonical")
    return value


# Hashes and signatures -----------------------------------------------------------------------------------------------


def sha256(data):
    return hashlib.sha256(data).digest()


def root(leaves):
    if len(leaves) == 0:
        return sha256(b"")
    if len(leaves) == 1:
        return leaves[0]
    left = 1
    while left * 2 < len(leaves):
        left *= 2
    return sha256(b"\x01" + root(leaves[:left]) + root(leaves[left:]))


def unbase64(encoded):
    decoded = base64.b64decode(encoded, validate=True)
    check(base64.b64encode(decoded).decode() == encoded, "base64 is not canonical")
    return decoded


def unbase64url(encoded):
    check(re.fullmatch(r"[A-Za-z0-9_-]*", encoded), "base64url")
    return unbase64(encoded.replace("-", "+").replace("_", "/") + "=" * (-len(encoded) % 4))


class Key:
    def __init__(self, vkey):
        self.vkey = vkey
        self.name, key_id, material = vkey.split("+", 2)
        material = unbase64(material)
        self.id = bytes.fromhex(key_id)
        check(sha256(self.name.encode() + b"\n" + material)[:4] == self.id, "the key id is not that of the key")
        check(material[0] == 1 and len(material) == 33, "the key is no Ed25519 key")
        self.der = bytes.fromhex("302a300506032b6570032100") + material[1:]

    def verifies(self, message, signature):
        with tempfile.NamedTemporaryFile() as key, tempfile.NamedTemporaryFile() as data, tempfile.NamedTemporaryFile() as sig:
            for file, content in ((key, self.der), (data, message), (sig, signature)):
                file.write(content)
                file.flush()
            command = "openssl pkeyutl -verify -pubin -keyform DER -rawin -inkey".split()
            run = subprocess.run([*command, key.name, "-in", data.name, "-sigfile", sig.name], capture_output=True)
        return run.returncode == 0


# Annotations ---------------------------------------------------------------------------------------------------------


def find(path, payload, profile):
    start, *names = path.split(".")
    value = payload if start == "payload" else profile
    for name in names:
        if not isinstance(value, dict) or name not in value:
            return ABSENT
        value = value[name]
    return value


def same(left, right):
    return not isinstance(left, (list, dict)) and jcs(left) == jcs(right)


def among(value, items):
    return any(same(value, item) for item in items)


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def holds(when, payload, profile, groups):
    operation, *operands = when
    inner = lambda condition: holds(condition, payload, profile, groups)
    if operation == "always":
        return True
    if operation == "and":
        return all(map(inner, operands))
    if operation == "or":
        return any(map(inner, operands))
    if operation == "not":
        return not inner(operands[0])
    value = find(operands[0], payload, profile)
    other = operands[1] if len(operands) > 1 else None
    if operation in ("in_profile", "ne_field"):
        other = find(other, payload, profile)
    if value is ABSENT or other is ABSENT:
        return False
    if operation == "group_any":
        words = {word for group in other for word in [group, *groups[group]]}
        return isinstance(value, list) and any(isinstance(item, str) and item in words for item in value)
    return {
        "present": lambda: not (value is None or value == "" or value == [] or value == {}),
        "eq": lambda: same(value, other),
        "ne": lambda: not same(value, other),
        "ne_field": lambda: not same(value, other),
        "in": lambda: among(value, other),
        "in_profile": lambda: isinstance(other, list) and among(value, other),
        "includes_any": lambda: isinstance(value, list) and any(among(item, other) for item in value),
        "only": lambda: isinstance(value, list) and value != [] and all(among(item, other) for item in value),
        "gt": lambda: is_number(value) and value > other,
        "gte": lambda: is_number(value) and value >= other,
    }[operation]()


def annotate(entry, frameworks, profile):
    annotations = {}
    for framework in frameworks:
        strengths = {}
        rules = [framework["mapping_strength"].get(entry["type"], {})]
        for rule in framework["conditional_mapping"]:
            if rule["entry_type"] != entry["type"]:
                continue
            if holds(rule["when"], entry["payload"], profile, framework.get("category_groups", {})):
                rules.append(rule["strength"])
        for rule in rules:
            for control, strength in rule.items():
                strengths.setdefault(control, set()).add(strength)
        controls = {control: annotation(found) for control, found in strengths.items()}
        if controls:
            annotations[framework["id"]] = controls
    return annotations


def annotation(strengths):
    positive = next((each for each in ("direct", "supporting", "contextual") if each in strengths), None)
    if "exception" not in strengths:
        return positive
    return "exception" if positive is None else ["exception", positive]


# The pack ------------------------------------------------------------------------------------------------------------


def count(counts, word):
    if isinstance(word, str):
        named = len(counts) - ("(further)" in counts)
        name = word if word in counts or (named < 1000 and len(utf16(word)) <= 160) else "(further)"
        counts[name] = limited(counts.get(name, 0) + 1)


def limited(total):
    return max(1 - 2**53, min(total, 2**53 - 1))


class Values:
    """What entries withhold, and what is said of it beside them."""

    def __init__(self):
        self.counts = {"withheld": 0, "erased": 0, "disclosed": 0}
        self.called_erased, self.erased = set(), set()

    def entry(self, segment, entry, beside):
        sd = entry.get("sd", {})
        disclosures, absent = beside.get("disclosures", {}), beside.get("absent", {})
        check("sd" not in entry or (sd and entry["type"] not in WITHHOLD_NOTHING), "what withholds nothing")
        check(sorted([*disclosures, *absent]) == sorted(sd), "what is said of withheld values")
        for pointer, digest in sd.items():
            check(withheld_from(entry, pointer), f"what is withheld by entry {entry['seq']}")
            if pointer in disclosures:
                check(sha256(disclosures[pointer].encode()) == unbase64url(digest), "what is disclosed")
                salt, _ = canonical(unbase64url(disclosures[pointer]))
                check(len(unbase64url(salt)) == 16, "a salt")
            check(pointer in disclosures or absent[pointer] in ("withheld", "erased"), "why a value is absent")
            self.counts[absent.get(pointer, "disclosed")] += 1
            if absent.get(pointer) == "erased":
                self.called_erased.add((segment, entry["seq"], pointer, digest))
        if entry["type"] == "erasure" and entry["payload"].get("outcome") == "done":
            values = entry["payload"].get("values", [])
            self.erased |= {(each["segment"], each["seq"], each["pointer"], each["digest"]) for each in values}

    def end(self, segments, is_all):
        check(not is_all or self.called_erased <= self.erased, "what is called erased")
        check({each for each in self.erased if each[0] in segments} <= self.called_erased, "what was erased")


def withheld_from(entry, pointer):
    check(re.fullmatch(r"(/([^~/]|~[01])*)+", pointer), "a pointer")
    path = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    never = NEVER_WITHHELD | ({"result"} if entry["type"] == "decision_end" else set())
    if len(path) < 2 or path[0] != "payload" or path[1] in never or "__proto__" in path:
        return False
    holder = entry
    for name in path[:-1]:
        if isinstance(holder, list) and re.fullmatch(r"0|[1-9][0-9]*", name) and int(name) < len(holder):
            holder = holder[int(name)]
        else:
            holder = holder.get(name) if isinstance(holder, dict) else None
    return isinstance(holder, dict) and path[-1] not in holder


class Summary:
    def __init__(self):
        self.plain = {"segments": 0, "entries": 0, "lost": 0, "unsealed": 0}
        self.words = {}
        self.usage = {}
        self.ended_late = 0
        self.decisions = set()
        self.controls = {}
        self.times = []

    def counts(self, *path):
        counts = self.words
        for name in path:
            counts = counts.setdefault(name, {})
        return counts

    def entry(self, entry, annotations):
        kind, payload = entry["type"], entry["payload"]
        self.plain["entries"] += 1
        self.times.append(entry["ts"])
        count(self.counts("by_type"), kind)
        if kind == "llm_call" and "same_call" not in payload:
            count(self.counts("llm_calls", "by_outcome"), payload.get("outcome"))
            self.ended_late += "ends" in payload
        if kind == "decision" and "decision_id" in entry:
            self.decisions.add(entry["decision_id"])
        for type_, group, member, name in (
            ("decision_end", "decisions", "outcome", "by_outcome"),
            ("decision_end", "decisions", "result", "by_result"),
            ("human_oversight", "oversight", "action", "by_action"),
            ("human_oversight", "oversight", "reviewer_kind", "by_reviewer_kind"),
            ("policy_flag", "flags", "action", "by_action"),
            ("policy_flag", "flags", "severity", "by_severity"),
        ):
            counts = self.counts(group, name)
            if kind == type_:
                count(counts, payload.get(member))
        if kind == "gap":
            self.plain["lost"] = limited(self.plain["lost"] + payload["lost"])
        if isinstance(payload.get("usage"), dict) and payload.get("outcome") != "unended":
            for name in USAGE:
                if is_number(payload["usage"].get(name)):
                    self.usage[name] = limited(self.usage.get(name, 0) + payload["usage"][name])
        for framework, controls in annotations.items():
            for control, given in controls.items():
                for strength in given if isinstance(given, list) else [given]:
                    count(self.controls.setdefault(framework, {}).setdefault(control, {}), strength)

    def value(self):
        outcomes = self.counts("llm_calls", "by_outcome")
        ids = "".join(f"{each}\n" for each in sorted(self.decisions, key=utf16))
        calls = {"by_outcome": outcomes, "calls": sum(outcomes.values()) - self.ended_late, "ended_late": self.ended_late}
        population = {"unit": "decision", "count": len(self.decisions), "ids_digest": sha256(ids.encode()).hex()}
        return {
            **self.plain,
            **self.words,
            "llm_calls": calls,
            "usage": self.usage,
            "incidents": self.counts("by_type").get("incident", 0),
            "first_ts": min(self.times),
            "last_ts": max(self.times),
            "controls": self.controls,
            "population": population,
        }


class Segment:
    def __init__(self, name, key):
        self.name, self.key = name, key
        self.leaves, self.sealed, self.close, self.closed, self.last = [], 0, None, False, ""
        self.open = None

    def entry(self, line):
        check(len(line) <= 65_535, "a line is too long")
        entry = canonical(line)
        fields, seq = set(entry), len(self.leaves)
        check(FIELDS <= fields <= FIELDS | OPTIONAL, "the fields of an entry")
        before = self.leaves[-1].hex() if self.leaves else "0" * 64
        check((entry["v"], entry["seq"], entry["prev_hash"]) == (1, seq, before), f"the chain at entry {seq}")
        check(entry["ts"] >= self.last, f"the time of entry {seq}")
        check((entry["type"] == "audit_open") == (seq == 0), "audit_open is the first entry")
        check(self.close is None or (entry["type"] == "seal" and seq == self.close + 1), "something follows audit_close")
        if seq == 0:
            self.open = entry["payload"]
            check(self.open["segment"] == self.name, "the segment has another name")
            check((self.open["log"], self.open["key"]) == (self.key.name, self.key.vkey), "another log or key")
        if entry["type"] == "seal":
            self.seal(entry)
        if entry["type"] == "audit_close":
            self.close = seq
        self.leaves.append(sha256(b"\x00" + line))
        self.last = entry["ts"]
        return entry

    def seal(self, entry):
        check(set(entry) == FIELDS and set(entry["payload"]) == {"checkpoint"}, "a seal with more than a checkpoint")
        form = r"(([^\n]+)\n([1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\n)\n— ([^ \n]+) ([A-Za-z0-9+/]+={0,2})\n"
        match = re.fullmatch(form, entry["payload"]["checkpoint"])
        check(match, "the form of a seal")
        signed, origin, size, tree, name, signature = match.groups()
        check(origin == f"{self.key.name}/{self.name}", "the origin of a seal")
        check(self.sealed < int(size) <= entry["seq"], "the size of a seal")
        check(unbase64(tree) == root(self.leaves[: int(size)]), "the root of a seal")
        signature = unbase64(signature)
        check((name, signature[:4]) == (self.key.name, self.key.id), "the key of a seal")
        check(self.key.verifies(signed.encode(), signature[4:]), "the signature of a seal")
        self.sealed = int(size)
        self.closed = self.close is not None and self.sealed == entry["seq"]
        check(self.closed or self.close is None, "the closing seal")
        check(not self.closed or entry["ts"] == self.last, "the time of the closing seal")


def read_catalogue(path, header):
    with open(path, "rb") as file:
        content = file.read()
    catalogue = canonical(content[:-1])
    check(content[-1:] == b"\n" and sha256(content[:-1]).hex() == header["catalogue"]["digest"], "the catalogue")
    found = []
    for listed in header["frameworks"]:
        framework = next(each for each in catalogue["frameworks"] if each["id"] == listed["id"])
        digest = sha256(jcs(framework).encode()).hex()
        check((digest, framework["version"]) == (listed["digest"], listed["version"]), "a framework")
        found.append(framework)
    return found


def verify(path, vkey):
    key = Key(vkey)
    with open(path, "rb") as file:
        content = file.read()
    check(content.endswith(b"\n"), "the last line does not end")
    lines = content[:-1].split(b"\n")
    check(len(lines) >= 4, "the pack is cut")
    first = canonical(lines[0])
    check(list(first) == ["pack"], "the header")
    header = first["pack"]
    check((header["v"], header["key"], header["log"]) == (1, key.vkey, key.name), "version, key or log of the pack")
    frameworks = read_catalogue(f"{path}.catalogue.json", header)
    profile = header.get("profile", {})
    if "profile" in header:
        check(sha256(jcs(profile).encode()).hex() == header["profile_digest"], "the profile")

    summary, segments, values = Summary(), [], Values()
    for line in lines[1:-2]:
        if line.startswith(b'{"segment":'):
            wrapper = canonical(line)["segment"]
            check(not segments or segments[-1].name < wrapper["name"], "the order of the segments")
            segments.append(Segment(wrapper["name"], key))
            continue
        # The first `"entry":` outside of what stands beside it: names of controls, pointers to content, and base64.
        start = line.index(b'"entry":')
        beside = canonical(line[: start - 1] + b"}") if start > 1 else {}
        check(line[:1] == b"{" and line[-1:] == b"}" and (start == 1 or line[start - 1 : start] == b","), "a line of the pack")
        check(set(beside) <= {"absent", "controls", "disclosures"} and all(beside.values()), "what stands beside an entry")
        entry = segments[-1].entry(line[start + len(b'"entry":') : -1])
        annotations = annotate(entry, frameworks, profile)
        check(beside.get("controls", {}) == annotations, f"the controls of entry {entry['seq']} in {segments[-1].name}")
        values.entry(segments[-1].name, entry, beside)
        summary.entry(entry, annotations)

    check(segments and all(each.leaves for each in segments), "there is no entry")
    opens = {each.name: each.open for each in segments}
    for each in segments:
        check(each.closed, f"{each.name} is open")
        check(each.open["system"] == header["system"], "another system")
        for sibling in each.open.get("siblings", []):
            check(header["selection"]["kind"] != "all" or sibling["segment"] in opens, f"{sibling['segment']} is gone")
            if sibling["closed"] and sibling["segment"] in opens:
                cited = next(one for one in segments if one.name == sibling["segment"])
                tree = base64.b64encode(root(cited.leaves[: cited.sealed])).decode()
                check((cited.sealed, tree) == (sibling["size"], sibling["root"]), f"{cited.name} was another one")
    last = segments[-1].open
    check(all(header.get(member) == last.get(member) for member in DECLARED), "what the header declares")
    values.end(opens, header["selection"]["kind"] == "all")
    summary.plain.update(values.counts, segments=len(segments))
    check(canonical(lines[-2]) == {"summary": summary.value()}, "the summary")

    envelope = canonical(lines[-1])["attestation"]
    before = b"".join(line + b"\n" for line in lines[:-1])
    statement = jcs(
        {
            "_type": "https://in-toto.io/Statement/v1",
            "predicate": {},
            "predicateType": "urn:spanseal:evidence-pack:v1",
            "subject": [{"digest": {"sha256": sha256(before).hex()}, "name": "evidence-pack"}],
        }
    ).encode()
    kind = "application/vnd.in-toto+json"
    check(set(envelope) == {"payload", "payloadType", "signatures"} and envelope["payloadType"] == kind, "the envelope")
    check(unbase64(envelope["payload"]) == statement, "the attested digest")
    check(len(envelope["signatures"]) == 1 and set(envelope["signatures"][0]) == {"keyid", "sig"}, "one signature")
    signature = envelope["signatures"][0]
    check(signature["keyid"] == f"{key.name}+{key.id.hex()}", "the key of the attestation")
    encoded = f"DSSEv1 {len(kind)} {kind} {len(statement)} ".encode() + statement
    check(key.verifies(encoded, unbase64(signature["sig"])), "the signature of the attestation")
    print(f"holds: {summary.plain['entries']} entries in {len(segments)} segments")


if __name__ == "__main__":
    verify(*sys.argv[1:])
