//! What the scan looks for: the marks of sealed values that were erased, and the identifiers that were in them.
//!
//! They exist in memory only, are overwritten when dropped, and never reach the evidence. A night may have half a
//! million of them; an automaton over all of them would take a gigabyte, so each place in a file is first asked
//! whether any needle begins with its six bytes.

use std::collections::{HashMap, HashSet};

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::identity;
use programme::Person;

/// Bytes by which needles are told apart at first sight; shorter ones would be found in noise.
const PREFIX_BYTES: usize = 6;

/// Whether a needle marks a sealed value or is an identifier in clear.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// The nonce of a sealed value.
    Mark,
    /// A name, number or address in clear.
    Identifier,
}

/// A set of needles.
#[derive(Default)]
pub(super) struct Needles {
    by_prefix: HashMap<u64, Vec<Needle>>,
    /// One bit for each value of a hash: most places in a file are dismissed by it.
    filter: Vec<u64>,
    count: usize,
    longest: usize,
    people: usize,
    too_short: usize,
}

#[derive(Zeroize, ZeroizeOnDrop)]
struct Needle {
    #[zeroize(skip)]
    kind: Kind,
    bytes: Vec<u8>,
}

/// How many needles were found, by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// Marks of sealed values.
    pub marks: usize,
    /// Identifiers in clear.
    pub identifiers: usize,
}

impl Needles {
    /// Adds the mark of a sealed value that was erased.
    pub(super) fn add_sealed(&mut self, sealed: &[u8]) {
        self.add(Kind::Mark, identity::mark(sealed).to_vec());
    }

    /// Adds what would tell in clear who a child is: full name, numbers, email addresses of its contacts.
    pub(super) fn add_person(&mut self, person: &Person) {
        self.people += 1;
        self.add(Kind::Identifier, person.full_name().into_bytes());
        if let Some(number) = &person.nhs_number {
            self.add(Kind::Identifier, number.to_string().into_bytes());
        }
        if let Some(upn) = &person.upn {
            self.add(Kind::Identifier, upn.to_string().into_bytes());
        }
        for email in person
            .contacts
            .iter()
            .filter_map(|contact| contact.email.as_ref())
        {
            self.add(Kind::Identifier, email.clone().into_bytes());
        }
    }

    fn add(&mut self, kind: Kind, mut bytes: Vec<u8>) {
        let Some(prefix) = prefix(&bytes) else {
            self.too_short += 1;
            bytes.zeroize();
            return;
        };
        let same_start = self.by_prefix.entry(prefix).or_default();
        if same_start.iter().any(|needle| needle.bytes == bytes) {
            bytes.zeroize();
            return;
        }
        self.longest = self.longest.max(bytes.len());
        self.count += 1;
        same_start.push(Needle { kind, bytes });
    }

    /// Takes out identifiers that staff have too: a teacher's own child may have the teacher's address.
    pub(super) fn without(&mut self, texts: &[String]) {
        for needles in self.by_prefix.values_mut() {
            let before = needles.len();
            needles.retain(|needle| {
                needle.kind == Kind::Mark
                    || !texts
                        .iter()
                        .any(|text| contains(text.as_bytes(), &needle.bytes))
            });
            self.count -= before - needles.len();
        }
    }

    /// Takes over another set's needles.
    pub(super) fn extend(&mut self, other: Self) {
        self.people += other.people;
        self.too_short += other.too_short;
        for mut needle in other.by_prefix.into_values().flatten() {
            self.add(needle.kind, std::mem::take(&mut needle.bytes));
        }
    }

    /// How many needles there are.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// How many children's identifiers are among them.
    pub(super) fn people(&self) -> usize {
        self.people
    }

    /// How many identifiers were too short to be told from noise.
    pub(super) fn too_short(&self) -> usize {
        self.too_short
    }

    /// Prepares the set for searching; to be called after the last needle was added.
    pub(super) fn prepare(&mut self) {
        let bits = (self.count * 32).next_power_of_two().max(1 << 16);
        self.filter = vec![0; bits / 64];
        let hashes: Vec<usize> = self
            .by_prefix
            .keys()
            .map(|prefix| self.slot(*prefix))
            .collect();
        for slot in hashes {
            self.filter[slot / 64] |= 1 << (slot % 64);
        }
    }

    fn slot(&self, prefix: u64) -> usize {
        let bits = self.filter.len() as u64 * 64;
        ((prefix.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 24) & (bits - 1)) as usize
    }

    fn search(&self, bytes: &[u8], found: &mut HashSet<(u64, usize)>) {
        for (at, window) in bytes.windows(PREFIX_BYTES).enumerate() {
            let Some(prefix) = prefix(window) else {
                continue;
            };
            let slot = self.slot(prefix);
            if self.filter[slot / 64] & (1 << (slot % 64)) == 0 {
                continue;
            }
            let Some(needles) = self.by_prefix.get(&prefix) else {
                continue;
            };
            for (index, needle) in needles.iter().enumerate() {
                if bytes[at..].starts_with(&needle.bytes) {
                    found.insert((prefix, index));
                }
            }
        }
    }
}

/// Searches bytes that come in pieces: a needle across the seam of two pieces is found too.
pub(super) struct Search<'a> {
    needles: &'a Needles,
    tail: Vec<u8>,
    found: HashSet<(u64, usize)>,
    bytes: u64,
}

impl<'a> Search<'a> {
    /// A search for a prepared set.
    pub(super) fn new(needles: &'a Needles) -> Self {
        Self {
            needles,
            tail: Vec::new(),
            found: HashSet::new(),
            bytes: 0,
        }
    }

    /// The next piece of the same file.
    pub(super) fn feed(&mut self, piece: &[u8]) {
        self.bytes += piece.len() as u64;
        let mut joined = std::mem::take(&mut self.tail);
        joined.extend_from_slice(piece);
        self.needles.search(&joined, &mut self.found);
        let keep = joined.len().min(self.needles.longest.saturating_sub(1));
        joined.drain(..joined.len() - keep);
        self.tail = joined;
    }

    /// Another file begins.
    pub(super) fn next_file(&mut self) {
        self.tail.clear();
    }

    /// Bytes searched so far.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// What was found so far.
    pub(super) fn found(&self) -> Found {
        let mut found = Found::default();
        for (prefix, index) in &self.found {
            match self
                .needles
                .by_prefix
                .get(prefix)
                .and_then(|needles| needles.get(*index))
            {
                Some(needle) if needle.kind == Kind::Mark => found.marks += 1,
                Some(_) => found.identifiers += 1,
                None => {}
            }
        }
        found
    }
}

fn prefix(bytes: &[u8]) -> Option<u64> {
    let start = bytes.first_chunk::<PREFIX_BYTES>()?;
    let mut eight = [0_u8; 8];
    eight[..PREFIX_BYTES].copy_from_slice(start);
    Some(u64::from_le_bytes(eight))
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn needles(texts: &[&[u8]]) -> Needles {
        let mut needles = Needles::default();
        for text in texts {
            needles.add(Kind::Identifier, text.to_vec());
        }
        needles.prepare();
        needles
    }

    #[test]
    fn needles_with_the_same_beginning_are_told_apart() {
        let needles = needles(&[b"Oliver Smith", b"Oliver Smythe", b"Oliver"]);
        let mut search = Search::new(&needles);
        search.feed(b"...Oliver Smythe...");
        assert_eq!(search.found().identifiers, 2);
    }

    #[test]
    fn a_short_name_is_counted_and_not_looked_for() {
        let needles = needles(&[b"Li Wu"]);
        assert_eq!((needles.len(), needles.too_short()), (0, 1));
    }

    #[test]
    fn what_staff_are_called_is_not_looked_for() {
        let mut needles = needles(&[b"Jane Smith", b"Ada Lovelace"]);
        needles.without(&["Dr Jane Smith".to_owned()]);
        assert_eq!(needles.len(), 1);
    }

    proptest! {
        #[test]
        fn a_needle_is_found_wherever_the_pieces_are_cut(before in 0_usize..40, after in 0_usize..40, cut in 1_usize..30) {
            let needles = needles(&[b"Zo\xc3\xab Quartermaine"]);
            let mut bytes = vec![b'x'; before];
            bytes.extend_from_slice(b"Zo\xc3\xab Quartermaine");
            bytes.extend(std::iter::repeat_n(b'y', after));
            let mut search = Search::new(&needles);
            for piece in bytes.chunks(cut) {
                search.feed(piece);
            }
            prop_assert_eq!(search.found().identifiers, 1);
        }

        #[test]
        fn noise_holds_no_needle(bytes in proptest::collection::vec(any::<u8>(), 0..4096)) {
            let needles = needles(&[b"4505577104"]);
            let mut search = Search::new(&needles);
            search.feed(&bytes);
            prop_assert_eq!(search.found(), Found::default());
        }
    }
}
