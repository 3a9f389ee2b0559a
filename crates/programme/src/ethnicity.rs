//! Ethnic groups: the codes of education and of the NHS, and their long forms.
//!
//! Every code and spelling that is read is stored as the NHS code.

use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

use crate::text;
use crate::value::{FieldError, text_value};

/// An ethnic group by its NHS code: A to S, X (not known) or Z (not stated).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ethnicity(u8);

/// NHS code, label: the 16 groups of the NHS data dictionary and the two
/// codes for none.
const NHS: &[(u8, &str)] = &[
    (b'A', "British"),
    (b'B', "Irish"),
    (b'C', "Any other White background"),
    (b'D', "White and Black Caribbean"),
    (b'E', "White and Black African"),
    (b'F', "White and Asian"),
    (b'G', "Any other mixed background"),
    (b'H', "Indian"),
    (b'J', "Pakistani"),
    (b'K', "Bangladeshi"),
    (b'L', "Any other Asian background"),
    (b'M', "Caribbean"),
    (b'N', "African"),
    (b'P', "Any other Black background"),
    (b'R', "Chinese"),
    (b'S', "Any other ethnic group"),
    (b'X', "Not known"),
    (b'Z', "Not stated"),
];

/// What schools write, each with its NHS code.
const WRITTEN: &str = include_str!("ethnicity.csv");

static BY_WRITTEN: LazyLock<HashMap<String, Ethnicity>> = LazyLock::new(|| {
    WRITTEN
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(','))
        .map(|(nhs, written)| (text::label(written), Ethnicity(nhs.as_bytes()[0])))
        .collect()
});

impl Ethnicity {
    /// Not known.
    pub const NOT_KNOWN: Self = Self(b'X');
    /// Not stated.
    pub const NOT_STATED: Self = Self(b'Z');

    /// Reads an NHS code, a DfE code (main or extended) or a long form.
    pub fn parse(value: &str) -> Result<Self, FieldError> {
        let value = value.trim();
        if let [letter] = value.as_bytes() {
            let letter = letter.to_ascii_uppercase();
            return NHS
                .iter()
                .any(|(code, _)| *code == letter)
                .then_some(Self(letter))
                .ok_or(FieldError::Unknown);
        }
        // Nearly always a code of four letters, which is its own label.
        if value.len() == 4 && value.bytes().all(|b| b.is_ascii_uppercase()) {
            let code = value.to_ascii_lowercase();
            return BY_WRITTEN.get(&code).copied().ok_or(FieldError::Unknown);
        }
        if let Some(known) = BY_WRITTEN.get(&text::label(value)) {
            return Ok(*known);
        }
        // "White British (WBRI)": the words, then their code.
        if let Some((words, code)) = value
            .strip_suffix(')')
            .and_then(|value| value.rsplit_once('('))
            && !words.trim().is_empty()
        {
            return Self::parse(code).or_else(|_| Self::parse(words));
        }
        // "WBRI - White British", "A: British": a code, then its words.
        let (code, rest) = value
            .split_once([' ', '-', ':', '('])
            .ok_or(FieldError::Unknown)?;
        if (code.len() == 4 || code.len() == 1)
            && !rest.is_empty()
            && code.bytes().all(|b| b.is_ascii_uppercase())
        {
            return Self::parse(code);
        }
        Err(FieldError::Unknown)
    }

    /// The NHS code.
    pub fn code(self) -> char {
        char::from(self.0)
    }

    /// The broad group; `None` when the ethnic group is not known or not stated.
    pub fn group(self) -> Option<EthnicGroup> {
        match self.0 {
            b'A'..=b'C' => Some(EthnicGroup::White),
            b'D'..=b'G' => Some(EthnicGroup::Mixed),
            b'H'..=b'L' => Some(EthnicGroup::Asian),
            b'M'..=b'P' => Some(EthnicGroup::Black),
            b'R' | b'S' => Some(EthnicGroup::ChineseOrOther),
            _ => None,
        }
    }

    /// The group in words.
    pub fn label(self) -> &'static str {
        NHS.iter()
            .find(|(code, _)| *code == self.0)
            .map_or("Not known", |(_, label)| label)
    }
}

/// The five broad groups of the census, which are all that is kept in clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EthnicGroup {
    /// NHS codes A to C.
    White,
    /// NHS codes D to G.
    Mixed,
    /// NHS codes H to L.
    Asian,
    /// NHS codes M to P.
    Black,
    /// NHS codes R (Chinese) and S.
    ChineseOrOther,
}

impl EthnicGroup {
    /// Every group.
    pub const ALL: [Self; 5] = [
        Self::White,
        Self::Mixed,
        Self::Asian,
        Self::Black,
        Self::ChineseOrOther,
    ];

    /// The word in the database.
    pub fn code(self) -> &'static str {
        match self {
            Self::White => "white",
            Self::Mixed => "mixed",
            Self::Asian => "asian",
            Self::Black => "black",
            Self::ChineseOrOther => "other",
        }
    }

    /// The group with this word in the database.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.code() == code)
    }

    /// The group in words.
    pub fn label(self) -> &'static str {
        match self {
            Self::White => "White",
            Self::Mixed => "Mixed",
            Self::Asian => "Asian or Asian British",
            Self::Black => "Black or Black British",
            Self::ChineseOrOther => "Chinese or other ethnic group",
        }
    }
}

impl fmt::Display for Ethnicity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code())
    }
}

text_value!(Ethnicity);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_long_forms_become_the_nhs_code() {
        for (written, code) in [
            ("WBRI", 'A'),
            ("WENG", 'A'),
            ("WWEL", 'A'),
            ("WIRI", 'B'),
            ("WIRT", 'C'),
            ("WROM", 'C'),
            ("WEEU", 'C'),
            ("WITA", 'C'),
            ("MWBC", 'D'),
            ("CHNE", 'R'),
            ("AKPA", 'J'),
            ("BSOM", 'N'),
            ("BNGN", 'N'),
            ("OARA", 'S'),
            ("OAFG", 'S'),
            ("REFU", 'Z'),
            ("NOBT", 'Z'),
            ("White - British", 'A'),
            ("White British", 'A'),
            ("Black - African", 'N'),
            ("Bangladeshi", 'K'),
            ("White and Asian", 'F'),
            ("Information Not Yet Obtained", 'Z'),
            ("j", 'J'),
            ("WBRI - White British", 'A'),
            ("Chinese", 'R'),
            ("White British (WBRI)", 'A'),
            ("Asian, Asian British or Asian Welsh: Indian", 'H'),
            (
                "Black, Black British, Black Welsh, Caribbean or African: Caribbean",
                'M',
            ),
            ("Mixed or Multiple ethnic groups: White and Asian", 'F'),
            ("Other ethnic group: Arab", 'S'),
            ("White: Irish", 'B'),
            ("PC", 'P'),
            ("Gypsy/Roma", 'C'),
            ("Any other ethnic group", 'S'),
        ] {
            assert_eq!(
                Ethnicity::parse(written).map(Ethnicity::code),
                Ok(code),
                "{written}"
            );
        }
        for bad in ["WXYZ", "I", "", "6A", "Martian"] {
            assert_eq!(Ethnicity::parse(bad), Err(FieldError::Unknown), "{bad}");
        }
    }

    #[test]
    fn every_code_but_the_two_for_none_is_in_one_of_the_five_groups() {
        for (code, label) in NHS {
            let group = Ethnicity(*code).group();
            assert_eq!(group.is_none(), matches!(code, b'X' | b'Z'), "{label}");
        }
        for group in EthnicGroup::ALL {
            assert_eq!(EthnicGroup::from_code(group.code()), Some(group));
        }
    }
}
