//! The schools that a row of a roster can name.

use crate::db::{Conn, Error};
use crate::records::school;
use programme::DfeNumber;
use roster_reader::schools::{School, Schools};

/// Every school on the list.
pub(super) fn schools(tx: &mut Conn) -> Result<Schools, Error> {
    let schools = school::every(tx)?.into_iter().map(|school| School {
        urn: school.urn,
        // Some kinds of school have none, and some registers hold other codes in its place.
        dfe_number: DfeNumber::from_parts(&school.la_code, &school.establishment_number).ok(),
        open: school.is_open(),
        name: school.name,
    });
    Ok(Schools::new(schools.collect()))
}
