//! Numbering the blank nodes of a part, so that equal graphs get equal numbers.
//!
//! The numbers are those of RDFC-1.0. Its work explodes on graphs made for it
//! (and on nothing found in real catalogues), so it is bounded beforehand: only
//! blank nodes that look alike cost more than one hash each, and how much they
//! can cost follows from how they refer to each other.

use core::hash::{Hash, Hasher as _};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::DefaultHasher;

use dela_protocol::description::{LiteralKind, Object};
use oxrdf::dataset::{CanonicalizationAlgorithm, CanonicalizationHashAlgorithm};
use oxrdf::{BlankNode, Dataset, GraphName, Literal, NamedNode, NamedOrBlankNode, Quad, Term};

use crate::rdf::{Graph, TermId};

/// How much telling apart the blank nodes of one part may cost, in steps of
/// some microseconds: a chain of 150 nodes that all look alike, or eight such
/// nodes around one, take a second or two.
const STEPS_MAX: u64 = 4_000_000;

/// Blank nodes that would take too long to tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entangled;

/// Numbers the blank nodes of `triples`.
pub(super) fn number(
    graph: &Graph,
    triples: &[[TermId; 3]],
) -> Result<HashMap<TermId, u32>, Entangled> {
    let touching = with_blank_nodes(graph, triples);
    let mut blanks = touching
        .iter()
        .flat_map(|[subject, _, object]| [*subject, *object])
        .filter(|term| graph.is_blank(*term));
    let Some(first) = blanks.next() else { return Ok(HashMap::new()) };
    if blanks.all(|term| term == first) {
        return Ok(HashMap::from([(first, 0)]));
    }
    if steps(graph, &touching) > STEPS_MAX {
        return Err(Entangled);
    }
    let dataset = dataset(graph, &touching);
    let labels = dataset.canonicalize_blank_nodes(CanonicalizationAlgorithm::Rdfc10 {
        hash_algorithm: CanonicalizationHashAlgorithm::Sha256,
    });
    Ok(labels
        .into_iter()
        .filter_map(|(from, to)| {
            let term = from.as_str().strip_prefix('b')?.parse().ok()?;
            let number = to.as_str().strip_prefix("c14n")?.parse().ok()?;
            Some((term, number))
        })
        .collect())
}

/// Returns a text that is the same for equal graphs: canonical N-Quads, with
/// the number `entity` got in front.
pub(super) fn text(
    graph: &Graph,
    entity: TermId,
    triples: &[[TermId; 3]],
) -> Result<String, Entangled> {
    let numbers = number(graph, triples)?;
    let mut lines: Vec<String> = triples
        .iter()
        .map(|triple| {
            let [subject, predicate, object] = triple.map(|term| match numbers.get(&term) {
                Some(number) => format!("_:{number}"),
                None => spelled(graph.term(term)),
            });
            format!("{subject} {predicate} {object}")
        })
        .collect();
    lines.sort_unstable();
    let number = numbers.get(&entity).copied().unwrap_or_default();
    Ok(format!("{number}\n{}", lines.join("\n")))
}

fn spelled(term: &Object) -> String {
    match term {
        Object::Iri(iri) => format!("<{iri}>"),
        Object::Blank(number) => format!("_:{number}"),
        Object::Literal(literal) => {
            let text = literal.text.replace('\\', "\\\\").replace('\n', "\\n");
            match &literal.kind {
                LiteralKind::Plain => format!("\"{text}\""),
                LiteralKind::Language(tag) => format!("\"{text}\"@{tag}"),
                LiteralKind::Typed(datatype) => format!("\"{text}\"^^<{datatype}>"),
            }
        }
    }
}

/// Numbers depend only on triples with blank nodes.
fn with_blank_nodes(graph: &Graph, triples: &[[TermId; 3]]) -> Vec<[TermId; 3]> {
    let touches =
        |[subject, _, object]: &[TermId; 3]| graph.is_blank(*subject) || graph.is_blank(*object);
    triples.iter().filter(|triple| touches(triple)).copied().collect()
}

fn dataset(graph: &Graph, triples: &[[TermId; 3]]) -> Dataset {
    let blank = |term: TermId| BlankNode::new_unchecked(format!("b{term}"));
    let mut dataset = Dataset::new();
    for [subject, predicate, object] in triples {
        let subject: NamedOrBlankNode = match graph.iri(*subject) {
            Some(iri) => NamedNode::new_unchecked(iri).into(),
            None => blank(*subject).into(),
        };
        let predicate = NamedNode::new_unchecked(graph.iri(*predicate).unwrap_or_default());
        let object: Term = match graph.term(*object) {
            Object::Iri(iri) => NamedNode::new_unchecked(iri).into(),
            Object::Blank(_) => blank(*object).into(),
            Object::Literal(literal) => match &literal.kind {
                LiteralKind::Plain => Literal::new_simple_literal(&literal.text),
                LiteralKind::Language(tag) => {
                    Literal::new_language_tagged_literal_unchecked(&literal.text, tag)
                }
                LiteralKind::Typed(datatype) => {
                    Literal::new_typed_literal(&literal.text, NamedNode::new_unchecked(datatype))
                }
            }
            .into(),
        };
        dataset.insert(&Quad { subject, predicate, object, graph_name: GraphName::DefaultGraph });
    }
    dataset
}

/// Estimates from above how much RDFC-1.0 would have to do.
///
/// Blank nodes that differ in what is said of them directly cost one hash. Those
/// that do not are compared by following their references to each other: from
/// each of the `n` that hang together all the others are visited, once for each
/// order in which references that look alike can be followed.
fn steps(graph: &Graph, triples: &[[TermId; 3]]) -> u64 {
    let looks = looks(graph, triples);
    let mut alike: HashMap<u64, u32> = HashMap::new();
    for look in looks.values() {
        *alike.entry(*look).or_default() += 1;
    }
    let tied = |term: &TermId| {
        looks.get(term).and_then(|look| alike.get(look)).is_some_and(|number| *number > 1)
    };
    let mut neighbours: BTreeMap<TermId, Vec<(u64, TermId)>> = BTreeMap::new();
    for [subject, predicate, object] in triples {
        if subject != object && tied(subject) && tied(object) {
            let (there, back) = (looks.get(object), looks.get(subject));
            let edge = |direction: u8, look: Option<&u64>| hash(&(direction, predicate, look));
            neighbours.entry(*subject).or_default().push((edge(0, there), *object));
            neighbours.entry(*object).or_default().push((edge(1, back), *subject));
        }
    }
    let mut seen = BTreeSet::new();
    let mut steps = 0_u64;
    for start in neighbours.keys() {
        let mut nodes = 0_u64;
        let mut orders = 1_u64;
        let mut to_do = vec![*start];
        while let Some(node) = to_do.pop() {
            if !seen.insert(node) {
                continue;
            }
            nodes += 1;
            let mut groups: BTreeMap<u64, u64> = BTreeMap::new();
            for (edge, other) in neighbours.get(&node).into_iter().flatten() {
                let number = groups.entry(*edge).or_default();
                *number += 1;
                orders = orders.saturating_mul(*number);
                to_do.push(*other);
            }
        }
        let each = nodes.saturating_mul(nodes).saturating_mul(nodes);
        steps = steps.saturating_add(each.saturating_mul(orders));
    }
    steps
}

/// How each blank node looks from what is said of it directly.
fn looks(graph: &Graph, triples: &[[TermId; 3]]) -> HashMap<TermId, u64> {
    let mut said: HashMap<TermId, Vec<u64>> = HashMap::new();
    for [subject, predicate, object] in triples {
        // Other blank nodes look all the same; the node itself is told apart.
        let view = |me: TermId, term: TermId| match (graph.is_blank(term), term == me) {
            (false, _) => (0_u8, term),
            (true, true) => (1, 0),
            (true, false) => (2, 0),
        };
        let mut ends = vec![*subject, *object];
        ends.dedup();
        for me in ends.into_iter().filter(|term| graph.is_blank(*term)) {
            let look = hash(&(view(me, *subject), predicate, view(me, *object)));
            said.entry(me).or_default().push(look);
        }
    }
    said.into_iter()
        .map(|(term, mut looks)| {
            looks.sort_unstable();
            (term, hash(&looks))
        })
        .collect()
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
