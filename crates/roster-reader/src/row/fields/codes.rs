//! Numbers and codes of a child: sex, NHS number, UPN and ethnic group.

use programme::{Ethnicity, FieldError, NhsNumber, Sex, Upn, text};

use crate::code::Code;
use crate::columns::field::Field;
use crate::row::checker::{RowChecker, shortened};

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
