//! Reads the cells of one child, field by field.

mod address;
mod birth;
mod codes;
mod names;
mod school;
mod year_group;

pub(crate) use address::{Address, read_address};
pub(crate) use birth::{check_age, read_birth};
pub(crate) use codes::{read_ethnicity, read_nhs_number, read_sex, read_upn};
pub(crate) use names::{Names, read_names};
pub(crate) use school::read_school;
pub(crate) use year_group::read_year_group;
