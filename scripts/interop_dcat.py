"""Reads a node as CKAN's harvester of DCAT does, with ckanext-dcat's own parser.

    interop_dcat.py ADDRESS    read every page of the node at ADDRESS, as
                               RDF/XML and as Turtle

Every dataset that the node's API lists must come out with one of its titles, all
of its distributions, and the licence of each. Nothing of CKAN is stood in for:
its Python packages are there, its database and its search are not needed.

Exit code 0 if everything holds, 1 with the reason if not.
"""

import json
import sys
import urllib.parse
import urllib.request

from ckanext.dcat.processors import RDFParser

FORMS = {"/catalog.rdf": "xml", "/catalog.ttl": "turtle"}
# No node of the tests has more pages; a circle has no end.
PAGES_MAX = 100


def fetch(address: str) -> bytes:
    """What is at an address."""
    with urllib.request.urlopen(address, timeout=60) as answer:
        return answer.read()


def listed(node: str) -> dict[str, dict]:
    """Every dataset by its IRI, as the node's API describes it."""
    found, after = {}, ""
    while after is not None:
        query = urllib.parse.urlencode({"kind": "dataset", "limit": 100} | ({"after": after} if after else {}))
        page = json.loads(fetch(f"{node}/api/v1/datasets?{query}"))
        for dataset in page["datasets"]:
            found[dataset["iri"]] = json.loads(fetch(f"{node}/api/v1/datasets/{dataset['id']}"))
        after = page.get("next")
    return found


def harvested(node: str, path: str, form: str) -> dict[str, dict]:
    """Every package by the IRI of its dataset, as the parser makes them."""
    packages, address = {}, node + path
    for _ in range(PAGES_MAX):
        parser = RDFParser(profiles=["euro_dcat_ap_3"])
        parser.parse(fetch(address), form)
        for package in parser.datasets():
            extras = {extra["key"]: extra["value"] for extra in package["extras"]}
            packages[extras["uri"]] = package
        address = parser.next_page()
        if not address:
            return packages
    sys.exit(f"interop: {node}{path} has no last page")


def problems(dataset: dict, package: dict) -> list[str]:
    """What a package lacks of its dataset."""
    found = []
    titles = [title["text"] for title in dataset["title"]]
    if package.get("title") not in titles:
        found.append(f"its title is {package.get('title')!r}, where it has {titles}")
    licences = {one["iri"]: one.get("license", []) for one in dataset["resource"]["distribution"]
                if one.get("iri")}
    resources = {one["uri"]: one for one in package["resources"] if one.get("uri")}
    if len(package["resources"]) != len(dataset["resource"]["distribution"]):
        found.append(f"{len(package['resources'])} resources of "
                     f"{len(dataset['resource']['distribution'])} distributions")
    for iri, wanted in licences.items():
        if iri not in resources:
            found.append(f"its distribution {iri} is missing")
        elif wanted and resources[iri].get("license") not in wanted:
            found.append(f"the licence of {iri} is {resources[iri].get('license')!r}, "
                         f"where it has {wanted}")
        elif not resources[iri].get("url"):
            found.append(f"its distribution {iri} has no address")
    return found


def main(node: str) -> int:
    """Reads the node in each form."""
    datasets = listed(node)
    if not any(one["resource"]["distribution"] for one in datasets.values()):
        sys.exit(f"interop: {node} has nothing to read")
    failed = 0
    for path, form in FORMS.items():
        packages = harvested(node, path, form)
        told = [f"{iri} is not there" for iri in datasets.keys() - packages.keys()]
        told += [f"{iri} is not in the index" for iri in packages.keys() - datasets.keys()]
        for iri in sorted(datasets.keys() & packages.keys()):
            told += [f"{iri}: {problem}" for problem in problems(datasets[iri], packages[iri])]
        for problem in told[:10]:
            print(f"interop: FAILED {path}: {problem}", file=sys.stderr)
        failed += len(told)
        print(f"interop: ckanext-dcat reads {len(packages)} datasets of {path}")
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1].rstrip("/")))
