//! Making a release: rules, time, audit and closing, in that order; and what was shown before.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::audit::{Seen, audit};
use crate::block::{Categories, Participation};
use crate::close::{Unit, close};
use crate::design::{MOST_POOLED, tables};
use crate::evidence::Evidence;
use crate::model::Area;
use crate::raw::RawTable;
use crate::round::Shown;
use crate::table::{SafeTable, category_rows, participation_row};
use crate::time::{categories_may_follow, participation_may_follow};
use programme::{AcademicYear, Audience, YearGroup};

/// The most years an authority's or a public release shows.
const MOST_YEARS: usize = 5;

/// What to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The number of the release, unique for ever.
    pub number: u32,
    /// Who will see it.
    pub audience: Audience,
    /// The academic years, in any order.
    pub years: Vec<AcademicYear>,
}

/// Why no release was made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The audience is not among the schools or authorities of the counts.
    #[error(
        "there are no counts for {0}: check the URN or code, and that it takes part in the statistics"
    )]
    UnknownAudience(Audience),
    /// No year was named.
    #[error("a release needs at least one academic year")]
    NoYears,
    /// A year was named twice.
    #[error("the academic year {0} is named twice")]
    YearTwice(AcademicYear),
    /// More years than may be pooled.
    #[error("{given} academic years are too many for {audience}: at most {most}")]
    TooManyYears {
        /// The audience asked for.
        audience: Audience,
        /// How many years were named.
        given: usize,
        /// How many may be.
        most: usize,
    },
    /// None of the years has a child in it.
    #[error("nobody was eligible in the academic years named")]
    Nothing,
    /// An earlier release has this number.
    #[error("there is a release number {0} already")]
    NumberTaken(u32),
    /// An earlier release is later than these counts.
    #[error(
        "release {number} has counts as at {as_at}, later than these: a release looks back on all before it"
    )]
    OutOfOrder {
        /// The later release.
        number: u32,
        /// The date of its counts.
        as_at: NaiveDate,
    },
}

/// Every release ever published, those since withdrawn among them: nobody
/// forgets what was shown.
#[derive(Debug, Clone, Default)]
pub struct History<'a>(Vec<&'a Release>);

impl<'a> History<'a> {
    /// The releases published so far, in any order. A draft that nobody outside
    /// saw does not belong here.
    pub fn of(releases: impl IntoIterator<Item = &'a Release>) -> Self {
        let mut releases: Vec<&Release> = releases.into_iter().collect();
        releases.sort_by_key(|release| (release.as_at(), release.number()));
        Self(releases)
    }

    /// The part of it that was made before a release.
    fn before(&self, release: &Release) -> Self {
        let earlier = self.0.iter().copied();
        Self(
            earlier
                .filter(|other| other.number() < release.number())
                .collect(),
        )
    }

    /// What was ever shown of one place and year group, to whomever: an
    /// authority and the public are taken to have seen each other's.
    fn seen(&self, area: &Area, group: YearGroup) -> Seen<'a> {
        let mut seen = Seen::default();
        for release in &self.0 {
            for block in release
                .participation
                .iter()
                .filter(|b| b.area.is(area) && b.group == group)
            {
                if !seen.participation.contains(&block) {
                    seen.participation.push(block);
                }
            }
            for block in release
                .categories
                .iter()
                .filter(|b| b.area.is(area) && b.group == group)
            {
                if !seen.categories.contains(&block) {
                    seen.categories.push(block);
                }
            }
        }
        seen
    }
}

/// A release: its safe table, the evidence of its audit, and, locked inside,
/// the true counts that later releases are held against.
#[derive(Clone, PartialEq)]
pub struct Release {
    pub(crate) table: SafeTable,
    pub(crate) participation: Vec<Participation>,
    pub(crate) categories: Vec<Categories>,
    pub(crate) evidence: Evidence,
}

impl std::fmt::Debug for Release {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Release {} for {}", self.number(), self.audience())
    }
}

impl Release {
    /// Its number.
    pub fn number(&self) -> u32 {
        self.table.number
    }

    /// Who may see it.
    pub fn audience(&self) -> &Audience {
        &self.table.audience
    }

    /// The date of the counts it was made from.
    pub fn as_at(&self) -> NaiveDate {
        self.table.as_at
    }

    /// What may be shown.
    pub fn table(&self) -> &SafeTable {
        &self.table
    }

    /// What the audit found when it was made.
    pub fn evidence(&self) -> &Evidence {
        &self.evidence
    }

    /// Notes the seconds that making and auditing took.
    #[must_use]
    pub fn took(mut self, seconds: f64) -> Self {
        self.evidence.seconds = seconds;
        self
    }
}

/// Makes a release that everybody who holds `history` may be given.
///
/// # Errors
/// [`Refused`], in words, where the request does not fit the counts. What the
/// audit finds is not an error: figures are left out until it finds nothing,
/// and [`Evidence::passed`] says so.
pub fn make(raw: &RawTable, request: &Request, history: &History<'_>) -> Result<Release, Refused> {
    let areas = check(raw, request, history)?;
    let mut years = request.years.clone();
    years.sort_unstable();
    let mut release = Release {
        table: SafeTable {
            number: request.number,
            audience: request.audience.clone(),
            as_at: raw.as_at,
            rows: Vec::new(),
        },
        participation: Vec::new(),
        categories: Vec::new(),
        evidence: Evidence::default(),
    };
    for area in areas {
        for group in YearGroup::ALL {
            let present: Vec<AcademicYear> = years
                .iter()
                .copied()
                .filter(|&year| raw.counts_of(&area, group, year).eligible > 0)
                .collect();
            let seen = history.seen(&area, group);
            let spans: Vec<Vec<AcademicYear>> = match (present.is_empty(), tables(area.kind).pooled)
            {
                (true, _) => Vec::new(),
                (false, true) => vec![present],
                (false, false) => present.iter().map(|&year| vec![year]).collect(),
            };
            let units: Vec<Unit> = spans
                .into_iter()
                .map(|span| close(raw, &area, group, span, &seen, &mut release.evidence))
                .collect();
            publish_rows(&mut release.table, &units);
            for unit in units {
                release.participation.extend(unit.participation);
                release.categories.push(unit.categories);
            }
        }
    }
    if release.table.rows.is_empty() {
        Err(Refused::Nothing)
    } else {
        Ok(release)
    }
}

/// Audits a release again, against everything published by now: what publishing
/// must ask before it lets anybody see it. What a reader can work out is asked of
/// all of it together; the time rule holds it against what was made before it,
/// because it is the later release of two that must not tell of a few children.
pub fn audit_again(release: &Release, history: &History<'_>) -> Evidence {
    let mut evidence = Evidence {
        cells: 0,
        sensitive: 0,
        exposed: 0,
        narrowest: None,
        programmes: 0,
        ..release.evidence.clone()
    };
    let mut places: Vec<(&Area, YearGroup)> = Vec::new();
    for block in &release.categories {
        if !places
            .iter()
            .any(|(area, group)| area.is(&block.area) && *group == block.group)
        {
            places.push((&block.area, block.group));
        }
    }
    for (area, group) in places {
        let mut seen = history.seen(area, group);
        let earlier = history.before(release).seen(area, group);
        let here = |a: &Area, g: YearGroup| a.is(area) && g == group;
        for block in release
            .participation
            .iter()
            .filter(|b| here(&b.area, b.group) && !seen.participation.contains(b))
            .collect::<Vec<_>>()
        {
            let may = earlier
                .participation
                .iter()
                .filter(|b| b.year == block.year)
                .all(|b| participation_may_follow(block, b));
            evidence.exposed += u64::from(!may && block.measured != Shown::LeftOut);
            seen.participation.push(block);
        }
        let shown = seen.categories.clone();
        for block in release
            .categories
            .iter()
            .filter(|b| here(&b.area, b.group) && !shown.contains(b))
        {
            let may = earlier
                .categories
                .iter()
                .all(|b| categories_may_follow(block, b));
            evidence.exposed += u64::from(!may && !block.figures.is_empty());
            seen.categories.push(block);
        }
        evidence.add(&audit(&seen));
    }
    evidence
}

fn check(raw: &RawTable, request: &Request, history: &History<'_>) -> Result<Vec<Area>, Refused> {
    let unknown = || Refused::UnknownAudience(request.audience.clone());
    let (areas, most) = match &request.audience {
        Audience::School(urn) => (
            vec![
                raw.schools
                    .get(&urn.to_string())
                    .ok_or_else(unknown)?
                    .area
                    .clone(),
            ],
            MOST_POOLED,
        ),
        Audience::Authority(code) => (
            vec![raw.authorities.get(code).ok_or_else(unknown)?.clone()],
            MOST_YEARS,
        ),
        Audience::Public => (raw.authorities.values().cloned().collect(), MOST_YEARS),
    };
    let mut named = BTreeSet::new();
    if let Some(&twice) = request.years.iter().find(|&&year| !named.insert(year)) {
        return Err(Refused::YearTwice(twice));
    }
    let given = request.years.len();
    if given == 0 {
        return Err(Refused::NoYears);
    }
    if given > most {
        return Err(Refused::TooManyYears {
            audience: request.audience.clone(),
            given,
            most,
        });
    }
    for release in &history.0 {
        if release.number() == request.number {
            return Err(Refused::NumberTaken(request.number));
        }
        if release.as_at() > raw.as_at {
            return Err(Refused::OutOfOrder {
                number: release.number(),
                as_at: release.as_at(),
            });
        }
    }
    Ok(areas)
}

/// Adds the rows of one place and year group: participation, then categories,
/// the latest year first.
fn publish_rows(table: &mut SafeTable, units: &[Unit]) {
    let mut participation: Vec<&Participation> =
        units.iter().flat_map(|unit| &unit.participation).collect();
    participation.sort_by_key(|block| std::cmp::Reverse(block.year));
    table
        .rows
        .extend(participation.into_iter().map(participation_row));
    for unit in units.iter().rev() {
        table.rows.extend(category_rows(&unit.categories));
    }
}
