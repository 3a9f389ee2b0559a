//! Children put straight into the data, as an import would leave them.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::prelude::*;
use programme::{Contact, Particulars, Person};
use stature::audit::Actor;
use stature::db::schema::{academic_year, identity, pupil};
use stature::identity::{IdentityError, Purpose, Whose};

use super::TestApp;

/// A child as a test wants it; everything has a value that does no harm.
#[derive(Clone, Debug)]
pub(crate) struct ChildSpec {
    /// Given name.
    pub given_name: &'static str,
    /// Family name.
    pub family_name: &'static str,
    /// Date of birth: year, month, day.
    pub born: (i32, u32, u32),
    /// `F` or `M`.
    pub sex: &'static str,
    /// `R` or `6`.
    pub year_group: &'static str,
    /// Class.
    pub class: &'static str,
    /// The school; put on the list when it is not there.
    pub school: i32,
    /// The academic year; given a retention rule of 365 days when it has none.
    pub year: &'static str,
    /// NHS number, or empty.
    pub nhs_number: &'static str,
    /// UPN, or empty.
    pub upn: &'static str,
    /// Home postcode, or empty.
    pub postcode: &'static str,
    /// Name and email address (or empty) of each parent.
    pub contacts: Vec<(&'static str, &'static str)>,
}

impl Default for ChildSpec {
    fn default() -> Self {
        Self {
            given_name: "Robin",
            family_name: "Example",
            born: (2016, 3, 14),
            sex: "F",
            year_group: "6",
            class: "Oak",
            school: 900_101,
            year: "2026-27",
            nhs_number: "",
            upn: "",
            postcode: "EB1 4NQ",
            contacts: vec![("Sam Example", "sam@example.org")],
        }
    }
}

impl TestApp {
    /// Adds a child; returns its number.
    pub(crate) fn child(&self, spec: ChildSpec) -> i64 {
        self.school(spec.school, "999");
        let year_known: i64 = self
            .db()
            .read_now(|tx| -> Result<i64, stature::db::Error> {
                Ok(academic_year::table
                    .find(spec.year)
                    .count()
                    .get_result(tx)?)
            })
            .unwrap();
        if year_known == 0 {
            self.set_year(spec.year, 365);
        }
        let now = self.app.clock.now();
        let (year, month, day) = spec.born;
        let mut particulars = Particulars::default();
        particulars.class.push_str(spec.class);
        let person = Person {
            particulars,
            nhs_number: (!spec.nhs_number.is_empty()).then(|| spec.nhs_number.parse().unwrap()),
            upn: (!spec.upn.is_empty()).then(|| spec.upn.parse().unwrap()),
            given_name: spec.given_name.to_owned(),
            family_name: spec.family_name.to_owned(),
            preferred_name: String::new(),
            date_of_birth: NaiveDate::from_ymd_opt(year, month, day).unwrap(),
            address_lines: vec!["1 Example Street".to_owned()],
            town: "Exampleton".to_owned(),
            postcode: (!spec.postcode.is_empty()).then(|| spec.postcode.parse().unwrap()),
            contacts: spec
                .contacts
                .iter()
                .map(|(name, email)| {
                    let mut contact = Contact::default();
                    contact.name.push_str(name);
                    contact.email = (!email.is_empty()).then(|| (*email).to_owned());
                    contact
                })
                .collect(),
        };
        self.db()
            .write_now(|tx| -> Result<i64, IdentityError> {
                let id: i64 = diesel::insert_into(pupil::table)
                    .values((
                        pupil::year_label.eq(spec.year),
                        pupil::school_urn.eq(spec.school),
                        pupil::year_group.eq(spec.year_group),
                        pupil::sex.eq(spec.sex),
                        pupil::created_at.eq(now),
                        pupil::updated_at.eq(now),
                    ))
                    .returning(pupil::id)
                    .get_result(tx)
                    .map_err(stature::db::Error::from)?;
                self.app.identities.put(tx, spec.year, id, &person)?;
                Ok(id)
            })
            .unwrap()
    }

    /// Everybody whose name is held, by number.
    pub(crate) fn people(&self) -> BTreeMap<i64, Person> {
        self.db()
            .write_now(|tx| -> Result<BTreeMap<i64, Person>, IdentityError> {
                let pupils: Vec<i64> = identity::table
                    .select(identity::pupil_id)
                    .load(tx)
                    .map_err(stature::db::Error::from)?;
                let actor = Actor::command("test");
                let whose = Whose::Pupils(&pupils);
                let opened = self
                    .app
                    .identities
                    .open(tx, &actor, Purpose::ViewingRecord, whose)?;
                Ok(opened.people.into_iter().collect())
            })
            .unwrap()
    }

    /// Alters a byte of what is sealed about a child, so that it does not open; done again, it
    /// opens again.
    pub(crate) fn damage(&self, child: i64) {
        self.db()
            .write_now(|tx| -> Result<(), stature::db::Error> {
                let mut sealed: Vec<u8> = identity::table
                    .find(child)
                    .select(identity::sealed)
                    .first(tx)?;
                *sealed.last_mut().unwrap() ^= 1;
                diesel::update(identity::table.find(child))
                    .set(identity::sealed.eq(sealed))
                    .execute(tx)?;
                Ok(())
            })
            .unwrap();
    }

    /// Changes what is sealed about a child.
    pub(crate) fn change_person(&self, child: i64, change: impl FnOnce(&mut Person)) {
        let mut person = self.people().remove(&child).unwrap();
        change(&mut person);
        self.db()
            .write_now(|tx| -> Result<(), IdentityError> {
                let year: String = identity::table
                    .find(child)
                    .select(identity::year_label)
                    .first(tx)
                    .map_err(stature::db::Error::from)?;
                self.app.identities.put(tx, &year, child, &person)
            })
            .unwrap();
    }

    /// Records a measurement as a recorder would: millimetres, grams, the day. Warnings stay
    /// unconfirmed.
    pub(crate) fn measure(&self, pupil: i64, height_mm: u32, weight_g: u32, on: NaiveDate) {
        use stature::measurement::{Entry, RecordError, Recorded, load, record_measurement};
        use stature::records::pupil::pupil as pupil_row;
        let entry = Entry {
            expected_version: None,
            height: growth::Height::from_millimetres(height_mm),
            weight: growth::Weight::from_grams(weight_g),
            measured_on: on,
            device: None,
            measured_by: None,
        };
        let recorded = self
            .app
            .write_now(&Actor::command("test"), |work| {
                let row = pupil_row(work.tx, pupil)?.ok_or(RecordError::NoSuchChild)?;
                let subject = load(work.tx, row)?;
                record_measurement(work, &subject, &entry)
            })
            .unwrap();
        assert!(
            matches!(
                recorded,
                Recorded::Saved { .. } | Recorded::Unchanged { .. }
            ),
            "not recorded: {recorded:?}"
        );
    }
}
