//! Who publishes a new dataset: DCAT-AP-SE wants every dataset to name its
//! publisher, with a name and a type.

use dela_protocol::dcat::{Agent, Text, term};
use dela_protocol::description::{Description, Node, Object, Triple};

use crate::vocabulary;

/// Who publishes a dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Issuer {
    /// As another dataset of the agency says it.
    Known {
        /// What people call it.
        name: String,
        /// Its IRI.
        iri: String,
        /// What is said of it.
        triples: Vec<Triple>,
    },
    /// As the form says it: its name, number and type are fields.
    Asked {
        /// The name of the agency, for a beginning.
        name: String,
        /// The IRI of the agency, for one without a number.
        iri: String,
    },
}

impl Issuer {
    /// Returns the publisher of a dataset, if it is described as fully as
    /// DCAT-AP-SE demands.
    pub fn of(description: &Description) -> Option<Self> {
        let entity = Node::Iri(description.iri().to_owned());
        let [Object::Iri(iri)] = description.objects(&entity, term::DCTERMS_PUBLISHER) else {
            return None;
        };
        let node = Node::Iri(iri.clone());
        let types = description.objects(&node, term::DCTERMS_TYPE);
        let known = |code: &str| vocabulary::publisher_type_iri(code).map(Object::Iri);
        let typed = vocabulary::PUBLISHER_TYPES
            .iter()
            .filter_map(|concept| known(concept.code))
            .any(|object| types.contains(&object));
        let triples = description.triples().filter(|(subject, _, object)| {
            **subject == node && !matches!(object, Object::Blank(_))
        });
        let triples: Vec<Triple> = triples
            .map(|(subject, predicate, object)| {
                (subject.clone(), predicate.to_owned(), object.clone())
            })
            .collect();
        let agent = agent(&node, &triples)?;
        let name = Text::in_languages(&agent.name, &["sv", "en"])?.to_owned();
        typed.then(|| Self::Known { name, iri: iri.clone(), triples })
    }
}

/// Reads who it is from what is said of it.
fn agent(node: &Node, triples: &[Triple]) -> Option<Agent> {
    let description = Description::new(node.iri()?, triples.iter().cloned()).ok()?;
    Some(Agent::of(&description))
}
