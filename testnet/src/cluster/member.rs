//! One node of a cluster: its process, its data folder and its client.
//!
//! Invariant: the settings file is written anew at each start, so that what a
//! scenario changes here (peers, addresses) holds from the next start on.

use std::fs::{self, File};
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use dela_cli::{Client, TokenSource};

use super::POLL;
use crate::sample::Sample;

/// The open federation of nodes that are told nothing else.
const OPEN: &str = "dela-open";

/// How many peers a node is told of; it finds the others by asking these.
const PEERS_MAX: usize = 8;

/// How long a node may take to stop in order: it flushes its store and waits
/// three seconds for its connections.
const STOP_PATIENCE: Duration = Duration::from_secs(60);

/// What makes a data folder an agency: all that must be kept of it.
pub const KEY_FILES: [&str; 3] = ["agency.key", "agency-next.key", "inception.cose"];

/// What of a data folder comes back from other nodes.
pub const REPLACEABLE: [&str; 3] = ["store", "search", "high-water"];

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
    /// Whom it dials, from its next start on.
    pub peers: Vec<String>,
    /// The federation it takes part in, from its next start on: at first an open
    /// one. None, for where its data folder is at home, or one of its own.
    pub federation: Option<String>,
    /// Whether it finds further nodes by asking, from its next start on.
    pub discover: bool,
    /// The program, with its arguments, that runs its process; none runs it
    /// directly.
    pub wrapper: Vec<String>,
    http_at: SocketAddr,
    process: Option<Child>,
}

impl Member {
    /// Sets up a node that is not started yet.
    pub(super) fn new(
        sample: Sample,
        data: PathBuf,
        http_at: SocketAddr,
        p2p: String,
    ) -> anyhow::Result<Self> {
        fs::create_dir_all(&data).with_context(|| data.display().to_string())?;
        Ok(Self {
            client: client(&data, http_at)?,
            http: format!("http://{http_at}"),
            sample,
            data,
            p2p,
            peers: Vec::new(),
            federation: Some(OPEN.to_owned()),
            discover: true,
            wrapper: Vec::new(),
            http_at,
            process: None,
        })
    }

    /// Moves the node to other addresses, from its next start on.
    pub fn settle(&mut self, http_at: SocketAddr, p2p: String) -> anyhow::Result<()> {
        self.client = client(&self.data, http_at)?;
        self.http = format!("http://{http_at}");
        self.http_at = http_at;
        self.p2p = p2p;
        Ok(())
    }

    /// Starts the process with what is in the data folder.
    pub fn start(&mut self, program: &Path) -> anyhow::Result<()> {
        ensure!(self.process.is_none(), "the node of {} runs already", self.sample.name);
        fs::create_dir_all(&self.data)?;
        fs::write(self.data.join(dela_node::config::FILE_NAME), self.settings())?;
        let log = File::options().create(true).append(true).open(self.log())?;
        let mut command = match self.wrapper.split_first() {
            Some((wrapper, arguments)) => {
                let mut command = Command::new(wrapper);
                command.args(arguments).arg(program);
                command
            }
            None => Command::new(program),
        };
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

    fn settings(&self) -> String {
        let peers: Vec<String> =
            self.peers.iter().take(PEERS_MAX).map(|peer| format!("\"{peer}\"")).collect();
        let federation = self.federation.as_ref().map(|name| format!("federation = \"{name}\"\n"));
        format!(
            "# Written by dela-testnet.\n{}agency = \"{}\"\nhttp = \"{}\"\nlisten = [\"{}\"]\n\
             peers = [{}]\ndiscover = {}\n",
            federation.unwrap_or_default(),
            self.sample.name,
            self.http_at,
            self.p2p,
            peers.join(", "),
            self.discover
        )
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

    /// Tells the node to stop: it does so when its stdin ends.
    pub(super) fn ask_to_stop(&mut self) {
        if let Some(process) = &mut self.process {
            drop(process.stdin.take());
        }
    }

    /// Stops the node in order, and waits until it has.
    pub fn stop(&mut self) -> anyhow::Result<()> {
        self.ask_to_stop();
        let Some(mut process) = self.process.take() else { return Ok(()) };
        let begun = Instant::now();
        while begun.elapsed() < STOP_PATIENCE {
            if let Some(status) = process.try_wait()? {
                ensure!(
                    status.success(),
                    "the node of {} stopped with {status}\n{}",
                    self.sample.name,
                    self.last_words()
                );
                return Ok(());
            }
            sleep(POLL);
        }
        process.kill()?;
        process.wait()?;
        bail!("the node of {} did not stop in {} s", self.sample.name, STOP_PATIENCE.as_secs())
    }

    /// Holds the process up (SIGSTOP), as a machine does that sleeps.
    pub fn pause(&self) -> anyhow::Result<()> {
        self.signal("-STOP")
    }

    /// Lets a process go on that was held up (SIGCONT).
    pub fn resume(&self) -> anyhow::Result<()> {
        self.signal("-CONT")
    }

    /// Sends a signal by the program `kill`: the standard library has none, and
    /// unsafe code is forbidden here.
    fn signal(&self, signal: &str) -> anyhow::Result<()> {
        let Some(id) = self.process_id() else { return Ok(()) };
        let sent = Command::new("kill").args([signal, &id.to_string()]).status();
        ensure!(sent.context("running `kill`")?.success(), "`kill {signal} {id}` failed");
        Ok(())
    }

    /// Returns how the process ended, if it has.
    pub fn ended(&mut self) -> Option<String> {
        let ended = self.process.as_mut()?.try_wait().ok().flatten()?;
        self.process = None;
        Some(ended.to_string())
    }

    pub(super) fn check_alive(&mut self) -> anyhow::Result<()> {
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

    /// Returns the last lines of the node's log.
    pub fn last_words(&self) -> String {
        let log = fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines.get(lines.len().saturating_sub(5)..).unwrap_or_default().join("\n")
    }

    /// Removes files and folders from the data folder, where they are there.
    pub fn wipe(&self, names: &[&str]) -> anyhow::Result<()> {
        ensure!(self.process.is_none(), "the node of {} still runs", self.sample.name);
        for name in names {
            remove(&self.data.join(name))?;
        }
        Ok(())
    }

    /// Removes everything from the data folder but the files named and the log.
    pub fn wipe_all_but(&self, kept: &[&str]) -> anyhow::Result<()> {
        ensure!(self.process.is_none(), "the node of {} still runs", self.sample.name);
        for entry in fs::read_dir(&self.data)? {
            let entry = entry?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if !kept.contains(&&*name) && name != "delad.log" {
                remove(&entry.path())?;
            }
        }
        Ok(())
    }

    /// Copies the whole data folder to where nothing is yet. The node must be
    /// stopped: half a transaction is a damaged store.
    pub fn back_up(&self, to: &Path) -> anyhow::Result<()> {
        ensure!(self.process.is_none(), "the node of {} still runs", self.sample.name);
        copy(&self.data, to)
    }

    /// Puts a copy in the place of the data folder. The log goes on.
    pub fn restore(&self, from: &Path) -> anyhow::Result<()> {
        self.wipe_all_but(&[])?;
        let log = fs::read(self.log()).unwrap_or_default();
        copy(from, &self.data)?;
        Ok(fs::write(self.log(), log)?)
    }

    /// Returns how many bytes of memory the process holds, and how many it has
    /// held at most, where the system tells.
    pub fn memory(&self) -> Option<(u64, u64)> {
        memory(self.process_id()?)
    }
}

/// Returns how many bytes of memory a process holds, and how many it has held
/// at most, where the system tells.
pub fn memory(process: u32) -> Option<(u64, u64)> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let kibibytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().split(' ').next()?.parse::<u64>().ok()
    };
    Some((kibibytes("VmRSS:")? * 1024, kibibytes("VmHWM:")? * 1024))
}

fn client(data: &Path, http_at: SocketAddr) -> anyhow::Result<Client> {
    let token = TokenSource { file: Some(data.join("token")), ..TokenSource::default() };
    Ok(Client::new(format!("http://{http_at}").parse()?).with_token(token))
}

fn remove(path: &Path) -> anyhow::Result<()> {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| path.display().to_string())
        }
        _ => Ok(()),
    }
}

/// Copies a folder with all that is in it; modes are kept, since keys that
/// others can read are refused.
fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to).with_context(|| to.display().to_string())?;
    for entry in fs::read_dir(from).with_context(|| from.display().to_string())? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target).with_context(|| target.display().to_string())?;
        }
    }
    Ok(())
}
