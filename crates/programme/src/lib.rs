//! The vocabulary of the programme: numbers, codes, dates and persons, as values that parse and
//! display themselves.
//!
//! Every crate and every slice uses these types; they use no other crate of the workspace. A value
//! of one of these types has passed its check, so code further in does not check it again.

mod academic_year;
mod address;
mod audience;
mod coded;
mod date;
mod dfe_number;
mod email;
mod ethnicity;
mod name;
mod nhs_number;
mod particulars;
mod person;
mod phone;
mod postcode;
mod reason;
mod sex;
pub mod text;
mod upn;
mod urn;
mod year_group;

pub use academic_year::AcademicYear;
pub use address::{AddressBlock, split_block, split_postcode};
pub use audience::Audience;
pub use coded::Coded;
pub use date::{DateError, DateOrder, DateReading, read_date, read_date_month_first};
pub use dfe_number::DfeNumber;
pub use email::{EmailReading, read_email};
pub use ethnicity::{EthnicGroup, Ethnicity};
pub use name::{LONGEST_NAME, NameError, read_name};
pub use nhs_number::NhsNumber;
pub use particulars::{Particulars, Place};
pub use person::{Contact, Person};
pub use phone::{PhoneReading, read_phone};
pub use postcode::Postcode;
pub use reason::ReasonNotMeasured;
pub use sex::{Sex, UnknownSex, read_sex};
pub use upn::Upn;
pub use urn::Urn;
pub use year_group::{YearGroup, YearGroupReading};

/// A text that does not name what it should, with what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{text}” is not {expected}")]
pub struct NotAWord {
    /// What was given.
    pub text: String,
    /// What would be right, in words.
    pub expected: &'static str,
}

/// A text that is not the value it should have been.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FieldError {
    /// Not shaped like the value at all.
    #[error("not in the expected form")]
    Form,
    /// Shaped like it, but the check digit or check letter is wrong.
    #[error("the check character is wrong")]
    Check,
    /// Digits were lost, as when a spreadsheet writes a long number as 9.99E+09.
    #[error("digits were lost to scientific notation")]
    DigitsLost,
    /// Well formed, but on no list of codes.
    #[error("not a known code")]
    Unknown,
}

/// Implements `Display`, `FromStr` and text serialisation for a value that has
/// `parse(&str) -> Result<Self, FieldError>` and a canonical text form.
macro_rules! text_value {
    ($name:ident) => {
        impl std::str::FromStr for $name {
            type Err = $crate::FieldError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use text_value;
