//! Reads a height and a weight as they were entered.

use super::{Code, Findings};
use crate::measure::Unread;
use crate::{Height, Weight};

/// Reads the two cells of an entry, and finds everything wrong with both at
/// once. Both empty is for the caller to pass over beforehand.
pub fn read_entry(height: &str, weight: &str) -> Result<(Height, Weight), Findings> {
    let (height, weight) = (
        Height::parse_centimetres(height),
        Weight::parse_kilograms(weight),
    );
    let mut findings = Findings::default();
    match height {
        Err(Unread::Missing) => findings.add(
            Code::HeightMissing,
            "The height is missing. Enter it in centimetres, such as 106.7.".to_owned(),
        ),
        Err(Unread::Unreadable) => findings.add(
            Code::HeightUnreadable,
            "The height cannot be read. Enter one number of centimetres, such as 106.7.".to_owned(),
        ),
        Ok(_) => {}
    }
    match weight {
        Err(Unread::Missing) => findings.add(
            Code::WeightMissing,
            "The weight is missing. Enter it in kilograms, such as 18.2.".to_owned(),
        ),
        Err(Unread::Unreadable) => findings.add(
            Code::WeightUnreadable,
            "The weight cannot be read. Enter one number of kilograms, such as 18.2.".to_owned(),
        ),
        Ok(_) => {}
    }
    match (height, weight) {
        (Ok(height), Ok(weight)) => Ok((height, weight)),
        _ => Err(findings),
    }
}
