//! The names of a child.

use programme::{LONGEST_NAME, NameError, read_name};

use crate::code::Code;
use crate::columns::field::Field;
use crate::row::checker::{RowChecker, shortened};
use crate::row::names::split_full_name;

/// The names of a child, each empty when it is not given.
pub(crate) struct Names {
    pub(crate) given: String,
    pub(crate) family: String,
    pub(crate) preferred: String,
}

pub(crate) fn read_names(row: &mut RowChecker<'_, '_>) -> Names {
    let mut names = Names {
        given: row.text(Field::GivenName),
        family: row.text(Field::FamilyName),
        preferred: row.text(Field::PreferredName),
    };
    let (full_column, _) = row.raw(Field::FullName);
    if full_column.is_some() && (names.given.is_empty() || names.family.is_empty()) {
        split_full(row, full_column, &mut names);
    }
    check_present(row, full_column, &names);
    if !names.preferred.chars().any(char::is_alphabetic) {
        names.preferred.clear();
    }
    check_length(row, full_column, &names);
    names
}

/// Takes the names from the column of full names.
fn split_full(row: &mut RowChecker<'_, '_>, column: Option<u16>, names: &mut Names) {
    let full = row.text(Field::FullName);
    let name = split_full_name(&full, row.family_name_first(column));
    if name.doubtful {
        row.find(Code::FullNameSplit, column, || {
            format!(
                "“{full}” was read as given name “{}” and family name “{}”. Write “Family name, Given name”.",
                name.given, name.family
            )
        });
    }
    (names.given, names.family) = (name.given, name.family);
    if names.preferred.is_empty() {
        names.preferred = name.preferred;
    }
}

/// Finds a given or family name that is missing or has no letter in it.
fn check_present(row: &mut RowChecker<'_, '_>, full_column: Option<u16>, names: &Names) {
    for (name, field, code, what) in [
        (
            &names.given,
            Field::GivenName,
            Code::NoGivenName,
            "given name",
        ),
        (
            &names.family,
            Field::FamilyName,
            Code::NoFamilyName,
            "family name",
        ),
    ] {
        if name.chars().any(char::is_alphabetic) {
            continue;
        }
        let column = row.raw(field).0.or(full_column);
        row.find(code, column, || {
            if name.is_empty() {
                format!("There is no {what}. Add it.")
            } else {
                format!("“{}” is not a {what}.", shortened(name))
            }
        });
    }
}

fn check_length(row: &mut RowChecker<'_, '_>, full_column: Option<u16>, names: &Names) {
    for (name, field, what) in [
        (&names.given, Field::GivenName, "given name"),
        (&names.family, Field::FamilyName, "family name"),
        (&names.preferred, Field::PreferredName, "preferred name"),
    ] {
        if read_name(name) == Err(NameError::TooLong) {
            let column = row.raw(field).0.or(full_column);
            row.find(Code::NameTooLong, column, || {
                format!(
                    "“{}” is longer than {LONGEST_NAME} characters. Enter the {what} alone.",
                    shortened(name)
                )
            });
        }
    }
}
