//! Details that name nobody but would tell who a child is to somebody who has the school's list.
//!
//! They are sealed with the name and erased with it. What statistics need is kept in clear beside them, coarser: five
//! ethnic groups and the deprivation quintile (ADR 0009).

use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use crate::Ethnicity;

/// The sealed details of one child.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Zeroize)]
pub struct Particulars {
    /// Class, or empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub class: String,
    /// Ethnic group by its NHS code, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[zeroize(skip)]
    pub ethnicity: Option<Ethnicity>,
    /// Where the home lies.
    #[serde(default, skip_serializing_if = "Place::is_unknown")]
    pub place: Place,
    /// Letters wait for a nurse, as for a child in care.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sensitive: bool,
    /// A condition that affects growth is known; letters wait for a nurse.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub growth_condition: bool,
}

impl Particulars {
    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Where a home lies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Zeroize)]
pub struct Place {
    /// Small area, in the boundaries that the deciles use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lsoa: Option<String>,
    /// Year of those boundaries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lsoa_vintage: Option<i32>,
    /// Deprivation decile, 1 the most deprived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decile: Option<i32>,
    /// Year of the deciles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decile_vintage: Option<i32>,
}

impl Place {
    /// The place of a postcode with its areas of 2011 and 2021. `deciles` is the year of the newest deprivation index
    /// held: those up to 2019 are published for the areas of 2011, newer ones for those of 2021.
    pub fn new(lsoa11: Option<String>, lsoa21: Option<String>, deciles: Option<i32>) -> Self {
        let old = (lsoa11, 2011);
        let new = (lsoa21, 2021);
        let (first, second) = if deciles.is_some_and(|year| year <= 2019) {
            (old, new)
        } else {
            (new, old)
        };
        let (lsoa, vintage) = if first.0.is_some() { first } else { second };
        Self {
            lsoa_vintage: lsoa.as_ref().map(|_| vintage),
            lsoa,
            decile: None,
            decile_vintage: None,
        }
    }

    /// Adds the decile found for the area.
    pub fn set_decile(&mut self, vintage: i32, decile: Option<i32>) {
        self.decile = decile;
        self.decile_vintage = decile.map(|_| vintage);
    }

    /// The deprivation quintile, 1 the most deprived: what is kept in clear.
    pub fn quintile(&self) -> Option<i32> {
        self.decile.map(|decile| (decile + 1) / 2)
    }

    /// Whether nothing is known of the place.
    pub fn is_unknown(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_area_is_taken_in_the_boundaries_of_the_deciles() {
        let place = |deciles| {
            Place::new(
                Some("E01000001".to_owned()),
                Some("E01033333".to_owned()),
                deciles,
            )
        };
        assert_eq!(place(Some(2019)).lsoa_vintage, Some(2011));
        assert_eq!(place(Some(2025)).lsoa_vintage, Some(2021));
        assert_eq!(place(None).lsoa.as_deref(), Some("E01033333"));
        assert_eq!(Place::new(None, None, None), Place::default());
        assert_eq!(
            Place::new(Some("E01000001".to_owned()), None, Some(2025)).lsoa_vintage,
            Some(2011)
        );
    }

    #[test]
    fn two_deciles_are_one_quintile() {
        let quintiles = (1..=10).map(|decile| {
            let mut place = Place::default();
            place.set_decile(2025, Some(decile));
            place.quintile().unwrap()
        });
        assert_eq!(
            quintiles.collect::<Vec<_>>(),
            [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
        );
        assert_eq!(Place::default().quintile(), None);
    }
}
