//! Where a home lies: its small area and deprivation decile.

use super::error::ImportError;
use super::{place_queries, pupil_queries};
use crate::db::Conn;
use crate::identity::{Purpose, Whose, notice, put_identity};
use crate::records::year;
use crate::work::Work;
use programme::{Place, Postcode};

/// How many homes are looked up at a time: their names stand in memory.
const HOMES_AT_A_TIME: usize = 5_000;

/// What looking for homes came to.
#[derive(Debug)]
pub struct Located {
    /// For how many children something was found.
    pub found: usize,
    /// Children whose home is not known because their record cannot be read, in words.
    pub damaged: Option<String>,
}

impl Located {
    fn of(found: usize, damaged: Vec<i64>) -> Self {
        Self {
            found,
            damaged: notice(damaged),
        }
    }
}

/// Finds the area and the decile of children who have no decile, once a list of
/// postcodes or deciles came.
/// Children whose names are gone keep what was known.
pub fn locate_homes(work: &mut Work<'_>) -> Result<Located, ImportError> {
    let (mut found, mut damaged) = (0, Vec::new());
    for year in year::open_years(work.tx)? {
        let without = pupil_queries::pupils_without_quintile(work.tx, &year)?;
        for pupils in without.chunks(HOMES_AT_A_TIME) {
            let sealer = work.identities.sealer(work.tx, &year)?;
            let whose = Whose::PartOfYear(&year, pupils);
            let homes = work
                .identities
                .open(work.tx, work.actor, Purpose::LocatingHome, whose)?;
            let postcodes: Vec<&Postcode> = homes
                .people
                .values()
                .filter_map(|person| person.postcode.as_ref())
                .collect();
            let Some(places) = place_queries::places(work.tx, &postcodes)? else {
                return Ok(Located::of(found, damaged));
            };
            damaged.extend(homes.unreadable.iter().map(|one| one.pupil));
            for (pupil, mut person) in homes.people {
                let place = person
                    .postcode
                    .as_ref()
                    .and_then(|postcode| places.get(postcode.as_str()));
                let Some(place) = place.filter(|place| **place != person.particulars.place) else {
                    continue;
                };
                pupil_queries::set_quintile(work.tx, pupil, place, work.now)?;
                person.particulars.place.clone_from(place);
                put_identity(work.tx, &sealer, &year, pupil, &person, work.now)?;
                found += 1;
            }
        }
    }
    Ok(Located::of(found, damaged))
}

/// Where the home with this postcode lies; `None` when the postcode is on no
/// list.
pub fn place_of_home(
    tx: &mut Conn,
    postcode: Option<&Postcode>,
) -> Result<Option<Place>, crate::db::Error> {
    let Some(postcode) = postcode else {
        return Ok(None);
    };
    Ok(place_queries::places(tx, &[postcode])?
        .and_then(|mut places| places.remove(postcode.as_str())))
}
