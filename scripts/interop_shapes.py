"""Checks that real catalogues leave a node as DCAT-AP wants them.

    interop_shapes.py DELA DELAD SHAPES FILE...

Each file is imported into a node of its own; what that node exports in the
profile dcat-ap must conform to the shapes that the EU publishes, by pySHACL.

Exit code 0 if everything holds, 1 with what does not.
"""

import sys
from pathlib import Path

from pyshacl import validate
from rdflib import Graph

from interop_corpus import Node


def exported(dela: str, delad: str, file: str) -> Graph:
    """What a node that has just this file says in the profile dcat-ap."""
    node = Node(dela, delad)
    try:
        done = node.run("import", file)
        if done.returncode != 0:
            sys.exit(f"interop: {file} is refused:\n{done.stderr}")
        done = node.run("export", "--profile", "dcat-ap", "--format", "n-triples")
        if done.returncode != 0:
            sys.exit(f"interop: {file} cannot be exported:\n{done.stderr}")
        return Graph().parse(data=done.stdout, format="nt")
    finally:
        node.close()


def main(dela: str, delad: str, shapes: str, files: list[str]) -> int:
    """Checks every file."""
    rules = Graph().parse(shapes)
    failed = 0
    for file in files:
        graph = exported(dela, delad, file)
        conforms, _, text = validate(graph, shacl_graph=rules)
        print(f"interop:   {Path(file).name}: {len(graph)} triples in the profile dcat-ap "
              f"{'conform' if conforms else 'do not conform'}")
        if not conforms:
            failed += 1
            print(f"interop: FAILED {file}: {text[:2000]}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) < 5:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:4], sys.argv[4:]))
