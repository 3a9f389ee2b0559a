//! A child as a roster describes it.

use growth::Sex;
use serde::{Deserialize, Serialize};

use crate::fields::{Ethnicity, Urn, YearGroup};
use crate::identity::Person;

/// One child of a roster: who it is, and what its statistical record needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RosterChild {
    /// The school.
    pub urn: Urn,
    /// The year group.
    pub year_group: YearGroup,
    /// The class, or empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub class: String,
    /// Sex.
    pub sex: Sex,
    /// Ethnic group, when given and known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ethnicity: Option<Ethnicity>,
    /// Whether a letter is to be held, as for a child in care.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sensitive: bool,
    /// Who it is.
    pub person: Person,
}
