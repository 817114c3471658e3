//! A mesh of nodes, each a task of its own, whatever they are made of: told to
//! announce, and asked when the others had it.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// How long an announcement may take before it counts as lost.
const PATIENCE: Duration = Duration::from_secs(20);

/// Nodes that gossip.
pub(super) struct Mesh {
    /// What each node is told to announce.
    pub(super) voices: Vec<mpsc::Sender<Vec<u8>>>,
    /// When a node had an announcement, and how many bytes it has.
    pub(super) heard: mpsc::UnboundedReceiver<(Instant, usize)>,
    /// The nodes.
    pub(super) tasks: Vec<JoinHandle<()>>,
}

impl Mesh {
    /// Has a node announce, and returns how long each of the others waited.
    pub(super) async fn spread(
        &mut self,
        node: usize,
        bytes: Vec<u8>,
    ) -> anyhow::Result<Vec<Duration>> {
        let length = bytes.len();
        let others = self.voices.len() - 1;
        let voice = self.voices.get(node).context("a node of the mesh")?;
        let begun = Instant::now();
        voice.send(bytes).await.context("a node that runs")?;
        let mut times = Vec::new();
        while times.len() < others {
            let heard = timeout(PATIENCE, self.heard.recv()).await;
            let heard = heard.with_context(|| {
                format!("{} of {others} nodes heard an announcement of {length} bytes", times.len())
            })?;
            let (at, _) = heard.context("nodes that run")?;
            times.push(at.saturating_duration_since(begun));
        }
        Ok(times)
    }

    /// Has the first node announce, and returns whether all others heard it
    /// within a second.
    pub(super) async fn reaches_all(&mut self, bytes: Vec<u8>) -> anyhow::Result<bool> {
        let others = self.voices.len() - 1;
        let length = bytes.len();
        let voice = self.voices.first().context("a node of the mesh")?;
        voice.send(bytes).await.context("a node that runs")?;
        let mut count = 0;
        while count < others
            && let Ok(Some((_, heard))) = timeout(Duration::from_secs(1), self.heard.recv()).await
        {
            count += usize::from(heard == length);
        }
        Ok(count >= others)
    }
}

impl Drop for Mesh {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}
