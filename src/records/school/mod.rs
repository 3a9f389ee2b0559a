//! Schools, as the national register describes them, and the address at which each is told of its figures.

mod queries;

pub use queries::{
    Put, School, Status, contacts, every, has_closed, in_scope, is_known, name, names, names_of,
    one, put, set_contact,
};
