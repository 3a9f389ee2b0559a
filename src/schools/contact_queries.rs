//! The contacts of schools and authorities: where releases are announced.

use diesel::prelude::*;

use crate::db::schema::local_authority;
use crate::db::{Conn, Error};
use crate::records::school;

/// Whose contact it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Audience {
    /// A school, by its URN.
    School(i32),
    /// A local authority, by its code.
    Authority(String),
}

/// Somebody figures are sent to.
#[derive(Clone, Debug)]
pub struct Contact {
    /// Whose.
    pub audience: Audience,
    /// The name of the school or authority.
    pub name: String,
    /// The address; `None` when there is none yet.
    pub email: Option<String>,
}

/// The authorities and then the open schools, each by name.
pub fn contacts(tx: &mut Conn) -> Result<Vec<Contact>, Error> {
    let authorities = local_authority::table
        .order(local_authority::name)
        .select((
            local_authority::code,
            local_authority::name,
            local_authority::contact_email,
        ))
        .load::<(String, String, Option<String>)>(tx)?;
    let schools = school::contacts(tx)?;
    let authorities = authorities.into_iter().map(|(code, name, email)| Contact {
        audience: Audience::Authority(code),
        name,
        email,
    });
    let schools = schools.into_iter().map(|(urn, name, email)| Contact {
        audience: Audience::School(urn),
        name,
        email,
    });
    Ok(authorities.chain(schools).collect())
}

/// Sets or forgets a contact's address; returns whether there is such a school or authority.
pub fn set_contact(tx: &mut Conn, audience: &Audience, email: Option<&str>) -> Result<bool, Error> {
    match audience {
        Audience::School(urn) => school::set_contact(tx, *urn, email),
        Audience::Authority(code) => {
            let changed = diesel::update(local_authority::table.find(code))
                .set(local_authority::contact_email.eq(email))
                .execute(tx)?;
            Ok(changed == 1)
        }
    }
}
