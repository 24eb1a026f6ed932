"""The catalogue of controls beside a pack (docs/format.md section 6)."""

from jcs import Malformed, jcs, parse
from keys import sha256

MAX_CATALOGUE = 1_048_576


def read_catalogue(pack, header):
    """(the frameworks of the header, the verdict on the mapping): by what is known here, and by what lies beside the pack."""
    beside = document_of(pack, header)
    candidates = [*pack.known["frameworks"], *(beside["frameworks"] if beside else [])]
    found = [next((each for each in candidates if is_listed(each, one)), None) for one in header["frameworks"]]
    if None in found:
        return [], "catalogue_unknown"
    known = {name: pack.known[name] for name in ("v", "version", "as_of", "strengths")}
    digest = sha256(jcs({**known, "frameworks": found}).encode()).hex()
    catalogue = header["catalogue"]
    agrees = [each["version"] for each in header["frameworks"]] == [each["version"] for each in found]
    if catalogue["version"] == known["version"]:
        agrees = agrees and (catalogue["as_of"], catalogue["digest"]) == (known["as_of"], digest)
    if not agrees:
        pack.add("pack_header_disagrees", line=1)
    return found, "yes" if found else "not_annotated"


def is_listed(framework, listed):
    return framework["id"] == listed["id"] and sha256(jcs(framework).encode()).hex() == listed["digest"]


def document_of(pack, header):
    content = pack.catalogue_bytes
    if content is None:
        return None
    body = content[:-1] if content.endswith(b"\n") else content
    if sha256(body).hex() != header["catalogue"]["digest"]:
        pack.problems.add("catalogue", pack.file, 1, None)
        return None
    try:
        document = parse(body, MAX_CATALOGUE)
    except Malformed:
        pack.problems.add("catalogue", pack.file, 1, None)
        return None
    if not is_document(document):
        pack.problems.add("catalogue", pack.file, 1, None)
        return None
    return document


def is_document(document):
    return (
        isinstance(document, dict)
        and set(document) == {"v", "version", "as_of", "strengths", "frameworks"}
        and isinstance(document["frameworks"], list)
        and all(isinstance(each, dict) and "id" in each and "version" in each for each in document["frameworks"])
    )
