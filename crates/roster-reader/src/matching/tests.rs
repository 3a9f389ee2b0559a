//! Which children are found to be the same, and which are held for a person.

use programme::{NhsNumber, Person, Postcode, Upn, Urn};

use super::{Index, Match};
use crate::code::Code;

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
