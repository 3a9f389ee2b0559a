//! Correcting what is held of a child: reading the form, and the change in one transaction.

use chrono::NaiveDate;
use programme::{
    Contact, EmailReading, LONGEST_NAME, NameError, NhsNumber, Person, Postcode, Sex, Upn,
    YearGroup, read_email, read_name, text,
};
use serde_json::json;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::queries;
use crate::access::Scope;
use crate::audit::{self, Action};
use crate::error::{AppError, internal};
use crate::form::FormData;
use crate::identity::{Purpose, Whose, hex};
use crate::measurement::reassess;
use crate::records::pupil::{Pupil, in_scope, pupil};
use crate::roster::geography::place_of_home;
use crate::work::Work;

/// Parents and carers that the form shows.
pub(super) const CONTACTS: usize = 3;

/// What is to be held from now on.
struct Correction {
    person: Person,
    sex: Sex,
    year_group: YearGroup,
}

/// A mark of what is held: whoever saves sends it back, and another one means that somebody else was quicker.
fn mark(row: &Pupil, person: &Person) -> Result<String, AppError> {
    let mut digest = Sha256::new();
    let held = Zeroizing::new(serde_json::to_vec(person).map_err(internal)?);
    digest.update(&*held);
    for text in [&row.sex_code, &row.year_group_code] {
        digest.update([0]);
        digest.update(text);
    }
    Ok(hex(&digest.finalize()))
}

/// Whether the form was filled in from what is held now. If not, that is told, and the form is made one of now: saving
/// it once more is then a decision.
fn is_of_now(form: &mut FormData, row: &Pupil, held: &Person) -> Result<bool, AppError> {
    let now = mark(row, held)?;
    if form.text("held") == now {
        return Ok(true);
    }
    form.put("held", &now);
    form.error(
        "",
        "Somebody else has corrected this child’s details since you opened the page. Yours were not saved. Look at the child’s page in another tab, and save again only if yours are right.",
    );
    Ok(false)
}

/// The form filled in with what is held.
pub(super) fn filled(row: &Pupil, person: &Person) -> Result<FormData, AppError> {
    let born = person.date_of_birth;
    let mut form = FormData::filled([
        ("given_name", person.given_name.clone()),
        ("family_name", person.family_name.clone()),
        ("preferred_name", person.preferred_name.clone()),
        ("born-day", born.format("%-d").to_string()),
        ("born-month", born.format("%-m").to_string()),
        ("born-year", born.format("%Y").to_string()),
        ("sex", row.sex_code.clone()),
        ("year_group", row.year_group_code.clone()),
        ("class", person.particulars.class.clone()),
        ("nhs_number", shown(person.nhs_number.as_ref())),
        ("upn", shown(person.upn.as_ref())),
        ("address", person.address_lines.join("\n")),
        ("town", person.town.clone()),
        ("postcode", shown(person.postcode.as_ref())),
        ("held", mark(row, person)?),
    ]);
    for (index, contact) in person.contacts.iter().take(CONTACTS).enumerate() {
        let mut put = |field: &str, value: &str| form.put(&format!("{field}-{index}"), value);
        put("title", &contact.title);
        put("name", &contact.name);
        put("relationship", &contact.relationship);
        put("email", contact.email.as_deref().unwrap_or_default());
        put("phone", &contact.phone);
        put("language", &contact.language);
        if contact.send_letters {
            put("letters", "yes");
        }
    }
    Ok(form)
}

fn shown<T: std::fmt::Display>(value: Option<&T>) -> String {
    value.map_or_else(String::new, ToString::to_string)
}

/// Reads the form; what is wrong stands beside its fields.
fn read(form: &mut FormData, held: &Person, today: NaiveDate) -> Option<Correction> {
    let given_name = name(form, "given_name", "given name");
    let family_name = name(form, "family_name", "family name");
    let preferred_name = if form.is_set("preferred_name") {
        name(form, "preferred_name", "name the child goes by")
    } else {
        Some(String::new())
    };
    let born = date_of_birth(form, today);
    let sex = form.parsed::<Sex>("sex", "Choose the sex");
    let year_group = YearGroup::from_code(form.text("year_group"));
    if year_group.is_none() {
        form.error("year_group", "Choose the year group");
    }
    let nhs_number: Option<NhsNumber> = optional(
        form,
        "nhs_number",
        "Enter the ten digits of the NHS number; the last one checks the others",
    );
    let upn: Option<Upn> = optional(form, "upn", "Enter the letter and 12 digits of the UPN");
    let postcode: Option<Postcode> =
        optional(form, "postcode", "Enter a postcode, such as EB1 4NQ");
    let mut contacts: Vec<Contact> = Vec::new();
    for index in 0..CONTACTS {
        let contact = contact(form, index, held.contacts.get(index));
        if !contact.is_empty() {
            contacts.push(contact);
        }
    }
    contacts.extend(held.contacts.iter().skip(CONTACTS).cloned());
    if !form.is_valid() {
        return None;
    }
    let mut person = held.clone();
    person.given_name = given_name?;
    person.family_name = family_name?;
    person.preferred_name = preferred_name?;
    person.date_of_birth = born?;
    person.nhs_number = nhs_number;
    person.upn = upn;
    person.address_lines = text::clean_lines(form.text("address"))
        .map(std::borrow::Cow::into_owned)
        .filter(|line| !line.is_empty())
        .collect();
    person.town = text::clean(form.text("town")).into_owned();
    person.postcode = postcode;
    person.particulars.class = text::clean(form.text("class")).into_owned();
    person.contacts = contacts;
    Some(Correction {
        person,
        sex: sex?,
        year_group: year_group?,
    })
}

/// The date of birth, with an error beside it when it cannot be a child's of the programme.
fn date_of_birth(form: &mut FormData, today: NaiveDate) -> Option<NaiveDate> {
    let born = form.date("born", "Enter the date of birth")?;
    let days = (today - born).num_days();
    if !(365 * 3..365 * 14 + 4).contains(&days) {
        form.error(
            "born-day",
            "The date of birth makes the child younger than 3 or older than 13: check this",
        );
    }
    Some(born)
}

/// A name that was typed, or an error beside its field.
fn name(form: &mut FormData, field: &str, what: &str) -> Option<String> {
    match read_name(form.text(field)) {
        Ok(name) => Some(name),
        Err(NameError::NoLetter) => {
            form.error(field, format!("Enter the {what}, with at least one letter"));
            None
        }
        Err(NameError::TooLong) => {
            form.error(
                field,
                format!("Enter the {what} in at most {LONGEST_NAME} characters"),
            );
            None
        }
    }
}

fn optional<T: std::str::FromStr>(form: &mut FormData, name: &str, message: &str) -> Option<T> {
    if form.is_set(name) {
        form.parsed(name, message)
    } else {
        None
    }
}

fn contact(form: &mut FormData, index: usize, held: Option<&Contact>) -> Contact {
    let name = |field: &str| format!("{field}-{index}");
    let mut contact = held.cloned().unwrap_or_default();
    form.text(&name("title")).clone_into(&mut contact.title);
    contact.name = text::clean(form.text(&name("name"))).into_owned();
    if contact.name.chars().count() > LONGEST_NAME {
        form.error(
            &name("name"),
            format!("Enter the name in at most {LONGEST_NAME} characters"),
        );
    }
    form.text(&name("relationship"))
        .clone_into(&mut contact.relationship);
    form.text(&name("phone")).clone_into(&mut contact.phone);
    form.text(&name("language"))
        .clone_into(&mut contact.language);
    contact.send_letters = form.is_set(&name("letters"));
    contact.email = match read_email(form.text(&name("email"))) {
        EmailReading::One { address, .. } => Some(address),
        EmailReading::None => None,
        _ => {
            form.error(
                &name("email"),
                "Enter one email address, such as sam@example.org",
            );
            None
        }
    };
    contact
}

/// Opens what is held, for correcting it.
pub(super) fn open(work: &mut Work<'_>, id: i64) -> Result<Person, AppError> {
    let whose = Whose::Pupils(&[id]);
    work.identities
        .open(work.tx, work.actor, Purpose::Correcting, whose)?
        .one(id)?
        .ok_or_else(|| {
            crate::error::conflict(
                "The name of this child has been removed: there is nothing left to correct.",
            )
        })
}

/// Corrects a child in scope as the form says; gives the form back, with errors where it cannot be done.
pub(super) fn correct(
    work: &mut Work<'_>,
    scope: &Scope,
    id: i64,
    mut form: FormData,
) -> Result<FormData, AppError> {
    let row = in_scope(work.tx, scope, id)?.ok_or(AppError::NotFound)?;
    let held = open(work, id)?;
    if is_of_now(&mut form, &row, &held)?
        && let Some(correction) = read(&mut form, &held, work.today)
    {
        apply(work, &row, &held, &correction)?;
    }
    Ok(form)
}

/// Makes the change. Another date of birth or sex means another assessment, which is a new version.
fn apply(
    work: &mut Work<'_>,
    row: &Pupil,
    held: &Person,
    correction: &Correction,
) -> Result<(), AppError> {
    let sex = match correction.sex {
        Sex::Female => "F",
        Sex::Male => "M",
    };
    let mut person = correction.person.clone();
    if person.postcode != held.postcode {
        person.particulars.place =
            place_of_home(work.tx, person.postcode.as_ref())?.unwrap_or_default();
    }
    work.identities
        .put(work.tx, &row.year_label, row.id, &person)?;
    queries::set_particulars(
        work.tx,
        row.id,
        sex,
        correction.year_group.code(),
        &person.particulars.place,
        work.now,
    )?;
    let fields = changed(row, held, correction, sex);
    audit::event(
        work.tx,
        work.actor,
        work.now,
        Action::ChildCorrected,
        &format!("pupil:{}", row.id),
        &json!({"fields": fields}),
    )?;
    if fields.contains(&"date_of_birth") || fields.contains(&"sex") {
        let after = pupil(work.tx, row.id)?.ok_or(AppError::NotFound)?;
        reassess(work, after, correction.person.date_of_birth)?;
    }
    Ok(())
}

/// Which fields differ; never what is in them.
fn changed(row: &Pupil, held: &Person, to: &Correction, sex: &str) -> Vec<&'static str> {
    let person = &to.person;
    [
        ("given_name", held.given_name != person.given_name),
        ("family_name", held.family_name != person.family_name),
        (
            "preferred_name",
            held.preferred_name != person.preferred_name,
        ),
        ("date_of_birth", held.date_of_birth != person.date_of_birth),
        ("nhs_number", held.nhs_number != person.nhs_number),
        ("upn", held.upn != person.upn),
        (
            "address",
            held.address_lines != person.address_lines
                || held.town != person.town
                || held.postcode != person.postcode,
        ),
        ("contacts", held.contacts != person.contacts),
        ("sex", row.sex_code != sex),
        ("year_group", row.year_group_code != to.year_group.code()),
        ("class", held.particulars.class != person.particulars.class),
    ]
    .into_iter()
    .filter_map(|(field, differs)| differs.then_some(field))
    .collect()
}
