//! Which child a row is.
//!
//! NHS number first; then UPN; then family name, given name and date of birth;
//! then three of those and the postcode, which a person decides. The one thing
//! to know: a different valid NHS number is never a match, and twins share
//! everything but their given names and numbers, so nothing less than those may
//! bring two children together.

pub mod merge;

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};

use chrono::NaiveDate;

use crate::code::Code;
use programme::Person;
use programme::{Upn, Urn, text};

/// What of a child is compared. Texts and numbers are there as hashes: of the
/// folded form for names.
#[derive(Debug, Clone)]
pub struct Traits {
    nhs_number: Option<u64>,
    upn: Option<u64>,
    upn_is_temporary: bool,
    urn: Urn,
    birth: NaiveDate,
    given: u64,
    first: u64,
    family: u64,
    postcode: Option<u64>,
}

/// Whom a row was found to be. `C` names a candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Match<C> {
    /// Nobody who is there.
    New,
    /// This one.
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

/// Keys are hashes already.
#[derive(Default)]
pub struct Hashed(u64);

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

/// Whether both have an NHS number, and not the same.
fn numbers_differ(a: &Traits, b: &Traits) -> bool {
    matches!((a.nhs_number, b.nhs_number), (Some(of_a), Some(of_b)) if of_a != of_b)
}

/// Whether both have a UPN that lasts, and not the same.
fn upns_differ(a: &Traits, b: &Traits) -> bool {
    let differ = matches!((a.upn, b.upn), (Some(of_a), Some(of_b)) if of_a != of_b);
    differ && !a.upn_is_temporary && !b.upn_is_temporary
}

/// Whether three of four agree and nothing says that they are two children.
fn is_close(a: &Traits, b: &Traits) -> bool {
    let postcode = a.postcode.is_some() && a.postcode == b.postcode;
    let agree = [
        a.family == b.family,
        a.given == b.given,
        a.birth == b.birth,
        postcode,
    ];
    if agree.iter().filter(|agrees| **agrees).count() < 3 || numbers_differ(a, b) {
        return false;
    }
    // Twins in an export without NHS numbers.
    let both_upns = matches!((a.upn, b.upn), (Some(of_a), Some(of_b)) if of_a != of_b);
    !(both_upns && a.given != b.given)
}

#[cfg(test)]
mod tests {
    use super::*;
    use programme::{NhsNumber, Postcode};

    fn person(given: &str, family: &str, birth: &str, postcode: &str) -> Person {
        Person {
            nhs_number: None,
            upn: None,
            given_name: given.to_owned(),
            family_name: family.to_owned(),
            preferred_name: String::new(),
            date_of_birth: birth.parse().unwrap(),
            address_lines: Vec::new(),
            town: String::new(),
            postcode: Postcode::parse(postcode).ok(),
            contacts: Vec::new(),
            particulars: programme::Particulars::default(),
        }
    }

    fn numbered(mut person: Person, nhs: &str, upn: &str) -> Person {
        person.nhs_number = NhsNumber::parse(nhs).ok();
        person.upn = Upn::parse(upn).ok();
        person
    }

    fn find_at(held: &[(Person, &str)], wanted: &Person, urn: &str) -> Match<usize> {
        let mut index = Index::default();
        for (person, urn) in held {
            let traits = index.traits(person, Urn::parse(urn).unwrap());
            index.add(traits);
        }
        index.find(
            &index.traits(wanted, Urn::parse(urn).unwrap()),
            Code::PossibleMatch,
        )
    }

    fn find(held: &[Person], wanted: &Person) -> Match<usize> {
        let held: Vec<_> = held
            .iter()
            .map(|person| (person.clone(), "900101"))
            .collect();
        find_at(&held, wanted, "900101")
    }

    const NHS: [&str; 3] = ["9990135614", "9990135630", "9990136408"];
    const UPN: [&str; 3] = ["H999200120042", "X999200120043", "L999200120044"];

    #[test]
    fn the_nhs_number_comes_first_and_then_the_upn() {
        let held = [numbered(
            person("Ava", "Ng", "2016-01-01", ""),
            NHS[0],
            UPN[0],
        )];
        assert_eq!(
            find(
                &held,
                &numbered(person("Ava", "Berg", "2016-01-02", ""), NHS[0], "")
            ),
            Match::Same(0)
        );
        assert_eq!(
            find(
                &held,
                &numbered(person("Ava", "Berg", "2016-01-01", ""), "", UPN[0])
            ),
            Match::Same(0)
        );
    }

    #[test]
    fn a_different_nhs_number_is_never_a_match() {
        let held = [numbered(
            person("Ava", "Ng", "2016-01-01", "EB1 4PU"),
            NHS[0],
            UPN[0],
        )];
        let other = numbered(person("Ava", "Ng", "2016-01-01", "EB1 4PU"), NHS[1], UPN[0]);
        assert_eq!(
            find(&held, &other),
            Match::Review(Code::NhsNumberConflict, vec![0])
        );
        let without_upn = numbered(person("Ava", "Ng", "2016-01-01", "EB1 4PU"), NHS[1], "");
        assert_eq!(
            find(&held, &without_upn),
            Match::Review(Code::NhsNumberConflict, vec![0])
        );
    }

    #[test]
    fn twins_are_two_children_or_are_held_but_never_one() {
        let twin = |given| person(given, "Akhtar", "2022-06-02", "EB1 4NQ");
        let by_number = find(
            &[numbered(twin("Aisha"), NHS[0], "")],
            &numbered(twin("Hafsa"), NHS[1], ""),
        );
        assert_eq!(by_number, Match::New);
        let by_upn = find(
            &[numbered(twin("Aisha"), "", UPN[0])],
            &numbered(twin("Hafsa"), "", UPN[1]),
        );
        assert_eq!(by_upn, Match::New);
        let bare = find(&[twin("Aisha")], &twin("Hafsa"));
        assert_eq!(bare, Match::Review(Code::PossibleMatch, vec![0]));
        let shared = find(
            &[numbered(twin("Aisha"), NHS[0], "")],
            &numbered(twin("Hafsa"), NHS[0], ""),
        );
        assert_eq!(shared, Match::Review(Code::NhsNumberShared, vec![0]));
        let shared_upn = find(
            &[numbered(twin("Aisha"), "", UPN[0])],
            &numbered(twin("Hafsa"), "", UPN[0]),
        );
        assert_eq!(shared_upn, Match::Review(Code::UpnShared, vec![0]));
    }

    #[test]
    fn name_and_birth_are_a_match_whatever_the_accents() {
        let held = [person("Zoë", "O\u{2019}Brien", "2016-01-01", "EB1 4PU")];
        assert_eq!(
            find(&held, &person("Zoe", "O'BRIEN", "2016-01-01", "")),
            Match::Same(0)
        );
        assert_eq!(
            find(&held, &person("Zoe", "O'Brian", "2016-01-01", "")),
            Match::New
        );
        assert_eq!(
            find(&held, &person("Zoe", "O'Brian", "2016-01-01", "EB1 4PU")),
            Match::Review(Code::PossibleMatch, vec![0])
        );
    }

    #[test]
    fn namesakes_born_on_one_day_at_two_schools_are_held() {
        let held = [(
            numbered(person("Ava", "Smith", "2016-01-01", "EB1 4PU"), "", UPN[0]),
            "900101",
        )];
        let namesake = numbered(person("Ava", "Smith", "2016-01-01", "TB1 1AA"), "", UPN[1]);
        assert_eq!(
            find_at(&held, &namesake, "900201"),
            Match::Review(Code::PossibleMatch, vec![0])
        );
        // At the same school it is a UPN issued anew.
        assert_eq!(find_at(&held, &namesake, "900101"), Match::Same(0));
        let two = [
            person("Ava", "Smith", "2016-01-01", ""),
            person("Ava", "Smith", "2016-01-01", ""),
        ];
        assert_eq!(
            find(&two, &person("Ava", "Smith", "2016-01-01", "")),
            Match::Review(Code::SeveralMatches, vec![0, 1])
        );
    }

    #[test]
    fn numbers_of_two_children_in_one_row_are_held() {
        let held = [
            numbered(person("Ava", "Smith", "2016-01-01", ""), NHS[0], UPN[0]),
            numbered(person("Bea", "Smith", "2016-01-01", ""), NHS[1], UPN[1]),
        ];
        let mixed = numbered(person("Ava", "Smith", "2016-01-01", ""), NHS[0], UPN[1]);
        assert_eq!(
            find(&held, &mixed),
            Match::Review(Code::IdentifiersDisagree, vec![0, 1])
        );
    }
}
