"""An evidence pack (docs/format.md section 6)."""

import re

from annotations import Summary, annotate
from catalogue import read_catalogue
from jcs import Malformed, is_count, jcs, parse
from keys import ed25519_key, included, leaf_hash, parse_vkey, sha256, unbase64, unbase64url
from rules import is_hex, is_log_name, is_segment, is_text, is_time, listed, members, payload_problem, shape_problem
from segment import MAX_LINE, Segment, parse_checkpoint
from values import is_disclosure

MAX_PACK_LINE = 4 * 1024 * 1024
ALWAYS = "v pack_id created generator log system environment key selection frameworks catalogue disclaimer".split()
KNOWN = """risk_tier operator legal_role period purpose request_ref recipient exported_by profile profile_digest
expected_sources not_included""".split()
TEXTS = "risk_tier operator legal_role purpose request_ref recipient exported_by".split()
DECLARED = ["environment", "risk_tier", "operator", "legal_role"]
KIND = "application/vnd.in-toto+json"


def closed(names, **checks):
    holds = members(**checks)
    return lambda value: holds(value) and set(value) <= set(names.split())


def header_holds(header):
    if not isinstance(header, dict) or not set(ALWAYS) <= set(header) <= set(ALWAYS + KNOWN):
        return False
    hexes = lambda value: is_hex(value, 64)
    selection, key = header["selection"], header["key"]
    kind = selection.get("kind") if isinstance(selection, dict) else None
    parsed = None if key is None else parse_vkey(key)
    period = header.get("period")
    profile = "profile" in header
    frameworks = header["frameworks"]
    framework = closed("id version digest", id=is_text, version=is_text, digest=hexes)
    return (
        header["v"] == 1
        and is_count(header["v"])
        and all(is_text(header[name]) for name in ("pack_id", "system", "environment", "disclaimer"))
        and is_time(header["created"])
        and closed("name version", name=is_text, version=is_text)(header["generator"])
        and is_log_name(header["log"])
        and (key is None or (parsed is not None and parsed[0] == header["log"]))
        and (
            selection == {"kind": kind}
            if kind in ("all", "period")
            else kind == "decision" and set(selection) == {"kind", "decision_id"} and is_text(selection["decision_id"]) and 1 <= len(selection["decision_id"]) <= 256
        )
        and ((kind == "period") == (period is not None))
        and (period is None or (closed("from to", **{"from": is_time, "to": is_time})(period) and period["from"] <= period["to"]))
        and listed(framework)(frameworks)
        and len({each["id"] for each in frameworks}) == len(frameworks)
        and closed("version as_of digest", version=is_text, as_of=is_text, digest=hexes)(header["catalogue"])
        and all(is_text(header[name]) for name in TEXTS if name in header)
        and profile == ("profile_digest" in header)
        and (not profile or (isinstance(header["profile"], dict) and hexes(header["profile_digest"])))
        and listed(is_text)(header.get("expected_sources", []))
        and (
            "not_included" not in header
            or (kind == "decision" and header["not_included"] != [] and listed(is_reference)(header["not_included"]))
        )
    )


def is_reference(value):
    if not is_text(value):
        return False
    name, _, seq = value.partition(":")
    return is_segment(name) and re.fullmatch(r"0|[1-9][0-9]{0,15}", seq) is not None


def entry_start(data):
    """Where `"entry":` begins: outside of texts, at the first level. None if it is nowhere."""
    depth = 0
    for token in re.finditer(rb'"(?:[^"\\]|\\.)*"?|[\[{\]}]', data, re.S):
        found = token.group()
        if found in (b"{", b"["):
            depth += 1
        elif found in (b"}", b"]"):
            depth -= 1
        elif depth == 1 and data.startswith(b'"entry":', token.start()):
            return token.start()
    return None


class Pack:
    def __init__(self, file, keys, problems, options, catalogue, known):
        self.file, self.keys, self.problems = file, keys, problems
        self.live = options.get("live", False)
        self.catalogue_bytes, self.known = catalogue, known
        self.header = None
        self.mapping = "catalogue_unknown"
        self.frameworks = []
        self.segments, self.current, self.torn = [], None, None
        self.summary = Summary()
        self.counts = {"withheld": 0, "erased": 0, "disclosed": 0, "failed": 0}
        self.called_erased = {}
        self.attested = "unsigned"
        self.stage, self.number = "header", 0

    def add(self, code, seq=None, line=None):
        self.problems.add(code, self.file, self.number if line is None else line, seq)

    def read(self, content):
        *lines, rest = content.split(b"\n")
        at = 0
        for line in lines:
            self.number += 1
            self.before = content[:at]
            at += len(line) + 1
            self.line(line)
        if rest:
            self.add("line_unterminated", line=self.number + 1)
        self.end_segment()
        if self.stage != "end":
            self.add("pack_structure")
        if not self.segments:
            self.add("empty")
        self.check_declarations()
        self.check_erasures()
        return self

    def line(self, data):
        start = entry_start(data) if self.stage == "segments" and data.startswith(b"{") else None
        if self.stage == "end":
            self.add("pack_structure")
        elif self.stage == "header":
            self.read_header(data)
        elif start is not None:
            self.read_entry(data, start)
        else:
            self.read_plain(data)

    def parsed(self, data, limit=MAX_PACK_LINE):
        try:
            return parse(data, limit)
        except Malformed as problem:
            self.add(problem.code)
            return None

    def read_header(self, data):
        self.stage = "segments"
        value = self.parsed(data, MAX_LINE)
        if value is None:
            return
        if not isinstance(value, dict) or set(value) != {"pack"} or not isinstance(value["pack"], dict):
            self.add("pack_line")
            return
        self.header = value["pack"]
        if not header_holds(self.header):
            self.add("pack_header")
            return
        profile = self.header.get("profile")
        if profile is not None and sha256(jcs(profile).encode()).hex() != self.header["profile_digest"]:
            self.add("pack_header")
        generator, disclaimer = self.known.get("generator"), self.known.get("disclaimer")
        if self.header["generator"] == generator and self.header["disclaimer"] != disclaimer:
            self.add("pack_header_disagrees")
        self.frameworks, self.mapping = read_catalogue(self, self.header)

    @property
    def kind(self):
        selection = self.header.get("selection") if self.header else None
        kind = selection.get("kind") if isinstance(selection, dict) else None
        if kind == "decision":
            return kind if is_text(selection.get("decision_id")) else "all"
        return "period" if kind == "period" else "all"

    @property
    def period(self):
        period = self.header.get("period") if self.header else None
        holds = closed("from to", **{"from": is_time, "to": is_time})
        if self.kind != "period" or not holds(period) or period["from"] > period["to"]:
            return None
        return period["from"], period["to"]

    def read_plain(self, data):
        value = self.parsed(data)
        if value is None:
            return
        members_ = list(value.items()) if isinstance(value, dict) else []
        if len(members_) != 1 or not isinstance(members_[0][1], dict):
            self.add("pack_line")
            return
        name, content = members_[0]
        if (self.stage, name) == ("segments", "segment"):
            self.end_segment()
            self.begin_segment(content)
        elif (self.stage, name) == ("segments", "summary"):
            self.end_segment()
            self.check_summary(content)
            self.stage = "attestation"
        elif (self.stage, name) == ("attestation", "attestation"):
            self.read_attestation(content)
            self.stage = "end"
        else:
            self.add("pack_structure")

    def begin_segment(self, wrapper):
        """One that breaks the format begins a segment as well: what follows is held against each other."""
        is_part = self.kind == "decision"
        name = wrapper.get("name") if is_segment(wrapper.get("name")) else None
        torn = closed("bytes sha256", bytes=lambda each: is_count(each) and each > 0, sha256=lambda each: is_hex(each, 64))
        second = "checkpoint" if is_part else "torn"
        holds = name is not None and set(wrapper) <= {"name", second}
        holds = holds and (is_text(wrapper.get("checkpoint")) if is_part else "torn" not in wrapper or torn(wrapper["torn"]))
        if not holds:
            self.add("pack_line")
        self.torn = (wrapper["torn"]["bytes"], wrapper["torn"]["sha256"]) if torn(wrapper.get("torn")) else None
        self.current = Part(self, name, wrapper.get("checkpoint")) if is_part else Segment(self.file, name, self.keys, self.problems)

    def end_segment(self):
        segment, self.current = self.current, None
        if segment is None:
            return
        segment.end(self.torn)
        self.summary.plain["segments"] += 1
        if not segment.closed and not segment.is_part:
            self.summary.plain["unsealed"] += segment.lines - segment.sealed
        self.segments.append(segment)
        if self.header is not None and segment.open is not None:
            for name in ("log", "system"):
                if self.header.get(name) != segment.open[name]:
                    self.add("other_log", line=segment.first_line)

    def read_entry(self, data, start):
        if len(data) > MAX_PACK_LINE:
            self.add("line_too_long")
            return
        if self.current is None:
            self.add("pack_structure")
            return
        beside = self.beside(data, start)
        if not data.endswith(b"}"):
            self.add("pack_line")
        entry = self.current.line(data[start + 8 : -1], self.number, *([(beside or {}).get("audit_path")] if self.current.is_part else []))
        if entry is None:
            return
        self.values(entry, beside or {})
        annotations = {}
        if self.mapping == "yes":
            annotations = annotate(entry, self.frameworks, self.header.get("profile", {}))
            if beside is not None and jcs(beside.get("controls", {})) != jcs(annotations):
                self.add("annotation", entry["seq"])
        elif self.mapping == "not_annotated" and beside is not None and "controls" in beside:
            self.add("annotation", entry["seq"])
        self.summary.entry(entry, annotations)

    def beside(self, data, start):
        """What stands beside an entry, read as a line of its own; None if it cannot be read."""
        if start == 1:
            return {}
        if data[start - 1 : start] != b",":
            self.add("pack_line")
            return None
        beside = self.parsed(data[: start - 1] + b"}")
        if not isinstance(beside, dict):
            return None
        allowed = {"absent", "controls", "disclosures"} | ({"audit_path"} if self.current.is_part else set())
        texts = lambda value, words=None: (
            isinstance(value, dict) and value and all(is_text(each) and (words is None or each in words) for each in value.values())
        )
        holds = (
            beside
            and set(beside) <= allowed
            and isinstance(beside.get("controls", {}), dict)
            and ("disclosures" not in beside or texts(beside["disclosures"]))
            and ("absent" not in beside or texts(beside["absent"], ("withheld", "erased")))
        )
        if not holds:
            self.add("pack_line")
        return beside

    def values(self, entry, beside):
        sd = entry.get("sd", {})
        disclosures, absent = (beside.get(name, {}) if isinstance(beside.get(name), dict) else {} for name in ("disclosures", "absent"))
        for pointer in [*disclosures, *absent]:
            if pointer not in sd:
                self.fail("disclosure_pointer", entry)
        for pointer, digest in sd.items():
            if (pointer in disclosures) == (pointer in absent):
                self.fail("disclosure_pointer", entry)
            elif pointer in disclosures:
                self.summary.plain["disclosed"] += 1
                disclosure = disclosures[pointer] if is_text(disclosures[pointer]) else ""
                if sha256(disclosure.encode()) != unbase64url(digest):
                    self.fail("disclosure_digest", entry)
                elif not is_disclosure(disclosure):
                    self.fail("disclosure_malformed", entry)
                else:
                    self.counts["disclosed"] += 1
            else:
                state = "erased" if absent[pointer] == "erased" else "withheld"
                self.summary.plain[state] += 1
                self.counts[state] += 1
                if state == "erased":
                    self.called_erased[(self.current.name, entry["seq"], pointer)] = (digest, self.number, entry["seq"])

    def fail(self, code, entry):
        self.counts["failed"] += 1
        self.add(code, entry["seq"])

    def check_summary(self, given):
        computed = self.summary.value()
        if self.mapping == "catalogue_unknown":
            # Then what the annotations count to is attested, and not checked.
            given, computed = ({name: each for name, each in of.items() if name != "controls"} for of in (given, computed))
        if jcs(given) != jcs(computed):
            self.add("summary")

    def read_attestation(self, envelope):
        form = closed("keyid sig", keyid=is_text, sig=lambda each: is_text(each) and unbase64(each) is not None)
        payload = unbase64(envelope["payload"]) if is_text(envelope.get("payload")) else None
        holds = (
            set(envelope) == {"payload", "payloadType", "signatures"}
            and envelope["payloadType"] == KIND
            and payload is not None
            and listed(form)(envelope["signatures"])
        )
        if not holds:
            self.add("attestation_malformed")
            return
        statement = jcs(
            {
                "_type": "https://in-toto.io/Statement/v1",
                "predicate": {},
                "predicateType": "urn:spanseal:evidence-pack:v1",
                "subject": [{"digest": {"sha256": sha256(self.before).hex()}, "name": "evidence-pack"}],
            }
        ).encode()
        if payload != statement:
            self.add("attestation_digest")
            return
        vkey = self.header.get("key") if self.header else None
        parsed = parse_vkey(vkey)
        wanted = [] if parsed is None else [f"{parsed[0]}+{parsed[1].hex()}"]
        if [each["keyid"] for each in envelope["signatures"]] != wanted:
            self.add("attestation_key")
            return
        if parsed is None:
            return
        trusted = self.keys.find(parsed[0], parsed[1])
        key = trusted or ed25519_key(vkey)
        message = f"DSSEv1 {len(KIND)} {KIND} {len(statement)} ".encode() + statement
        if key is not None and not key.verify(message, unbase64(envelope["signatures"][0]["sig"])):
            self.add("signature")
        self.attested = trusted or "unknown_key"

    def check_declarations(self):
        """Members of the header that repeat what the last segment declares."""
        opens = [each.open for each in self.segments if each.open is not None]
        if self.header is None or not opens:
            return
        for name in DECLARED:
            said = opens[-1].get(name) if is_text(opens[-1].get(name)) else None
            if self.header.get(name) != said:
                self.add("pack_header_disagrees", line=1)

    def check_erasures(self):
        names, met = {segment.name for segment in self.segments}, set()
        for segment in self.segments:
            for place, seq, each in segment.erasures:
                value = each["segment"], each["seq"], each["pointer"]
                if not segment.is_sealed(seq) or each["segment"] not in names:
                    continue
                if self.called_erased.get(value, (None,))[0] == each["digest"]:
                    met.add(value)
                else:
                    self.problems.add("erasure_mismatch", *place)
        if self.kind == "all":
            for value, (_, line, seq) in self.called_erased.items():
                if value not in met:
                    self.add("erasure_missing", seq, line)


class Part(Segment):
    """Of a decision pack: a few entries, each with its path to one checkpoint."""

    is_part = True

    def __init__(self, pack, name, text):
        super().__init__(pack.file, name, pack.keys, pack.problems)
        self.decision = pack.header["selection"]["decision_id"]
        self.at = pack.number
        self.checkpoint = parse_checkpoint(text)
        self.entries, self.last_seq, self.counted = 0, -1, {}
        if self.checkpoint is None:
            self.problems.add("seal_malformed", self.file, self.at)

    @property
    def lines(self):
        return self.entries

    def line(self, data, number, path):
        self.first_line = number if self.first_line is None else self.first_line
        self.last_line = number
        self.entries += 1
        try:
            entry = parse(data, MAX_LINE)
        except Malformed as problem:
            self.problems.add(problem.code, *self.place(number))
            return None
        if shape_problem(entry) is not None:
            self.problems.add("entry_shape", *self.place(number))
            return None
        seq, kind, place = entry["seq"], entry["type"], self.place(number, entry["seq"])
        if seq <= self.last_seq:
            self.problems.add("seq", *place)
        elif seq == self.last_seq + 1 and seq > 0 and entry["prev_hash"] != self.previous:
            self.problems.add("prev_hash", *place)
        if self.ts is not None and entry["ts"] < self.ts:
            self.problems.add("ts_order", *place)
        if (kind == "audit_open") != (self.entries == 1) or (kind == "audit_open") != (seq == 0):
            self.problems.add("open_misplaced", *place)
        if payload_problem(entry):
            self.problems.add("entry_payload", *place)
        elif kind == "audit_open":
            if self.open is None:
                self.opening(entry["payload"], place)
        elif entry.get("decision_id") != self.decision:
            self.problems.add("other_decision", *place)
        else:
            counts = entry["payload"].get("counts") if kind == "decision_end" else None
            if counts is not None and {**dict.fromkeys(self.counted, 0), **counts} != {**dict.fromkeys(counts, 0), **self.counted}:
                self.problems.add("decision_counts", *place)
            self.counted[kind] = self.counted.get(kind, 0) + 1
        leaf = leaf_hash(data)
        self.inclusion(leaf, seq, path, place)
        self.last_seq, self.previous, self.ts = seq, leaf.hex(), entry["ts"]
        return entry

    def inclusion(self, leaf, seq, path, place):
        hashes = [unbase64(each) for each in path] if isinstance(path, list) and len(path) <= 53 and all(map(is_text, path)) else [None]
        if any(each is None or len(each) != 32 for each in hashes):
            self.problems.add("audit_path_malformed", *place)
        elif self.checkpoint is not None:
            _, _, size, root, _, _ = self.checkpoint
            if not included(leaf, seq, size, hashes, root):
                self.problems.add("audit_path", *place)

    def opening(self, payload, place):
        self.open = payload
        if self.name is not None and payload["segment"] != self.name:
            self.problems.add("segment_name", *place)
        self.name = payload["segment"]
        if self.checkpoint is None:
            return
        signed, origin, size, root, name, signature = self.checkpoint
        at = self.file, self.at, None
        if origin != f"{payload['log']}/{payload['segment']}":
            self.problems.add("seal_origin", *at)
            return
        signer = self.signer(signed, name, signature, at)
        if signer is not None:
            self.seal = {"size": size, "root": root, "signer": signer}

    def end(self, torn=None):
        if self.entries < 2:
            self.problems.add("pack_structure", self.file, self.last_line or self.at)
        return self
