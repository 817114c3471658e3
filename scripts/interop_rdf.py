"""Checks of scripts/interop: what a node offers as RDF, read as others read it.

    interop_rdf.py pages URL    the pages of /catalog, walked as the harvesters
                                    of ckanext-dcat, udata and piveau walk them
    interop_rdf.py portal URL   /datasets/dcat, by the rules of dataportal.se
    interop_rdf.py feed URL     /feed, walked as a client of LDES walks it
    interop_rdf.py shapes URL   the same in the profile dcat-ap, by SHACL; the
                                    shapes of DCAT-AP are in the file that
                                    DCAT_AP_SHAPES names, else it is passed over
    interop_rdf.py all URL      all of these
    interop_rdf.py copy URL FILE
                                    what the client of LDES ldes-client wrote

Needs rdflib and, for the shapes, pyshacl. Exit code 0 if everything holds, 1 with
the reason if not.
"""

import os
import re
import sys
import urllib.error
import urllib.request

from rdflib import DCTERMS, RDF, BNode, Dataset, Graph, Literal, Namespace, URIRef
from rdflib.compare import isomorphic

# Not that of rdflib, which knows DCAT 2.
DCAT = Namespace("http://www.w3.org/ns/dcat#")
HYDRA = Namespace("http://www.w3.org/ns/hydra/core#")
TREE = Namespace("https://w3id.org/tree#")
LDES = Namespace("https://w3id.org/ldes#")
AS = Namespace("https://www.w3.org/ns/activitystreams#")
VCARD = Namespace("http://www.w3.org/2006/vcard/ns#")
FORMS = {
    "rdf": ("application/rdf+xml", "xml"),
    "xml": ("application/rdf+xml", "xml"),
    "ttl": ("text/turtle", "turtle"),
    "jsonld": ("application/ld+json", "json-ld"),
    "nt": ("application/n-triples", "nt"),
}


class Failed(Exception):
    """Something does not hold."""


def demand(holds: bool, what: str) -> None:
    """Fails with `what` unless it holds."""
    if not holds:
        raise Failed(what)
    print(f"interop: {what}")


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """udata follows no redirect, so there must be none."""

    def redirect_request(self, *_):
        return None


OPENER = urllib.request.build_opener(NoRedirect)


def ask(url: str, method: str = "GET", **headers: str):
    """Asks; returns status, headers and body, whatever the status."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, method=method, headers=named)
    try:
        with OPENER.open(request) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def graph_at(url: str) -> Graph:
    """Reads a graph, in the form that its `Content-Type` says."""
    status, headers, body = ask(url)
    if status != 200:
        raise Failed(f"{url} answers {status}: {body[:300]!r}")
    media_type = headers["Content-Type"].split(";")[0]
    syntax = next(syntax for known, syntax in FORMS.values() if known == media_type)
    # As ckanext-dcat does: strictly UTF-8.
    return Graph().parse(data=body.decode("utf-8"), format=syntax)


def next_of_ckan(page: Graph):
    """Whichever class and property there is, the newer first."""
    for kind in (HYDRA.PartialCollectionView, HYDRA.PagedCollection):
        for node in page.subjects(RDF.type, kind):
            for name in (HYDRA.next, HYDRA.nextPage):
                for value in page.objects(node, name):
                    return str(value)
    return None


def next_of_udata(page: Graph):
    """Each class with the property of its own time."""
    known = ((HYDRA.PartialCollectionView, HYDRA.next), (HYDRA.PagedCollection, HYDRA.nextPage))
    for kind, name in known:
        for node in page.subjects(RDF.type, kind):
            value = page.value(node, name)
            return None if value is None else str(value)
    return None


def next_of_piveau(page: Graph):
    """The old class and property, with a count that is a number."""
    for node in page.subjects(RDF.type, HYDRA.PagedCollection):
        int(page.value(node, HYDRA.totalItems).toPython())
        value = page.value(node, HYDRA.nextPage)
        return None if value is None else str(value)
    return None


def walk(start: str, following) -> tuple[list, Graph]:
    """Follows pages; returns the datasets as they came, and all pages together."""
    url, seen, found, union = start, set(), [], Graph()
    while url is not None:
        if url in seen:
            raise Failed(f"{url} is reached twice")
        seen.add(url)
        page = graph_at(url)
        found += sorted(page.subjects(RDF.type, DCAT.Dataset))
        # rdflib numbers blank nodes anew for each page but in JSON-LD.
        union += page
        url = following(page)
    return found, union


def check_pages(node: str) -> None:
    """Walks the whole index in every way."""
    whole, _ = walk(f"{node}/catalog.nt?limit=500", next_of_ckan)
    demand(len(whole) > 0, f"the index has {len(whole)} datasets")
    step = max(1, len(whole) // 7)
    walks = [("ckanext-dcat", next_of_ckan), ("udata", next_of_udata), ("piveau", next_of_piveau)]
    for who, following in walks:
        found, _ = walk(f"{node}/catalog.rdf?limit={step}", following)
        # Two agencies may describe one IRI, on two pages.
        demand(set(found) == set(whole), f"{who} finds all of them over pages of {step}")
    unions = [walk(f"{node}/catalog.{form}?limit={step}", next_of_udata)[1] for form in FORMS]
    sizes = {len(union) for union in unions}
    paging = {len(list(union.triples((None, HYDRA.totalItems, None)))) for union in unions}
    demand(len(sizes) == 1 and len(paging) == 1, f"every form says the same {sizes} triples")
    for extension, (media_type, _) in FORMS.items():
        url = f"{node}/catalog.{extension}"
        status, head, body = ask(url, "HEAD")
        demand(
            (status, body) == (200, b"") and head["Content-Type"].startswith(media_type),
            f"HEAD of .{extension} says {media_type}",
        )
        unchanged, _, _ = ask(url, If_None_Match=head["ETag"])
        demand(unchanged == 304, f".{extension} is not sent to who has it")
    future, _, _ = ask(f"{node}/catalog.ttl?modified_since=2100-01-01")
    empty = graph_at(f"{node}/catalog.ttl?modified_since=2100-01-01")
    demand(
        future == 200 and not set(empty.subjects(RDF.type, DCAT.Dataset)),
        "nothing has changed since a moment that is to come",
    )


def check_portal(node: str) -> None:
    """Checks the rules of dataportal.se's harvester."""
    status, headers, body = ask(f"{node}/datasets/dcat")
    demand(
        (status, headers["Content-Type"]) == (200, "application/rdf+xml"),
        "the own catalogue is RDF/XML at its one address",
    )
    graph = Graph().parse(data=body, format="xml")
    absolute = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]*\Z")
    iris = {term for triple in graph for term in triple if isinstance(term, URIRef)}
    demand(all(absolute.match(iri) for iri in iris), "every IRI is absolute")
    classes = [DCAT.Catalog, DCAT.Dataset, DCAT.Distribution, DCAT.DatasetSeries, DCAT.DataService]
    named = {node for kind in classes for node in graph.subjects(RDF.type, kind)}
    agents = set(graph.objects(None, DCTERMS.publisher))
    contacts = set(graph.objects(None, DCAT.contactPoint))
    demand(
        not any(isinstance(node, BNode) for node in named | agents | contacts),
        "what the portal keeps has names",
    )
    demand(not agents & contacts, "no contact is a publisher")
    catalogues = set(graph.subjects(RDF.type, DCAT.Catalog))
    parts = set(graph.objects(None, DCTERMS.hasPart)) & catalogues
    demand(len(catalogues - parts) == 1, "there is one main catalogue")
    main = (catalogues - parts).pop()
    demand(
        all((main, DCTERMS.hasPart, part) in graph for part in parts),
        "the others are its parts, one level deep",
    )
    listed = set(graph.objects(None, DCAT.dataset))
    demand(set(graph.subjects(RDF.type, DCAT.Dataset)) <= listed, "every dataset is listed")
    members = {subject for subject, _ in graph.subject_objects(DCAT.dataset)}
    members |= {subject for subject, _ in graph.subject_objects(DCAT.service)}
    demand(parts <= members, "no part is empty")
    demand(not set(graph.subjects(RDF.type, DCAT.CatalogRecord)), "there are no catalogue records")
    again = Graph().parse(data=ask(f"{node}/datasets/dcat")[2], format="xml")
    demand(isomorphic(graph, again), "it is the same every time")


def pages_of_feed(node: str, accept: str):
    """Walks the feed by its relations; yields each page."""
    syntax = "trig" if accept == "application/trig" else "json-ld"
    to_do, seen = [f"{node}/feed"], set()
    while to_do:
        url = to_do.pop()
        if url in seen:
            continue
        seen.add(url)
        status, headers, body = ask(url, Accept=accept)
        if (status, headers["Content-Type"]) != (200, accept):
            raise Failed(f"{url} answers {status}, {headers['Content-Type']}")
        page = Dataset()
        page.parse(data=body, format=syntax)
        to_do += [str(branch) for *_, branch, _ in page.quads((None, TREE.node, None, None))]
        yield page


def check_feed(node: str) -> None:
    """Copies the feed, and compares the copy with the index."""
    for accept in ("application/trig", "application/ld+json"):
        offered, gone = set(), set()
        for page in pages_of_feed(node, accept):
            streams = {s for s, *_ in page.quads((None, RDF.type, LDES.EventStream, None))}
            if len(streams) != 1:
                raise Failed("a page is of one stream")
            stream = streams.pop()
            plain = page.default_graph
            says = {plain.value(stream, LDES[name]) for name in ("timestampPath", "versionOfPath")}
            if says != {AS.published, AS.object}:
                raise Failed("a page says by what its members are ordered and told apart")
            for member in plain.objects(stream, TREE.member):
                subject, at = plain.value(member, AS.object), plain.value(member, AS.published)
                if not isinstance(subject, URIRef) or at is None or at.toPython() is None:
                    raise Failed(f"{member} is about an IRI and has a time")
                payload = page.graph(member)
                if (member, RDF.type, AS.Delete) in plain:
                    gone.add(subject)
                    if len(payload):
                        raise Failed(f"{member} deletes and says something")
                else:
                    offered.add(subject)
                    if (subject, RDF.type, None) not in payload:
                        raise Failed(f"{member} does not say what it is about")
        whole, _ = walk(f"{node}/catalog.nt?limit=500", next_of_ckan)
        demand(len(whole) > 0 and set(whole) <= offered, f"{accept}: every dataset is in the feed")
        demand(not set(whole) & gone, f"{accept}: nothing that is offered is told to be gone")


def check_copy(node: str, path: str) -> None:
    """Compares what ldes-client wrote with the index."""
    copied, gone = Graph(), set()
    with open(path, encoding="utf-8") as file:
        lines = [line for line in file if line.startswith(("<", "_:"))]
    members = Dataset()
    members.parse(data="".join(lines), format="nquads")
    for subject, predicate, value, _ in members.quads((None, None, None, None)):
        copied.add((subject, predicate, value))
    for member in copied.subjects(RDF.type, AS.Delete):
        gone.add(copied.value(member, AS.object))
    offered = set(copied.objects(None, AS.object)) - gone
    whole, _ = walk(f"{node}/catalog.nt?limit=500", next_of_ckan)
    demand(len(whole) > 0 and set(whole) <= offered, "ldes-client has copied every dataset")


def check_shapes(node: str) -> None:
    """Checks the profile dcat-ap by the shapes of DCAT-AP."""
    graph = graph_at(f"{node}/datasets/dcat?profile=dcat-ap")
    values = [
        value
        for name in (DCTERMS.format, DCAT.mediaType, DCTERMS.license, DCTERMS.accessRights)
        for value in graph.objects(None, name)
    ]
    demand(not any(isinstance(value, Literal) for value in values), "dcat-ap has terms, no texts")
    path = os.environ.get("DCAT_AP_SHAPES")
    if not path:
        print("interop: DCAT_AP_SHAPES names no file: SHACL is passed over")
        return
    from pyshacl import validate

    holds, _, text = validate(graph, shacl_graph=Graph().parse(path))
    demand(holds, "dcat-ap conforms to its shapes" if holds else text)


CHECKS = {
    "pages": check_pages,
    "portal": check_portal,
    "feed": check_feed,
    "shapes": check_shapes,
}


def main(arguments: list[str]) -> int:
    """Runs one check, or all."""
    match arguments:
        case ["all", url]:
            checks = list(CHECKS.values())
        case [name, url] if name in CHECKS:
            checks = [CHECKS[name]]
        case ["copy", url, path]:
            checks = [lambda node: check_copy(node, path)]
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    try:
        for check in checks:
            check(url.rstrip("/"))
    except Failed as failed:
        print(f"interop: FAILED, this does not hold: {failed}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
