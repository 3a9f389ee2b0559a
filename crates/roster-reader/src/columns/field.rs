//! The fields a roster can hold.

use std::fmt;

/// A field of a roster, as a column can stand for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// The school's URN.
    Urn,
    /// The school's DfE number.
    DfeNumber,
    /// The local authority's code, beside an establishment number of four digits.
    LocalAuthority,
    /// The school's name.
    SchoolName,
    /// Unique pupil number.
    Upn,
    /// NHS number.
    NhsNumber,
    /// Given name.
    GivenName,
    /// Family name.
    FamilyName,
    /// "Family name, given name" in one cell.
    FullName,
    /// Preferred name.
    PreferredName,
    /// Date of birth.
    DateOfBirth,
    /// Sex.
    Sex,
    /// Year group.
    YearGroup,
    /// Class.
    Class,
    /// Ethnic group.
    Ethnicity,
    /// A line of the address, 1 to 6.
    AddressLine(u8),
    /// House number or name.
    House,
    /// Street.
    Street,
    /// Town.
    Town,
    /// Home postcode.
    Postcode,
    /// The whole address in one cell.
    AddressBlock,
    /// Marked sensitive, as a child in care is.
    Sensitive,
    /// Something of a parent or carer, 1 to 4.
    Parent(u8, ParentPart),
}

/// What a column says of a parent or carer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ParentPart {
    /// Title.
    Title,
    /// Full name, perhaps with the title.
    Name,
    /// Given name.
    Given,
    /// Family name.
    Family,
    /// Relationship to the child.
    Relationship,
    /// Email address.
    Email,
    /// Telephone number.
    Phone,
    /// Postal address where it is not the child's.
    Address,
    /// Preferred language.
    Language,
    /// Preferred format.
    Format,
    /// Whether letters go to this contact.
    Letters,
    /// Its place among the child's contacts, 1 for the first to turn to.
    Priority,
}

impl ParentPart {
    /// How many parts there are.
    pub const COUNT: usize = 12;
}

/// The most parents or carers of one child.
pub const MOST_PARENTS: u8 = 4;

/// The most lines of an address.
pub const MOST_LINES: u8 = 6;

const PLAIN: &[(Field, &str, &str)] = &[
    (Field::Urn, "urn", "URN"),
    (Field::DfeNumber, "dfe_number", "DfE number"),
    (
        Field::LocalAuthority,
        "local_authority",
        "Local authority code",
    ),
    (Field::SchoolName, "school_name", "School name"),
    (Field::Upn, "upn", "UPN"),
    (Field::NhsNumber, "nhs_number", "NHS number"),
    (Field::GivenName, "given_name", "Given name"),
    (Field::FamilyName, "family_name", "Family name"),
    (Field::FullName, "full_name", "Full name"),
    (Field::PreferredName, "preferred_name", "Preferred name"),
    (Field::DateOfBirth, "date_of_birth", "Date of birth"),
    (Field::Sex, "sex", "Sex"),
    (Field::YearGroup, "year_group", "Year group"),
    (Field::Class, "class", "Class"),
    (Field::Ethnicity, "ethnicity", "Ethnicity"),
    (Field::AddressLine(1), "address_line_1", "Address line 1"),
    (Field::AddressLine(2), "address_line_2", "Address line 2"),
    (Field::AddressLine(3), "address_line_3", "Address line 3"),
    (Field::AddressLine(4), "address_line_4", "Address line 4"),
    (Field::AddressLine(5), "address_line_5", "Address line 5"),
    (Field::AddressLine(6), "address_line_6", "Address line 6"),
    (Field::House, "house", "House number or name"),
    (Field::Street, "street", "Street"),
    (Field::Town, "town", "Town"),
    (Field::Postcode, "postcode", "Postcode"),
    (Field::AddressBlock, "address_block", "Whole address"),
    (Field::Sensitive, "sensitive", "Sensitive"),
];

const PARTS: &[(ParentPart, &str, &str)] = &[
    (ParentPart::Title, "title", "title"),
    (ParentPart::Name, "name", "name"),
    (ParentPart::Given, "given", "given name"),
    (ParentPart::Family, "family", "family name"),
    (ParentPart::Relationship, "relationship", "relationship"),
    (ParentPart::Email, "email", "email"),
    (ParentPart::Phone, "phone", "phone"),
    (ParentPart::Address, "address", "address"),
    (ParentPart::Language, "language", "language"),
    (ParentPart::Format, "format", "format"),
    (ParentPart::Letters, "letters", "send letters"),
    (ParentPart::Priority, "priority", "priority"),
];

impl ParentPart {
    /// Reads the word a part goes by in data and in mappings.
    pub fn from_key(key: &str) -> Option<Self> {
        PARTS
            .iter()
            .find(|(_, word, _)| *word == key)
            .map(|(part, _, _)| *part)
    }
}

impl Field {
    /// Every field, in the order of the canonical layout.
    pub fn all() -> impl Iterator<Item = Self> {
        let parents = (1..=MOST_PARENTS)
            .flat_map(|n| PARTS.iter().map(move |(part, _, _)| Self::Parent(n, *part)));
        PLAIN.iter().map(|(field, _, _)| *field).chain(parents)
    }

    /// How many different [`Field::ordinal`]s there are.
    pub const COUNT: usize = PLAIN.len() + ParentPart::COUNT * MOST_PARENTS as usize;

    /// A small number of its own for each field, for tables indexed by field.
    pub fn ordinal(self) -> usize {
        match self {
            Self::Urn => 0,
            Self::DfeNumber => 1,
            Self::SchoolName => 2,
            Self::Upn => 3,
            Self::NhsNumber => 4,
            Self::GivenName => 5,
            Self::FamilyName => 6,
            Self::FullName => 7,
            Self::PreferredName => 8,
            Self::DateOfBirth => 9,
            Self::Sex => 10,
            Self::YearGroup => 11,
            Self::Class => 12,
            Self::Ethnicity => 13,
            Self::AddressLine(line) => 13 + usize::from(line.clamp(1, MOST_LINES)),
            Self::House => 20,
            Self::Street => 21,
            Self::Town => 22,
            Self::Postcode => 23,
            Self::AddressBlock => 24,
            Self::Sensitive => 25,
            Self::LocalAuthority => 26,
            Self::Parent(number, part) => {
                let number = usize::from(number.clamp(1, MOST_PARENTS)) - 1;
                PLAIN.len() + ParentPart::COUNT * number + part as usize
            }
        }
    }

    /// The word the field goes by in mappings and reports: `given_name`,
    /// `parent_1_email`.
    pub fn key(self) -> String {
        self.to_string()
    }

    /// Reads [`Field::key`].
    pub fn from_key(key: &str) -> Option<Self> {
        if let Some((field, _, _)) = PLAIN.iter().find(|(_, word, _)| *word == key) {
            return Some(*field);
        }
        let (number, part) = key.strip_prefix("parent_")?.split_once('_')?;
        let number = number
            .parse()
            .ok()
            .filter(|number| (1..=MOST_PARENTS).contains(number))?;
        Some(Self::Parent(number, ParentPart::from_key(part)?))
    }

    /// The field as a person reads it, which is also its canonical heading:
    /// "Given name", "Parent 1 email".
    pub fn label(self) -> String {
        if let Self::Parent(number, part) = self {
            let words = PARTS
                .iter()
                .find(|(candidate, _, _)| *candidate == part)
                .map_or("", |(_, _, words)| *words);
            return format!("Parent {number} {words}");
        }
        PLAIN
            .iter()
            .find(|(field, _, _)| *field == self)
            .map_or("", |(_, _, label)| *label)
            .to_owned()
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Parent(number, part) = self {
            let word = PARTS
                .iter()
                .find(|(candidate, _, _)| candidate == part)
                .map_or("", |(_, word, _)| *word);
            return write!(f, "parent_{number}_{word}");
        }
        f.write_str(
            PLAIN
                .iter()
                .find(|(field, _, _)| field == self)
                .map_or("", |(_, word, _)| *word),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_read_back_from_its_key() {
        for field in Field::all() {
            assert_eq!(Field::from_key(&field.key()), Some(field), "{field}");
            assert!(!field.label().is_empty());
        }
        let ordinals: std::collections::BTreeSet<usize> =
            Field::all().map(Field::ordinal).collect();
        assert_eq!(
            ordinals.into_iter().collect::<Vec<_>>(),
            (0..Field::COUNT).collect::<Vec<_>>()
        );
        assert_eq!(Field::from_key("parent_9_email"), None);
        assert_eq!(
            Field::Parent(2, ParentPart::Email).label(),
            "Parent 2 email"
        );
    }
}
