//! Why a child was not measured: exactly eight reasons.

use crate::text;

/// A reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReasonNotMeasured {
    /// The child was not at school on the day.
    Absent,
    /// A parent or carer withdrew the child.
    ParentalOptOut,
    /// The child declined on the day.
    ChildOptOut,
    /// The child has left the school.
    NoLongerAtSchool,
    /// The school does not take part.
    SchoolOptOut,
    /// A physical impairment makes the measurement impossible or meaningless.
    PhysicalImpairment,
    /// A cognitive impairment makes the measurement impossible.
    CognitiveImpairment,
    /// Anything else.
    Other,
}

impl ReasonNotMeasured {
    /// Every reason, the most frequent first.
    pub const ALL: [Self; 8] = [
        Self::Absent,
        Self::ParentalOptOut,
        Self::ChildOptOut,
        Self::NoLongerAtSchool,
        Self::SchoolOptOut,
        Self::PhysicalImpairment,
        Self::CognitiveImpairment,
        Self::Other,
    ];

    /// The stable code, as in the database.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::ParentalOptOut => "parental_opt_out",
            Self::ChildOptOut => "child_opt_out",
            Self::NoLongerAtSchool => "no_longer_at_school",
            Self::SchoolOptOut => "school_opt_out",
            Self::PhysicalImpairment => "physical_impairment",
            Self::CognitiveImpairment => "cognitive_impairment",
            Self::Other => "other",
        }
    }

    /// The words, on pages and in files.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::ParentalOptOut => "parental opt-out",
            Self::ChildOptOut => "child opt-out",
            Self::NoLongerAtSchool => "no longer at school",
            Self::SchoolOptOut => "school opt-out",
            Self::PhysicalImpairment => "physical impairment",
            Self::CognitiveImpairment => "cognitive impairment",
            Self::Other => "other",
        }
    }

    /// The key that chooses it on the recording page.
    pub const fn key(self) -> char {
        match self {
            Self::Absent => 'a',
            Self::ParentalOptOut => 'p',
            Self::ChildOptOut => 'c',
            Self::NoLongerAtSchool => 'n',
            Self::SchoolOptOut => 's',
            Self::PhysicalImpairment => 'y',
            Self::CognitiveImpairment => 'g',
            Self::Other => 'o',
        }
    }

    /// The reason of a stored code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }

    /// Reads a code or the words, in any case, with any hyphens and spaces.
    pub fn read(value: &str) -> Option<Self> {
        let letters = |value: &str| -> String {
            text::clean(value)
                .chars()
                .filter(|letter| letter.is_alphanumeric())
                .flat_map(char::to_lowercase)
                .collect()
        };
        let wanted = letters(value);
        Self::ALL
            .into_iter()
            .find(|reason| letters(reason.words()) == wanted)
    }

    /// Whether it takes the child out of the denominator of participation.
    pub const fn leaves_the_denominator(self) -> bool {
        matches!(
            self,
            Self::NoLongerAtSchool | Self::PhysicalImpairment | Self::CognitiveImpairment
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_read_as_people_write_them() {
        for text in [
            "parental opt-out",
            "Parental Opt Out",
            " parental_opt_out ",
            "PARENTAL OPT\u{2011}OUT",
        ] {
            assert_eq!(
                ReasonNotMeasured::read(text),
                Some(ReasonNotMeasured::ParentalOptOut),
                "{text}"
            );
        }
        assert_eq!(ReasonNotMeasured::read("on holiday"), None);
        assert_eq!(ReasonNotMeasured::read(""), None);
    }

    #[test]
    fn every_reason_has_a_key_and_a_code_of_its_own() {
        let mut keys: Vec<char> = ReasonNotMeasured::ALL
            .iter()
            .map(|reason| reason.key())
            .collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), 8);
        for reason in ReasonNotMeasured::ALL {
            assert_eq!(ReasonNotMeasured::from_code(reason.code()), Some(reason));
        }
    }
}
