"""What a pack adds to its entries (docs/format.md section 6): controls, and totals."""

from jcs import is_number, jcs, utf16
from keys import sha256

USAGE = [
    "input_tokens",
    "output_tokens",
    "cache_read_input_tokens",
    "cache_write_input_tokens",
    "reasoning_output_tokens",
    "total_tokens",
]
ABSENT = object()


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


def count(counts, word):
    if isinstance(word, str):
        named = len(counts) - ("(further)" in counts)
        name = word if word in counts or (named < 1000 and len(utf16(word)) <= 160) else "(further)"
        counts[name] = limited(counts.get(name, 0) + 1)


def limited(total):
    return max(1 - 2**53, min(total, 2**53 - 1))


class Summary:
    def __init__(self):
        self.plain = dict.fromkeys("segments entries lost unsealed withheld erased disclosed".split(), 0)
        self.words = {}
        for path in (
            ("by_type",),
            ("llm_calls", "by_outcome"),
            ("decisions", "by_outcome"),
            ("decisions", "by_result"),
            ("oversight", "by_action"),
            ("oversight", "by_reviewer_kind"),
            ("flags", "by_action"),
            ("flags", "by_severity"),
        ):
            self.counts(*path)
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
            **({"first_ts": min(self.times), "last_ts": max(self.times)} if self.times else {}),
            "controls": self.controls,
            "population": population,
        }
