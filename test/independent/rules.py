"""What a verifier demands of one entry (docs/format.md sections 1, 3 and 5)."""

import datetime
import re

from jcs import is_count, utf16
from keys import is_log_name, parse_vkey, unbase64, unbase64url

TYPES = """audit_open decision decision_record decision_end llm_call tool_call context_assembly agent_invocation
message_content guardrail evaluation human_oversight policy_flag incident change custody reconciliation tally gap recovery
clock_step erasure retention anchor seal audit_close""".split()
FIELDS = {"v", "seq", "ts", "type", "payload", "prev_hash"}
OPTIONAL = {"decision_id", "trace_id", "span_id", "parent_span_id", "lossy", "sd"}
WITHHOLD_NOTHING = set(
    "audit_open audit_close seal tally gap recovery clock_step erasure retention anchor custody".split()
)
NEVER_WITHHELD = {"outcome", "action", "role", "severity", "call_id", "span", "usage"}
MARKS = """undefined bigint unsafe nonfinite negative_zero date surrogate collection binary function symbol cycle getter
depth""".split()
SEGMENT = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{16}")
POINTER = re.compile(r"/payload(?:/(?:[^~/]|~[01])*)+")


def is_text(value):
    return isinstance(value, str)


def is_hex(value, digits):
    return is_text(value) and re.fullmatch(f"[0-9a-f]{{{digits}}}", value) is not None


def is_time(value):
    if not is_text(value) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z", value):
        return False
    try:
        return datetime.datetime.strptime(value, "%Y-%m-%dT%H:%M:%S.%fZ").year >= 1970 and value[17:19] < "60"
    except ValueError:
        return False


def is_segment(value):
    """The grammar, whose date need not be one."""
    return is_text(value) and SEGMENT.fullmatch(value) is not None


def is_root(value):
    return is_text(value) and len(unbase64(value) or b"") == 32


def shape_problem(entry):
    """What of an entry has another form than its fields have, or None."""
    if not isinstance(entry, dict) or not FIELDS <= set(entry) <= FIELDS | OPTIONAL:
        return "the fields"
    ids = (("trace_id", 32), ("span_id", 16), ("parent_span_id", 16))
    checks = [
        ("v", entry["v"] == 1 and is_count(entry["v"])),
        ("seq", is_count(entry["seq"])),
        ("ts", is_time(entry["ts"])),
        ("type", entry["type"] in TYPES if is_text(entry["type"]) else False),
        ("payload", isinstance(entry["payload"], dict)),
        ("prev_hash", is_hex(entry["prev_hash"], 64)),
        ("decision_id", "decision_id" not in entry or is_decision_id(entry["decision_id"])),
        *((name, name not in entry or is_id(entry[name], digits)) for name, digits in ids),
        ("lossy", "lossy" not in entry or is_lossy(entry["lossy"])),
    ]
    wrong = next((name for name, holds in checks if not holds), None)
    if wrong is None and entry["type"] == "seal" and set(entry) != FIELDS:
        wrong = "the fields of a seal"
    if wrong is None and "sd" in entry:
        wrong = None if is_withholding(entry) else "sd"
    return wrong


def is_id(value, digits):
    return is_hex(value, digits) and value.strip("0") != ""


def is_decision_id(value):
    return is_text(value) and 2 <= len(utf16(value)) <= 512


def is_lossy(value):
    if not isinstance(value, dict) or not value:
        return False
    return all(POINTER.fullmatch(pointer) and is_text(mark) and is_mark(mark) for pointer, mark in value.items())


def is_mark(mark):
    return mark in MARKS or re.fullmatch(r"cut:(0|[1-9][0-9]*)", mark) is not None


def is_withholding(entry):
    sd = entry["sd"]
    if not isinstance(sd, dict) or not sd or entry["type"] in WITHHOLD_NOTHING:
        return False
    return all(is_digest(digest) and is_withheld(entry, pointer) for pointer, digest in sd.items())


def is_digest(value):
    return len(unbase64url(value) or b"") == 32


def is_withheld(entry, pointer):
    """Whether a value may be withheld at a pointer, and is not there."""
    if not POINTER.fullmatch(pointer):
        return False
    path = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    never = NEVER_WITHHELD | ({"result"} if entry["type"] == "decision_end" else set())
    if path[1] in never or "__proto__" in path:
        return False
    holder = entry
    for name in path[:-1]:
        if isinstance(holder, list) and re.fullmatch(r"0|[1-9][0-9]*", name) and int(name) < len(holder):
            holder = holder[int(name)]
        else:
            holder = holder.get(name) if isinstance(holder, dict) else None
    return isinstance(holder, dict) and path[-1] not in holder


# Payloads ------------------------------------------------------------------------------------------------------------


def maybe(check):
    return lambda value: value is None or check(value)


def is_object(value):
    return isinstance(value, dict)


def members(**checks):
    """Each member is there and holds; one that ends in `_` may be absent, but not null."""

    def check(value):
        if not isinstance(value, dict):
            return False
        for name, holds in checks.items():
            if name.endswith("_"):
                if name[:-1] in value and not holds(value[name[:-1]]):
                    return False
            elif name not in value or not holds(value[name]):
                return False
        return True

    return check


def listed(check, most=None):
    return lambda value: isinstance(value, list) and (most is None or len(value) <= most) and all(map(check, value))


is_sibling = members(segment=is_segment, size=is_count, closed=lambda value: isinstance(value, bool), root_=is_root, last_=is_time)
is_torn = members(bytes=is_count, sha256=lambda value: is_hex(value, 64))
is_counts = lambda value: isinstance(value, dict) and all(map(is_count, value.values()))
SPANS = "carried started ended late unended open recorded not_recorded".split()


def is_tally(value):
    spans = members(**{name: is_count for name in SPANS}, ignored=is_counts)
    plain = {name: is_count for name in ("write_failures", "seals_discarded", "after_close")}
    window = members(**{"from": is_time, "to": is_time})
    return members(window=window, spans=spans, decisions=is_counts, oversight=is_counts, **plain)(value)


def adds_up(tally):
    spans = tally["spans"]
    ignored = sum(spans["ignored"].values())
    return (
        spans["carried"] + spans["started"] == spans["ended"] + spans["unended"] + spans["open"]
        and spans["recorded"] + ignored == spans["ended"] + spans["late"] + spans["unended"]
    )


def is_own_key(value, log):
    if value is None:
        return True
    parsed = parse_vkey(value)
    return parsed is not None and parsed[0] == log


PAYLOADS = {
    "audit_open": members(
        system=is_text,
        log=is_log_name,
        segment=is_segment,
        producer=members(name=is_text, version=is_text),
        key=lambda _: True,
        environment=is_text,
        heartbeat_ms_=is_count,
        previous_=is_segment,
        siblings_=listed(is_sibling, 64),
    ),
    "decision_end": members(outcome=is_text, effective_at_=is_time, settled_at_=is_time, counts_=is_counts),
    "llm_call": members(outcome=is_text, start_time_=is_time),
    "tool_call": members(name=is_text, start_time_=is_time),
    "context_assembly": members(start_time_=is_time),
    "agent_invocation": members(start_time_=is_time),
    "human_oversight": members(reviewer_kind=is_text, action=is_text, opened_at_=is_time, decided_at_=is_time),
    "policy_flag": members(reason=is_text, action=is_text, severity=is_text),
    "tally": is_tally,
    "gap": members(lost=is_count, lost_by_type_=is_counts, first_ts_=is_time, last_ts_=is_time),
    "recovery": members(segment=is_segment, lines=is_count, size=is_count, root=is_root, torn_=is_torn, last_ts_=is_time),
    "clock_step": members(before=is_time, after=is_time),
    "erasure": members(
        values_=listed(members(segment=is_segment, seq=is_count, pointer=is_text, digest=is_digest)),
        requested_at_=is_time,
    ),
    "retention": members(segments_=listed(members(segment=is_segment, size=is_count, root=is_root))),
    "seal": members(checkpoint=is_text),
    "audit_close": members(reason=is_text, tally_=is_tally),
}


def payload_problem(entry):
    """Whether a payload breaks a rule of its type."""
    payload = entry["payload"]
    holds = PAYLOADS.get(entry["type"], is_object)(payload)
    if entry["type"] == "seal":
        return not holds or set(payload) != {"checkpoint"}
    if holds and entry["type"] == "audit_open":
        previous = payload.get("previous")
        holds = is_own_key(payload["key"], payload["log"]) and (previous is None or previous < payload["segment"])
    return not holds
