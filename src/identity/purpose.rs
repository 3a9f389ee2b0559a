//! What identities may be opened for: the promise to parents, as a closed list.
//!
//! The public privacy page is made from this list, and every row of the access log names one of it.

/// A reason to open a child's identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Comparing a school's list with the children already held.
    MatchingRoster,
    /// Finding the child that a row of figures belongs to.
    MatchingMeasurements,
    /// Showing a class list to the person who measures.
    Recording,
    /// Finding a child by name or number.
    FindingChild,
    /// Looking at one child's record.
    ViewingRecord,
    /// Correcting a child's record.
    Correcting,
    /// Writing a letter to the parents, or showing it before it goes.
    Letters,
    /// Answering a request for everything held about a child.
    SubjectAccess,
    /// Handing the programme its own roster as a file.
    ExportingRoster,
    /// Finding the small area of a home after the list of postcodes was renewed.
    LocatingHome,
    /// Sealing, with a new version of the program, more of what is held of a child.
    SealingMore,
    /// Checking that a removed name is gone.
    Retention,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 12] = [
        Self::MatchingRoster,
        Self::MatchingMeasurements,
        Self::Recording,
        Self::FindingChild,
        Self::ViewingRecord,
        Self::Correcting,
        Self::Letters,
        Self::SubjectAccess,
        Self::ExportingRoster,
        Self::LocatingHome,
        Self::SealingMore,
        Self::Retention,
    ];

    /// The word in the access log.
    pub fn code(self) -> &'static str {
        match self {
            Self::MatchingRoster => "matching_roster",
            Self::MatchingMeasurements => "matching_measurements",
            Self::Recording => "recording",
            Self::FindingChild => "finding_child",
            Self::ViewingRecord => "viewing_record",
            Self::Correcting => "correcting",
            Self::Letters => "letters",
            Self::SubjectAccess => "subject_access",
            Self::ExportingRoster => "exporting_roster",
            Self::LocatingHome => "locating_home",
            Self::SealingMore => "sealing_more",
            Self::Retention => "retention",
        }
    }

    /// The purpose with this word in the access log.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.code() == code)
    }

    /// What a parent reads on the privacy page.
    pub fn explanation(self) -> &'static str {
        match self {
            Self::MatchingRoster => {
                "to compare a school’s class list with the children we already hold, so that nobody is counted twice"
            }
            Self::MatchingMeasurements => {
                "to put a measurement that was taken elsewhere with the right child"
            }
            Self::Recording => "to show the class list to the person who measures the children",
            Self::FindingChild => {
                "to find one child’s record when a parent or a school gets in touch"
            }
            Self::ViewingRecord => {
                "to look at one child’s record when a parent or a school gets in touch"
            }
            Self::Correcting => "to correct what we hold when it is wrong",
            Self::Letters => "to write to the child’s parents with the result",
            Self::SubjectAccess => {
                "to answer a parent who asks for everything we hold about their child"
            }
            Self::ExportingRoster => "to give the programme’s own staff a class list to work from",
            Self::LocatingHome => {
                "to note which small area a home is in after the national list of postcodes was renewed"
            }
            Self::SealingMore => {
                "to encrypt more of what we hold together with the name, once, with a new version of our software"
            }
            Self::Retention => "to make sure that a name which was removed is really gone",
        }
    }

    /// Which of the four uses in the privacy notice it serves.
    pub fn promise(self) -> &'static str {
        match self {
            Self::Recording
            | Self::Letters
            | Self::SubjectAccess
            | Self::ViewingRecord
            | Self::FindingChild => {
                "Giving a child’s height and weight to the child and its parents"
            }
            Self::MatchingRoster
            | Self::MatchingMeasurements
            | Self::Correcting
            | Self::ExportingRoster
            | Self::LocatingHome => "Keeping the information we hold accurate",
            Self::SealingMore | Self::Retention => {
                "Keeping names only for the period designated by the Department of Health"
            }
        }
    }
}
