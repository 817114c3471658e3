//! A cluster: nodes as processes, their folders, ports and clients.
//!
//! Invariant: no process outlives its cluster, and whoever waits for something
//! is told in the end what did not come and where to read on.

mod member;

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use dela_protocol::api::{CouncilReport, Status};

pub use member::{KEY_FILES, Member, REPLACEABLE, memory};

use crate::sample::Sample;

/// How often a node is asked whether what is waited for has come.
pub(crate) const POLL: Duration = Duration::from_millis(20);

/// How long a node may take to answer for the first time, and the cluster to
/// agree: generous, for machines that are busy with something else.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// Nodes that know each other. They are stopped when this is dropped.
#[derive(Debug)]
pub struct Cluster {
    /// The nodes.
    pub members: Vec<Member>,
    program: PathBuf,
    folder: PathBuf,
    keeps_folder: bool,
}

impl Cluster {
    /// Starts a node for each agency, with its data in `folder`, or in a
    /// temporary folder that goes with the cluster. `program` is
    /// `dela-testnet`, which runs each of them.
    pub fn start(
        program: &Path,
        samples: Vec<Sample>,
        folder: Option<&Path>,
    ) -> anyhow::Result<Self> {
        let mut cluster = Self::prepare(program, samples, folder)?;
        cluster.start_all()?;
        for index in 0..cluster.members.len() {
            cluster.wait_for_peers(index)?;
        }
        Ok(cluster)
    }

    /// Sets up a node for each agency, as [`Cluster::start`] does, and starts
    /// none: how they are connected can still be changed.
    pub fn prepare(
        program: &Path,
        samples: Vec<Sample>,
        folder: Option<&Path>,
    ) -> anyhow::Result<Self> {
        let keeps_folder = folder.is_some();
        let folder = match folder {
            Some(folder) => {
                fs::create_dir_all(folder)?;
                folder.canonicalize().with_context(|| folder.display().to_string())?
            }
            None => temporary_folder()?,
        };
        let program = program.to_owned();
        let mut cluster = Self { members: Vec::new(), program, folder, keeps_folder };
        let ports = free_ports(samples.len() * 2)?;
        let (http, p2p) = ports.split_at(samples.len());
        for (sample, (http, p2p)) in samples.into_iter().zip(http.iter().zip(p2p)) {
            cluster.enrol(sample, *http, *p2p)?;
        }
        let listen: Vec<String> = cluster.members.iter().map(|one| one.p2p.clone()).collect();
        for member in &mut cluster.members {
            member.peers = listen.iter().filter(|peer| **peer != member.p2p).cloned().collect();
        }
        Ok(cluster)
    }

    /// Sets up a node for each agency, in a temporary folder, that is told of no
    /// other: each begins in a federation of its own.
    pub fn prepare_alone(program: &Path, samples: Vec<Sample>) -> anyhow::Result<Self> {
        let mut cluster = Self::prepare(program, samples, None)?;
        for member in &mut cluster.members {
            member.federation = None;
            member.peers.clear();
        }
        Ok(cluster)
    }

    /// Starts all nodes that do not run.
    pub fn start_all(&mut self) -> anyhow::Result<()> {
        for member in &mut self.members {
            if member.process_id().is_none() {
                member.start(&self.program)?;
            }
        }
        Ok(())
    }

    /// Sets up one more node, which knows the others, and returns its number.
    pub fn prepare_one(&mut self, sample: Sample) -> anyhow::Result<usize> {
        let peers = self.members.iter().map(|member| member.p2p.clone()).collect();
        match *free_ports(2)? {
            [http, p2p] => self.enrol(sample, http, p2p)?,
            _ => bail!("two ports were asked for"),
        }
        let index = self.members.len() - 1;
        self.member(index)?.peers = peers;
        Ok(index)
    }

    /// Starts one more node, which knows the others, and waits until it has met
    /// one of them.
    pub fn add(&mut self, sample: Sample) -> anyhow::Result<()> {
        let index = self.prepare_one(sample)?;
        self.launch(index)?;
        self.wait_for_peers(index)
    }

    fn enrol(&mut self, sample: Sample, http: u16, p2p: u16) -> anyhow::Result<()> {
        let data = self.folder.join(&sample.folder);
        let http = SocketAddr::from((Ipv4Addr::LOCALHOST, http));
        self.members.push(Member::new(sample, data, http, address(p2p))?);
        Ok(())
    }

    /// Returns one of the nodes.
    pub fn member(&mut self, index: usize) -> anyhow::Result<&mut Member> {
        self.members.get_mut(index).context("a node of the cluster")
    }

    /// Waits until a node answers and has met a peer.
    pub fn wait_for_peers(&mut self, index: usize) -> anyhow::Result<()> {
        self.wait_for(index, "a node to answer and to meet its peers", |status| status.peers > 0)?;
        Ok(())
    }

    /// Starts the process of a node that does not run.
    pub fn launch(&mut self, index: usize) -> anyhow::Result<()> {
        let member = self.members.get_mut(index).context("a node of the cluster")?;
        member.start(&self.program)
    }

    /// Kills the process of a node and starts it again, with what is in its
    /// data folder.
    pub fn restart(&mut self, index: usize) -> anyhow::Result<()> {
        self.member(index)?.kill()?;
        self.launch(index)
    }

    /// Waits until the status of one node is as wanted, and returns it.
    pub fn wait_for(
        &mut self,
        index: usize,
        what: &str,
        wanted: impl Fn(&Status) -> bool,
    ) -> anyhow::Result<Status> {
        self.wait_longer_for(index, PATIENCE, what, wanted)
    }

    /// Waits as [`Cluster::wait_for`] does, with a patience of the caller's.
    pub fn wait_longer_for(
        &mut self,
        index: usize,
        patience: Duration,
        what: &str,
        wanted: impl Fn(&Status) -> bool,
    ) -> anyhow::Result<Status> {
        let begun = Instant::now();
        loop {
            let member = self.member(index)?;
            member.check_alive()?;
            let alone = member.client.status();
            if let Ok(status) = alone.map(|answer| answer.value)
                && wanted(&status)
            {
                return Ok(status);
            }
            if begun.elapsed() > patience {
                bail!(
                    "waited {} s in vain for {what}; the log of the node is {}\n{}",
                    patience.as_secs(),
                    member.log().display(),
                    member.last_words()
                );
            }
            sleep(POLL);
        }
    }

    /// Waits until what one node counts of the federation's council is as wanted.
    pub fn wait_for_council(
        &mut self,
        index: usize,
        what: &str,
        wanted: impl Fn(&CouncilReport) -> bool,
    ) -> anyhow::Result<CouncilReport> {
        let begun = Instant::now();
        loop {
            let member = self.member(index)?;
            member.check_alive()?;
            let council = member.client.council().map(|answer| answer.value);
            if let Ok(report) = council
                && wanted(&report)
            {
                return Ok(report);
            }
            if begun.elapsed() > PATIENCE {
                let words = member.last_words();
                bail!("waited {} s in vain for {what}\n{words}", PATIENCE.as_secs());
            }
            sleep(POLL);
        }
    }

    /// Waits until all nodes hold the same, have it all, and can search it, and
    /// returns their status.
    pub fn wait_for_agreement(&mut self, datasets: u64) -> anyhow::Result<Vec<Status>> {
        self.agree_within(PATIENCE, datasets)
    }

    /// Waits as [`Cluster::wait_for_agreement`] does, with a patience of the
    /// caller's.
    pub fn agree_within(
        &mut self,
        patience: Duration,
        datasets: u64,
    ) -> anyhow::Result<Vec<Status>> {
        let begun = Instant::now();
        loop {
            let statuses: Vec<Status> = self
                .members
                .iter()
                .filter_map(|member| member.client.status().ok())
                .map(|answer| answer.value)
                .collect();
            let agrees = statuses.len() == self.members.len()
                && statuses.windows(2).all(|pair| match pair {
                    [one, other] => one.root == other.root,
                    _ => true,
                })
                && statuses.iter().all(|status| {
                    status.behind == 0 && status.search_behind == 0 && status.datasets >= datasets
                });
            if agrees {
                return Ok(statuses);
            }
            for member in &mut self.members {
                member.check_alive()?;
            }
            if begun.elapsed() > patience {
                bail!(
                    "waited {} s in vain for all roots to agree and {datasets} datasets:{}",
                    patience.as_secs(),
                    told(&statuses)
                );
            }
            sleep(POLL);
        }
    }

    /// Returns the folder that holds the data folders.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Keeps the data folders when the cluster ends, for who wants to look.
    pub fn keep_folder(&mut self) {
        self.keeps_folder = true;
    }
}

/// Says how nodes that do not agree are.
fn told(statuses: &[Status]) -> String {
    let line = |status: &Status| {
        format!(
            "\n  {}: root {}, {} datasets, {} records, {} peers, {} behind, search {} behind, {:?}",
            status.agency_name,
            status.root.short(),
            status.datasets,
            status.records,
            status.peers,
            status.behind,
            status.search_behind,
            status.state
        )
    };
    statuses.iter().map(line).collect()
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for member in &mut self.members {
            // A process that is held up would never hear that it should stop.
            member.resume().ok();
            member.ask_to_stop();
        }
        for member in &mut self.members {
            if let Err(error) = member.stop() {
                crate::say(&format!("{error:#}"));
            }
        }
        if !self.keeps_folder && fs::remove_dir_all(&self.folder).is_err() {
            crate::say(&format!("{} could not be removed", self.folder.display()));
        }
    }
}

fn address(port: u16) -> String {
    format!("/ip4/127.0.0.1/tcp/{port}")
}

/// The first port and the number of those that nodes are given: below those
/// that systems give to outgoing connections, which could take the port of a
/// node while it is down.
const FIRST_PORT: u32 = 12_000;
const PORTS: u32 = 18_000;

/// Returns ports nobody listens on just now. Each process of the testnet begins
/// to look elsewhere; another program could still take one before the node
/// does, which the node then says.
pub fn free_ports(count: usize) -> anyhow::Result<Vec<u16>> {
    static ASKED: AtomicU32 = AtomicU32::new(0);
    let start = std::process::id().wrapping_mul(97);
    let mut found = Vec::new();
    for _ in 0..PORTS {
        if found.len() == count {
            return Ok(found);
        }
        let offset = start.wrapping_add(ASKED.fetch_add(1, Ordering::Relaxed)) % PORTS;
        let port = u16::try_from(FIRST_PORT + offset)?;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            found.push(port);
        }
    }
    bail!("{count} free ports were looked for and not found")
}

fn temporary_folder() -> anyhow::Result<PathBuf> {
    static MADE: AtomicU32 = AtomicU32::new(0);
    let number = MADE.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("dela-testnet-{}-{number}", std::process::id()));
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    Ok(folder)
}
