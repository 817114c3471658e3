#!/usr/bin/env python3
"""Compares what `dela check --profile dcat-ap` finds with what pySHACL finds by the
shapes the EU publishes, over real catalogues.

usage: interop_check.py DELA NODE SHAPES FILE...

For each file the two must break the same rules. How often is not compared: a node
lists at most a thousand findings, and one that stands in several entries once for each.
"""

import json
import subprocess
import sys

import rdflib
from pyshacl import validate

SH = rdflib.Namespace("http://www.w3.org/ns/shacl#")
PREFIXES = {
    "adms": "http://www.w3.org/ns/adms#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcatap": "http://data.europa.eu/r5r/",
    "dcterms": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "locn": "http://www.w3.org/ns/locn#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "spdx": "http://spdx.org/rdf/terms#",
}
FORMATS = {"turtle": "turtle", "rdf-xml": "xml", "json-ld": "json-ld", "trig": "trig"}
# The largest take pySHACL minutes, and have no rule of their own.
BYTES_MAX = 6_000_000


def ours(dela, node, file):
    command = [dela, "--node", node, "--json", "check", "--profile", "dcat-ap", file]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if not done.stdout:
        return None, None
    report = json.loads(done.stdout)
    found = [finding for finding in report["findings"] if finding["severity"] == "error"]
    rules = {finding["rule"] for finding in found if finding["rule"].startswith("dcat-ap-")}
    return report["format"], rules


def theirs(file, syntax, shapes):
    graph = rdflib.Graph()
    if syntax == "trig":
        quads = rdflib.Dataset()
        quads.parse(file, format=syntax)
        for subject, predicate, value, _ in quads.quads((None, None, None, None)):
            graph.add((subject, predicate, value))
    else:
        graph.parse(file, format=syntax)
    _, results, _ = validate(graph, shacl_graph=shapes)
    rules = set()
    for result in results.objects(None, SH.result):
        # That a series has members cannot be judged from one description.
        if results.value(result, SH.resultSeverity) == SH.Violation:
            rules.add(rule(str(results.value(result, SH.resultPath))))
    return rules


def rule(path):
    for prefix, namespace in PREFIXES.items():
        if path.startswith(namespace):
            return f"dcat-ap-{prefix}-{path[len(namespace):]}"
    return f"dcat-ap-{path.rsplit('/', 1)[-1].rsplit('#', 1)[-1]}"


def main(dela, node, shapes, files):
    failed = 0
    for file in files:
        with open(file, "rb") as opened:
            if len(opened.read()) > BYTES_MAX:
                continue
        syntax, found = ours(dela, node, file)
        if syntax not in FORMATS:
            continue  # Refused, or no RDF: that is for other checks.
        expected = theirs(file, FORMATS[syntax], shapes)
        if found != expected:
            failed += 1
            print(f"{file}: only here {sorted(found - expected)}, "
                  f"only by pySHACL {sorted(expected - found)}")
    print(f"interop: {len(files)} files checked as pySHACL does, {failed} otherwise")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]))
