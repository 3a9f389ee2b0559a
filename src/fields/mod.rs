//! The plain values of the field: numbers, codes and dates that parse themselves.
//!
//! Every slice may use these; they use nothing. A value of one of these types
//! has passed its check, so code further in never checks it again.

mod address;
mod collection_year;
mod date;
mod dfe_number;
mod email;
mod ethnicity;
mod name;
mod nhs_number;
mod phone;
mod postcode;
mod sex;
pub mod text;
mod upn;
mod urn;
mod year_group;

pub use address::{AddressBlock, split_block, split_postcode};
pub use collection_year::CollectionYear;
pub use date::{DateError, DateOrder, DateReading, read_date, read_date_month_first};
pub use dfe_number::DfeNumber;
pub use email::{EmailReading, read_email};
pub use ethnicity::{EthnicGroup, Ethnicity};
pub use name::{LONGEST_NAME, NameError, read_name};
pub use nhs_number::NhsNumber;
pub use phone::{PhoneReading, read_phone};
pub use postcode::Postcode;
pub use sex::read_sex;
pub use upn::Upn;
pub use urn::Urn;
pub use year_group::{YearGroup, YearGroupReading};

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
            type Err = $crate::fields::FieldError;
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
