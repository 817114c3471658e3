//! What goes wrong in a run, and when: all drawn from the seed.

use core::time::Duration;

use super::{Happening, Simulation, millis};

/// What goes wrong, and for how long.
#[derive(Debug, Clone)]
pub struct Faults {
    /// How many replicas there are, each with an agency of its own.
    pub replicas: usize,
    /// How many of 1,000 messages are lost.
    pub loss_per_mille: u64,
    /// How many of 1,000 messages arrive twice.
    pub duplication_per_mille: u64,
    /// The longest time a message is on its way; each takes a random time up to
    /// that, so messages overtake each other.
    pub latency_max: Duration,
    /// How often the network splits in two, over the whole chaos.
    pub partitions: u64,
    /// How often a replica crashes, losing what was not flushed.
    pub crashes: u64,
    /// How many of those crashes also lose the disk, all but the high-water
    /// mark.
    pub disk_losses: u64,
    /// How often an agency publishes.
    pub publications: u64,
    /// How long the chaos lasts.
    pub chaos: Duration,
    /// How long the healing may take at most.
    pub healing: Duration,
}

impl Default for Faults {
    /// Twelve replicas under a fifth of loss, with partitions and crashes; to
    /// heal within two reconciliation periods.
    fn default() -> Self {
        Self {
            replicas: 12,
            loss_per_mille: 200,
            duplication_per_mille: 50,
            latency_max: Duration::from_millis(500),
            partitions: 3,
            crashes: 6,
            disk_losses: 0,
            publications: 60,
            chaos: Duration::from_secs(240),
            healing: Duration::from_secs(150),
        }
    }
}

impl Simulation {
    /// Draws when what goes wrong.
    pub(super) fn plan(&mut self) {
        let chaos = millis(self.faults.chaos);
        for _ in 0..self.faults.publications {
            let node = self.index(self.nodes.len());
            let at = self.below(chaos);
            self.schedule(Duration::from_millis(at), Happening::Publish { node });
        }
        for number in 0..self.faults.crashes {
            let node = self.index(self.nodes.len());
            let at = self.below(chaos * 9 / 10);
            let down = self.below(chaos / 5);
            let loses_disk = number < self.faults.disk_losses;
            self.schedule(Duration::from_millis(at), Happening::Crash { node, loses_disk });
            self.schedule(Duration::from_millis(at + down), Happening::Restart { node });
        }
        for _ in 0..self.faults.partitions {
            let at = self.below(chaos * 3 / 4);
            let side = (0..self.nodes.len()).map(|_| self.below(2) == 0).collect();
            let length = self.below(chaos / 4);
            self.schedule(Duration::from_millis(at), Happening::Split { side });
            self.schedule(Duration::from_millis(at + length), Happening::Join);
        }
    }
}
