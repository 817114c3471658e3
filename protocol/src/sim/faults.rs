//! What goes wrong in a run, and when: all drawn from the seed.

use core::time::Duration;

use super::node::Loss;
use super::{Happening, Simulation, millis};

/// What goes wrong, how often, and for how long.
#[derive(Debug, Clone)]
pub struct Faults {
    /// How many replicas there are, each with an agency of its own.
    pub replicas: usize,
    /// How many of 1,000 replicas are dishonest, at most a third.
    pub dishonest_per_mille: u64,
    /// How many of 1,000 messages are lost.
    pub loss_per_mille: u64,
    /// How many of 1,000 messages arrive twice.
    pub duplication_per_mille: u64,
    /// How many of 1,000 messages are held up for longer than a request may
    /// take.
    pub delay_per_mille: u64,
    /// The longest time a message is usually on its way; each takes a random
    /// time up to that, so messages overtake each other.
    pub latency_max: Duration,
    /// How often the network splits in two, over the whole chaos.
    pub partitions: u64,
    /// How often one replica no longer hears another that still hears it.
    pub deafnesses: u64,
    /// How often a replica crashes, losing what was not flushed.
    pub crashes: u64,
    /// How many crashes come right after a publication was acknowledged, before
    /// anybody else heard of it.
    pub sudden_crashes: u64,
    /// How many crashes also lose the disk, all but the high-water mark.
    pub disk_losses: u64,
    /// How many crashes lose everything but the keys.
    pub total_losses: u64,
    /// How many crashes end with an old copy of the disk put back.
    pub old_copies: u64,
    /// How often a disk is full for a while.
    pub full_disks: u64,
    /// How far the clocks are off at most, each by a random time.
    pub skew_max: Duration,
    /// How often a clock jumps ahead, by up to [`skew_max`](Self::skew_max).
    pub clock_jumps: u64,
    /// How many of 1,000 runs have a quarter of a year pass in the middle of
    /// everything, so that withdrawals are pruned while some are away.
    pub ages_per_mille: u64,
    /// How often an agency publishes.
    pub publications: u64,
    /// How long the chaos lasts.
    pub chaos: Duration,
    /// How long the healing may take at most.
    pub healing: Duration,
}

impl Default for Faults {
    /// Twelve replicas, a third of them dishonest, under a fifth of loss and
    /// everything else that goes wrong; to heal within two reconciliation
    /// periods.
    fn default() -> Self {
        Self {
            replicas: 12,
            dishonest_per_mille: 333,
            loss_per_mille: 200,
            duplication_per_mille: 50,
            delay_per_mille: 10,
            latency_max: Duration::from_millis(500),
            partitions: 3,
            deafnesses: 3,
            crashes: 4,
            sudden_crashes: 2,
            disk_losses: 1,
            total_losses: 1,
            old_copies: 1,
            full_disks: 2,
            skew_max: Duration::from_secs(4 * 60 * 60),
            clock_jumps: 2,
            ages_per_mille: 500,
            publications: 60,
            chaos: Duration::from_secs(240),
            healing: Duration::from_secs(150),
        }
    }
}

impl Faults {
    /// The same, with nobody dishonest.
    pub fn honest() -> Self {
        Self { dishonest_per_mille: 0, ..Self::default() }
    }

    /// Returns how many of the replicas are dishonest: the last ones.
    pub fn dishonest(&self) -> usize {
        let replicas = u64::try_from(self.replicas).unwrap_or(u64::MAX);
        let count = (replicas.saturating_mul(self.dishonest_per_mille) + 500) / 1000;
        usize::try_from(count).unwrap_or(usize::MAX).min(self.replicas / 3)
    }
}

impl Simulation {
    /// Draws when what goes wrong.
    pub(super) fn plan(&mut self) {
        let chaos = millis(self.faults.chaos);
        for number in 0..self.faults.publications {
            let is_sudden = number < self.faults.sudden_crashes;
            let node = self.index(if is_sudden { self.honest } else { self.nodes.len() });
            let at = self.below(if is_sudden { chaos * 9 / 10 } else { chaos });
            let publish = Happening::Publish { node, then_crash: is_sudden };
            self.schedule(Duration::from_millis(at), publish);
            if is_sudden {
                let down = self.below(chaos / 10);
                self.schedule(Duration::from_millis(at + down), Happening::Restart { node });
            }
        }
        self.plan_crashes(chaos);
        for _ in 0..self.faults.partitions {
            let at = self.below(chaos * 3 / 4);
            let side = (0..self.nodes.len()).map(|_| self.below(2) == 0).collect();
            let length = self.below(chaos / 4);
            self.schedule(Duration::from_millis(at), Happening::Split { side });
            self.schedule(Duration::from_millis(at + length), Happening::Join);
        }
        for _ in 0..self.faults.deafnesses {
            let at = self.below(chaos * 3 / 4);
            let length = self.below(chaos / 4);
            let node = self.index(self.nodes.len());
            let other = self.index(self.nodes.len());
            let deaf = |to_all: bool| Happening::Deaf { node, to: (!to_all).then_some(other) };
            let to_all = self.below(2) == 0;
            self.schedule(Duration::from_millis(at), deaf(to_all));
            self.schedule(Duration::from_millis(at + length), Happening::Hear { node });
        }
        for _ in 0..self.faults.full_disks {
            let node = self.index(self.nodes.len());
            let at = self.below(chaos * 3 / 4);
            let length = self.below(chaos / 6);
            // Which write is the first to fail matters: it may be in the middle.
            let writes_left = u32::try_from(self.below(4)).unwrap_or(0);
            let full = Happening::Full { node, writes_left };
            let publish = || Happening::Publish { node, then_crash: false };
            self.schedule(Duration::from_millis(at), full);
            self.schedule(Duration::from_millis(at), publish());
            self.schedule(Duration::from_millis(at + length), Happening::Freed { node });
            self.schedule(Duration::from_millis(at + length + 30_000), publish());
        }
        for _ in 0..self.faults.clock_jumps {
            let node = self.index(self.nodes.len());
            let at = self.below(chaos);
            let by = self.below(millis(self.faults.skew_max));
            self.schedule(Duration::from_millis(at), Happening::Jump { node, by });
        }
        if self.below(1000) < self.faults.ages_per_mille {
            let at = chaos / 4 + self.below(chaos / 2);
            self.schedule(Duration::from_millis(at), Happening::Ages);
        }
        for node in self.faults.replicas - self.faults.dishonest()..self.faults.replicas {
            self.schedule(Duration::from_secs(1), Happening::Lie { node });
        }
    }

    fn plan_crashes(&mut self, chaos: u64) {
        let losses = [
            (Loss::Unflushed, self.faults.crashes),
            (Loss::Disk, self.faults.disk_losses),
            (Loss::Everything, self.faults.total_losses),
            (Loss::OldCopy, self.faults.old_copies),
        ];
        for (loss, count) in losses {
            for _ in 0..count {
                let node = self.index(self.nodes.len());
                let at = self.below(chaos * 9 / 10);
                let down = self.below(chaos / 5);
                if loss == Loss::OldCopy {
                    let copied = self.below(at.max(1));
                    self.schedule(Duration::from_millis(copied), Happening::Copy { node });
                }
                self.schedule(Duration::from_millis(at), Happening::Crash { node, loss });
                self.schedule(Duration::from_millis(at + down), Happening::Restart { node });
            }
        }
    }
}
