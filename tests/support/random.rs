//! Numbers that are the same for the same seed, and what a run was told by variables.
//! Refuses to be random where a failure could not be repeated: whoever draws prints the seed.

/// Numbers that are the same for the same seed.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// One below `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    /// One of these.
    pub(crate) fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[usize::try_from(self.below(all.len() as u64)).unwrap()]
    }
}

/// The number in a variable, if it is set.
pub(crate) fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{variable} is a number")))
}

/// The seed of this run: that of MUSTER_SEED, or another one each time.
pub(crate) fn seed() -> u64 {
    number("MUSTER_SEED").unwrap_or_else(|| std::process::id().into())
}
