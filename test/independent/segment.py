"""One segment (docs/format.md sections 1 to 3): its lines, its seals, and what it says of others."""

import base64
import datetime
import re

from jcs import Malformed, parse
from keys import Tree, ed25519_key, leaf_hash, parse_vkey, unbase64
from rules import adds_up, payload_problem, shape_problem

MAX_LINE = 65_535
SEAL = re.compile(
    r"(([A-Za-z0-9._~\-/]+)\n([1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\n)\n(?:— ([A-Za-z0-9._~\-/]+) ([A-Za-z0-9+/]+={0,2})\n)?"
)


class Problems:
    """Every problem, with where it is."""

    MALFORMED = set(
        """not_a_record empty line_too_long line_encoding line_too_deep line_json line_surrogate line_number
        line_not_canonical line_unterminated entry_shape entry_payload open_misplaced segment_name seal_malformed
        audit_path_malformed pack_line pack_header pack_structure attestation_malformed""".split()
    )
    VERDICTS = {
        "integrity": MALFORMED
        | set(
            """seq prev_hash ts_order after_close closing_time seal_origin seal_size seal_root seal_key audit_path
            other_decision other_log attestation_digest attestation_key""".split()
        ),
        "authenticity": {"signature", "key_validity"},
        "completeness": set(
            """decision_counts tally_arithmetic tally_decreased segment_order segment_open sibling_missing sibling_shrunk
            sibling_changed recovery_mismatch recovery_conflict""".split()
        ),
        "mapping": {"pack_header_disagrees", "summary", "annotation", "catalogue"},
        "disclosure": set(
            """disclosure_pointer disclosure_digest disclosure_malformed erased_disclosed erasure_mismatch
            erasure_missing""".split()
        ),
        "time": {"heartbeat_missing"},
    }

    def __init__(self):
        self.found = []

    def add(self, code, file, line=None, seq=None):
        self.found.append([code, file, line, seq])

    def has(self, verdict):
        return any(code in self.VERDICTS[verdict] for code, *_ in self.found)

    @property
    def malformed(self):
        return any(code in self.MALFORMED for code, *_ in self.found)


def parse_checkpoint(text):
    """(signed text, origin, size, root, name, signature) of a seal's text; None for any other form."""
    match = SEAL.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return None
    signed, origin, size, root, name, signature = match.groups()
    root, size = unbase64(root), int(size)
    signature = None if signature is None else unbase64(signature)
    if root is None or size > 2**53 - 1 or (name is not None and (signature is None or len(signature) <= 4)):
        return None
    return signed, origin, size, root, name, signature


def millis(time):
    return datetime.datetime.strptime(time, "%Y-%m-%dT%H:%M:%S.%fZ").timestamp() * 1000


class Segment:
    is_part = False

    def __init__(self, file, name, keys, problems):
        self.file, self.expected_name, self.keys, self.problems = file, name, keys, problems
        self.tree = Tree()
        self.open = None
        self.name = name
        self.first_line = self.last_line = None
        self.expected_seq, self.previous, self.ts, self.first_ts = 0, "0" * 64, None, None
        # Whether the lines hold together so far: behind a break no root could be the one that was sealed.
        self.intact = True
        self.seal = self.close = None
        self.closed = False
        self.recoveries, self.retired, self.erasures, self.withheld = [], [], [], []
        self.clock_steps = 0
        self.tally = None
        self.alive = None
        self.torn = None

    @property
    def lines(self):
        return len(self.tree.leaves)

    @property
    def sealed(self):
        return self.seal["size"] if self.seal else 0

    def place(self, line, seq=None):
        return self.file, line, seq

    def line(self, data, number):
        """The entry in a line, if it is one. Its bytes count in chain and tree whatever they are."""
        self.first_line = number if self.first_line is None else self.first_line
        self.last_line = number
        entry = self.entry(data, number)
        leaf = leaf_hash(data)
        self.tree.leaves.append(leaf)
        self.previous = leaf.hex()
        self.expected_seq = (self.expected_seq if entry is None else entry["seq"]) + 1
        self.ts = self.ts if entry is None else entry["ts"]
        return entry

    def entry(self, data, number):
        try:
            entry = parse(data, MAX_LINE)
        except Malformed as problem:
            self.problems.add(problem.code, *self.place(number))
            self.intact = False
            return None
        if shape_problem(entry) is not None:
            self.problems.add("entry_shape", *self.place(number))
            self.intact = False
            return None
        seq, kind = entry["seq"], entry["type"]
        place = self.place(number, seq)
        if seq != self.expected_seq:
            self.problems.add("seq", *place)
            self.intact = False
        elif entry["prev_hash"] != self.previous:
            self.problems.add("prev_hash", *place)
            self.intact = False
        if self.ts is not None and entry["ts"] < self.ts:
            self.problems.add("ts_order", *place)
        self.first_ts = self.first_ts or entry["ts"]
        if (kind == "audit_open") != (self.lines == 0):
            self.problems.add("open_misplaced", *place)
        if self.close is not None and (kind != "seal" or seq != self.close["seq"] + 1 or self.closed):
            self.problems.add("after_close", *place)
            if self.closed:
                return entry
        if payload_problem(entry):
            self.problems.add("entry_payload", *place)
            self.intact = False
            return entry
        self.withheld.extend((seq, pointer, digest) for pointer, digest in entry.get("sd", {}).items())
        getattr(self, f"on_{kind}", lambda *_: None)(entry, entry["payload"], place)
        return entry

    def on_audit_open(self, entry, payload, place):
        if self.lines != 0:
            return
        self.open = payload
        self.name = payload["segment"]
        self.alive = millis(entry["ts"])
        if self.expected_name is not None and payload["segment"] != self.expected_name:
            self.problems.add("segment_name", *place)

    def on_seal(self, entry, payload, place):
        parsed = parse_checkpoint(payload["checkpoint"])
        if parsed is None:
            self.problems.add("seal_malformed", *place)
            return
        if self.open is None:
            return
        signed, origin, size, root, name, signature = parsed
        if origin != f"{self.open['log']}/{self.open['segment']}":
            self.problems.add("seal_origin", *place)
            return
        seq = entry["seq"]
        if not self.sealed < size <= seq or seq - size > 262_144:
            self.problems.add("seal_size", *place)
            return
        if self.intact and self.tree.root(size) != root:
            self.problems.add("seal_root", *place)
            self.intact = False
        signer = self.signer(signed, name, signature, place)
        if signer is None:
            return
        self.seal = {"size": size, "root": root, "signer": signer}
        if self.close is not None:
            if entry["ts"] != self.close["ts"]:
                self.problems.add("closing_time", *place)
            self.closed = seq == self.close["seq"] + 1 and size == seq
            if not self.closed:
                self.problems.add("seal_size", *place)

    def signer(self, signed, name, signature, place):
        """`unsigned`, `unknown_key`, or the key that signed; None where it is not as the segment says, or fails."""
        vkey = self.open["key"]
        if vkey is None or name is None:
            if vkey is None and name is None:
                return "unsigned"
            self.problems.add("seal_key", *place)
            return None
        _, key_id, _ = parse_vkey(vkey)
        if (name, signature[:4]) != (self.open["log"], key_id):
            self.problems.add("seal_key", *place)
            return None
        given = self.keys.find(name, key_id)
        key = given or ed25519_key(vkey)
        if key is not None and not key.verify(signed.encode(), signature[4:]):
            self.problems.add("signature", *place)
            return None
        return given or "unknown_key"

    def on_audit_close(self, entry, payload, place):
        self.beat(entry, place)
        if "tally" in payload:
            self.compare_tally(payload["tally"], place)
        self.close = {"ts": entry["ts"], "seq": entry["seq"]}

    def on_tally(self, entry, payload, place):
        self.beat(entry, place)
        self.compare_tally(payload, place)

    def compare_tally(self, payload, place):
        if not adds_up(payload):
            self.problems.add("tally_arithmetic", *place)
        counters = dict(flat(payload))
        if self.tally is not None:
            for name, value in self.tally.items():
                if counters.get(name, 0) < value and name not in ("spans.open", "decisions.open"):
                    self.problems.add("tally_decreased", *place)
        self.tally = counters

    def beat(self, entry, place):
        now = millis(entry["ts"])
        every = self.open.get("heartbeat_ms") if self.open else None
        if every is not None and self.alive is not None and now - self.alive > 1.5 * every:
            self.problems.add("heartbeat_missing", *place)
        self.alive = now

    def on_clock_step(self, entry, payload, place):
        self.clock_steps += 1
        self.alive = None

    def on_recovery(self, entry, payload, place):
        self.recoveries.append((place, entry["seq"], payload))

    def on_retention(self, entry, payload, place):
        self.retired.extend((place, entry["seq"], each) for each in payload.get("segments", []))

    def on_erasure(self, entry, payload, place):
        if payload.get("outcome") == "done":
            self.erasures.extend((place, entry["seq"], each) for each in payload.get("values", []))

    def is_sealed(self, seq):
        return seq < self.sealed

    def end(self, torn=None):
        """What is behind the last line feed: (bytes, sha256 in hex), or None."""
        self.torn = torn
        return self

    @property
    def root64(self):
        return base64.b64encode(self.tree.root(self.lines)).decode()

    @property
    def sealed_root64(self):
        """As the last valid seal says it."""
        return base64.b64encode(self.seal["root"]).decode() if self.seal else None

    @property
    def citations(self):
        place = self.file, self.first_line, 0
        return [(place, each) for each in self.open.get("siblings", [])] if self.open else []


def flat(tally, prefix=""):
    for name, value in tally.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{name}.")
        elif isinstance(value, int):
            yield prefix + name, value


def opened_at(name):
    """To the second, by its name."""
    return f"{name[:4]}-{name[4:6]}-{name[6:8]}T{name[9:11]}:{name[11:13]}:{name[13:15]}.000Z"
