//! The cells of one child, read field by field.

use chrono::{Datelike, NaiveDate};
use programme::Sex;

use crate::code::Code;
use crate::columns::dates::ColumnOrder;
use crate::columns::field::{Field, MOST_LINES};
use crate::row::checked::Context;
use crate::row::checker::{RowChecker, shortened};
use crate::row::names::split_full_name;
use crate::schools::School;
use programme::{
    self, DateError, DateOrder, DfeNumber, Ethnicity, FieldError, LONGEST_NAME, NameError,
    NhsNumber, Postcode, Upn, Urn, YearGroup, YearGroupReading, read_name, split_block, text,
};

pub(crate) fn read_birth(row: &mut RowChecker<'_, '_>) -> Option<NaiveDate> {
    let (column, cell) = row.raw(Field::DateOfBirth);
    let cell = text::clean(cell);
    if cell.is_empty() {
        row.find(Code::NoDateOfBirth, column, || {
            "There is no date of birth. Add it, for instance 24/10/2021.".to_owned()
        });
        return None;
    }
    match row.layout.dates.read(&cell) {
        Ok(reading)
            if reading.order == DateOrder::Either
                && row.layout.dates.order == ColumnOrder::Mixed =>
        {
            row.find(Code::DateAmbiguous, column, || {
                format!(
                    "“{cell}” could be day first or month first, and this column holds both. Write the date as yyyy-mm-dd."
                )
            });
            None
        }
        Ok(reading) => {
            if reading.two_digit_year && !row.layout.dates.short_years {
                row.find(Code::TwoDigitYear, column, || {
                    format!(
                        "“{cell}” has a year of two digits and was read as {}. Check it.",
                        reading.date.format("%-d %B %Y")
                    )
                });
            }
            Some(reading.date)
        }
        Err(error) => {
            row.find(Code::DateOfBirthUnreadable, column, || match error {
                DateError::MonthFirst => format!(
                    "“{}” is a date only if the month stands first; dates are read day first. Write it as dd/mm/yyyy.",
                    shortened(&cell)
                ),
                DateError::Unreadable => {
                    format!("“{}” is not a date. It should look like 24/10/2021 or 2021-10-24.", shortened(&cell))
                }
            });
            None
        }
    }
}

pub(crate) fn read_year_group(
    row: &mut RowChecker<'_, '_>,
    date_of_birth: Option<NaiveDate>,
    context: &Context<'_>,
    subheading: Option<YearGroupReading>,
) -> Option<YearGroupReading> {
    let (column, cell) = row.raw(Field::YearGroup);
    let cell = text::clean(cell);
    let several = YearGroup::is_one_of_several(&cell);
    if !cell.is_empty() && !several {
        let reading = YearGroup::read(&cell);
        if reading.is_none() {
            row.find(Code::YearGroupUnreadable, column, || {
                format!(
                    "“{}” is not a year group. It should be R or Reception, or 6 or Year 6.",
                    shortened(&cell)
                )
            });
        }
        return reading;
    }
    if subheading.is_some() {
        return subheading;
    }
    let date_of_birth = date_of_birth?;
    let by_birth = YearGroup::by_birth(date_of_birth, context.start_year);
    if let Some(group) = by_birth {
        if column.is_some() {
            row.find(Code::YearGroupFromBirth, column, || {
                if several {
                    format!("“{cell}” is more than one year group; the date of birth makes it {group}. Check it.")
                } else {
                    format!("There is no year group; the date of birth makes it {group}. Check it.")
                }
            });
        }
        return Some(YearGroupReading::Measured(group));
    }
    let (_, oldest) = YearGroup::Year6.birth_window(context.start_year);
    let (youngest, last_reception) = YearGroup::Reception.birth_window(context.start_year);
    if several {
        return Some(YearGroupReading::Other);
    }
    if column.is_none() {
        // A child placed out of year, whose class says so.
        if let Some(reading) = year_of_class(&row.text(Field::Class)) {
            return Some(reading);
        }
        // Years 1 to 5 and the nursery of a whole-school list.
        let nursery = last_reception.checked_add_months(chrono::Months::new(24));
        if (oldest..youngest).contains(&date_of_birth)
            || (date_of_birth > last_reception && nursery.is_some_and(|last| date_of_birth <= last))
        {
            return Some(YearGroupReading::Other);
        }
    }
    row.find(Code::YearGroupMissing, column, || {
        "There is no year group, and the date of birth does not tell it. Add R or 6.".to_owned()
    });
    None
}

/// The year group that the name of a class begins with: "6B", "Year 6 Oak",
/// "Nursery".
fn year_of_class(class: &str) -> Option<YearGroupReading> {
    let words = text::label(class);
    let digits = words
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(words.len());
    if digits > 0 {
        return YearGroup::read(&words[..digits]);
    }
    let mut parts = words.splitn(3, ' ');
    let (first, second) = (parts.next()?, parts.next().unwrap_or_default());
    if matches!(first, "year" | "yr") {
        return YearGroup::read(second);
    }
    matches!(first, "nursery" | "reception" | "rec" | "nur")
        .then(|| YearGroup::read(first))
        .flatten()
}

pub(crate) fn read_school(row: &mut RowChecker<'_, '_>, context: &Context<'_>) -> Option<Urn> {
    let schools = context.schools;
    let (column, given, school) = find_school(row, context);
    let Some(school) = school else {
        let Some(value) = given else {
            let Some(urn) = context.school else {
                row.find(Code::SchoolMissing, column, || {
                    "There is no school. Add its URN, six digits.".to_owned()
                });
                return None;
            };
            let school = schools.by_urn(urn);
            if school.is_some_and(|school| !school.open) {
                row.find(Code::SchoolClosed, None, || {
                    format!("School {urn} has closed.")
                });
                return None;
            }
            return Some(urn);
        };
        row.find(Code::SchoolUnknown, column, || {
            format!("“{}” is not a school on the list. Give the URN of a school that has been imported.", shortened(&value))
        });
        return None;
    };
    if !school.open {
        row.find(Code::SchoolClosed, column, || {
            format!(
                "{} ({}) has closed. Give the URN of the school the child goes to now.",
                school.name, school.urn
            )
        });
        return None;
    }
    if let Some(urn) = context.school.filter(|urn| *urn != school.urn) {
        row.find(Code::SchoolDiffers, column, || {
            format!(
                "The row is for {} ({}), but the file was given as that of {urn}.",
                school.name, school.urn
            )
        });
        return None;
    }
    Some(school.urn)
}

/// The school a row names: the column, the text there, and the school if it is
/// on the list. Whatever the heading, a URN, a DfE number and a name are told
/// apart by what stands in the cell.
fn find_school<'s>(
    row: &RowChecker<'_, '_>,
    context: &Context<'s>,
) -> (Option<u16>, Option<String>, Option<&'s School>) {
    let mut first = None;
    let mut named = None;
    for field in [Field::Urn, Field::DfeNumber, Field::SchoolName] {
        let (column, cell) = row.raw(field);
        first = first.or(column);
        let cell = text::clean(cell);
        if cell.is_empty() {
            continue;
        }
        let found = context.schools.described(&cell).or_else(|| {
            // The authority's code and the establishment number in two columns.
            let authority = text::clean(row.raw(Field::LocalAuthority).1);
            let number = DfeNumber::from_parts(&authority, &cell).ok()?;
            context.schools.by_dfe_number(number)
        });
        if found.is_some() {
            return (column, None, found);
        }
        named = named.or(Some((column, cell.into_owned())));
    }
    match named {
        Some((column, value)) => (column, Some(value), None),
        None => (first, None, None),
    }
}

/// The names of a child.
pub(crate) struct Names {
    pub(crate) given: String,
    pub(crate) family: String,
    pub(crate) preferred: String,
}

pub(crate) fn read_names(row: &mut RowChecker<'_, '_>) -> Names {
    let mut given = row.text(Field::GivenName);
    let mut family = row.text(Field::FamilyName);
    let mut preferred = row.text(Field::PreferredName);
    let (full_column, _) = row.raw(Field::FullName);
    if full_column.is_some() && (given.is_empty() || family.is_empty()) {
        let full = row.text(Field::FullName);
        let name = split_full_name(&full, row.family_name_first(full_column));
        if name.doubtful {
            row.find(Code::FullNameSplit, full_column, || {
                format!(
                    "“{full}” was read as given name “{}” and family name “{}”. Write “Family name, Given name”.",
                    name.given, name.family
                )
            });
        }
        (given, family) = (name.given, name.family);
        if preferred.is_empty() {
            preferred = name.preferred;
        }
    }
    for (name, field, code, what) in [
        (&given, Field::GivenName, Code::NoGivenName, "given name"),
        (
            &family,
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
    if !preferred.chars().any(char::is_alphabetic) {
        preferred.clear();
    }
    for (name, field, what) in [
        (&given, Field::GivenName, "given name"),
        (&family, Field::FamilyName, "family name"),
        (&preferred, Field::PreferredName, "preferred name"),
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
    Names {
        given,
        family,
        preferred,
    }
}

pub(crate) fn read_sex(row: &mut RowChecker<'_, '_>) -> Option<Sex> {
    let (column, cell) = row.raw(Field::Sex);
    let cell = text::clean(cell);
    if cell.is_empty() {
        row.find(Code::SexMissing, column, || {
            "There is no sex. Add M or F; a result cannot be assessed without it.".to_owned()
        });
        return None;
    }
    let sex = programme::read_sex(&cell);
    if sex.is_none() {
        row.find(Code::SexUnreadable, column, || {
            format!("“{}” should be M, F, Male or Female.", shortened(&cell))
        });
    }
    sex
}

pub(crate) fn check_age(
    row: &mut RowChecker<'_, '_>,
    birth: NaiveDate,
    year_group: YearGroup,
    start_year: i32,
) {
    let column = row.raw(Field::DateOfBirth).0;
    let had_birthday = (birth.month(), birth.day()) <= (9, 1);
    let age = start_year - birth.year() - i32::from(!had_birthday);
    if !(3..=13).contains(&age) {
        row.find(Code::AgeOutOfRange, column, || {
            let born = birth.format("%-d %B %Y");
            if age < 0 {
                format!("Born {born}: after the school year began. Check the year.")
            } else {
                format!("Born {born}, so {age} years old on 1 September {start_year}: outside 3 to 13. Check the year.")
            }
        });
        return;
    }
    let (first, last) = year_group.birth_window(start_year);
    if !(first..=last).contains(&birth) {
        row.find(Code::DobOutsideYearWindow, column, || {
            format!(
                "Born {}, outside the usual {} to {} for {year_group}. Right for a child placed out of year; otherwise correct it.",
                birth.format("%-d %B %Y"),
                first.format("%-d %B %Y"),
                last.format("%-d %B %Y"),
            )
        });
    }
}

pub(crate) fn read_nhs_number(row: &mut RowChecker<'_, '_>) -> Option<NhsNumber> {
    let (column, cell) = row.raw(Field::NhsNumber);
    let cell = text::clean(cell);
    if text::says_nothing(&cell) {
        return None;
    }
    match NhsNumber::parse(&cell) {
        Ok(number) => {
            if cell.contains(['E', 'e']) {
                row.find(Code::ScientificNotationExpanded, column, || {
                    "The NHS number was in scientific notation with all its digits, and was written out.".to_owned()
                });
            }
            Some(number)
        }
        Err(error) => {
            row.find(Code::NhsNumberInvalid, column, || {
                let why = match error {
                    FieldError::Check => "its check digit is wrong",
                    FieldError::DigitsLost => "a spreadsheet has lost its digits; format the column as text and enter it again",
                    _ => "an NHS number has ten digits",
                };
                format!("“{}” is not an NHS number: {why}. The child goes in without it.", shortened(&cell))
            });
            None
        }
    }
}

pub(crate) fn read_upn(row: &mut RowChecker<'_, '_>) -> Option<Upn> {
    let (column, cell) = row.raw(Field::Upn);
    let cell = text::clean(cell);
    if text::says_nothing(&cell) {
        return None;
    }
    Upn::parse(&cell)
        .map_err(|error| {
            row.find(Code::UpnInvalid, column, || {
                let why = match error {
                    FieldError::Check => "its check letter is wrong",
                    FieldError::DigitsLost => "a spreadsheet has lost its digits",
                    _ => "a UPN is a letter and 12 digits",
                };
                format!(
                    "“{}” is not a UPN: {why}. The child goes in without it.",
                    shortened(&cell)
                )
            });
        })
        .ok()
}

pub(crate) fn read_ethnicity(row: &mut RowChecker<'_, '_>) -> Option<Ethnicity> {
    let (column, cell) = row.raw(Field::Ethnicity);
    let cell = text::clean(cell);
    if cell.is_empty() || matches!(cell.as_ref(), "-" | "–" | "?" | ".") {
        return None;
    }
    Ethnicity::parse(&cell)
        .map_err(|_| {
            row.find(Code::EthnicityUnknown, column, || {
                format!(
                    "“{}” is not an ethnic group on the list. Use a DfE code such as WBRI, an NHS code, or the full words. It was left out.",
                    shortened(&cell)
                )
            });
        })
        .ok()
}

pub(crate) fn read_address(
    row: &mut RowChecker<'_, '_>,
) -> (Vec<String>, String, Option<Postcode>) {
    // A flat or the name of a house has a line of its own; a number stands
    // before the street.
    let (numbers, mut lines): (Vec<String>, Vec<String>) = row
        .texts(Field::House)
        .into_iter()
        .partition(|house| house.starts_with(|c: char| c.is_ascii_digit()));
    let street: Vec<String> = numbers
        .into_iter()
        .chain([row.text(Field::Street)])
        .filter(|part| !part.is_empty())
        .collect();
    lines.extend((!street.is_empty()).then(|| street.join(" ")));
    for number in 1..=MOST_LINES {
        let (column, cell) = row.raw(Field::AddressLine(number));
        if cell.is_empty() {
            continue;
        }
        row.note_formula(column, cell);
        // A line break inside a line stands for a comma.
        let mut line = String::new();
        for part in text::clean_lines(cell) {
            if !line.is_empty() {
                line.push_str(if line.ends_with(',') { " " } else { ", " });
            }
            line.push_str(&part);
        }
        lines.extend((!line.is_empty()).then_some(line));
    }
    // "12" in the first line and "Mill Lane" in the second.
    if lines.len() > 1 && lines[0].len() <= 5 && lines[0].starts_with(|c: char| c.is_ascii_digit())
    {
        let number = lines.remove(0);
        lines[0] = format!("{number} {}", lines[0]);
    }
    let mut town = row.text(Field::Town);
    let (block_column, block) = row.raw(Field::AddressBlock);
    let mut from_block = None;
    if !block.is_empty() {
        row.note_formula(block_column, block);
        let block = split_block(block);
        if lines.is_empty() {
            lines = block.lines;
        }
        if town.is_empty() {
            town = block.town.unwrap_or_default();
        }
        from_block = block.postcode;
    }
    let (column, cell) = row.raw(Field::Postcode);
    let cell = text::clean(cell);
    if text::says_nothing(&cell) {
        let postcode = from_block.or_else(|| {
            take_postcode(&mut town).or_else(|| lines.iter_mut().rev().find_map(take_postcode))
        });
        lines.retain(|line| !line.is_empty());
        return (lines, town, postcode);
    }
    let postcode = Postcode::parse(&cell);
    if postcode.is_err() {
        row.find(Code::PostcodeUnreadable, column, || {
            format!("“{}” is not a postcode; it should look like EB1 4PU. The child goes in without it.", shortened(&cell))
        });
    }
    (lines, town, postcode.ok().or(from_block))
}

/// Takes the postcode off the end of a line that has one.
fn take_postcode(line: &mut String) -> Option<Postcode> {
    let (rest, postcode) = programme::split_postcode(line);
    let postcode = postcode?;
    rest.trim_end_matches([',', ' ']).clone_into(line);
    Some(postcode)
}
