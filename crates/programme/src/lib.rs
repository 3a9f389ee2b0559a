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
mod value;
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
pub use value::{FieldError, NotAWord};
pub use year_group::{YearGroup, YearGroupReading};
