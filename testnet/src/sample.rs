//! The sample agencies: made up, with a catalogue each.

/// An agency that a testnet starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// Its name.
    pub name: String,
    /// The name of its data folder.
    pub folder: String,
    /// Its catalogue as Turtle; further agencies publish nothing yet.
    pub catalogue: Option<&'static str>,
}

/// The agencies with a catalogue, in the order in which they are started.
const SAMPLES: [(&str, &str, &str); 3] = [
    ("Havsviks kommun", "havsvik", include_str!("../samples/havsviks-kommun.ttl")),
    ("Tallmarkstrafiken", "tallmark", include_str!("../samples/tallmarkstrafiken.ttl")),
    ("Is- och farledsverket", "isfarled", include_str!("../samples/is-och-farledsverket.ttl")),
];

/// Returns so many sample agencies: the three with a catalogue first.
pub fn agencies(count: usize) -> Vec<Sample> {
    let with_catalogue = SAMPLES.iter().map(|(name, folder, catalogue)| Sample {
        name: (*name).to_owned(),
        folder: (*folder).to_owned(),
        catalogue: Some(catalogue),
    });
    let without = (SAMPLES.len() + 1..).map(|number| Sample {
        name: format!("Provmyndighet {number}"),
        folder: format!("prov-{number}"),
        catalogue: None,
    });
    with_catalogue.chain(without).take(count).collect()
}
