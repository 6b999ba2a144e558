use aftermatch_ports::model::Seq;

/// How many numbers are remembered.
const NUMBERS: i64 = 1_024;

/// Which of the latest events every seat received in a frame with the request id of
/// their requester, although this process did not know the requester. Should it be a
/// session of this process after all, that frame was its response.
#[derive(Default)]
pub(super) struct Received {
    /// The highest number that was noted.
    highest: i64,
    /// A bit for each number, modulo [`NUMBERS`].
    bits: [u64; 16],
}

impl Received {
    pub(super) fn note(&mut self, Seq(seq): Seq, received: bool) {
        self.highest = self.highest.max(seq);
        let (word, bit) = place(seq);
        if let Some(word) = self.bits.get_mut(word) {
            *word = if received { *word | bit } else { *word & !bit };
        }
    }

    pub(super) fn contains(&self, Seq(seq): Seq) -> bool {
        let (word, bit) = place(seq);
        let noted = self.bits.get(word).is_some_and(|word| word & bit != 0);
        noted && seq <= self.highest && self.highest - seq < NUMBERS
    }
}

/// The word and the bit of a number.
fn place(seq: i64) -> (usize, u64) {
    let place = seq.rem_euclid(NUMBERS).unsigned_abs();
    (
        usize::try_from(place / 64).unwrap_or_default(),
        1 << (place % 64),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noted_numbers_are_remembered_for_a_while() {
        let mut received = Received::default();
        for seq in 1..=2_000 {
            received.note(Seq(seq), seq % 2 == 0);
        }
        for (seq, contained) in [(976, false), (978, true), (979, false), (2_000, true)] {
            assert_eq!(received.contains(Seq(seq)), contained, "{seq}");
        }
        assert!(!received.contains(Seq(2_002)), "not delivered yet");
    }
}
