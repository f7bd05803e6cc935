//! Numbers that look random and are the same for the same seed, on every machine and in every version of Muster.
//! Refuses to be used for secrets.

/// A stream of numbers (SplitMix64).
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// The stream of this number below a seed.
    pub(crate) fn new(seed: u64, stream: u64) -> Random {
        Random(mix(seed, stream))
    }

    /// The next number.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        finish(self.0)
    }

    /// A number below `limit`, 0 if that is 0.
    pub(crate) fn below(&mut self, limit: u32) -> u32 {
        // The upper half of a product spreads evenly enough for any limit that is used here.
        (((self.next() >> 32) * u64::from(limit)) >> 32) as u32
    }

    /// Whether something that happens so many times in a thousand happens now.
    pub(crate) fn per_mille(&mut self, times: u32) -> bool {
        self.below(1000) < times
    }

    /// One of several; the list must not be empty.
    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u32) as usize]
    }
}

/// A number that depends on both.
pub(crate) fn mix(a: u64, b: u64) -> u64 {
    finish(finish(a ^ 0x6d75_7374_6572_0000).wrapping_add(b.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
}

/// A UUID of the fourth kind's form.
pub(crate) fn uuid(seed: u64, stream: u64) -> String {
    let mut random = Random::new(seed, stream);
    let (high, low) = (random.next(), random.next());
    uuid::Builder::from_random_bytes(((u128::from(high) << 64) | u128::from(low)).to_be_bytes())
        .into_uuid()
        .hyphenated()
        .to_string()
}

fn finish(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_below_their_limit_and_reach_both_ends() {
        let mut random = Random::new(1, 2);
        let drawn: std::collections::BTreeSet<u32> = (0..1000).map(|_| random.below(6)).collect();
        assert_eq!(drawn, (0..6).collect());
        assert_eq!(random.below(0), 0);
    }

    #[test]
    fn a_seed_means_the_same_in_every_version() {
        let mut random = Random::new(7, 2);
        let drawn: Vec<u64> = (0..3).map(|_| random.next()).collect();
        let below: Vec<u32> = (0..6).map(|_| random.below(1000)).collect();
        assert_eq!(drawn, [1_980_437_408_260_760_305, 8_369_584_268_777_393_836, 6_552_596_514_590_288_898]);
        assert_eq!(below, [835, 642, 857, 195, 450, 349]);
        assert_eq!(mix(7, 2), 1_170_468_394_770_992_326);
        assert_eq!(uuid(7, 2), "1b7bed54-7b47-42f1-b426-bc8c6a2c8eac");
    }
}
