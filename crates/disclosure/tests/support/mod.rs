//! A synthetic authority whose children are measured, moved and corrected
//! month after month, for tests, the bench and the comparison of designs.
//!
//! Children are kept one by one, so that counts are always consistent; a small
//! generator of its own keeps runs the same everywhere.

#![expect(
    clippy::expect_used,
    reason = "a synthetic area that does not add up is a fault of the test"
)]

pub(crate) mod months;

use chrono::NaiveDate;
use disclosure::{PopulationCategory as P, RawTable};
use programme::{AcademicYear, Sex, Urn, YearGroup};

/// The authority of every synthetic area.
pub(crate) const AUTHORITY: &str = "213";

/// SplitMix64 (G. L. Steele and others, 2014): small, seeded, good enough here.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn seeded(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5DEE_CE66)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A whole number from `0` up to but without `limit`.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    /// True with the given chance.
    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        (self.next() >> 11) as f64 / ((1_u64 << 53) as f64) < probability
    }
}

/// One child in one academic year.
#[derive(Clone)]
pub(crate) struct Child {
    pub school: usize,
    pub year: AcademicYear,
    pub group: YearGroup,
    pub sex: Sex,
    /// `None` until measured.
    pub category: Option<P>,
    pub never: bool,
}

/// An authority's schools and children.
#[derive(Clone)]
pub(crate) struct Authority {
    pub schools: usize,
    pub children: Vec<Child>,
    /// Children a year group that each school has, about.
    pub cohorts: Vec<usize>,
}

/// A category drawn with the national shares of a year group.
pub(crate) fn category(random: &mut Random, group: YearGroup) -> P {
    let thousandth = random.below(1000);
    let limits = match group {
        YearGroup::Reception => [10, 782, 907, 975],
        YearGroup::Year6 => [17, 645, 784, 945],
    };
    match limits.iter().position(|limit| thousandth < *limit) {
        Some(index) => P::ALL[index],
        None => P::SeverelyObese,
    }
}

impl Authority {
    /// `schools` with cohorts from `cohort.0` to `cohort.1`; every child of
    /// `measured_years` is measured, those of `open_years` not yet.
    pub(crate) fn new(
        random: &mut Random,
        schools: usize,
        cohort: (usize, usize),
        measured_years: &[AcademicYear],
        open_years: &[AcademicYear],
    ) -> Self {
        let mut area = Self {
            schools,
            children: Vec::new(),
            cohorts: Vec::new(),
        };
        for school in 0..schools {
            let usual = cohort.0 + random.below(cohort.1 - cohort.0 + 1);
            area.cohorts.push(usual);
            for (year, measured) in measured_years
                .iter()
                .map(|y| (y, true))
                .chain(open_years.iter().map(|y| (y, false)))
            {
                area.enrol(random, school, *year, measured);
            }
        }
        area
    }

    /// A year's children of one school.
    pub(crate) fn enrol(
        &mut self,
        random: &mut Random,
        school: usize,
        year: AcademicYear,
        measured: bool,
    ) {
        for group in YearGroup::ALL {
            let size = (self.cohorts[school] + random.below(7))
                .saturating_sub(3)
                .max(1);
            for _ in 0..size {
                let sex = if random.chance(0.51) {
                    Sex::Male
                } else {
                    Sex::Female
                };
                let never = random.chance(0.06);
                let category = (measured && !never).then(|| category(random, group));
                self.children.push(Child {
                    school,
                    year,
                    group,
                    sex,
                    category,
                    never,
                });
            }
        }
    }

    /// Measures one school's children of one year who are not yet measured.
    pub(crate) fn visit(
        &mut self,
        random: &mut Random,
        school: usize,
        year: AcademicYear,
        present: f64,
    ) {
        for child in &mut self.children {
            if child.school == school
                && child.year == year
                && !child.never
                && child.category.is_none()
                && random.chance(present)
            {
                child.category = Some(category(random, child.group));
            }
        }
    }

    /// Changes the category of a few children, moves a few to another school.
    pub(crate) fn correct_and_move(
        &mut self,
        random: &mut Random,
        corrections: usize,
        moves: usize,
    ) {
        let children = self.children.len();
        for _ in 0..corrections {
            let child = random.below(children);
            let group = self.children[child].group;
            if self.children[child].category.is_some() {
                self.children[child].category = Some(category(random, group));
            }
        }
        for _ in 0..moves {
            let child = random.below(children);
            self.children[child].school = random.below(self.schools);
        }
    }

    /// The counts on one day.
    pub(crate) fn table(&self, as_at: NaiveDate) -> RawTable {
        let mut builder = RawTable::as_at(as_at);
        builder.authority(AUTHORITY, "Northshire");
        for school in 0..self.schools {
            builder.school(
                &urn(school).to_string(),
                &format!("School {school}"),
                AUTHORITY,
            );
        }
        let mut cells = std::collections::BTreeMap::new();
        let mut taking_part = std::collections::BTreeMap::new();
        for child in &self.children {
            let (eligible, measured) = taking_part
                .entry((child.school, child.year, child.group))
                .or_insert((0, 0));
            *eligible += 1;
            if let Some(category) = child.category {
                *measured += 1;
                *cells
                    .entry((child.school, child.year, child.group, child.sex, category))
                    .or_insert(0) += 1;
            }
        }
        for ((school, year, group), (eligible, measured)) in taking_part {
            builder.participation(&urn(school).to_string(), year, group, eligible, measured);
        }
        for ((school, year, group, sex, category), children) in cells {
            builder.count(
                &urn(school).to_string(),
                year,
                group,
                sex,
                category,
                children,
            );
        }
        builder.build().expect("a synthetic area adds up")
    }
}

/// The URN of a synthetic school.
pub(crate) fn urn(school: usize) -> Urn {
    Urn::try_from(100_000 + school as i32).expect("a URN")
}

/// The academic year that starts in `start`.
pub(crate) fn year(start: i32) -> AcademicYear {
    AcademicYear::starting(start).expect("a year")
}

/// A date.
pub(crate) fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).expect("a date")
}
