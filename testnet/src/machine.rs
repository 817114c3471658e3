//! What a scenario asks of the machine beside processes: file systems of a
//! small size, and networks of its own.
//!
//! Invariant: what is made here is inside namespaces or folders of the
//! testnet's own, and goes with it. What the machine does not allow is an error
//! that says why, before anything is changed.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail, ensure};

/// Runs a command of the system that should say nothing.
pub fn run(words: &[&str]) -> anyhow::Result<()> {
    let (program, arguments) = words.split_first().context("a command to run")?;
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("{program} cannot be run"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    bail!("`{}` failed: {}", words.join(" "), said.trim())
}

/// A file system in memory, of a fixed size.
#[derive(Debug)]
pub struct SmallDisk {
    at: PathBuf,
}

impl SmallDisk {
    /// Mounts one over a folder, which only root can.
    pub fn mount(at: &Path, mebibytes: u32) -> anyhow::Result<Self> {
        fs::create_dir_all(at)?;
        let size = format!("size={mebibytes}m,mode=700");
        run(&["mount", "-t", "tmpfs", "-o", &size, "tmpfs", &at.display().to_string()])?;
        Ok(Self { at: at.to_owned() })
    }

    /// Fills it until nothing more goes in, and returns how much went in.
    pub fn fill(&self) -> anyhow::Result<u64> {
        let mut file = File::create(self.filler())?;
        let mut written = 0;
        // Ever smaller pieces, so that no room for a small one is left.
        for bytes in [1024 * 1024, 4096, 1] {
            let piece = vec![0; bytes];
            while file.write_all(&piece).is_ok() {
                written += u64::try_from(bytes)?;
            }
        }
        ensure!(written > 0, "{} is full already", self.at.display());
        Ok(written)
    }

    /// Makes the room free again.
    pub fn free(&self) -> anyhow::Result<()> {
        Ok(fs::remove_file(self.filler())?)
    }

    fn filler(&self) -> PathBuf {
        self.at.join("filler")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: whoever still looks into it does not keep the name.
        if let Err(error) = run(&["umount", "--lazy", &self.at.display().to_string()]) {
            crate::say(&format!("{error:#}"));
        }
    }
}

/// A network of nodes in two halves, in namespaces of its own: each node has
/// one address for its peers, and one that only the testnet reaches.
///
/// The halves are two bridges with one cable between them.
#[derive(Debug)]
pub struct SplitNetwork {
    names: Vec<String>,
}

/// Where named network namespaces lie.
const NAMESPACES: &str = "/run/netns";

impl SplitNetwork {
    /// Says why a network cannot be made here, if it cannot.
    pub fn obstacle() -> Option<String> {
        let attempts: [&[&str]; 3] = [
            &["ip", "-Version"],
            &["nsenter", "--version"],
            &["unshare", "--net", "--mount", "true"],
        ];
        attempts.iter().find_map(|attempt| run(attempt).err()).map(|error| format!("{error:#}"))
    }

    /// Makes the network of so many nodes; those with an even number are on the
    /// left. Must run inside `unshare --net --mount`.
    pub fn make(nodes: usize) -> anyhow::Result<Self> {
        fs::create_dir_all(NAMESPACES)?;
        run(&["mount", "-t", "tmpfs", "tmpfs", NAMESPACES])?;
        run(&["ip", "link", "set", "lo", "up"])?;
        // Nobody carries packets from one half to the other but the cable.
        fs::write("/proc/sys/net/ipv4/ip_forward", "0")?;
        for bridge in ["left", "right"] {
            run(&["ip", "link", "add", "name", bridge, "type", "bridge"])?;
            run(&["ip", "link", "set", bridge, "up"])?;
        }
        run(&["ip", "link", "add", "name", "cable-l", "type", "veth", "peer", "name", "cable-r"])?;
        for (end, bridge) in [("cable-l", "left"), ("cable-r", "right")] {
            run(&["ip", "link", "set", end, "master", bridge, "up"])?;
        }
        let names: Vec<String> = (0..nodes).map(|number| format!("node-{number}")).collect();
        for (number, name) in names.iter().enumerate() {
            plug_in(number, name)?;
        }
        Ok(Self { names })
    }

    /// Returns the words that run a program at a node's place in the network.
    pub fn wrapper(&self, number: usize) -> anyhow::Result<Vec<String>> {
        let name = self.names.get(number).context("a node of the network")?;
        let place = format!("--net={NAMESPACES}/{name}");
        Ok(vec!["nsenter".to_owned(), place, "--".to_owned()])
    }

    /// Takes the cable between the halves out, or puts it in again.
    pub fn connect_halves(&self, connected: bool) -> anyhow::Result<()> {
        run(&["ip", "link", "set", "cable-l", if connected { "up" } else { "down" }])
    }
}

/// The address of a node for its peers.
pub fn peer_address(number: usize) -> String {
    format!("10.77.0.{}", number + 1)
}

/// The address of a node for the testnet.
pub fn own_address(number: usize) -> String {
    format!("10.78.{number}.2")
}

fn plug_in(number: usize, name: &str) -> anyhow::Result<()> {
    let half = if number.is_multiple_of(2) { "left" } else { "right" };
    let (outside, aside) = (format!("port-{number}"), format!("aside-{number}"));
    run(&["ip", "netns", "add", name])?;
    for (here, there) in [(&outside, "eth0"), (&aside, "eth1")] {
        let cable = ["ip", "link", "add", "name", here, "type", "veth", "peer", "name", there];
        run(&[&cable[..], &["netns", name]].concat())?;
        run(&["ip", "link", "set", here, "up"])?;
    }
    run(&["ip", "link", "set", &outside, "master", half])?;
    run(&["ip", "addr", "add", &format!("10.78.{number}.1/30"), "dev", &aside])?;
    let inside = ["ip", "-netns", name];
    let addresses = [
        ("eth0", format!("{}/24", peer_address(number))),
        ("eth1", format!("{}/30", own_address(number))),
    ];
    run(&[&inside[..], &["link", "set", "lo", "up"]].concat())?;
    for (link, address) in &addresses {
        run(&[&inside[..], &["addr", "add", address, "dev", link]].concat())?;
        run(&[&inside[..], &["link", "set", link, "up"]].concat())?;
    }
    let place = format!("--net={NAMESPACES}/{name}");
    let still = "echo 0 > /proc/sys/net/ipv4/ip_forward";
    run(&["nsenter", &place, "--", "sh", "-c", still])
}
