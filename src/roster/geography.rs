//! Where a home lies: its small area and deprivation decile.

use chrono::NaiveDateTime;

use super::import::ImportError;
use super::queries;
use crate::audit::Actor;
use crate::db::Conn;
use crate::fields::Postcode;
use crate::identity::{Identities, Purpose, Whose};

/// Where a postcode lies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// Small area, in the boundaries that the deciles use.
    pub lsoa: Option<String>,
    /// Year of those boundaries.
    pub lsoa_vintage: Option<i32>,
    /// Deprivation decile, 1 the most deprived.
    pub decile: Option<i32>,
    /// Year of the deciles.
    pub decile_vintage: Option<i32>,
}

impl Place {
    /// The place of a postcode with its areas of 2011 and 2021. `deciles` is
    /// the year of the newest deprivation index held: those up to 2019 are
    /// published for the areas of 2011, newer ones for those of 2021.
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
}

/// How many homes are looked up at a time: their names stand in memory.
const HOMES_AT_A_TIME: usize = 5_000;

/// Finds the area and the decile of children who have none, once a list of
/// postcodes or deciles came; returns for how many something was found.
/// Children whose names are gone keep what was known.
pub fn locate_homes(
    tx: &mut Conn,
    identities: &Identities,
    actor: &Actor,
    now: NaiveDateTime,
) -> Result<usize, ImportError> {
    let mut found = 0;
    for year in queries::open_years(tx)? {
        let without = queries::pupils_without_place(tx, &year)?;
        for some in without.chunks(HOMES_AT_A_TIME) {
            let pupils: Vec<i64> = some.iter().map(|(pupil, _)| *pupil).collect();
            let whose = Whose::PartOfYear(&year, &pupils);
            let homes = identities.open(tx, actor, Purpose::LocatingHome, whose)?;
            let postcodes: Vec<&Postcode> = homes
                .values()
                .filter_map(|person| person.postcode.as_ref())
                .collect();
            let Some(places) = queries::places(tx, &postcodes)? else {
                return Ok(found);
            };
            for (pupil, held) in some {
                let place = homes
                    .get(pupil)
                    .and_then(|person| places.get(person.postcode.as_ref()?.as_str()));
                if let Some(place) = place.filter(|place| *place != held) {
                    queries::set_place(tx, *pupil, place, now)?;
                    found += 1;
                }
            }
        }
    }
    Ok(found)
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
}
