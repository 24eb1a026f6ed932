"""What segments say of each other, and the verdicts over all of them (docs/format.md section 7)."""

from segment import opened_at


class Collection:
    def __init__(self, problems, scope, live, period=None):
        self.problems, self.scope, self.live, self.period = problems, scope, live, period
        self.segments = []
        self.said = set()
        self.states = {}

    def add(self, segment):
        place = segment.file, segment.first_line, None
        before = self.segments[-1] if self.segments else None
        if before is not None and before.name is not None and segment.name is not None and segment.name <= before.name:
            self.problems.add("segment_order", *place)
        first = self.segments[0] if self.segments else None
        if first is not None and first.open is not None and segment.open is not None:
            if any(first.open[name] != segment.open[name] for name in ("log", "system")):
                self.problems.add("other_log", *place)
        self.segments.append(segment)

    def once(self, code, name, place):
        if (code, name) not in self.said:
            self.said.add((code, name))
            self.problems.add(code, *place)

    def missing(self, name, place, last):
        start, end = self.period or ("", "")
        is_due = self.scope == "all" or (
            self.scope == "period" and last is not None and opened_at(name) <= end and last >= start
        )
        if is_due:
            self.once("sibling_missing", name, place)

    def check(self):
        """(sealed size, sealed root, the segment or None if it was retired) of every name that is accounted for."""
        known = {}
        for place, each in self.retirements():
            known.setdefault(each["segment"], (each["size"], each["root"], None))
        for segment in self.segments:
            if segment.name is not None:
                known[segment.name] = (segment.sealed, segment.sealed_root64, segment)
        for segment in self.segments:
            for place, position, each in segment.retired:
                if segment.is_sealed(position):
                    self.citation(place, {**each, "closed": True}, known)
            if segment.seal is None:
                continue
            for place, cited in segment.citations:
                self.citation(place, cited, known)
            previous = segment.open.get("previous")
            if previous is not None and previous not in known:
                self.missing(previous, (segment.file, segment.first_line, 0), None)
        recovered = self.recoveries(known)
        for segment in self.segments:
            state = "closed" if segment.closed else "recovered" if segment in recovered else "open"
            self.states[id(segment)] = "part" if segment.is_part else state
            if segment.closed and segment.torn is not None:
                self.problems.add("after_close", segment.file, segment.last_line, None)

    def retirements(self):
        for segment in self.segments:
            for place, position, each in segment.retired:
                if segment.is_sealed(position):
                    yield place, each

    def citation(self, place, cited, known):
        name, size = cited["segment"], cited["size"]
        if name not in known:
            self.missing(name, place, cited.get("last"))
            return
        sealed, root, _ = known[name]
        if sealed < size:
            self.once("sibling_shrunk", name, place)
        elif size > 0 and (cited["closed"] or sealed == size) and (sealed, root) != (size, cited.get("root")):
            self.once("sibling_changed", name, place)

    def recoveries(self, known):
        """The segments that a sealed recovery describes as they are."""
        recovered, seen = [], {}
        for segment in self.segments:
            for place, position, found in segment.recoveries:
                if not segment.is_sealed(position):
                    continue
                name, facts = found["segment"], (found["lines"], found["root"])
                if seen.get(name, facts) != facts:
                    self.problems.add("recovery_conflict", *place)
                seen[name] = facts
                if name not in known:
                    self.missing(name, place, found.get("last_ts"))
                    continue
                sealed, root, dead = known[name]
                if dead is None:
                    if sealed != found["size"] or (found["lines"] == found["size"] and root != found["root"]):
                        self.problems.add("recovery_mismatch", *place)
                    continue
                torn = None if dead.torn is None else {"bytes": dead.torn[0], "sha256": dead.torn[1]}
                agrees = (*facts, found["size"], found.get("torn")) == (dead.lines, dead.root64, dead.sealed, torn)
                if agrees:
                    recovered.append(dead)
                else:
                    self.problems.add("recovery_mismatch", *place)
        return recovered

    def needs_no_key(self, segment):
        state = self.states[id(segment)]
        return segment.seal is None and (state == "recovered" or (state == "open" and self.live))


def authenticity_of(parts, keys, problems):
    """`parts`: who signed each that must be signed: a Key, unknown_key, or unsigned."""
    if problems.has("authenticity"):
        return "failed"
    trusted = [part for part in parts if not isinstance(part, str)]
    if parts and len(trusted) == len(parts):
        return "shared_key" if any(part.shared for part in trusted) else "signed"
    if keys.given:
        return "failed"
    return "unknown_key" if "unknown_key" in parts else "none"
