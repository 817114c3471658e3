"""Proves over real catalogues that an import loses nothing, with rdflib.

    interop_corpus.py DELA DELAD CORPUS     import every file of the corpus into
                                            a node and export it again

Every entity of a file must come out as it went in: the entity with everything
that is reached from it, isomorphic to the same of the source. What the node's
report says it repaired or did not carry is checked to be just that. For the
forms that are no RDF, every value of the JSON must be somewhere in the export.

Exit code 0 if everything holds, 1 with what does not.
"""

import csv
import json
import logging
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import rdflib
from rdflib import DCAT, FOAF, RDF, SKOS, XSD, BNode, Graph, Literal, URIRef
from rdflib.compare import to_canonical_graph
from rdflib.namespace import DCTERMS

# Literals are compared as they are written.
rdflib.NORMALIZE_LITERALS = False
# rdflib logs each literal it cannot make a value of; values are not needed.
logging.disable(logging.WARNING)

BASE = "http://relative.invalid/"
SERIES = URIRef("http://www.w3.org/ns/dcat#DatasetSeries")
CLASSES = (SERIES, DCAT.Dataset, DCAT.DataService, DCAT.Catalog)
MEMBERSHIP = (DCAT.dataset, DCAT.service, DCAT.catalog, DCAT.record, DCTERMS.hasPart,
              URIRef("http://www.w3.org/ns/dcat#hasPart"))
TO_VOCABULARY = (SKOS.inScheme, SKOS.topConceptOf, SKOS.hasTopConcept)
FORMATS = {"turtle": "turtle", "rdf/xml": "xml", "json-ld": "json-ld", "trig": "trig"}
ENTITY, OTHER = URIRef("urn:x:entity"), URIRef("urn:x:other")
TAKEN = re.compile(r"^<(.*)> is not a valid IRI and was taken as <(.*)>$", re.S)

# Well-formed for rdflib, and not for the specification: a node inside a node.
REFUSED = {"umea-dcat.rdf"}


class Node:
    """A node of its own, on loopback, with a folder that is thrown away."""

    def __init__(self, dela: str, delad: str) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.dela = dela
        data = Path(self.folder.name) / "data"
        self.log = open(Path(self.folder.name) / "log", "w+", encoding="utf-8")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{free.getsockname()[1]}"
        self.process = subprocess.Popen(
            [delad, "--data", data, "--http", address, "--listen", "/ip4/127.0.0.1/tcp/0",
             "--agency", "Provmyndigheten", "--federation", "corpus"],
            stdout=self.log, stderr=self.log, text=True)
        self.environment = os.environ | {"DELA_NODE": f"http://{address}", "DELA_DATA": str(data)}
        for _ in range(300):
            if self.run("status").returncode == 0:
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        self.log.seek(0)
        sys.exit("interop: the node did not start:\n" + self.log.read())

    def run(self, *arguments: str) -> subprocess.CompletedProcess:
        """Runs dela against the node."""
        return subprocess.run([self.dela, *arguments], capture_output=True, text=True,
                              env=self.environment)

    def close(self) -> None:
        """Stops the node."""
        self.process.terminate()
        self.process.wait()
        self.log.close()
        self.folder.cleanup()


def entities(graph: Graph) -> set:
    """The subjects that become records."""
    return {subject for cls in CLASSES for subject in graph.subjects(RDF.type, cls)}


def is_catalogue(graph: Graph, entity) -> bool:
    """Whether an entity is a catalogue and nothing more special."""
    types = set(graph.objects(entity, RDF.type))
    return DCAT.Catalog in types and not types & set(CLASSES[:3])


def described(graph: Graph) -> tuple[dict, set]:
    """For each entity the triples of its record, as the import defines them; and
    the triples that are in no record."""
    found = entities(graph)
    catalogues = {entity for entity in found if is_catalogue(graph, entity)}
    records: dict = {}
    for record in graph.subjects(RDF.type, DCAT.CatalogRecord):
        for topic in graph.objects(record, FOAF.primaryTopic):
            if topic in found and record not in found:
                records.setdefault(topic, set()).add(record)
    topics: dict = {}
    for topic, about in records.items():
        for record in about:
            topics.setdefault(record, set()).add(topic)
    listed: dict = {}
    for catalogue in catalogues:
        for predicate in MEMBERSHIP:
            for member in graph.objects(catalogue, predicate):
                about = ({member} & found) | topics.get(member, set())
                for entity in about - {catalogue}:
                    if member != catalogue:
                        listed.setdefault(entity, set()).add((catalogue, predicate, member))
    taken = set().union(*listed.values()) if listed else set()
    parts, carried = {}, set()
    for entity in found:
        triples = set(listed.get(entity, ()))
        to_do, seen = [entity, *records.get(entity, ())], {entity, *records.get(entity, ())}
        while to_do:
            subject = to_do.pop()
            for predicate, value in graph.predicate_objects(subject):
                if subject == entity and (subject, predicate, value) in taken:
                    continue
                triples.add((subject, predicate, value))
                if (value not in found and value not in topics and predicate not in TO_VOCABULARY
                        and value not in seen and not isinstance(value, Literal)):
                    seen.add(value)
                    to_do.append(value)
        parts[entity] = triples
        carried |= triples
    return parts, set(graph) - carried


def look(entity, triples: set, named: set) -> frozenset:
    """A description in canonical form; entities without an IRI of their own are
    one and the same."""
    def other(term):
        if term == entity and (entity in named):
            return ENTITY
        return OTHER if term in named else term
    graph = Graph()
    for triple in triples:
        graph.add(tuple(other(term) for term in triple))
    return frozenset(to_canonical_graph(graph))


def looks(graph: Graph) -> tuple[Counter, int]:
    """How often each entity looks how, and how many triples are in none."""
    parts, rest = described(graph)
    named = {term for term in parts if isinstance(term, BNode) or term.startswith("urn:dela:")}
    return Counter((OTHER if entity in named else entity, look(entity, triples, named))
                   for entity, triples in parts.items()), len(rest)


def read(path: Path, form: str, warnings: list[dict]) -> Graph:
    """Reads a source with what the node says it repaired."""
    source = rdflib.Dataset(default_union=True) if form == "trig" else Graph()
    source.parse(data=source_text(path, form), format=FORMATS[form], publicID=BASE)
    repaired = {}
    for warning in warnings:
        if warning["rule"] == "iri-characters" and (found := TAKEN.match(warning["message"])):
            repaired[found.group(1)] = found.group(2)
    def mended(term):
        # As in the export: see as_rdflib_reads.
        if isinstance(term, URIRef) and term.endswith("?"):
            term = URIRef(term[:-1])
        if isinstance(term, URIRef) and str(term) in repaired:
            return URIRef(repaired[str(term)])
        if isinstance(term, Literal) and term.language:
            return Literal(str(term), lang=term.language.lower())
        # The same since RDF 1.1, and another term for rdflib.
        if isinstance(term, Literal) and term.datatype == XSD.string:
            return Literal(str(term))
        return term
    graph = Graph()
    for subject, predicate, value in source.triples((None, None, None)):
        graph.add((mended(subject), mended(predicate), mended(value)))
    return graph


def as_rdflib_reads(exported: Graph, form: str) -> Graph:
    """An export with what rdflib loses of its source: empty queries of addresses
    in RDF/XML, and carriage returns in the long texts of Turtle and TriG."""
    def lost(term):
        if isinstance(term, URIRef) and term.endswith("?"):
            return URIRef(term[:-1])
        if isinstance(term, Literal) and form in ("turtle", "trig") and "\r" in term:
            return Literal(term.replace("\r", ""), lang=term.language, datatype=term.datatype)
        return term
    graph = Graph()
    for triple in exported:
        graph.add(tuple(lost(term) for term in triple))
    return graph


def source_text(path: Path, form: str) -> bytes:
    """A source as rdflib reads it rightly: it passes over lists in the list of a
    JSON-LD graph, which the specification takes apart."""
    if form != "json-ld":
        return path.read_bytes()
    file = json.loads(path.read_bytes())
    graph = file.get("@graph") if isinstance(file, dict) else None
    if isinstance(graph, list):
        file["@graph"] = [node for item in graph
                          for node in (item if isinstance(item, list) else [item])]
    return json.dumps(file).encode()


def check_rdf(path: Path, form: str, report: dict, exported: Graph) -> list[str]:
    """Compares an RDF file with its export, entity by entity."""
    (before, rest), (after, extra) = (looks(read(path, form, report["warnings"])), looks(as_rdflib_reads(exported, form)))
    others: dict = {}
    for entity, triples in after - before:
        others.setdefault(entity, []).append(triples)
    problems = []
    for entity, triples in before - after:
        added = max(others.get(entity, [frozenset()]), key=lambda other: len(other & triples))
        lines = [f"  {sign} {' '.join(term.n3()[:120] for term in triple)}"
                 for sign, one, other in (("-", triples, added), ("+", added, triples))
                 for triple in sorted(one - other)[:4]]
        problems.append("\n".join([f"{entity} came out otherwise", *lines]))
    if rest != report["not_carried"]["triples"]:
        problems.append(f"{rest} triples are in no entity, and the report says "
                        f"{report['not_carried']['triples']}")
    if extra:
        problems.append(f"{extra} triples of the export belong to no entity")
    return problems


def scalars(value, key: str = ""):
    """Every text and number of a JSON value."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name not in ("@type", "@context"):
                yield from scalars(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from scalars(inner, key)
    elif value is not None and value != "":
        yield key, json.dumps(value) if not isinstance(value, str) else value


def check_json(path: Path, _: str, report: dict, exported: Graph) -> list[str]:
    """Looks for every value of a DCAT-US file in the export."""
    file = json.loads(path.read_text(encoding="utf-8"))
    texts = Counter()
    for term in exported.all_nodes():
        texts[str(term)] += 1
    whole = "\n".join(texts)
    problems = []
    for key, value in scalars(file):
        parts = [value]
        if key == "temporal" and "/" in value:
            parts = value.split("/")
        elif key == "spatial" and re.fullmatch(r"[-\d.,\s]+", value):
            parts = [part.strip() for part in value.split(",")]
        for part in parts:
            if part.strip() not in texts and part.strip() not in whole:
                problems.append(f"{key}: {part[:80]!r} is nowhere")
    datasets = [one for one in file["dataset"] if one]
    if report["datasets"] != len({one.get("identifier", id(one)) for one in datasets}):
        problems.append(f"{report['datasets']} datasets of {len(datasets)}")
    return problems


def check(node: Node, path: Path, form: str) -> list[str]:
    """Imports one file and compares what comes out."""
    done = node.run("import", str(path), "--allow-shrink", "--json")
    if done.returncode != 0:
        if path.name in REFUSED:
            print(f"interop:   {path.name}: refused, as it should be")
            return []
        return [f"refused: {done.stdout}{done.stderr}"]
    report = json.loads(done.stdout)
    out = node.run("export", "--format", "n-triples")
    exported = Graph().parse(data=out.stdout, format="nt")
    compare = check_json if form.startswith("dcat-us") else check_rdf
    problems = compare(path, form, report, exported)
    number = sum(report[kind] for kind in ("datasets", "data_services", "dataset_series", "catalogues"))
    left = report["not_carried"]
    print(f"interop:   {path.name}: {number} entities, {report['triples']} triples, "
          f"{left['triples']} not carried")
    for subject in left["subjects"][:3]:
        print(f"interop:     not carried: {subject[:140]}")
    return problems


def main(dela: str, delad: str, corpus: str) -> int:
    """Checks every well-formed file of the corpus."""
    node = Node(dela, delad)
    failed = 0
    try:
        with open(Path(corpus) / "MANIFEST.tsv", encoding="utf-8") as manifest:
            rows = [row for row in csv.DictReader(manifest, delimiter="\t")
                    if row["rdflib"] == "ok" and (row["datasets"] or "0") != "0"]
        for row in rows:
            problems = check(node, Path(corpus) / row["file"], row["format"])
            for problem in problems[:5]:
                print(f"interop: FAILED {row['file']}: {problem}", file=sys.stderr)
            failed += bool(problems)
    finally:
        node.close()
    print(f"interop: {len(rows) - failed} of {len(rows)} files came out as they went in")
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
