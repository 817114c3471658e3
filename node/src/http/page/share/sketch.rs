//! Datasets that are being filled in, and what they come to.

use data_encoding::HEXLOWER;
use dela_protocol::agency::profile_iri;
use dela_protocol::description::Description;
use dela_protocol::id::{AgencyId, EntityId, RecordId};
use dela_protocol::record::RecordKind;

use crate::compose::draft::{
    Draft, EditError, Existing, Fault, FieldFault, Issuer, composed, iri_for,
};
use crate::http::error::{Kind, Refusal};
use crate::index::{DatasetName, Described, Index, IndexError};

/// How many drafts a session keeps: somebody who has more open has forgotten the
/// first. Each may have 512 KiB.
const SKETCHES_MAX: usize = 4;

/// How many of the agency's records are looked through for who publishes them:
/// agencies that describe their publisher at all do so in every dataset.
const ISSUER_LOOKED_THROUGH_MAX: usize = 500;

/// A dataset that is being filled in.
#[derive(Debug, Clone, Default)]
pub(super) struct Sketch {
    /// Its name in the session.
    pub(super) id: String,
    /// What was typed.
    pub(super) draft: Draft,
    /// Which published dataset it changes.
    pub(super) of: Option<Of>,
}

/// A published dataset, as it was when somebody opened it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Of {
    pub(super) id: EntityId,
    pub(super) record: RecordId,
}

/// What a sketch comes to.
pub(super) enum Outcome {
    /// A description.
    Made(Box<Description>),
    /// Fields are to be mended.
    Faults(Vec<FieldFault>),
    /// The dataset was changed by somebody else meanwhile.
    Moved,
}

/// The sketches of one session, the latest last.
#[derive(Debug, Default)]
pub(super) struct Sketches(Vec<Sketch>);

impl Sketches {
    /// Keeps a sketch, under a new name if it has none, and returns its name.
    pub(super) fn keep(&mut self, mut sketch: Sketch) -> Result<String, getrandom::Error> {
        if !self.0.iter().any(|known| known.id == sketch.id) || sketch.id.is_empty() {
            let mut bytes = [0; 8];
            getrandom::fill(&mut bytes)?;
            sketch.id = HEXLOWER.encode(&bytes);
        }
        self.0.retain(|known| known.id != sketch.id);
        if self.0.len() >= SKETCHES_MAX {
            self.0.remove(0);
        }
        let id = sketch.id.clone();
        self.0.push(sketch);
        Ok(id)
    }

    /// Finds a sketch.
    pub(super) fn find(&self, id: &str) -> Option<Sketch> {
        self.0.iter().find(|known| known.id == id).cloned()
    }

    /// Forgets a sketch.
    pub(super) fn forget(&mut self, id: &str) {
        self.0.retain(|known| known.id != id);
    }
}

impl Sketch {
    /// Makes the description, or says why there is none. Reads the disk.
    pub(super) fn outcome(&self, index: &Index) -> Result<Outcome, Refusal> {
        let own = index.own();
        let issuer = issuer(index)?;
        let made = if let Some(of) = self.of {
            let (described, existing) = own_dataset(index, of.id)?;
            if described.record.id() != of.record {
                return Ok(Outcome::Moved);
            }
            existing.edited(&self.draft, Some(&issuer), &own)
        } else {
            let made = composed(&self.draft, &issuer, &own);
            let id = EntityId::of(&own, &iri_for(&self.draft, &own));
            if made.is_ok() && is_published(index, id)? {
                Err(EditError::Fields(vec![FieldFault::new("title_sv", Fault::Taken)]))
            } else {
                made
            }
        };
        match made {
            Ok(description) => Ok(Outcome::Made(Box::new(description))),
            Err(EditError::Fields(faults)) => Ok(Outcome::Faults(faults)),
            Err(EditError::Description(_)) => {
                Ok(Outcome::Faults(vec![FieldFault::new("description_sv", Fault::TooMuch)]))
            }
            Err(error @ EditError::Unsettled(_)) => Err(Refusal::new(
                Kind::BadContent,
                error.to_string(),
                "change it where it comes from, or as RDF with `dela publish`",
            )),
        }
    }
}

/// Returns a dataset of the agency's own, as far as the form shows it.
pub(super) fn own_dataset(index: &Index, id: EntityId) -> Result<(Described, Existing), Refusal> {
    let described = index.described(&DatasetName::Id(id))?;
    let record = &described.record;
    if record.agency() != index.own() || record.kind() != RecordKind::Dataset {
        return Err(IndexError::NotFound(id.to_string()).into());
    }
    let existing = Existing::read(described.description.clone());
    Ok((described, existing))
}

fn is_published(index: &Index, id: EntityId) -> Result<bool, Refusal> {
    match index.record(&DatasetName::Id(id)) {
        Ok(_) => Ok(true),
        Err(IndexError::NotFound(_) | IndexError::Withdrawn { .. }) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Finds who publishes: as the agency's other datasets say it, else as the form
/// asks.
pub(super) fn issuer(index: &Index) -> Result<Issuer, Refusal> {
    let own: AgencyId = index.own();
    for record in index.reader().records(&own).take(ISSUER_LOOKED_THROUGH_MAX) {
        let record = record.map_err(IndexError::from)?;
        if record.kind() != RecordKind::Dataset {
            continue;
        }
        // What cannot be read here is told where it is asked for.
        if let Ok(Some(description)) = record.description()
            && let Some(known) = Issuer::of(&description)
        {
            return Ok(known);
        }
    }
    let name = index.profile(&own)?.name;
    Ok(Issuer::Asked { name, iri: profile_iri(&own) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_desk_keeps_the_latest_few_sketches_and_names_them_itself() {
        let mut sketches = Sketches::default();
        let named = |id: &str| Sketch { id: id.to_owned(), ..Sketch::default() };
        let first = sketches.keep(named("of somebody else")).unwrap();
        assert_ne!(first, "of somebody else");
        assert_eq!(sketches.keep(named(&first)).unwrap(), first, "what is changed stays the same");
        let others: Vec<String> =
            (0..SKETCHES_MAX).map(|_| sketches.keep(named("")).unwrap()).collect();
        assert!(sketches.find(&first).is_none());
        assert!(others.iter().all(|id| sketches.find(id).is_some()));
        sketches.forget(&others[0]);
        assert!(sketches.find(&others[0]).is_none() && sketches.find("").is_none());
    }
}
