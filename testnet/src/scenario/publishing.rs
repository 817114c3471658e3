//! Agencies that publish without pause, while their nodes are ill-treated.
//!
//! Invariant: only what a node has acknowledged counts as published. A
//! publication that broke off is sent again until it is acknowledged or the
//! scenario ends: its author does not know either whether it was taken.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle, sleep};
use std::time::{Duration, Instant};

use anyhow::{anyhow, bail};
use dela_cli::{Client, ClientError, PublishOptions};
use dela_protocol::api::{NewDataset, PublishReport};
use dela_protocol::dcat::Text;

use super::ledger::Acknowledged;

/// How long a publisher waits before it asks a node again that did not answer.
const RETRY: Duration = Duration::from_millis(20);

/// Numbers datasets, so that none of this process is named twice.
static NUMBER: AtomicU64 = AtomicU64::new(0);

/// Publishers at work.
#[derive(Debug)]
pub struct Publishing {
    stop: Arc<AtomicBool>,
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<anyhow::Result<()>>>,
}

#[derive(Debug, Default)]
struct Shared {
    /// Whether the publishers at each client rest.
    held: Vec<AtomicBool>,
    /// How many publications are under way at each client.
    under_way: Vec<AtomicU64>,
    /// The number of the client, and what it was told.
    acknowledged: Mutex<Vec<(usize, Acknowledged)>>,
    broken_off: AtomicU64,
    refused: AtomicU64,
}

impl Publishing {
    /// Starts so many publishers at each of the nodes.
    pub fn start(clients: &[Client], each: usize) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let shared = Arc::new(Shared {
            held: clients.iter().map(|_| AtomicBool::new(false)).collect(),
            under_way: clients.iter().map(|_| AtomicU64::new(0)).collect(),
            ..Shared::default()
        });
        let publishers = clients.iter().enumerate().flat_map(|one| vec![one; each]);
        let threads = publishers.map(|(index, client)| {
            let (client, stop, shared) = (client.clone(), Arc::clone(&stop), Arc::clone(&shared));
            thread::spawn(move || publish_on(index, &client, &stop, &shared))
        });
        let threads = threads.collect();
        Self { stop, shared, threads }
    }

    /// Takes what was acknowledged since this was asked for last, with the
    /// number of the client that was told so.
    pub fn take(&self) -> Vec<(usize, Acknowledged)> {
        core::mem::take(&mut *locked(&self.shared.acknowledged))
    }

    /// Returns how many publications broke off, and how many were refused for
    /// the time being.
    pub fn setbacks(&self) -> (u64, u64) {
        let load = |count: &AtomicU64| count.load(Ordering::Relaxed);
        (load(&self.shared.broken_off), load(&self.shared.refused))
    }

    /// Lets the publishers at one client finish what they are at and rest.
    pub fn hold(&self, index: usize) {
        if let Some(held) = self.shared.held.get(index) {
            held.store(true, Ordering::SeqCst);
        }
        let under_way = self.shared.under_way.get(index);
        while under_way.is_some_and(|count| count.load(Ordering::SeqCst) > 0) {
            sleep(RETRY);
        }
    }

    /// Lets the publishers at one client go on.
    pub fn release(&self, index: usize) {
        if let Some(held) = self.shared.held.get(index) {
            held.store(false, Ordering::SeqCst);
        }
    }

    /// Lets the publishers finish what they are at, and returns what was
    /// acknowledged and not yet taken.
    pub fn stop(mut self) -> anyhow::Result<Vec<Acknowledged>> {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            thread.join().map_err(|_| anyhow!("a publisher ended in a panic"))??;
        }
        Ok(self.take().into_iter().map(|(_, one)| one).collect())
    }
}

impl Drop for Publishing {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn publish_on(
    index: usize,
    client: &Client,
    stop: &AtomicBool,
    shared: &Shared,
) -> anyhow::Result<()> {
    let (Some(is_held), Some(under_way)) = (shared.held.get(index), shared.under_way.get(index))
    else {
        bail!("a publisher without a client")
    };
    while !stop.load(Ordering::Relaxed) {
        // Counted first: whoever holds us waits for the count.
        under_way.fetch_add(1, Ordering::SeqCst);
        if is_held.load(Ordering::SeqCst) {
            under_way.fetch_sub(1, Ordering::SeqCst);
            sleep(RETRY);
            continue;
        }
        let dataset = dataset("");
        while !stop.load(Ordering::Relaxed) {
            match client.publish(&dataset, PublishOptions::default()) {
                Ok(answer) => {
                    locked(&shared.acknowledged).push((index, acknowledged(answer.value)));
                    break;
                }
                Err(error) => {
                    let count = match passing(&error) {
                        Some(Setback::Refused) => &shared.refused,
                        Some(Setback::BrokenOff) => &shared.broken_off,
                        None => bail!("publishing {:?} failed: {error}", dataset.iri),
                    };
                    count.fetch_add(1, Ordering::Relaxed);
                    sleep(RETRY);
                }
            }
        }
        under_way.fetch_sub(1, Ordering::SeqCst);
    }
    Ok(())
}

/// Why a publication has to be tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setback {
    /// The node said that it cannot just now.
    Refused,
    /// The node is not there, or went away.
    BrokenOff,
}

/// Returns why it is worth trying again, if it is.
pub fn passing(error: &ClientError) -> Option<Setback> {
    match error {
        ClientError::Refused { problem, .. } => (problem.status >= 500).then_some(Setback::Refused),
        // The token is written anew where the data folder was lost.
        ClientError::Unreachable { .. }
        | ClientError::BrokenOff { .. }
        | ClientError::NotANode { .. }
        | ClientError::Token(_) => Some(Setback::BrokenOff),
        ClientError::Address(_) | ClientError::Unknown { .. } => None,
    }
}

/// Returns a dataset that none was like.
pub fn dataset(word: &str) -> NewDataset {
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let swedish = |text: String| vec![Text { text, language: Some("sv".to_owned()) }];
    NewDataset {
        iri: Some(format!("https://data.prov.example/dataset/{}-{number}", std::process::id())),
        title: swedish(format!("Mätserie {number} {word}")),
        description: swedish(format!("Värden från mätserie {number}, upprepade en gång i timmen.")),
        ..NewDataset::default()
    }
}

/// Returns what an answer promises.
pub fn acknowledged(report: PublishReport) -> Acknowledged {
    Acknowledged { entity: report.id, iri: report.iri, position: report.position }
}

/// Publishes so many datasets, one after the other, and returns what was
/// acknowledged; whatever is refused for the time being is tried again.
pub fn publish(
    client: &Client,
    count: u32,
    patience: Duration,
) -> anyhow::Result<Vec<Acknowledged>> {
    let mut done = Vec::new();
    for _ in 0..count {
        let dataset = dataset("");
        let begun = Instant::now();
        loop {
            match client.publish(&dataset, PublishOptions::default()) {
                Ok(answer) => break done.push(acknowledged(answer.value)),
                Err(error) if passing(&error).is_some() && begun.elapsed() < patience => {
                    sleep(RETRY);
                }
                Err(error) => {
                    bail!("publishing failed after {:.0} s: {error}", begun.elapsed().as_secs_f64())
                }
            }
        }
    }
    Ok(done)
}

/// Waits until a node holds what was acknowledged, and returns how long that
/// took.
pub fn wait_until_visible(
    client: &Client,
    one: &Acknowledged,
    patience: Duration,
) -> anyhow::Result<Duration> {
    let begun = Instant::now();
    while !is_visible(client, one) {
        if begun.elapsed() > patience {
            bail!("{} is not on {} after {} s", one.iri, client.node(), patience.as_secs());
        }
        sleep(Duration::from_millis(5));
    }
    Ok(begun.elapsed())
}

/// Returns whether a node holds what was acknowledged.
pub fn is_visible(client: &Client, one: &Acknowledged) -> bool {
    client.record(&one.entity.to_string()).is_ok()
}
