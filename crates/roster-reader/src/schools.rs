//! The schools a roster may name.

use std::collections::HashMap;

use programme::{DfeNumber, Urn, text};

/// What checking needs to know of a school.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct School {
    /// URN.
    pub urn: Urn,
    /// DfE number, where there is one.
    pub dfe_number: Option<DfeNumber>,
    /// Name.
    pub name: String,
    /// Whether it is open, which includes open but proposed to close.
    pub open: bool,
}

/// Every school on the list, found by URN, DfE number or name.
#[derive(Debug, Default)]
pub struct Schools {
    schools: Vec<School>,
    by_urn: HashMap<Urn, usize>,
    by_dfe_number: HashMap<DfeNumber, usize>,
    /// `None` where several schools share a name.
    by_name: HashMap<String, Option<usize>>,
    /// By [`short_name`], of open schools; `None` where several share one.
    by_short_name: HashMap<String, Option<usize>>,
}

impl Schools {
    /// From the list of schools.
    pub fn new(schools: Vec<School>) -> Self {
        let mut index = Self::default();
        for (position, school) in schools.iter().enumerate() {
            index.by_urn.insert(school.urn, position);
            if let Some(number) = school.dfe_number {
                // A school that changed its type has two URNs under one DfE
                // number; the open one is meant.
                let taken = index
                    .by_dfe_number
                    .get(&number)
                    .is_some_and(|other| schools[*other].open);
                if !taken {
                    index.by_dfe_number.insert(number, position);
                }
            }
            index
                .by_name
                .entry(text::folded(&school.name))
                .and_modify(|other| {
                    let keep = other.filter(|other| schools[*other].open && !school.open);
                    *other = keep.or_else(|| {
                        other
                            .filter(|other| school.open && !schools[*other].open)
                            .map(|_| position)
                    });
                })
                .or_insert(Some(position));
        }
        for (position, school) in schools.iter().enumerate().filter(|(_, school)| school.open) {
            index
                .by_short_name
                .entry(short_name(&school.name))
                .and_modify(|other| *other = None)
                .or_insert(Some(position));
        }
        index.schools = schools;
        index
    }

    /// The school with a URN.
    pub fn by_urn(&self, urn: Urn) -> Option<&School> {
        self.by_urn
            .get(&urn)
            .map(|position| &self.schools[*position])
    }

    /// The school with a DfE number.
    pub fn by_dfe_number(&self, number: DfeNumber) -> Option<&School> {
        self.by_dfe_number
            .get(&number)
            .map(|position| &self.schools[*position])
    }

    /// The only school of a name.
    pub fn by_name(&self, name: &str) -> Option<&School> {
        self.by_name
            .get(&text::folded(name))
            .copied()
            .flatten()
            .map(|position| &self.schools[position])
    }

    /// The school that a text describes in any of the ways lists do: its URN,
    /// its DfE number, its name whether or not in full, or a name with one of
    /// the numbers beside it.
    pub fn described(&self, text: &str) -> Option<&School> {
        let number = |text: &str| {
            Urn::parse(text)
                .ok()
                .and_then(|urn| self.by_urn(urn))
                .or_else(|| {
                    let number = DfeNumber::parse(text).ok()?;
                    self.by_dfe_number(number)
                })
        };
        if let Some(school) = number(text).or_else(|| self.by_name(text)) {
            return Some(school);
        }
        let beside = text
            .split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '[' | ']' | ',' | ':'))
            .filter(|word| word.len() >= 6 && word.starts_with(|c: char| c.is_ascii_digit()))
            .find_map(number);
        beside.or_else(|| {
            self.by_short_name
                .get(&short_name(text))
                .copied()
                .flatten()
                .map(|position| &self.schools[position])
        })
    }

    /// All schools.
    pub fn iter(&self) -> impl Iterator<Item = &School> {
        self.schools.iter()
    }
}

/// A name without the words that lists leave out or write in several ways:
/// "St Mary's C of E Primary" and "Saint Mary’s Church of England Primary
/// School" are one.
fn short_name(name: &str) -> String {
    let label = format!(" {} ", text::label(name));
    let label = [
        (" church of england ", " ce "),
        (" c of e ", " ce "),
        (" cofe ", " ce "),
        (" coe ", " ce "),
        (" c e ", " ce "),
        (" roman catholic ", " catholic "),
        (" rc ", " catholic "),
        (" r c ", " catholic "),
        (" saint ", " st "),
        (" voluntary aided ", " "),
        (" voluntary controlled ", " "),
        (" infants ", " infant "),
        (" juniors ", " junior "),
    ]
    .iter()
    .fold(label, |label, (long, short)| label.replace(long, short));
    label
        .split(' ')
        .filter(|word| {
            !matches!(
                *word,
                "" | "the" | "school" | "va" | "vc" | "ce" | "primary" | "sch"
            )
        })
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn school(urn: &str, name: &str, open: bool) -> School {
        School {
            urn: Urn::parse(urn).unwrap(),
            dfe_number: DfeNumber::parse("999/2101").ok(),
            name: name.to_owned(),
            open,
        }
    }

    #[test]
    fn of_two_schools_under_one_number_or_name_the_open_one_is_meant() {
        let schools = Schools::new(vec![
            school("900101", "St Mary’s", false),
            school("900102", "St. Marys", true),
        ]);
        let number = DfeNumber::parse("999/2101").unwrap();
        assert_eq!(
            schools.by_dfe_number(number).unwrap().urn.to_string(),
            "900102"
        );
        assert_eq!(
            schools.by_name("St Mary's").unwrap().urn.to_string(),
            "900102"
        );
        let both_open = Schools::new(vec![
            school("900101", "Hill", true),
            school("900102", "Hill", true),
        ]);
        assert!(both_open.by_name("Hill").is_none());
    }

    #[test]
    fn a_school_is_found_however_it_is_described() {
        let mut list = vec![
            school("900101", "Orchard Lane Primary School", true),
            school("900102", "St Mary’s Church of England Primary School", true),
            school("900104", "Millbrook Infant School", true),
            school("900105", "Millbrook Junior School", true),
        ];
        list[0].dfe_number = DfeNumber::parse("999/2001").ok();
        let schools = Schools::new(list);
        for (text, urn) in [
            ("900101", "900101"),
            ("999/2001", "900101"),
            ("9992001", "900101"),
            ("Orchard Lane Primary", "900101"),
            ("ORCHARD LANE", "900101"),
            ("Orchard Lane Primary School (900101)", "900101"),
            ("900101 - Orchard Lane", "900101"),
            ("Saint Mary's C of E Primary", "900102"),
            ("St Marys CE VA Primary School", "900102"),
            ("Millbrook Infants", "900104"),
            ("The Millbrook Junior School", "900105"),
        ] {
            assert_eq!(
                schools.described(text).map(|found| found.urn.to_string()),
                Some(urn.to_owned()),
                "{text}"
            );
        }
        for text in ["Millbrook", "Primary School", "I1", "", "123456"] {
            assert!(schools.described(text).is_none(), "{text}");
        }
    }
}
