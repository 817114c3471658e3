//! A cluster: nodes as processes, their folders, ports and clients.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use dela_cli::{Client, TokenSource};
use dela_protocol::api::Status;

use crate::sample::Sample;

/// How often a node is asked whether what is waited for has come.
const POLL: Duration = Duration::from_millis(20);

/// How long a node may take to answer for the first time, and the cluster to
/// agree: generous, for machines that are busy with something else.
const PATIENCE: Duration = Duration::from_secs(120);

/// One node of a cluster.
#[derive(Debug)]
pub struct Member {
    /// The agency it publishes for.
    pub sample: Sample,
    /// Its data folder.
    pub data: PathBuf,
    /// The address of its HTTP side.
    pub http: String,
    /// Where it listens for peers.
    pub p2p: String,
    /// Its client, which may write.
    pub client: Client,
    process: Option<Child>,
}

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
        let listen: Vec<String> = p2p.iter().map(|port| address(*port)).collect();
        for (sample, (port, own)) in samples.into_iter().zip(http.iter().zip(&listen)) {
            let peers: Vec<&String> = listen.iter().filter(|peer| *peer != own).collect();
            cluster.launch(sample, *port, own, &peers)?;
        }
        for index in 0..cluster.members.len() {
            cluster.wait_for_peers(index)?;
        }
        Ok(cluster)
    }

    /// Starts one more node, which knows the others, and waits until it has met
    /// one of them.
    pub fn add(&mut self, sample: Sample) -> anyhow::Result<()> {
        let listen: Vec<String> = self.members.iter().map(|member| member.p2p.clone()).collect();
        let peers: Vec<&String> = listen.iter().collect();
        match *free_ports(2)? {
            [http, p2p] => self.launch(sample, http, &address(p2p), &peers)?,
            _ => bail!("two ports were asked for"),
        }
        self.wait_for_peers(self.members.len() - 1)
    }

    fn launch(
        &mut self,
        sample: Sample,
        port: u16,
        listen: &str,
        peers: &[&String],
    ) -> anyhow::Result<()> {
        let data = self.folder.join(&sample.folder);
        fs::create_dir_all(&data)?;
        let settings = settings(&sample.name, port, listen, peers);
        fs::write(data.join(dela_node::config::FILE_NAME), settings)?;
        let http = format!("http://127.0.0.1:{port}");
        let token = TokenSource { file: Some(data.join("token")), ..TokenSource::default() };
        let client = Client::new(http.parse()?).with_token(token);
        let p2p = listen.to_owned();
        let mut member = Member { sample, data, http, p2p, client, process: None };
        member.spawn(&self.program)?;
        self.members.push(member);
        Ok(())
    }

    fn wait_for_peers(&mut self, index: usize) -> anyhow::Result<()> {
        self.wait_for(index, "a node to answer and to meet its peers", |status| status.peers > 0)?;
        Ok(())
    }

    /// Starts the process of a node again, with what is in its data folder.
    pub fn restart(&mut self, index: usize) -> anyhow::Result<()> {
        let member = self.members.get_mut(index).context("a node of the cluster")?;
        member.kill()?;
        member.spawn(&self.program)
    }

    /// Waits until the status of one node is as wanted, and returns it.
    pub fn wait_for(
        &mut self,
        index: usize,
        what: &str,
        wanted: impl Fn(&Status) -> bool,
    ) -> anyhow::Result<Status> {
        let begun = Instant::now();
        loop {
            let member = self.members.get_mut(index).context("a node of the cluster")?;
            member.check_alive()?;
            let alone = member.client.status();
            if let Ok(status) = alone.map(|answer| answer.value)
                && wanted(&status)
            {
                return Ok(status);
            }
            if begun.elapsed() > PATIENCE {
                bail!(
                    "waited {} s in vain for {what}; the log of the node is {}",
                    PATIENCE.as_secs(),
                    member.log().display()
                );
            }
            sleep(POLL);
        }
    }

    /// Waits until all nodes hold the same, have it all, and can search it, and
    /// returns their status.
    pub fn wait_for_agreement(&mut self, datasets: u64) -> anyhow::Result<Vec<Status>> {
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
            if begun.elapsed() > PATIENCE {
                bail!("waited {} s in vain for all roots to agree", PATIENCE.as_secs());
            }
            sleep(POLL);
        }
    }

    /// Returns the folder that holds the data folders.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for member in &mut self.members {
            // A node stops when its stdin ends.
            if let Some(process) = &mut member.process {
                drop(process.stdin.take());
            }
        }
        for member in &mut self.members {
            if let Some(mut process) = member.process.take()
                && process.wait().is_err()
            {
                crate::say(&format!("the node of {} did not stop", member.sample.name));
            }
        }
        if !self.keeps_folder && fs::remove_dir_all(&self.folder).is_err() {
            crate::say(&format!("{} could not be removed", self.folder.display()));
        }
    }
}

impl Member {
    /// Starts the process.
    fn spawn(&mut self, program: &Path) -> anyhow::Result<()> {
        let log = File::options().create(true).append(true).open(self.log())?;
        let mut command = Command::new(program);
        // What is set for a node of the user's own is not for these.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("DELA_") {
                command.env_remove(name);
            }
        }
        let process = command
            .args(["node", "--", "--data"])
            .arg(&self.data)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .context("starting a node")?;
        self.process = Some(process);
        Ok(())
    }

    /// Returns the process id, while the node runs.
    pub fn process_id(&self) -> Option<u32> {
        self.process.as_ref().map(Child::id)
    }

    /// Kills the process at once, as a power cut would.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        if let Some(mut process) = self.process.take() {
            process.kill()?;
            process.wait()?;
        }
        Ok(())
    }

    /// Returns how the process ended, if it has.
    pub fn ended(&mut self) -> Option<String> {
        let ended = self.process.as_mut()?.try_wait().ok().flatten()?;
        self.process = None;
        Some(ended.to_string())
    }

    fn check_alive(&mut self) -> anyhow::Result<()> {
        match self.ended() {
            Some(how) => bail!(
                "the node of {} ended ({how}); its log is {}\n{}",
                self.sample.name,
                self.log().display(),
                self.last_words()
            ),
            None => Ok(()),
        }
    }

    /// Returns the file the node logs to.
    pub fn log(&self) -> PathBuf {
        self.data.join("delad.log")
    }

    fn last_words(&self) -> String {
        let log = fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines.get(lines.len().saturating_sub(5)..).unwrap_or_default().join("\n")
    }
}

/// How many peers a node is told of; it finds the others by asking these.
const PEERS_MAX: usize = 8;

fn address(port: u16) -> String {
    format!("/ip4/127.0.0.1/tcp/{port}")
}

fn settings(agency: &str, http: u16, listen: &str, peers: &[&String]) -> String {
    let peers: Vec<String> =
        peers.iter().take(PEERS_MAX).map(|peer| format!("\"{peer}\"")).collect();
    format!(
        "# Written by dela-testnet.\nagency = \"{agency}\"\nhttp = \"127.0.0.1:{http}\"\n\
         listen = [\"{listen}\"]\npeers = [{}]\n",
        peers.join(", ")
    )
}

/// Returns ports nobody listens on just now. They are asked for all at once, so
/// they differ; another program could still take one before the node does,
/// which the node then says.
fn free_ports(count: usize) -> anyhow::Result<Vec<u16>> {
    let listeners: Result<Vec<TcpListener>, _> =
        (0..count).map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).collect();
    let listeners = listeners.context("looking for free ports")?;
    listeners.iter().map(|listener| Ok(listener.local_addr()?.port())).collect()
}

fn temporary_folder() -> anyhow::Result<PathBuf> {
    let folder = std::env::temp_dir().join(format!("dela-testnet-{}", std::process::id()));
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    Ok(folder)
}
