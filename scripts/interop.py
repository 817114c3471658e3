"""Checks of scripts/interop that use nobody's code but other people's.

    interop.py proof FILE               verify what `dela export --proof` wrote
    interop.py acts FILE                verify what `dela federation audit --signed`
                                        wrote at a node that is alone
    interop.py catalogue FILE SAMPLE... compare an exported catalogue with the
                                        sample it was published from

Exit code 0 if everything holds, 1 with the reason if not.
"""

import json
import sys

import blake3
import cbor2
from pycose.algorithms import EdDSA
from pycose.headers import Algorithm
from pycose.keys import OKPKey
from pycose.keys.curves import Ed25519
from pycose.messages import CoseMessage, Sign1Message
from rdflib import DCAT, RDF, Graph
from rdflib.compare import graph_diff, to_isomorphic


class Failed(Exception):
    """Something does not hold."""


def demand(holds: bool, what: str) -> None:
    """Fails with `what` unless it holds."""
    if not holds:
        raise Failed(what)
    print(f"interop: {what}")


def identifier(context: str, *parts: bytes) -> str:
    """The BLAKE3 hash of length-prefixed parts, as protocol/src/id.rs defines it."""
    hasher = blake3.blake3(derive_key_context=context)
    for part in parts:
        hasher.update(len(part).to_bytes(8, "big"))
        hasher.update(part)
    return hasher.hexdigest()


def verifies(message: bytes, key: bytes, external_aad: bytes) -> bool:
    """Whether `message` is a COSE_Sign1 by `key` over this external data."""
    try:
        decoded = CoseMessage.decode(message)
        if not isinstance(decoded, Sign1Message):
            return False
        decoded.external_aad = external_aad
        decoded.key = OKPKey(crv=Ed25519, x=key)
        return decoded.verify_signature()
    except Exception:  # pycose raises many kinds for bytes that are no message
        return False


def flipped(data: bytes, position: int) -> bytes:
    """The same bytes with one bit turned over."""
    changed = bytearray(data)
    changed[position] ^= 1
    return bytes(changed)


def check_proof(path: str) -> None:
    """Verifies a record, its agency's inception and its head."""
    with open(path, encoding="utf-8") as file:
        proof = json.load(file)
    record = bytes.fromhex(proof["cose_sign1"])
    aad = bytes.fromhex(proof["external_aad"])
    key = bytes.fromhex(proof["key"])
    head = bytes.fromhex(proof["head"])
    statements = [bytes.fromhex(statement) for statement in proof["statements"]]

    decoded = CoseMessage.decode(record)
    demand(isinstance(decoded, Sign1Message), "the record is a COSE_Sign1")
    demand(decoded.phdr == {Algorithm: EdDSA}, "its protected header says EdDSA, and no more")
    demand(decoded.uhdr == {}, "its unprotected header is empty")
    demand(verifies(record, key, aad), "its signature holds")
    demand(identifier("dela 1 record", record) == proof["record"], "its id is its hash")

    kind = b"dela/record/1"
    demand(aad.startswith(kind) and len(aad) == len(kind) + 32, "its type and federation are signed")
    federation = aad[len(kind) :]
    agency = identifier("dela 1 agency", statements[0])
    demand(agency == proof["agency"], "the agency's id is the hash of its inception")
    demand(
        verifies(statements[0], key, b"dela/inception/2" + bytes(32)),
        "the inception is signed by the same key",
    )
    demand(verifies(head, key, b"dela/head/1" + federation), "the head is signed by the same key")

    wrong = {
        "with a bit of the payload turned over": (flipped(record, len(record) // 2), key, aad),
        "with a bit of the signature turned over": (flipped(record, len(record) - 1), key, aad),
        "in another federation": (record, key, flipped(aad, len(aad) - 1)),
        "as another type": (record, key, b"dela/head/1" + federation),
        "without external data": (record, key, b""),
        "by another key": (record, bytes.fromhex("d75a980182b10ab7d54bfed3c964073a"
                                                 "0ee172f3daa62325af021a68f707511a"), aad),
    }
    for how, arguments in wrong.items():
        demand(not verifies(*arguments), f"it is refused {how}")


def check_acts(path: str) -> None:
    """Verifies the charter of a federation of one, and the vote that founds it."""
    with open(path, encoding="utf-8") as file:
        told = json.load(file)
    federation = bytes.fromhex(told["federation"])
    acts = {act["kind"]: bytes.fromhex(act["bytes"]) for act in told["acts"]}
    demand(sorted(acts) == ["charter", "vote"], "there is a first charter, and one vote")
    charter, vote = acts["charter"], acts["vote"]
    named = identifier("dela 1 federation", charter)
    demand(named == told["federation"], "the federation's id is the hash of its first charter")
    says = cbor2.loads(CoseMessage.decode(vote).payload)
    founding = identifier("dela 1 founding", bytes.fromhex(identifier("dela 1 charter", charter)))
    demand(says[1].hex() == founding and says[3] is True, "the vote is for that charter")
    (seat,) = cbor2.loads(charter)[5]
    demand(says[2] == seat[1], "it is by the key of the one seat")
    demand(verifies(vote, seat[1], b"dela/vote/1" + federation), "its signature holds")
    for how, data in {
        "in another federation": b"dela/vote/1" + flipped(federation, 0),
        "as a motion": b"dela/motion/1" + federation,
    }.items():
        demand(not verifies(vote, seat[1], data), f"it is refused {how}")


def check_catalogue(exported: str, samples: list[str]) -> None:
    """Compares an exported catalogue with the sample of the same catalogue."""
    ours = Graph().parse(exported, format="turtle")
    published = {
        catalogue: (path, sample)
        for path in samples
        for sample in [Graph().parse(path, format="turtle")]
        for catalogue in sample.subjects(RDF.type, DCAT.Catalog)
    }
    found = [iri for iri in ours.subjects(RDF.type, DCAT.Catalog) if iri in published]
    demand(len(found) == 1, f"{exported} is the catalogue of one sample")
    path, sample = published[found[0]]
    _, missing, added = graph_diff(to_isomorphic(sample), to_isomorphic(ours))
    for graph, sign in ((missing, "-"), (added, "+")):
        for subject, predicate, value in sorted(graph)[:20]:
            print(f"  {sign} {subject.n3()} {predicate.n3()} {value.n3()}", file=sys.stderr)
    demand(len(missing) == 0, f"all {len(sample)} triples of {path} came back")
    demand(len(added) == 0, "and no other triple with them")


def main(arguments: list[str]) -> int:
    """Runs one check."""
    try:
        match arguments:
            case ["proof", path]:
                check_proof(path)
            case ["acts", path]:
                check_acts(path)
            case ["catalogue", exported, *samples] if samples:
                check_catalogue(exported, samples)
            case _:
                print(__doc__, file=sys.stderr)
                return 2
    except Failed as failed:
        print(f"interop: FAILED, this does not hold: {failed}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
