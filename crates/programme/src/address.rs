//! Addresses that arrive in one cell.

use crate::{Postcode, text};

/// An address taken apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AddressBlock {
    /// The lines before the town.
    pub lines: Vec<String>,
    /// The last part before the postcode, when there are at least two.
    pub town: Option<String>,
    /// The postcode, when the block ends in one.
    pub postcode: Option<Postcode>,
}

/// Splits "18 Mill Lane, Exampleton, EB2 6AU", or the same over several lines.
pub fn split_block(value: &str) -> AddressBlock {
    let mut parts: Vec<String> = value
        .split(['\n', '\r', ',', ';', '|'])
        .map(|part| text::clean(part).into_owned())
        .filter(|part| !part.is_empty())
        .collect();
    let mut block = AddressBlock::default();
    if let Some(last) = parts.pop() {
        let (rest, postcode) = split_postcode(&last);
        block.postcode = postcode;
        if !rest.is_empty() {
            parts.push(rest);
        }
    }
    // "18, Mill Lane": a part that is only a house number belongs to the next.
    let mut lines: Vec<String> = Vec::with_capacity(parts.len());
    for part in parts {
        match lines.last_mut() {
            Some(line) if is_house_number(line) => {
                line.push(' ');
                line.push_str(&part);
            }
            _ => lines.push(part),
        }
    }
    if lines.len() > 1 {
        block.town = lines.pop();
    }
    block.lines = lines;
    block
}

/// The text before a postcode at its end, and the postcode.
pub fn split_postcode(part: &str) -> (String, Option<Postcode>) {
    let words: Vec<&str> = part.split(' ').collect();
    for take in [2, 1] {
        if words.len() >= take {
            let (before, after) = words.split_at(words.len() - take);
            if let Ok(postcode) = Postcode::parse(&after.concat()) {
                return (before.join(" "), Some(postcode));
            }
        }
    }
    (part.to_owned(), None)
}

fn is_house_number(part: &str) -> bool {
    part.len() <= 5
        && part.starts_with(|c: char| c.is_ascii_digit())
        && part.chars().all(|c| c.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_taken_apart_from_its_end() {
        let block = split_block("Flat 2, 56 Park Terrace, Exampleton, EB2 2AN");
        assert_eq!(block.lines, ["Flat 2", "56 Park Terrace"]);
        assert_eq!(block.town.as_deref(), Some("Exampleton"));
        assert_eq!(block.postcode.unwrap().as_str(), "EB2 2AN");
    }

    #[test]
    fn lines_and_a_postcode_beside_the_town_are_understood() {
        let block = split_block("18, Mill Lane\nExampleton eb26au");
        assert_eq!(block.lines, ["18 Mill Lane"]);
        assert_eq!(block.town.as_deref(), Some("Exampleton"));
        assert_eq!(block.postcode.unwrap().as_str(), "EB2 6AU");
        assert_eq!(split_block("The Barge").lines, ["The Barge"]);
        assert_eq!(split_block(" , "), AddressBlock::default());
    }
}
