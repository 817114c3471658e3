//! Whose a domain is: whether the domain that an agency says is its own says so
//! too.
//!
//! An agency signs for a domain on its card. The domain agrees by a document at
//! `https://<domain>/.well-known/dela.json` (RFC 8615), or by a text in its DNS at
//! `_dela.<domain>`. Either is enough: who can place one has the domain.
//!
//! Invariants: a check is made when somebody asks for it, by this node for itself,
//! and is shown with its date. It is never an input to replication or to what
//! counts as decided: nodes that see the web differently would come apart.

use core::time::Duration;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use dela_protocol::api::{DomainAnswer, DomainCheck, DomainOutcome, DomainProof};
use dela_protocol::id::AgencyId;
use dela_protocol::time::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::fetch::{Answer, Fetch, FetchError, Limits, Networks, Request, Web};

mod names;

pub use names::{Dns, Names};

/// The file in the data folder with the last check of each agency.
const FILE_NAME: &str = "domains";

/// The longest document that is read: a thousand ids.
const BYTES_MAX: usize = 80 * 1024;

/// How many checks are kept: as many agencies as a federation is meant for, twice.
const KEPT_MAX: usize = 4_000;

/// How long the web may take to answer; somebody waits.
const LIMITS: Limits = Limits {
    connect: Duration::from_secs(10),
    pause: Duration::from_secs(10),
    document: Duration::from_secs(20),
};

/// What a text in the DNS begins with.
const TEXT_PREFIX: &str = "dela-agency=";

/// Why a domain was not asked.
#[derive(Debug, thiserror::Error)]
pub enum DomainError {
    /// An agency whose card names none.
    #[error("{0} names no domain on its card")]
    None(String),
    /// Something that is no domain.
    #[error("{0} is no domain: it looks like exempelby.example")]
    Malformed(String),
}

/// What this node has found out about domains. Cloning shares it.
#[derive(Debug, Clone)]
pub struct Domains {
    file: Option<PathBuf>,
    networks: Networks,
    contact: Option<String>,
    checks: Arc<Mutex<BTreeMap<AgencyId, DomainCheck>>>,
    stop: CancellationToken,
}

impl Domains {
    /// What was found out before, in a data folder. A file that cannot be read
    /// says nothing: everything can be asked again.
    pub fn open(
        folder: &Path,
        networks: Networks,
        contact: Option<String>,
        stop: CancellationToken,
    ) -> Self {
        let file = folder.join(FILE_NAME);
        let read = fs::read(&file).ok();
        let checks = read.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        let checks = Arc::new(Mutex::new(checks));
        Self { file: Some(file), networks, contact, checks, stop }
    }

    /// Returns what was last found out about the domain that an agency names now.
    pub fn last(&self, agency: &AgencyId, domain: &str) -> Option<DomainCheck> {
        let checks = self.checks.lock().unwrap_or_else(PoisonError::into_inner);
        checks.get(agency).filter(|check| check.domain == domain).cloned()
    }

    /// Asks a domain whether an agency is its own, by web and DNS. Blocks for up
    /// to half a minute.
    ///
    /// # Errors
    ///
    /// When there is no domain to ask. One that does not answer is an answer too.
    pub fn check(
        &self,
        agency: AgencyId,
        domain: &str,
        now: Timestamp,
    ) -> Result<DomainCheck, DomainError> {
        let host = host(domain)?;
        let address = well_known(&host);
        let deadline = Instant::now() + LIMITS.document;
        let (networks, stop) = (self.networks.clone(), self.stop.clone());
        let contact = self.contact.as_deref();
        let web = Web::new(&address, networks, LIMITS, deadline, stop, contact);
        let check = DomainCheck {
            domain: domain.to_owned(),
            at: now,
            web: ask_web(&web, &address, agency),
            dns: ask_dns(&Dns, &host, agency),
        };
        self.keep(agency, check.clone());
        Ok(check)
    }

    fn keep(&self, agency: AgencyId, check: DomainCheck) {
        let mut checks = self.checks.lock().unwrap_or_else(PoisonError::into_inner);
        checks.insert(agency, check);
        while checks.len() > KEPT_MAX {
            let oldest = checks.iter().min_by_key(|(_, check)| check.at).map(|(id, _)| *id);
            drop(oldest.and_then(|oldest| checks.remove(&oldest)));
        }
        let Some(file) = &self.file else { return };
        let written = serde_json::to_vec(&*checks).map_err(std::io::Error::from);
        if let Err(error) = written.and_then(|bytes| crate::storage::replace(file, &bytes)) {
            tracing::warn!(file = %file.display(), %error, "what a domain said is not kept");
        }
    }
}

/// Returns the document by which a domain says that an agency is its own.
pub fn proof(agency: AgencyId) -> DomainProof {
    DomainProof { agencies: vec![agency.to_string()], text: format!("{TEXT_PREFIX}{agency}") }
}

/// Returns the address of the document at a domain.
fn well_known(host: &str) -> String {
    format!("https://{host}/.well-known/dela.json")
}

/// Returns a domain as the DNS has it.
fn host(domain: &str) -> Result<String, DomainError> {
    let malformed = || DomainError::Malformed(domain.to_owned());
    let host = idna::domain_to_ascii_strict(domain.trim()).map_err(|_| malformed())?;
    let labels: Vec<&str> = host.split('.').collect();
    let is_label = |label: &&str| !label.is_empty() && label.len() <= 63;
    let is_address = labels.last().is_none_or(|top| top.starts_with(|c: char| c.is_ascii_digit()));
    if labels.len() < 2 || host.len() > 253 || is_address || !labels.iter().all(is_label) {
        return Err(malformed());
    }
    Ok(host)
}

fn ask_web(web: &impl Fetch, address: &str, agency: AgencyId) -> DomainAnswer {
    let accept = "application/json";
    let request = Request { address, accept, bytes_max: BYTES_MAX, known: None };
    let document = match web.get(&request) {
        Ok(Answer::Found(document)) => document,
        Ok(Answer::NotModified) => return answer(DomainOutcome::Failed, "nothing was sent"),
        Err(FetchError::Status { status: 404 | 410, .. }) => {
            return answer(DomainOutcome::Missing, &format!("there is nothing at {address}"));
        }
        Err(error) => return answer(DomainOutcome::Failed, &error.to_string()),
    };
    if !document.address.starts_with("https://") {
        let reason = format!("{address} leads to {}, which anybody could fake", document.address);
        return answer(DomainOutcome::Failed, &reason);
    }
    match serde_json::from_slice::<DomainProof>(&document.body) {
        Ok(proof) => judge(&proof.agencies, agency, address),
        Err(error) => answer(DomainOutcome::Failed, &format!("{address} holds no proof: {error}")),
    }
}

fn ask_dns(names: &impl Names, host: &str, agency: AgencyId) -> DomainAnswer {
    let name = format!("_dela.{host}.");
    let texts = match names.texts(&name) {
        Ok(texts) => texts,
        Err(reason) => return answer(DomainOutcome::Failed, &format!("{name}: {reason}")),
    };
    let named: Vec<String> = texts
        .iter()
        .filter_map(|text| text.trim().strip_prefix(TEXT_PREFIX))
        .map(|id| id.trim().to_owned())
        .collect();
    if named.is_empty() {
        let reason = format!("there is no text at {name} that begins with {TEXT_PREFIX}");
        return answer(DomainOutcome::Missing, &reason);
    }
    judge(&named, agency, &name)
}

fn judge(named: &[String], agency: AgencyId, place: &str) -> DomainAnswer {
    if named.iter().any(|id| id.eq_ignore_ascii_case(&agency.to_string())) {
        return answer(DomainOutcome::Confirmed, "");
    }
    let first: String = named.first().map(|id| id.chars().take(8).collect()).unwrap_or_default();
    answer(DomainOutcome::Other, &format!("{place} names other agencies: {first}…"))
}

fn answer(outcome: DomainOutcome, detail: &str) -> DomainAnswer {
    let detail = detail.chars().filter(|c| !c.is_control()).take(400).collect();
    DomainAnswer { outcome, detail }
}

#[cfg(test)]
mod tests;
