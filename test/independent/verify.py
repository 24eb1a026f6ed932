"""A verifier written from docs/format.md alone: Python's standard library, and no code of this project.

    python3 verify.py <segment|directory|pack> [--key <vkey>]… [--hmac-key <file>]… [--live] [--allow-unsigned] [--known <catalogue>]
    python3 verify.py --corpus <attacks.json> [--known <catalogue>]

Prints a report as JSON and exits as `spanseal verify` does; of a corpus a line for each case. `--known` is a catalogue of
controls that this verifier knows. Anchors and earlier records are not its matter.
"""

import argparse
import base64
import json
import os
import sys

from collection import Collection, authenticity_of
from keys import Keys, sha256
from pack import Pack
from rules import is_segment
from segment import Problems, Segment
from values import beside_segments

NOTHING = {"v": 1, "version": "", "as_of": "", "strengths": {}, "frameworks": []}


# How a pack begins, and how one does that had its header taken off.
PACK_STARTS = tuple(
    f'{{"{name}":'.encode() + start
    for name, start in (
        ("pack", b"{"),
        ("segment", b"{"),
        ("absent", b"{"),
        ("audit_path", b"["),
        ("controls", b"{"),
        ("disclosures", b"{"),
        ("entry", b"{"),
    )
)


def segment_name(file):
    name = file[:-6] if file.endswith(".jsonl") else ""
    return name if is_segment(name) else None


def read_segment(file, content, expected, keys, problems):
    segment = Segment(file, expected, keys, problems)
    *lines, rest = content.split(b"\n")
    for number, line in enumerate(lines, 1):
        segment.line(line, number)
    segment.end((len(rest), sha256(rest).hex()) if rest else None)
    return segment


def verify(kind, files, options, known=NOTHING):
    """`files`: (name, content) in order. `kind`: file or directory."""
    problems = Problems()
    keys = Keys(options.get("keys", []), options.get("hmac_keys", []))
    if kind == "directory":
        return verify_directory(files, options, keys, problems)
    name, content = files[0]
    beside = dict(files[1:])
    if content.startswith(PACK_STARTS):
        return verify_pack(name, content, beside.get(f"{name}.catalogue.json"), options, keys, problems, known)
    return verify_segment(name, content, options, keys, problems)


def verify_segment(name, content, options, keys, problems):
    segment = Segment(name, segment_name(name), keys, problems)
    *lines, rest = content.split(b"\n")
    is_record = [segment.line(line, number) is not None for number, line in enumerate(lines, 1)][:1] == [True]
    segment.end((len(rest), sha256(rest).hex()) if rest else None)
    if not is_record:
        problems.add("empty" if content == b"" else "not_a_record", name, 1)
    return judged([segment], "segment", options, keys, problems, None, is_record)


def verify_directory(files, options, keys, problems):
    names = sorted(name for name, _ in files if segment_name(name) is not None)
    contents = dict(files)
    segments = [read_segment(name, contents[name], segment_name(name), keys, problems) for name in names]
    disclosures = {name[:-18]: content for name, content in files if name.endswith(".disclosures.jsonl")}
    counts = beside_segments(segments, disclosures, problems)
    return judged(segments, "all", options, keys, problems, None, counts=counts)


def verify_pack(name, content, catalogue, options, keys, problems, known):
    pack = Pack(name, keys, problems, options, catalogue, known).read(content)
    return judged(pack.segments, pack.kind, options, keys, problems, pack)


def judged(segments, scope, options, keys, problems, pack, is_record=True, counts=None):
    collection = Collection(problems, scope, options.get("live", False), pack.period if pack else None)
    for segment in segments:
        collection.add(segment)
    collection.check()
    open_ones = [each for each in segments if collection.states[id(each)] == "open"]
    if is_record and not options.get("live"):
        for segment in open_ones:
            problems.add("segment_open", segment.file, segment.last_line)
    if is_record and all(segment.lines == 0 for segment in segments) and not (pack and not segments):
        problems.add("empty", "")
    parts = [segment.seal["signer"] if segment.seal else "unsigned" for segment in segments if not collection.needs_no_key(segment)]
    if pack is not None:
        parts.append(pack.attested)
    values = pack.counts if pack else counts or {"withheld": sum(len(each.withheld) for each in segments)}
    completeness = "open" if open_ones else "holds" if scope == "all" else "selection"
    time = "clock_set" if any(each.clock_steps for each in segments) else "self_asserted"
    found = next((each for each in ("withheld", "erased", "disclosed") if values.get(each, 0) > 0), "nothing_withheld")
    verdicts = {
        "integrity": "malformed" if problems.malformed else "inconsistent" if problems.has("integrity") else "consistent",
        "authenticity": authenticity_of(parts, keys, problems),
        "independence": "self_attested",
        "completeness": "fails" if problems.has("completeness") else completeness,
        "history": "not_checked",
        "time": "heartbeat_missing" if problems.has("time") else time,
        "mapping": "no" if problems.has("mapping") else pack.mapping if pack else "not_annotated",
        "disclosure": "failed" if problems.has("disclosure") else found,
    }
    return {"exit": exit_of(verdicts, keys, options), "verdicts": verdicts, "problems": problems.found}


def exit_of(verdicts, keys, options):
    failed = (
        verdicts["integrity"] != "consistent"
        or verdicts["completeness"] == "fails"
        or verdicts["mapping"] == "no"
        or verdicts["disclosure"] == "failed"
        or verdicts["authenticity"] == "failed"
    )
    if failed:
        return 1
    if verdicts["authenticity"] in ("signed", "shared_key"):
        return 0
    if verdicts["authenticity"] == "none" and options.get("allow_unsigned"):
        return 0
    return 1 if keys.given else 4


def corpus(path, known):
    with open(path, encoding="utf8") as file:
        published = json.load(file)
    contents = [base64.b64decode(each) for each in published["contents"]]
    for case in published["cases"]:
        files = [(name, contents[index]) for name, index in case["files"]]
        print(json.dumps({"name": case["name"], **verify(case["kind"], files, case["options"], known)}))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", nargs="?")
    parser.add_argument("--key", action="append", default=[])
    parser.add_argument("--hmac-key", action="append", default=[])
    parser.add_argument("--live", action="store_true")
    parser.add_argument("--allow-unsigned", action="store_true")
    parser.add_argument("--known")
    parser.add_argument("--corpus")
    given = parser.parse_args()
    known = NOTHING
    if given.known:
        with open(given.known, encoding="utf8") as file:
            known = json.load(file)
    if given.corpus:
        corpus(given.corpus, known)
        return 0
    if os.path.isdir(given.path):
        names = sorted(os.listdir(given.path))
        kind, paths = "directory", [(name, os.path.join(given.path, name)) for name in names]
    else:
        beside = f"{given.path}.catalogue.json"
        kind = "file"
        paths = [(os.path.basename(path), path) for path in (given.path, beside) if os.path.exists(path)]
    files = [(name, open(path, "rb").read()) for name, path in paths]
    secrets = [{"key": base64.b64encode(open(path, "rb").read()).decode()} for path in given.hmac_key]
    options = {"keys": given.key, "hmac_keys": secrets, "live": given.live, "allow_unsigned": given.allow_unsigned}
    found = verify(kind, files, options, known)
    print(json.dumps(found))
    return found["exit"]


if __name__ == "__main__":
    sys.exit(main())
