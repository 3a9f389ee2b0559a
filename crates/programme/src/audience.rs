//! Whom figures are for.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{NotAWord, Urn};

/// Who sees a release. Everybody also sees every public one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Audience {
    /// One school, by URN; `school:123456`.
    School(Urn),
    /// One local authority, by code; `la:213`.
    Authority(String),
    /// Everybody; `public`.
    Public,
}

impl Audience {
    /// Whether releases for both can be about the same place. A school's are about the school alone; an authority's and
    /// the public's are about authorities, and the public's are about every one.
    ///
    /// ```
    /// use programme::Audience;
    /// let [school, here, there] = ["school:100000", "la:213", "la:302"].map(|text| text.parse::<Audience>().unwrap());
    /// assert!(here.shares_places_with(&here) && here.shares_places_with(&Audience::Public));
    /// assert!(!here.shares_places_with(&there) && !school.shares_places_with(&Audience::Public));
    /// ```
    pub fn shares_places_with(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::School(_), _)
            | (_, Self::School(_))
            | (Self::Authority(_), Self::Authority(_)) => self == other,
            (Self::Public, _) | (_, Self::Public) => true,
        }
    }
}

impl fmt::Display for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::School(urn) => write!(f, "school:{urn}"),
            Self::Authority(code) => write!(f, "la:{code}"),
            Self::Public => f.write_str("public"),
        }
    }
}

impl FromStr for Audience {
    type Err = NotAWord;

    fn from_str(text: &str) -> Result<Self, NotAWord> {
        let text = text.trim();
        let named =
            |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric());
        let audience = match text.split_once(':') {
            None if text == "public" => Some(Self::Public),
            Some(("la", code)) if named(code) => Some(Self::Authority(code.to_owned())),
            Some(("school", urn)) => urn.parse().ok().map(Self::School),
            _ => None,
        };
        audience.ok_or_else(|| NotAWord {
            text: text.to_owned(),
            expected: "an audience: school:URN, la:CODE or public",
        })
    }
}

impl From<Audience> for String {
    fn from(audience: Audience) -> Self {
        audience.to_string()
    }
}

impl TryFrom<String> for Audience {
    type Error = NotAWord;

    fn try_from(text: String) -> Result<Self, NotAWord> {
        text.parse()
    }
}
