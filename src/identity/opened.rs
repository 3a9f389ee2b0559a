//! What came of opening identities: those that could be read, and those that could not.
//!
//! A damaged identity is one child's trouble. It is never an error of the whole call and never left out in silence:
//! whoever opens several goes on with the others and says which could not be read ([`Opened::notice`]); whoever needs
//! one certain child gets the error ([`Opened::one`]).

use std::collections::HashMap;

use programme::Person;

use super::error::IdentityError;

/// People by the number of their record.
pub type People = HashMap<i64, Person>;

/// Records that a notice names; of more it tells how many there are.
const NAMED: usize = 20;

/// A child whose identity cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The child's number.
    pub pupil: i64,
    /// What is wrong, without a name.
    pub why: String,
}

/// Identities as they were opened. Children whose name is gone are in neither part.
#[derive(Debug, Default)]
pub struct Opened {
    /// Those that could be read.
    pub people: People,
    /// Those that could not, by number.
    pub unreadable: Vec<Unreadable>,
}

/// What opening found of one child.
#[derive(Clone, Copy, Debug)]
pub enum Found<'a> {
    /// Who it is.
    Person(&'a Person),
    /// Its identity is there and cannot be read.
    Damaged,
    /// Its name has been erased.
    Erased,
}

impl<'a> Found<'a> {
    /// Who it is, where that could be read.
    pub fn person(self) -> Option<&'a Person> {
        match self {
            Self::Person(person) => Some(person),
            Self::Damaged | Self::Erased => None,
        }
    }
}

impl Opened {
    /// What was found of a child.
    pub fn found(&self, pupil: i64) -> Found<'_> {
        match self.people.get(&pupil) {
            Some(person) => Found::Person(person),
            None if self.unreadable.iter().any(|one| one.pupil == pupil) => Found::Damaged,
            None => Found::Erased,
        }
    }

    /// One child that the caller cannot do without: a damaged identity is an error, an erased one `None`.
    pub fn one(&mut self, pupil: i64) -> Result<Option<Person>, IdentityError> {
        match self.unreadable.iter().find(|one| one.pupil == pupil) {
            Some(one) => Err(IdentityError::Unreadable {
                pupil,
                why: one.why.clone(),
            }),
            None => Ok(self.people.remove(&pupil)),
        }
    }

    /// Says of which children nothing could be read and what to do, for a page or a report; `None` where all was.
    pub fn notice(&self) -> Option<String> {
        notice(self.unreadable.iter().map(|one| one.pupil))
    }
}

/// The words about damaged records, by the children's numbers; `None` when there is none.
pub fn notice(pupils: impl IntoIterator<Item = i64>) -> Option<String> {
    let mut pupils: Vec<i64> = pupils.into_iter().collect();
    pupils.sort_unstable();
    let mut numbers: Vec<String> = pupils.iter().take(NAMED).map(i64::to_string).collect();
    if let Some(more @ 1..) = pupils.len().checked_sub(NAMED) {
        numbers.push(format!("{more} more"));
    }
    let last = numbers.pop()?;
    Some(if numbers.is_empty() {
        format!(
            "The record of child {last} is damaged and its name cannot be read. Tell your system administrator this number: the record has to be restored from a backup."
        )
    } else {
        format!(
            "The records of children {} and {last} are damaged and their names cannot be read. Tell your system administrator these numbers: the records have to be restored from a backup.",
            numbers.join(", ")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_names_every_damaged_record_and_counts_what_is_too_much_to_name() {
        assert_eq!(notice([]), None);
        let one = notice([7]).unwrap();
        assert!(one.starts_with("The record of child 7 is damaged"), "{one}");
        let three = notice([12, 3, 7]).unwrap();
        assert!(
            three.starts_with("The records of children 3, 7 and 12 are"),
            "{three}"
        );
        let many = notice(1..=25).unwrap();
        assert!(many.contains("19, 20 and 5 more are damaged"), "{many}");
        let just_enough = notice(1..=20).unwrap();
        assert!(
            just_enough.contains("19 and 20 are damaged"),
            "{just_enough}"
        );
    }
}
