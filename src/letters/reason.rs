//! Why a letter may not go, each reason with its code, its words and what it leads to.

use programme::Coded as _;

/// Something that stands between a letter and its sending, in the order in which reasons are told.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    strum::VariantArray,
    strum::IntoStaticStr,
)]
#[strum(serialize_all = "snake_case")]
pub enum Reason {
    /// A warning about the measurement has not been confirmed.
    UnconfirmedWarnings,
    /// The child is marked sensitive, for example in care.
    Sensitive,
    /// A condition that affects growth is recorded.
    GrowthCondition,
    /// The child was measured although the parents had opted out.
    OptedOut,
    /// The child was not measured for a reason that wants tact.
    WantsTact,
    /// There is no category: the child is outside the reference's ages.
    NotAssessed,
    /// Date of birth or sex were corrected after the measurement was assessed.
    AssessmentOutOfDate,
    /// The parents have had a letter with an earlier result.
    EarlierLetterSent,
    /// The programme phones first in this category.
    PhoneFirst,
    /// Somebody holds it.
    HeldByHand,
    /// A name or an address has a character that no font has.
    CannotBePrinted,
    /// The letter could not be written from its template.
    CannotBeWritten,
    /// No contact with an email address to whom letters may go.
    NoUsableContact,
    /// The child's name has been removed.
    NameRemoved,
    /// The child's sealed record cannot be read.
    RecordDamaged,
    /// No letter is called for: the parents know why the child was not measured.
    NotCalledFor,
    /// A newer outcome has taken its place.
    Superseded,
}

/// What a reason leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The letter waits; somebody may let it go all the same.
    Hold,
    /// The letter waits until what is wrong has been put right.
    HoldUntilMended,
    /// The letter waits for a contact.
    NoContact,
    /// There will be no letter unless somebody wants one.
    NotNeeded,
}

impl Reason {
    /// The words on a page: what is so, and what would help.
    pub fn words(self) -> &'static str {
        match self {
            Self::UnconfirmedWarnings => {
                "A warning about the measurement is not confirmed. Confirm it, or measure again."
            }
            Self::Sensitive => "The child is marked as sensitive. A nurse decides.",
            Self::GrowthCondition => {
                "A condition that affects growth is recorded. A nurse decides."
            }
            Self::OptedOut => "The parents had opted out. A nurse decides.",
            Self::WantsTact => {
                "The reason for not measuring the child wants tact. A nurse decides."
            }
            Self::NotAssessed => {
                "There is no category for a child of this age, so there is nothing that a letter could say. Talk to the family instead."
            }
            Self::AssessmentOutOfDate => {
                "The date of birth or the sex was corrected after the child was measured. Open the measurement and save it again."
            }
            Self::EarlierLetterSent => {
                "The parents have had a letter with an earlier result. Decide whether to send the corrected one."
            }
            Self::PhoneFirst => "The programme phones the family before this letter goes.",
            Self::HeldByHand => "Somebody in the programme holds it.",
            Self::CannotBePrinted => {
                "A name or an address has a character that cannot be printed. Correct it, or have a font added."
            }
            Self::CannotBeWritten => {
                "The letter could not be written from its template. Correct the template; the letter is ready again after the next look."
            }
            Self::NoUsableContact => {
                "No parent or carer has an email address to which letters may go. Add one."
            }
            Self::NameRemoved => "The child’s name has been removed, so no letter can be written.",
            Self::RecordDamaged => {
                "The child’s record is damaged, so no letter can be written. Tell your system administrator the child’s number: the record has to be restored from a backup."
            }
            Self::NotCalledFor => "The parents or the school know why the child was not measured.",
            Self::Superseded => "A newer outcome has taken its place.",
        }
    }

    /// What it leads to.
    pub fn effect(self) -> Effect {
        match self {
            Self::UnconfirmedWarnings
            | Self::NotAssessed
            | Self::AssessmentOutOfDate
            | Self::CannotBePrinted
            | Self::CannotBeWritten
            | Self::NameRemoved
            | Self::RecordDamaged
            | Self::Superseded => Effect::HoldUntilMended,
            Self::Sensitive
            | Self::GrowthCondition
            | Self::OptedOut
            | Self::WantsTact
            | Self::EarlierLetterSent
            | Self::PhoneFirst
            | Self::HeldByHand => Effect::Hold,
            Self::NoUsableContact => Effect::NoContact,
            Self::NotCalledFor => Effect::NotNeeded,
        }
    }
}

/// Reasons as the table keeps them: codes with commas between them.
pub fn to_column(reasons: &[Reason]) -> String {
    let codes: Vec<&str> = reasons.iter().map(|reason| reason.code()).collect();
    codes.join(",")
}

/// Reasons read back; `None` when one of them is not known: left out, it could let a held letter go.
pub fn from_column(column: &str) -> Option<Vec<Reason>> {
    column
        .split(',')
        .filter(|code| !code.is_empty())
        .map(Reason::from_code)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_survive_the_table() {
        assert_eq!(
            from_column(&to_column(Reason::ALL)),
            Some(Reason::ALL.to_vec())
        );
        assert_eq!(from_column(""), Some(Vec::new()));
    }

    #[test]
    fn a_reason_that_is_not_known_is_not_left_out() {
        assert_eq!(from_column("sensitive,held_by_hnd"), None);
    }
}
