//! The schools of the area.

use crate::names::{ROAD_KINDS, ROADS, SCHOOLS, TOWNS};
use crate::random::Chance;
use programme::YearGroup;

/// More schools than this would run out of establishment numbers.
pub const MOST_SCHOOLS: u32 = 13_000;

/// A school's share in the programme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Reception to Year 6.
    Primary,
    /// Reception to Year 2.
    Infant,
    /// Year 3 to Year 6.
    Junior,
    /// A special school: its children get letters and are left out of the statistics.
    Special,
}

/// An invented school.
#[derive(Clone, Debug)]
pub struct School {
    /// Its place in the area, from 0.
    pub index: u32,
    /// Unique reference number.
    pub urn: u32,
    /// 999 or 998, which no real authority has.
    pub la_code: &'static str,
    /// The authority's name.
    pub la_name: &'static str,
    /// The last four digits of its DfE number.
    pub establishment: u32,
    /// Its name.
    pub name: String,
    /// Whom it teaches.
    pub kind: Kind,
    /// Whether it is an academy (else maintained by the authority).
    pub academy: bool,
    /// Whether it is a Church of England school.
    pub church: bool,
    /// Number and road.
    pub street: String,
    /// Town.
    pub town: &'static str,
    /// The postcodes around it.
    pub district: District,
    /// Its postcode.
    pub postcode: String,
    /// Deprivation of the streets around it, 1 (most deprived) to 10.
    pub decile: u32,
    /// Children in Reception and in Year 6 in a usual year.
    pub sizes: [u32; 2],
    /// Whether every year has exactly as many.
    pub same_every_year: bool,
}

impl School {
    /// The school with the place `index`; `size` fixes the number of children in each year group.
    pub(super) fn invent(seed: u64, index: u32, size: Option<u32>) -> Self {
        let mut chance = Chance::keyed(seed, 1, u64::from(index), 0);
        // Two thirds of the schools lie in one authority, so that two of different size can be compared.
        let (la_code, la_name, area, in_la) = if index % 3 == 2 {
            ("998", "Testborough", "TB", index / 3)
        } else {
            ("999", "Exampleshire", "EB", index / 3 * 2 + index % 3)
        };
        let kind = match index % 40 {
            3 => Kind::Infant,
            4 => Kind::Junior,
            21 => Kind::Special,
            _ => Kind::Primary,
        };
        let church = SCHOOLS[index as usize % SCHOOLS.len()].starts_with("St ");
        let town = TOWNS[(index / 3) as usize % TOWNS.len()];
        let name = name_of(index, kind, church, town);
        let district = District {
            area,
            number: 1 + in_la % 20,
        };
        let decile = chance.between(1, 10);
        let mut cohort = |taught: bool| match (taught, size) {
            (false, _) => 0,
            (true, Some(size)) => size,
            (true, None) if kind == Kind::Special => chance.between(4, 9),
            (true, None) => chance.between(38, 62),
        };
        let sizes = [cohort(kind != Kind::Junior), cohort(kind != Kind::Infant)];
        Self {
            index,
            urn: 900_101 + index,
            la_code,
            la_name,
            establishment: 1001 + in_la,
            name,
            kind,
            academy: !church && chance.percent(35.0),
            church,
            street: format!("{} {}", chance.one(ROADS), chance.one(ROAD_KINDS)),
            town,
            postcode: district.postcode(&mut chance, decile),
            district,
            decile,
            sizes,
            same_every_year: size.is_some(),
        }
    }

    /// Children of a year group in one year; `chance` is that year's.
    pub(super) fn size(&self, group: YearGroup, chance: &mut Chance) -> u32 {
        let usual = self.sizes[usize::from(group == YearGroup::Year6)];
        if usual == 0 || self.same_every_year {
            return usual;
        }
        let tenth = usual / 10;
        usual - tenth + chance.between(0, 2 * tenth)
    }
}

/// A name that no other school of the area has.
fn name_of(index: u32, kind: Kind, church: bool, town: &str) -> String {
    let base = SCHOOLS[index as usize % SCHOOLS.len()];
    let round = index as usize / SCHOOLS.len();
    let kind_words = match kind {
        Kind::Primary if church => "Church of England Primary School",
        Kind::Primary => "Primary School",
        Kind::Infant => "Infant School",
        Kind::Junior => "Junior School",
        Kind::Special => "School",
    };
    match round {
        0 => format!("{base} {kind_words}"),
        _ => format!("{base} {kind_words}, {town} {round}"),
    }
}

/// The outward half of postcodes, such as `EB4`. Each of its ten sectors (`EB4 0`, `EB4 1` …) is one small area, and
/// each tenth of deprivation has one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct District {
    area: &'static str,
    number: u32,
}

impl District {
    /// A postcode in the sector with this decile of deprivation.
    pub(super) fn postcode(self, chance: &mut Chance, decile: u32) -> String {
        // The letters that inward halves use.
        const LETTERS: &[u8] = b"ABDEFGHJLNPQRSTUWXYZ";
        let digit = (0..10)
            .find(|digit| self.decile_of(*digit) == decile)
            .unwrap_or(0);
        let mut letter = || char::from(LETTERS[chance.between(0, 19) as usize]);
        let (first, second) = (letter(), letter());
        format!("{}{} {digit}{first}{second}", self.area, self.number)
    }

    /// The decile of a sector: 7 has no factor in common with 10, so each decile comes once.
    fn decile_of(self, digit: u32) -> u32 {
        1 + (digit * 7 + self.number * 3) % 10
    }
}

/// The code of the small area that a postcode of the area lies in, and its decile. The codes are beyond those in use.
pub(super) fn small_area(postcode: &str) -> Option<(String, u32)> {
    let (outward, inward) = postcode.split_once(' ')?;
    let (area, number) = outward.split_at_checked(2)?;
    let (area, tens) = if area == "EB" { ("EB", 0) } else { ("TB", 1) };
    let district = District {
        area,
        number: number.parse().ok()?,
    };
    let digit = inward.chars().next()?.to_digit(10)?;
    Some((
        format!("E0199{tens}{:02}{digit}", district.number),
        district.decile_of(digit),
    ))
}
