//! The matters a row can raise, each with its code and its strength.

use serde::{Deserialize, Serialize};

/// How much weight a matter has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// Put right without asking; worth a note, no more.
    Repair,
    /// The row goes in and is listed.
    Warning,
    /// A person decides; the row waits.
    Review,
    /// The row waits until it is corrected.
    Problem,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $strength:ident;)*) => {
        /// A matter found with a row. Its text form is stable: reports carry it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(into = "&'static str", try_from = "String")]
        pub enum Code { $($(#[$doc])* $name,)* }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stable text of the code.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// How much weight it has.
            pub const fn strength(self) -> Strength {
                match self { $(Self::$name => Strength::$strength,)* }
            }
        }
    };
}

codes! {
    /// No family name.
    NoFamilyName = "no_family_name", Problem;
    /// No given name.
    NoGivenName = "no_given_name", Problem;
    /// A name longer than any name is.
    NameTooLong = "name_too_long", Problem;
    /// No date of birth.
    NoDateOfBirth = "no_date_of_birth", Problem;
    /// A date of birth that fits no reading.
    DateOfBirthUnreadable = "date_of_birth_unreadable", Problem;
    /// A date whose day and month could be either way round in this column.
    DateAmbiguous = "date_ambiguous", Problem;
    /// Under 3 or over 13 years old.
    AgeOutOfRange = "age_out_of_range", Problem;
    /// No sex.
    SexMissing = "sex_missing", Problem;
    /// Neither M nor F.
    SexUnreadable = "sex_unreadable", Problem;
    /// No school, in the row or beside the file.
    SchoolMissing = "school_missing", Problem;
    /// A school on no list.
    SchoolUnknown = "school_unknown", Problem;
    /// A school that has closed.
    SchoolClosed = "school_closed", Problem;
    /// Another school than the one the file is for.
    SchoolDiffers = "school_differs", Problem;
    /// No year group, and the date of birth does not tell it.
    YearGroupMissing = "year_group_missing", Problem;
    /// Text that is no year group.
    YearGroupUnreadable = "year_group_unreadable", Problem;
    /// The cells stand in the wrong columns.
    ColumnsSlipped = "columns_slipped", Problem;
    /// Not Reception or Year 6: passed over.
    YearNotInProgramme = "year_not_in_programme", Repair;
    /// An NHS number that does not check.
    NhsNumberInvalid = "nhs_number_invalid", Warning;
    /// A UPN that does not check.
    UpnInvalid = "upn_invalid", Warning;
    /// Several email addresses in one cell.
    SeveralEmails = "several_emails", Warning;
    /// Text that is no email address.
    EmailUnusable = "email_unusable", Warning;
    /// Text that holds no telephone number.
    PhoneUnusable = "phone_unusable", Warning;
    /// Text that is no postcode.
    PostcodeUnreadable = "postcode_unreadable", Warning;
    /// A postcode on no list.
    PostcodeUnknown = "postcode_unknown", Warning;
    /// No such ethnic group.
    EthnicityUnknown = "ethnicity_unknown", Warning;
    /// A year written with two digits.
    TwoDigitYear = "two_digit_year", Warning;
    /// Born outside the usual year of the year group.
    DobOutsideYearWindow = "dob_outside_year_window", Warning;
    /// A cell that a spreadsheet would take for a formula.
    LooksLikeFormula = "looks_like_formula", Warning;
    /// A full name without a comma, cut at its last space.
    FullNameSplit = "full_name_split", Warning;
    /// A blank year group, told from the date of birth.
    YearGroupFromBirth = "year_group_from_birth", Warning;
    /// A name with a character that no font of the letters has.
    NameUnprintable = "name_unprintable", Warning;
    /// More contacts than are kept of a child.
    ContactLeftOut = "contact_left_out", Warning;
    /// The same child again with another contact, in a list with room for it.
    ContactNotAdded = "contact_not_added", Repair;
    /// A row that only brings a further contact of a child.
    ContactAdded = "contact_added", Repair;
    /// A number in scientific notation with every digit there.
    ScientificNotationExpanded = "scientific_notation_expanded", Repair;
    /// A full stop after an email address.
    EmailTrailingDot = "email_trailing_dot", Repair;
    /// A telephone's leading 0.
    PhoneZeroRestored = "phone_zero_restored", Repair;
    /// The same NHS number as another child with another first name.
    NhsNumberShared = "nhs_number_shared", Review;
    /// The same UPN as another child with another first name.
    UpnShared = "upn_shared", Review;
    /// Otherwise the same child, but another valid NHS number.
    NhsNumberConflict = "nhs_number_conflict", Review;
    /// NHS number and UPN belong to two different children.
    IdentifiersDisagree = "identifiers_disagree", Review;
    /// Three of four agree with a child held.
    PossibleMatch = "possible_match", Review;
    /// Three of four agree with another row of the file.
    PossibleDuplicate = "possible_duplicate", Review;
    /// Several children held fit.
    SeveralMatches = "several_matches", Review;
    /// May be a child whose record is damaged and cannot be compared.
    RecordUnreadable = "record_unreadable", Review;
}

impl From<Code> for &'static str {
    fn from(code: Code) -> Self {
        code.as_str()
    }
}

impl TryFrom<String> for Code {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Self::ALL
            .iter()
            .copied()
            .find(|code| code.as_str() == text)
            .ok_or_else(|| format!("no such code: {text}"))
    }
}

/// One matter with one row.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What the matter is.
    pub code: Code,
    /// The heading of the column it is in, where it is in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heading: Option<String>,
    /// In words, with the value and what would be right. Holds personal data.
    pub message: String,
}

/// Shows the code alone: the message may name a child.
impl std::fmt::Debug for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Finding({})", self.code.as_str())
    }
}
