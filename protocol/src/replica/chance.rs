//! Chance from a seed: the core draws none of its own.

use core::time::Duration;

use crate::id::hash;

/// A stream of numbers determined by a seed.
#[derive(Debug)]
pub(super) struct Chance {
    seed: u64,
    drawn: u64,
}

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self { seed, drawn: 0 }
    }

    fn number(&mut self) -> u64 {
        self.drawn += 1;
        let bytes = hash("dela 1 chance", &[&self.seed.to_be_bytes(), &self.drawn.to_be_bytes()]);
        let (first, _) = bytes.as_chunks::<8>();
        first.first().map_or(0, |chunk| u64::from_be_bytes(*chunk))
    }

    /// Returns one of `choices`, each as likely.
    pub(super) fn pick<'a, T>(&mut self, choices: &'a [T]) -> Option<&'a T> {
        let count = u64::try_from(choices.len()).ok().filter(|count| *count > 0)?;
        choices.get(usize::try_from(self.number() % count).ok()?)
    }

    /// Returns `duration`, more or less a quarter, so that nodes that started
    /// together do not stay in step.
    pub(super) fn jittered(&mut self, duration: Duration) -> Duration {
        let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        let spread = (millis / 2).max(1);
        Duration::from_millis((millis - millis / 4).saturating_add(self.number() % spread))
    }
}
