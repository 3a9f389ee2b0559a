//! Which child a row is.
//!
//! NHS number first; then UPN; then family name, given name and date of birth;
//! then three of those and the postcode, which a person decides. The one thing
//! to know: a different valid NHS number is never a match, and twins share
//! everything but their given names and numbers, so nothing less than those may
//! bring two children together.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use chrono::NaiveDate;

use super::code::Code;
use crate::fields::{NhsNumber, Upn, Urn, text};
use crate::identity::Person;

/// What of a child is compared.
#[derive(Debug, Clone)]
pub struct Traits {
    nhs_number: Option<NhsNumber>,
    upn: Option<Upn>,
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
/// Linear in their number: each is in a handful of hash tables.
pub struct Index {
    hasher: RandomState,
    traits: Vec<Traits>,
    by_nhs_number: HashMap<NhsNumber, u32>,
    by_upn: HashMap<Upn, u32>,
    /// Family name, given name and date of birth.
    by_name: HashMap<u64, Vec<u32>>,
    /// Any other three of family name, given name, date of birth, postcode.
    by_three: HashMap<u64, Vec<u32>>,
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
    pub fn sibling(&self, children: usize) -> Self {
        Self::with_hasher(children, self.hasher.clone())
    }

    fn with_hasher(children: usize, hasher: RandomState) -> Self {
        Self {
            hasher,
            traits: Vec::with_capacity(children),
            by_nhs_number: HashMap::with_capacity(children),
            by_upn: HashMap::with_capacity(children),
            by_name: HashMap::with_capacity(children),
            by_three: HashMap::with_capacity(children * 3),
        }
    }

    /// What of a child is compared, ready for this index.
    pub fn traits(&self, person: &Person, urn: Urn) -> Traits {
        let hash = |text: &str| self.hasher.hash_one(text::folded(text));
        Traits {
            nhs_number: person.nhs_number.clone(),
            upn: person.upn.clone(),
            urn,
            birth: person.date_of_birth,
            given: hash(&person.given_name),
            first: self
                .hasher
                .hash_one(text::first_word_folded(&person.given_name)),
            family: hash(&person.family_name),
            postcode: person
                .postcode
                .as_ref()
                .map(|postcode| self.hasher.hash_one(postcode.as_str())),
        }
    }

    /// Adds a child; its place is the number of children before it.
    pub fn add(&mut self, traits: Traits) {
        let place = self.traits.len() as u32;
        if let Some(number) = &traits.nhs_number {
            self.by_nhs_number.entry(number.clone()).or_insert(place);
        }
        if let Some(upn) = &traits.upn {
            self.by_upn.entry(upn.clone()).or_insert(place);
        }
        self.by_name
            .entry(self.name_key(&traits))
            .or_default()
            .push(place);
        for key in self.three_keys(&traits).into_iter().flatten() {
            self.by_three.entry(key).or_default().push(place);
        }
        self.traits.push(traits);
    }

    fn name_key(&self, traits: &Traits) -> u64 {
        self.hasher
            .hash_one((0u8, traits.family, traits.given, traits.birth))
    }

    fn three_keys(&self, traits: &Traits) -> [Option<u64>; 3] {
        let Some(postcode) = traits.postcode else {
            return [None; 3];
        };
        [
            Some(
                self.hasher
                    .hash_one((1u8, traits.family, traits.given, postcode)),
            ),
            Some(
                self.hasher
                    .hash_one((2u8, traits.family, traits.birth, postcode)),
            ),
            Some(
                self.hasher
                    .hash_one((3u8, traits.given, traits.birth, postcode)),
            ),
        ]
    }

    /// Finds a child by its place.
    ///
    /// `close` is the code for a close match: with a child held, or with
    /// another row of the same file.
    pub fn find(&self, wanted: &Traits, close: Code) -> Match<usize> {
        let by_number = wanted
            .nhs_number
            .as_ref()
            .and_then(|number| self.by_nhs_number.get(number))
            .copied();
        let by_upn = wanted
            .upn
            .as_ref()
            .and_then(|upn| self.by_upn.get(upn))
            .copied();
        if let Some(place) = by_number {
            if let Some(other) = by_upn.filter(|other| *other != place) {
                return Match::Review(
                    Code::IdentifiersDisagree,
                    vec![place as usize, other as usize],
                );
            }
            return self.same_first_name(wanted, place, Code::NhsNumberShared);
        }
        if let Some(place) = by_upn {
            if numbers_differ(wanted, &self.traits[place as usize]) {
                return Match::Review(Code::NhsNumberConflict, vec![place as usize]);
            }
            return self.same_first_name(wanted, place, Code::UpnShared);
        }
        self.find_by_name(wanted, close)
    }

    /// A shared number with another first name is more likely a twin with the
    /// wrong number than a child renamed.
    fn same_first_name(&self, wanted: &Traits, place: u32, otherwise: Code) -> Match<usize> {
        let held = &self.traits[place as usize];
        if held.first == wanted.first {
            Match::Same(place as usize)
        } else {
            Match::Review(otherwise, vec![place as usize])
        }
    }

    fn find_by_name(&self, wanted: &Traits, close: Code) -> Match<usize> {
        let (mut same, mut differ) = (Vec::new(), Vec::new());
        for place in self
            .by_name
            .get(&self.name_key(wanted))
            .into_iter()
            .flatten()
        {
            let held = &self.traits[*place as usize];
            if (held.family, held.given, held.birth) != (wanted.family, wanted.given, wanted.birth)
            {
                continue;
            }
            if numbers_differ(wanted, held) {
                differ.push(*place as usize);
            } else {
                same.push(*place as usize);
            }
        }
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
        for key in self.three_keys(wanted).into_iter().flatten() {
            for place in self.by_three.get(&key).into_iter().flatten() {
                let place = *place as usize;
                if !near.contains(&place) && is_close(wanted, &self.traits[place]) {
                    near.push(place);
                }
            }
        }
        if near.is_empty() {
            Match::New
        } else {
            Match::Review(close, near)
        }
    }
}

/// Whether both have an NHS number, and not the same.
fn numbers_differ(a: &Traits, b: &Traits) -> bool {
    matches!((&a.nhs_number, &b.nhs_number), (Some(a), Some(b)) if a != b)
}

/// Whether both have a UPN that lasts, and not the same.
fn upns_differ(a: &Traits, b: &Traits) -> bool {
    matches!((&a.upn, &b.upn), (Some(a), Some(b)) if a != b && !a.is_temporary() && !b.is_temporary())
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
    let both_upns = matches!((&a.upn, &b.upn), (Some(a), Some(b)) if a != b);
    !(both_upns && a.given != b.given)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fields::Postcode;

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
