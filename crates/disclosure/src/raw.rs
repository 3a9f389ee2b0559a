//! What comes in: true counts, checked before anything else looks at them.
//!
//! A [`RawTable`] can be built, never printed or serialised: the only way out
//! of this crate leads through [`crate::make`].

use std::collections::BTreeSet;
use std::collections::btree_map::{BTreeMap, Entry};

use chrono::NaiveDate;

use crate::design::SMALLEST_ROW;
use crate::model::{Area, AreaType, PopulationCategory, YearCounts};
use programme::{AcademicYear, Sex, YearGroup};

/// The most schools one table may hold: over ten times the largest authority.
pub const MOST_SCHOOLS: usize = 5_000;
/// The most children one year group of a school may have: over ten times the
/// largest, and so few that no sum over [`MOST_SCHOOLS`] overflows.
const MOST_CHILDREN: i64 = 20_000;
/// The most problems spelt out at once.
const MOST_PROBLEMS: usize = 50;

/// Why a table of counts was refused: every problem at once, in words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the counts cannot be used: {}", .0.join("; "))]
pub struct BadTable(pub Vec<String>);

/// True counts of an authority's schools at one date.
///
/// Holds what no audience may see, so it implements neither `Serialize` nor
/// `Display`, and its `Debug` says only how many schools it has.
#[derive(Clone)]
pub struct RawTable {
    pub(crate) as_at: NaiveDate,
    pub(crate) authorities: BTreeMap<String, Area>,
    pub(crate) schools: BTreeMap<String, RawSchool>,
}

/// One school's counts by year group and academic year.
#[derive(Clone)]
pub(crate) struct RawSchool {
    pub(crate) area: Area,
    pub(crate) authority: String,
    pub(crate) counts: BTreeMap<(YearGroup, AcademicYear), YearCounts>,
}

impl std::fmt::Debug for RawTable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "RawTable of {} schools as at {}",
            self.schools.len(),
            self.as_at
        )
    }
}

impl RawTable {
    /// Begins a table of the counts as they were on `as_at`.
    pub fn as_at(as_at: NaiveDate) -> RawTableBuilder {
        RawTableBuilder {
            table: Self {
                as_at,
                authorities: BTreeMap::new(),
                schools: BTreeMap::new(),
            },
            given: BTreeSet::new(),
            participation: BTreeSet::new(),
            problems: Vec::new(),
        }
    }

    /// The counts of a school, or the sum over the schools of an authority.
    pub(crate) fn counts_of(
        &self,
        area: &Area,
        group: YearGroup,
        year: AcademicYear,
    ) -> YearCounts {
        let mut sum = YearCounts::default();
        for school in self.schools.values() {
            let within = match area.kind {
                AreaType::School => school.area.is(area),
                AreaType::LocalAuthority => school.authority == area.code,
            };
            if let Some(counts) = school.counts.get(&(group, year)).filter(|_| within) {
                sum.add(counts);
            }
        }
        sum
    }

    /// How many schools of an authority have measured enough children of a year
    /// and year group to be shown by themselves: early in a year it is often one.
    pub(crate) fn schools_in(
        &self,
        authority: &str,
        group: YearGroup,
        year: AcademicYear,
    ) -> usize {
        let enough = |counts: &YearCounts| counts.measured >= SMALLEST_ROW;
        self.schools
            .values()
            .filter(|school| school.authority == authority)
            .filter(|school| school.counts.get(&(group, year)).is_some_and(enough))
            .count()
    }
}

/// Collects counts, and every complaint about them.
#[derive(Debug)]
pub struct RawTableBuilder {
    table: RawTable,
    given: BTreeSet<(String, YearGroup, AcademicYear, Sex, PopulationCategory)>,
    participation: BTreeSet<(String, YearGroup, AcademicYear)>,
    problems: Vec<String>,
}

impl RawTableBuilder {
    /// Adds a local authority.
    pub fn authority(&mut self, code: &str, name: &str) -> &mut Self {
        let area = Area {
            kind: AreaType::LocalAuthority,
            code: code.to_owned(),
            name: name.to_owned(),
        };
        if self
            .table
            .authorities
            .insert(code.to_owned(), area)
            .is_some()
        {
            self.problems
                .push(format!("authority {code} is given twice"));
        }
        self
    }

    /// Adds a school of an authority already given. Only mainstream state
    /// schools belong here: others are left out of the statistics.
    pub fn school(&mut self, urn: &str, name: &str, authority: &str) -> &mut Self {
        if !self.table.authorities.contains_key(authority) {
            self.problems.push(format!(
                "school {urn} belongs to authority {authority}, which is not given"
            ));
        }
        let school = RawSchool {
            area: Area {
                kind: AreaType::School,
                code: urn.to_owned(),
                name: name.to_owned(),
            },
            authority: authority.to_owned(),
            counts: BTreeMap::new(),
        };
        match self.table.schools.entry(urn.to_owned()) {
            Entry::Vacant(place) => {
                place.insert(school);
            }
            Entry::Occupied(first) if first.get().authority == authority => {
                self.problems.push(format!("school {urn} is given twice"));
            }
            Entry::Occupied(first) => self.problems.push(format!(
                "school {urn} is given in two authorities, {} and {authority}",
                first.get().authority
            )),
        }
        self
    }

    /// Sets the children of one cell. Cells not given are empty.
    pub fn count(
        &mut self,
        urn: &str,
        year: AcademicYear,
        group: YearGroup,
        sex: Sex,
        category: PopulationCategory,
        children: i64,
    ) -> &mut Self {
        if !self
            .given
            .insert((urn.to_owned(), group, year, sex, category))
        {
            self.problems.push(format!(
                "school {urn}, {year}, {group}: the same cell is given twice, so the table overlaps itself"
            ));
        }
        let children = self.checked(urn, year, children);
        if let Some(counts) = self.entry(urn, year, group) {
            counts.cells[sex as usize][category as usize] = children;
        }
        self
    }

    /// Sets the children eligible and measured of one school, year and year group.
    pub fn participation(
        &mut self,
        urn: &str,
        year: AcademicYear,
        group: YearGroup,
        eligible: i64,
        measured: i64,
    ) -> &mut Self {
        if !self.participation.insert((urn.to_owned(), group, year)) {
            self.problems.push(format!(
                "school {urn}, {year}, {group}: participation is given twice"
            ));
        }
        let (eligible, measured) = (
            self.checked(urn, year, eligible),
            self.checked(urn, year, measured),
        );
        if let Some(counts) = self.entry(urn, year, group) {
            (counts.eligible, counts.measured) = (eligible, measured);
        }
        self
    }

    /// Checks that everything adds up.
    ///
    /// # Errors
    /// [`BadTable`] with every problem found: a count below nought or beyond
    /// belief, a cell given twice, categories that sum to more than were
    /// measured, more measured than eligible, counts without participation, a
    /// school or authority not given, too many schools.
    pub fn build(mut self) -> Result<RawTable, BadTable> {
        if self.table.schools.len() > MOST_SCHOOLS {
            return Err(BadTable(vec![format!(
                "{} schools are more than any authority has (at most {MOST_SCHOOLS}): make a release for each authority",
                self.table.schools.len()
            )]));
        }
        for school in self.table.schools.values() {
            let urn = &school.area.code;
            for ((group, year), counts) in &school.counts {
                let place = format!("school {urn}, {year}, {group}");
                if !self.participation.contains(&(urn.clone(), *group, *year)) {
                    self.problems.push(format!(
                        "{place}: the number eligible and measured is missing"
                    ));
                } else if counts.assessed() > counts.measured {
                    self.problems.push(format!(
                        "{place}: the categories add up to more children than were measured"
                    ));
                }
                if counts.measured > counts.eligible {
                    self.problems.push(format!(
                        "{place}: more children measured than eligible; check the head-count"
                    ));
                }
            }
        }
        if self.problems.is_empty() {
            return Ok(self.table);
        }
        let more = self.problems.len().saturating_sub(MOST_PROBLEMS);
        self.problems.truncate(MOST_PROBLEMS);
        if more > 0 {
            self.problems.push(format!("and {more} more"));
        }
        Err(BadTable(self.problems))
    }

    fn checked(&mut self, urn: &str, year: AcademicYear, children: i64) -> u32 {
        if (0..=MOST_CHILDREN).contains(&children) {
            return children as u32;
        }
        self.problems.push(format!(
            "school {urn}, {year}: a count must be 0 to {MOST_CHILDREN}, not {children}"
        ));
        0
    }

    fn entry(
        &mut self,
        urn: &str,
        year: AcademicYear,
        group: YearGroup,
    ) -> Option<&mut YearCounts> {
        let Some(school) = self.table.schools.get_mut(urn) else {
            self.problems.push(format!(
                "counts are given for school {urn}, which is not in the table"
            ));
            return None;
        };
        Some(school.counts.entry((group, year)).or_default())
    }
}
