"""Checks of scripts/interop for CKAN's clients and for feed readers.

    interop_ckan.py ADDRESS    ask the node at ADDRESS as they do

ckanapi and feedparser are run as they are. What CKAN's harvester and udata do
is written down here from reading them: how they page, and which fields they
refuse a package without.

Exit code 0 if everything holds, 1 with the reason if not.
"""

import json
import re
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from datetime import datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import feedparser
from ckanapi import CKANAPIError, NotAuthorized, NotFound, RemoteCKAN, ValidationError
from ckanapi.errors import SearchQueryError
from voluptuous import All, Any, Coerce, Invalid, Optional, Schema

from interop import Failed, demand

ATOM = "{http://www.w3.org/2005/Atom}"


def moment(text: str) -> datetime:
    """A moment as CKAN writes it: in UTC, without saying so."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is not None:
        raise Invalid("a moment with an offset")
    return found


def address(text: str) -> str:
    """An address a harvester can fetch."""
    parts = urllib.parse.urlsplit(text)
    if parts.scheme not in ("http", "https", "ftp") or not parts.netloc:
        raise Invalid(f"no address: {text}")
    return text


def mail(text: str) -> str:
    """An address for mail, or nothing."""
    if text and "@" not in text:
        raise Invalid(f"no address for mail: {text}")
    return text


# What udata's harvester demands of a package, field by field.
UDATA = Schema(
    {
        "id": str,
        "name": str,
        "title": str,
        "notes": Any(str, None),
        "license_id": Any(str, None),
        "license_title": Any(str, None),
        "tags": [
            {
                "id": str,
                "name": str,
                Optional("vocabulary_id"): Any(str, None),
                Optional("display_name"): str,
                Optional("state"): str,
            }
        ],
        "metadata_created": All(str, moment),
        "metadata_modified": All(str, moment),
        "organization": Any(
            None,
            {
                "id": str,
                "description": str,
                "created": All(str, moment),
                "title": str,
                "name": str,
                "revision_timestamp": All(str, moment),
                "is_organization": bool,
                "state": str,
                "image_url": str,
                "revision_id": str,
                "type": "organization",
                "approval_status": "approved",
            },
        ),
        "resources": [
            {
                "id": str,
                "position": int,
                "name": str,
                "description": Any(str, None),
                "format": str,
                "mimetype": Any(str, None),
                "size": Any(None, Coerce(int)),
                "hash": Any(str, None),
                "created": All(str, moment),
                "last_modified": Any(None, All(str, moment)),
                "url": All(str, address),
                "resource_type": Any(
                    "file", "file.upload", "api", "documentation", "image", "visualization"
                ),
            }
        ],
        Optional("extras"): [{"key": str, "value": str}],
        "private": bool,
        "type": "dataset",
        "author": Any(str, None),
        "author_email": Any(None, All(str, mail)),
        "maintainer": Any(str, None),
        "maintainer_email": Any(None, All(str, mail)),
        "state": Any(str, None),
    },
    required=True,
    extra=True,
)


def ask(base: str, path: str) -> dict:
    """Asks with GET and returns the whole answer."""
    with urllib.request.urlopen(base + path) as answer:
        demand_quietly(answer.headers.get_content_type() == "application/json", f"{path} is JSON")
        return json.load(answer)


def demand_quietly(holds: bool, what: str) -> None:
    """Fails with `what` unless it holds, and says nothing if it does."""
    if not holds:
        raise Failed(what)


def refused(kind: type, call, what: str) -> None:
    """Demands that a call fails so."""
    try:
        call()
    except kind:
        demand(True, what)
    else:
        demand(False, what)


def lines(*arguments: str) -> list[dict]:
    """Runs the command ckanapi and reads the JSON lines it prints."""
    command = str(Path(sys.executable).with_name("ckanapi"))
    # It starts itself again, by its name.
    path = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"}
    done = subprocess.run(
        [command, *arguments], env=path, capture_output=True, text=True, timeout=120, check=True
    )
    return [json.loads(line) for line in done.stdout.splitlines() if line]


def check_ckanapi(base: str) -> list[str]:
    """Searches, dumps and fails with ckanapi; returns the names of all packages."""
    with RemoteCKAN(base) as ckan:
        status = ckan.action.status_show()
        demand(status["ckan_version"].count(".") == 2, "ckanapi reads which CKAN this is")
        names = ckan.action.package_list()
        demand(len(names) > 0, f"ckanapi lists {len(names)} packages")
        found = ckan.action.package_search(q="*:*", fq_list=["type:dataset"], rows=5)
        demand(found["count"] == len(names), "a search for everything finds as many")
        refused(NotFound, lambda: ckan.action.package_show(id="nobody"), "NotFound is understood")
        refused(
            NotAuthorized, lambda: ckan.action.package_create(name="x"), "NotAuthorized is, too"
        )
        refused(ValidationError, lambda: ckan.action.package_show(), "and ValidationError")
        refused(
            SearchQueryError,
            lambda: ckan.action.package_search(q="title:("),
            "and SearchQueryError",
        )
        refused(CKANAPIError, lambda: ckan.action.frobnicate(), "an unknown action is an error")
    searched = lines("search", "datasets", "-r", base)
    demand(
        {package["name"] for package in searched} == set(names),
        "ckanapi search datasets finds every package",
    )
    dumped = lines("dump", "datasets", "--all", "-r", base)
    demand(
        sorted(package["name"] for package in dumped) == sorted(names),
        "ckanapi dump datasets dumps every package once",
    )
    organizations = lines("dump", "organizations", "--all", "-r", base)
    counts = sum(organization["package_count"] for organization in organizations)
    demand(counts == len(names), "ckanapi dump organizations has them all")
    groups = lines("dump", "groups", "--all", "-r", base)
    demand(len(groups) > 10, "ckanapi dump groups has the themes")
    return names


def pages(base: str, fq: str, rows: int) -> list[dict]:
    """Pages as CKAN's harvester does: by id, until a page is empty."""
    found, previous = [], None
    for start in range(0, 1_000_000, rows):
        query = {"rows": rows, "start": start, "sort": "id asc"} | ({"fq": fq} if fq else {})
        path = "/api/3/action/package_search?" + urllib.parse.urlencode(query)
        results = ask(base, path)["result"]["results"]
        if not results:
            return found
        demand_quietly(results != previous, "no page is the page before it")
        previous = results
        found += results
    raise Failed("paging ends")


def check_harvester(base: str, names: list[str]) -> None:
    """Does what CKAN's harvester does: all of it, then what changed."""
    packages = pages(base, "", 3)
    ids = [package["id"] for package in packages]
    demand(len(set(ids)) == len(ids) == len(names), "CKAN's harvester pages through all, by id")
    newest = max(moment(package["metadata_modified"]) for package in packages)
    stamp = "%Y-%m-%dT%H:%M:%S.%fZ"
    since = (newest - timedelta(milliseconds=1)).strftime(stamp)
    changed = pages(base, f"metadata_modified:[{since} TO *]", 3)
    demand(0 < len(changed) <= len(ids), "it finds what changed since a moment")
    after = newest.strftime(stamp)
    nothing = pages(base, f"metadata_modified:{{{after} TO *]", 3)
    demand(nothing == [], "and nothing after the last change")
    organization = packages[0]["organization"]["name"]
    its = pages(base, f"organization:{organization}", 3)
    others = pages(base, f"-organization:{organization}", 3)
    demand(len(its) + len(others) == len(ids), "its filters on organisations divide them")
    shown = ask(base, f"/api/3/action/organization_show?id={packages[0]['owner_org']}")
    demand(shown["result"]["name"] == organization, "it finds the organisation by its id")


def check_udata(base: str, names: list[str]) -> None:
    """Validates every package by the schema of udata's harvester."""
    for name in names:
        package = ask(base, "/api/3/action/package_show?id=" + urllib.parse.quote(name))["result"]
        try:
            UDATA(package)
        except Invalid as error:
            raise Failed(f"udata takes {name}: {error}") from error
        with urllib.request.urlopen(f"{base}/dataset/{name}") as page:
            demand_quietly(page.status == 200, f"udata's link to {name} leads somewhere")
    demand(True, f"udata's schema takes all {len(names)} packages")


def check_qgis(base: str) -> None:
    """Asks what QGIS's CKAN Browser and ckanr ask."""
    api = base + "/api/3/"
    groups = ask(api, "action/group_list?all_fields=true")["result"]
    demand(all(group["display_name"] and group["name"] for group in groups), "QGIS finds groups")
    wanted = "+OR+".join(f"groups:{group['name']}" for group in groups)
    query = f"action/package_search?q=&fq=({wanted})&sort=name%20asc&rows=5&start=0"
    found = ask(api, query)["result"]
    fields = {"id", "title", "notes", "author", "author_email", "license_id", "num_resources"}
    demand(
        found["count"] > 0 and all(fields <= set(package) for package in found["results"]),
        "QGIS finds packages in groups, with all it shows",
    )
    facets = "&facet=true&facet.field=tags&facet.limit=3&facet.mincount=1"
    counted = ask(api, f"action/package_search?q=*:*&rows=0{facets}")["result"]["search_facets"]
    demand(len(counted["tags"]["items"]) <= 3, "ckanr counts tags")


def check_feed(base: str, path: str) -> None:
    """Reads a feed as a reader does, twice."""
    feed = feedparser.parse(base + path)
    demand(not feed.bozo and feed.version == "atom10", f"{path} is Atom 1.0")
    ids = [entry.id for entry in feed.entries]
    demand_quietly(len(ids) > 0 and len(set(ids)) == len(ids), f"{path} has entries, each once")
    demand_quietly(
        all(entry.title and entry.updated_parsed and entry.link for entry in feed.entries),
        f"each entry of {path} has title, time and link",
    )
    again = feedparser.parse(base + path, etag=feed.etag)
    demand(again.status == 304 and not again.entries, "what a reader has is not sent again")
    request = urllib.request.Request(base + path, method="HEAD")
    with urllib.request.urlopen(request) as head:
        demand_quietly(head.headers["ETag"] == feed.etag, f"HEAD of {path} has its ETag")
    # What RFC 4287 wants once in each feed and entry, which readers overlook.
    root = ElementTree.fromstring(urllib.request.urlopen(base + path).read())
    for element in [root, *root.findall(ATOM + "entry")]:
        for name in ("id", "title", "updated"):
            demand_quietly(len(element.findall(ATOM + name)) == 1, f"one {name} in each element")
        demand_quietly(element.find(ATOM + "author") is not None, "an author in each element")


def check_feeds(base: str) -> None:
    """Reads a feed of each kind, and the last page of one."""
    package = ask(base, "/api/3/action/package_search?fq=tags:*&rows=1")["result"]["results"][0]
    tag = urllib.parse.quote(package["tags"][0]["name"], safe="")
    organization = package["organization"]["name"]
    # A colon or a bracket would mean something to Solr.
    words = urllib.parse.quote(re.search(r"\w+", package["title"]).group())
    paths = [
        "/feeds/dataset.atom",
        f"/feeds/search.atom?q={words}",
        f"/feeds/tag/{tag}.atom",
        f"/feeds/organization/{organization}.atom",
        f"/feeds/custom.atom?q={words}&organization={organization}",
    ]
    for path in paths:
        check_feed(base, path)


def main(arguments: list[str]) -> int:
    """Runs all checks against one node."""
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    base = arguments[0].rstrip("/")
    try:
        names = check_ckanapi(base)
        check_harvester(base, names)
        check_udata(base, names)
        check_qgis(base)
        check_feeds(base)
    except (Failed, urllib.error.HTTPError, subprocess.CalledProcessError) as failed:
        print(f"interop: FAILED, this does not hold: {failed}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
