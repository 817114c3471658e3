//! The nodes of a description: which rules apply to each, and how one gets
//! there from the entity.

use std::collections::{BTreeMap, VecDeque};

use dela_protocol::dcat::term;
use dela_protocol::description::{Description, Node, Object};
use dela_protocol::record::RecordKind;

use super::rules::Class;
use crate::rdf;

/// The longest way that is told; a description that is deeper was not made by
/// people, and ways grow with the square of the depth.
const PATH_BYTES_MAX: usize = 500;

/// The nodes of a description.
#[derive(Debug)]
pub(super) struct Nodes {
    by_class: BTreeMap<Class, Vec<Node>>,
    paths: BTreeMap<Node, String>,
}

impl Nodes {
    pub(super) fn of(kind: RecordKind, description: &Description) -> Self {
        Self { by_class: by_class(kind, description), paths: paths(description) }
    }

    pub(super) fn of_class(&self, class: Class) -> &[Node] {
        self.by_class.get(&class).map_or(&[], Vec::as_slice)
    }

    /// Returns the way from the entity to a property of a node:
    /// `dcat:distribution[2]/dcterms:license`.
    pub(super) fn path(&self, node: &Node, property: Option<&str>) -> String {
        let way = self.paths.get(node).map_or("", String::as_str);
        let steps = [way.into(), property.map(rdf::shortened).unwrap_or_default()];
        let steps: Vec<&str> =
            steps.iter().map(AsRef::as_ref).filter(|step: &&str| !step.is_empty()).collect();
        steps.join("/")
    }
}

fn by_class(kind: RecordKind, description: &Description) -> BTreeMap<Class, Vec<Node>> {
    let class = match kind {
        RecordKind::Dataset => Class::Dataset,
        RecordKind::DataService => Class::DataService,
        RecordKind::DatasetSeries => Class::DatasetSeries,
        RecordKind::Catalogue => Class::Catalogue,
        RecordKind::Profile => Class::Agent,
        RecordKind::Withdrawal | RecordKind::Later(_) => return BTreeMap::new(),
    };
    let entity = [Node::Iri(description.iri().to_owned())];
    let from = |nodes: &[Node], predicate: &str| -> Vec<Node> {
        nodes
            .iter()
            .flat_map(|node| description.objects(node, predicate))
            .filter_map(Object::as_node)
            .collect()
    };
    let distributions = from(&entity, term::DCAT_DISTRIBUTION);
    let checksums = from(&distributions, term::SPDX_CHECKSUM);
    let mut nodes = BTreeMap::from([
        (Class::Contact, from(&entity, term::DCAT_CONTACT_POINT)),
        (Class::Distribution, distributions),
        (Class::Checksum, checksums),
    ]);
    if class != Class::Agent {
        nodes.insert(Class::Agent, from(&entity, term::DCTERMS_PUBLISHER));
    }
    nodes.insert(class, entity.to_vec());
    nodes
}

/// Finds a shortest way to every node that the entity leads to.
fn paths(description: &Description) -> BTreeMap<Node, String> {
    let entity = Node::Iri(description.iri().to_owned());
    let by_name: BTreeMap<&Node, _> =
        description.subjects().iter().map(|subject| (&subject.name, subject)).collect();
    let mut paths = BTreeMap::from([(entity.clone(), String::new())]);
    let mut to_do = VecDeque::from([entity]);
    while let Some(node) = to_do.pop_front() {
        let Some(subject) = by_name.get(&node) else { continue };
        let way = paths.get(&node).cloned().unwrap_or_default();
        if way.len() > PATH_BYTES_MAX {
            continue;
        }
        for property in &subject.properties {
            let several = property.objects.len() > 1;
            for (index, object) in (1..).zip(&property.objects) {
                let Some(next) = object.as_node().filter(|next| by_name.contains_key(next)) else {
                    continue;
                };
                if paths.contains_key(&next) {
                    continue;
                }
                let slash = if way.is_empty() { "" } else { "/" };
                let which = if several { format!("[{index}]") } else { String::new() };
                let step = rdf::shortened(&property.predicate);
                paths.insert(next.clone(), format!("{way}{slash}{step}{which}"));
                to_do.push_back(next);
            }
        }
    }
    paths
}
