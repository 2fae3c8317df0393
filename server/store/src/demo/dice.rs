//! Small deterministic randomness: the demo gym is the same on every machine.

/// SplitMix64 (Steele, Lea, Flood 2014): eight lines, no state worth the name, and even enough to
/// invent a gym.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from `low` up to and without `high`; `low` when nothing lies between.
    pub(super) fn range(&mut self, low: i64, high: i64) -> i64 {
        match u64::try_from(high - low) {
            Ok(width @ 1..) => low + (self.next() % width) as i64,
            _ => low,
        }
    }

    /// True in so many of 100 cases.
    pub(super) fn percent(&mut self, chance: i64) -> bool {
        self.range(0, 100) < chance
    }

    /// Eight hexadecimal digits, as cheap card readers type them.
    pub(super) fn card(&mut self) -> String {
        format!("{:08X}", self.next() >> 32)
    }

    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.range(0, i as i64 + 1) as usize);
        }
    }
}
