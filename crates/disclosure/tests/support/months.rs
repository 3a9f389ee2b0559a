//! Month after month in one authority: children are measured little by little, corrected and moved between schools;
//! a new academic year begins; every audience gets a release a month.

use disclosure::{History, Release, Request, make};
use programme::Audience;

use super::{AUTHORITY, Authority, Child, Random, day, urn, year};

/// What to run.
pub(crate) struct Plan {
    pub seed: u64,
    pub schools: usize,
    /// How many of the schools get releases, the first ones.
    pub watched: usize,
    pub months: u32,
    /// Children a year group, from and to.
    pub cohort: (usize, usize),
    /// Years that are over when the first release is made; one more is running.
    pub past_years: i32,
    /// Share of children whom somebody corrects in a month, and as many move to another school.
    pub unrest: f64,
}

impl Plan {
    /// Twelve months from January, so that the pooled window slides in September.
    pub(crate) fn of(schools: usize) -> Self {
        Self {
            seed: schools as u64,
            schools,
            watched: schools,
            months: 12,
            cohort: (15, 90),
            past_years: 2,
            unrest: 0.004,
        }
    }

    /// The audiences that get releases.
    pub(crate) fn audiences(&self) -> Vec<Audience> {
        (0..self.watched)
            .map(|school| Audience::School(urn(school)))
            .chain([Audience::Authority(AUTHORITY.into()), Audience::Public])
            .collect()
    }
}

/// One release of one month, with the children of that day and what was shown before.
pub(crate) struct Made<'a> {
    pub month: u32,
    pub release: &'a Release,
    pub history: &'a History<'a>,
    pub children: &'a [Child],
}

/// Runs the months; `look` sees every release just after it was made.
pub(crate) fn run(plan: &Plan, mut look: impl FnMut(&Made<'_>)) {
    let mut random = Random::seeded(plan.seed);
    let past: Vec<_> = (2027 - 1 - plan.past_years..2026).map(year).collect();
    let mut area = Authority::new(&mut random, plan.schools, plan.cohort, &past, &[year(2026)]);
    let audiences = plan.audiences();
    let mut shown: Vec<Release> = Vec::new();
    for month in 0..plan.months {
        let (calendar, of_year) = (2027 + month as i32 / 12, month % 12 + 1);
        let current = year(calendar - i32::from(of_year < 9));
        for school in 0..plan.schools {
            if of_year == 9 {
                area.enrol(&mut random, school, current, false);
            }
            let present = if random.chance(0.2) { 0.8 } else { 0.02 };
            area.visit(&mut random, school, current, present);
        }
        let few = (area.children.len() as f64 * plan.unrest).ceil() as usize;
        area.correct_and_move(&mut random, few, few);
        let raw = area.table(day(calendar, of_year, 28));
        let years: Vec<_> = (current.start_year() - 2..=current.start_year())
            .map(year)
            .collect();
        for audience in &audiences {
            let release = {
                let history = History::of(
                    shown
                        .iter()
                        .filter(|earlier| concerns(earlier.audience(), audience)),
                );
                let request = Request {
                    number: shown.len() as u32 + 1,
                    audience: audience.clone(),
                    years: years.clone(),
                };
                let release = make(&raw, &request, &history).expect("a release");
                look(&Made {
                    month,
                    release: &release,
                    history: &history,
                    children: &area.children,
                });
                release
            };
            shown.push(release);
        }
    }
}

/// Whether what one audience saw matters to a release for another: its own releases do, and those of the authority
/// and the public to everybody.
fn concerns(earlier: &Audience, audience: &Audience) -> bool {
    earlier == audience || !matches!(earlier, Audience::School(_))
}
