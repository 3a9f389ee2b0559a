//! A child as a roster describes it.

use programme::Sex;
use serde::{Deserialize, Serialize};

use programme::{Ethnicity, Urn, YearGroup};
use programme::{Person, Place};

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

impl RosterChild {
    /// Who it is, with everything that is sealed beside the name. What no
    /// roster says (a condition that affects growth) stays as it was.
    pub fn to_seal(&self, place: Option<&Place>) -> Person {
        let mut person = self.person.clone();
        person.particulars.class.clone_from(&self.class);
        person.particulars.ethnicity = self.ethnicity;
        person.particulars.sensitive = self.sensitive;
        person.particulars.place = place.cloned().unwrap_or_default();
        person
    }
}
