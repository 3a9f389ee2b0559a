//! Finds a child among others by its traits.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};

use programme::{Person, Upn, Urn, text};

use super::traits::{Traits, is_close, numbers_differ, upns_differ};
use crate::code::Code;

/// The result of a search. `C` names a candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Match<C> {
    /// No child like it.
    New,
    /// The same child.
    Same(C),
    /// Perhaps one of these; a person decides.
    Review(Code, Vec<C>),
}

/// Children to be found again, by everything they can be found by.
///
/// Linear in their number and small: one table leads from each key to the last
/// child that has it, and each child to the one before it with the same key.
pub struct Index {
    hasher: RandomState,
    traits: Vec<Traits>,
    last_with: HashMap<u64, u32, BuildHasherDefault<Hashed>>,
    before: Vec<[u32; KEYS]>,
}

/// NHS number, UPN, full name with date of birth, and the other threes of
/// family name, given name, date of birth and postcode.
const KEYS: usize = 6;

/// The most children looked at behind one key. Nobody shares a name, a birthday
/// or a home with more; a file made to cost time may say so.
const MOST_LOOKED_AT: usize = 64;

/// No child.
const NOBODY: u32 = u32::MAX;

/// Passes keys through as their own hashes.
#[derive(Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

impl Default for Index {
    fn default() -> Self {
        Self::with_capacity(0)
    }
}

impl Index {
    /// An empty index with room for so many children.
    pub fn with_capacity(children: usize) -> Self {
        Self::with_hasher(children, RandomState::new())
    }

    /// An empty index that understands the traits made by this one.
    #[must_use]
    pub fn sibling(&self, children: usize) -> Self {
        Self::with_hasher(children, self.hasher.clone())
    }

    fn with_hasher(children: usize, hasher: RandomState) -> Self {
        Self {
            hasher,
            traits: Vec::with_capacity(children),
            last_with: HashMap::with_capacity_and_hasher(
                children * KEYS,
                BuildHasherDefault::default(),
            ),
            before: Vec::with_capacity(children),
        }
    }

    /// What of a child is compared, ready for this index.
    pub fn traits(&self, person: &Person, urn: Urn) -> Traits {
        let hash = |text: &str| self.hasher.hash_one(text);
        Traits {
            nhs_number: person
                .nhs_number
                .as_ref()
                .map(|number| self.hasher.hash_one(number)),
            upn: person.upn.as_ref().map(|upn| hash(upn.as_str())),
            upn_is_temporary: person.upn.as_ref().is_some_and(Upn::is_temporary),
            urn,
            birth: person.date_of_birth,
            given: hash(&text::folded(&person.given_name)),
            first: hash(&text::first_word_folded(&person.given_name)),
            family: hash(&text::folded(&person.family_name)),
            postcode: person
                .postcode
                .as_ref()
                .map(|postcode| hash(postcode.as_str())),
        }
    }

    /// Adds a child; its place is the number of children before it.
    pub fn add(&mut self, traits: Traits) {
        let place = self.traits.len() as u32;
        let mut before = [NOBODY; KEYS];
        for (key, before) in keys(&traits).into_iter().zip(&mut before) {
            if let Some(earlier) = key.and_then(|key| self.last_with.insert(key, place)) {
                *before = earlier;
            }
        }
        self.before.push(before);
        self.traits.push(traits);
    }

    /// The children with one of the keys, the last one first; perhaps others
    /// whose key only happens to be the same.
    fn with(&self, kind: usize, key: Option<u64>) -> impl Iterator<Item = usize> {
        let last = key
            .and_then(|key| self.last_with.get(&key))
            .copied()
            .unwrap_or(NOBODY);
        std::iter::successors((last != NOBODY).then_some(last as usize), move |place| {
            let before = self.before[*place][kind];
            (before != NOBODY).then_some(before as usize)
        })
        .take(MOST_LOOKED_AT)
    }

    /// Finds a child by its place.
    ///
    /// `close` is the code for a close match: with a child held, or with
    /// another row of the same file.
    pub fn find(&self, wanted: &Traits, close: Code) -> Match<usize> {
        let keys = keys(wanted);
        // Of several with one number the first is meant: the others were held.
        let by_number = self
            .with(0, keys[0])
            .filter(|place| self.traits[*place].nhs_number == wanted.nhs_number)
            .last();
        let by_upn = self
            .with(1, keys[1])
            .filter(|place| self.traits[*place].upn == wanted.upn)
            .last();
        if let Some(place) = by_number {
            if let Some(other) = by_upn.filter(|other| *other != place) {
                return Match::Review(Code::IdentifiersDisagree, vec![place, other]);
            }
            return self.same_first_name(wanted, place, Code::NhsNumberShared);
        }
        if let Some(place) = by_upn {
            if numbers_differ(wanted, &self.traits[place]) {
                return Match::Review(Code::NhsNumberConflict, vec![place]);
            }
            return self.same_first_name(wanted, place, Code::UpnShared);
        }
        self.find_by_name(wanted, close, keys)
    }

    /// A shared number with another first name is more likely a twin with the
    /// wrong number than a child renamed.
    fn same_first_name(&self, wanted: &Traits, place: usize, otherwise: Code) -> Match<usize> {
        if self.traits[place].first == wanted.first {
            Match::Same(place)
        } else {
            Match::Review(otherwise, vec![place])
        }
    }

    fn find_by_name(
        &self,
        wanted: &Traits,
        close: Code,
        keys: [Option<u64>; KEYS],
    ) -> Match<usize> {
        let (mut same, mut differ) = (Vec::new(), Vec::new());
        for place in self.with(2, keys[2]) {
            let held = &self.traits[place];
            if (held.family, held.given, held.birth) != (wanted.family, wanted.given, wanted.birth)
            {
                continue;
            }
            if numbers_differ(wanted, held) {
                differ.push(place);
            } else {
                same.push(place);
            }
        }
        same.reverse();
        differ.reverse();
        match same.as_slice() {
            [] => {}
            [place] => {
                let held = &self.traits[*place];
                // Two children of one name born on one day, each with a UPN,
                // neither school nor home in common: not to be taken for one.
                let apart = upns_differ(wanted, held)
                    && (close == Code::PossibleDuplicate
                        || (held.urn != wanted.urn && held.postcode != wanted.postcode));
                return if apart {
                    Match::Review(close, same)
                } else {
                    Match::Same(*place)
                };
            }
            _ => return Match::Review(Code::SeveralMatches, same),
        }
        if !differ.is_empty() {
            return Match::Review(Code::NhsNumberConflict, differ);
        }
        let mut near: Vec<usize> = Vec::new();
        for (kind, key) in keys.into_iter().enumerate().skip(3) {
            for place in self.with(kind, key) {
                if !near.contains(&place) && is_close(wanted, &self.traits[place]) {
                    near.push(place);
                }
            }
        }
        near.sort_unstable();
        if near.is_empty() {
            Match::New
        } else {
            Match::Review(close, near)
        }
    }
}

/// The keys a child can be found by, each of another kind.
fn keys(traits: &Traits) -> [Option<u64>; KEYS] {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    // The parts are hashes already: turning and multiplying keeps the kinds apart.
    let mix = |kind: u64, parts: [u64; 3]| {
        parts.into_iter().fold(kind.wrapping_mul(ODD), |key, part| {
            (key.rotate_left(21) ^ part).wrapping_mul(ODD)
        })
    };
    let birth = u64::from(traits.birth.to_epoch_days().unsigned_abs());
    let (family, given) = (traits.family, traits.given);
    let with_home = |kind, a, b| traits.postcode.map(|postcode| mix(kind, [a, b, postcode]));
    [
        traits.nhs_number.map(|number| mix(0, [number, 0, 0])),
        traits.upn.map(|upn| mix(1, [upn, 0, 0])),
        Some(mix(2, [family, given, birth])),
        with_home(3, family, given),
        with_home(4, family, birth),
        with_home(5, given, birth),
    ]
}
