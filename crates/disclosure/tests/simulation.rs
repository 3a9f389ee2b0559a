//! Whole authorities over months and years: everything passes its audit, a
//! reader who compares successive releases learns nothing about few children,
//! and what is shown is still worth reading.

#![expect(
    clippy::expect_used,
    reason = "a helper that cannot build its input fails the test"
)]

mod support;

use std::collections::BTreeMap;

use disclosure::{Audience, History, Release, Request, Row, Value, audit_again, make};
use support::{AUTHORITY, Authority, Child, Random, day, urn, year};

/// What identifies a figure from release to release.
type Key = (String, String, String, String, String);

/// Everything one audience was ever given, with the children of that day.
#[derive(Default)]
struct Held {
    releases: Vec<Release>,
    last: BTreeMap<Key, (Value, Value, usize)>,
}

fn key(row: &Row) -> Key {
    let years = if row.category.is_none() {
        row.years()
    } else {
        String::new()
    };
    (
        row.area.code.clone(),
        row.year_group.to_string(),
        row.sex.map(|sex| sex.to_string()).unwrap_or_default(),
        row.category.clone().unwrap_or_default(),
        years,
    )
}

/// How many children count towards a row now or then, but not both alike.
fn children_behind(row: &Row, then: &[Child], now: &[Child], then_years: &str) -> usize {
    let counted = |child: &Child, years: &str| {
        let here = row.area.code == AUTHORITY || row.area.code == urn(child.school);
        let of_sex = row.sex.is_none_or(|sex| sex == child.sex);
        here && of_sex
            && child.group == row.year_group
            && child.category.is_some()
            && years.contains(&child.year.to_string())
    };
    let now_years = row.years();
    (0..then.len().max(now.len()))
        .filter(|&at| {
            let before = then
                .get(at)
                .filter(|child| counted(child, then_years))
                .map(|child| child.category);
            let after = now
                .get(at)
                .filter(|child| counted(child, &now_years))
                .map(|child| child.category);
            before != after
        })
        .count()
}

/// Runs `months` of releases to the first `watched` schools, the authority and
/// the public; returns how many releases were made.
fn run(seed: u64, schools: usize, watched: usize, months: u32) -> usize {
    let mut random = Random::seeded(seed);
    let mut area = Authority::new(
        &mut random,
        schools,
        (15, 90),
        &[year(2024), year(2025)],
        &[year(2026)],
    );
    let mut audiences: Vec<Audience> = (0..watched)
        .map(|school| Audience::School(urn(school)))
        .collect();
    audiences.extend([Audience::Authority(AUTHORITY.into()), Audience::Public]);
    let mut held: Vec<Held> = audiences.iter().map(|_| Held::default()).collect();
    let mut days: Vec<Vec<Child>> = Vec::new();
    let mut number = 0;
    for month in 0..months {
        let current = year(2026 + (month / 12) as u16);
        if month > 0 && month % 12 == 0 {
            for school in 0..schools {
                area.enrol(&mut random, school, current, false);
            }
        }
        for school in 0..schools {
            if random.chance(0.2) {
                area.visit(&mut random, school, current, 0.8);
            } else {
                area.visit(&mut random, school, current, 0.02);
            }
        }
        area.correct_and_move(&mut random, schools, schools);
        let as_at = day(2026, 9, 30) + chrono::Duration::days(i64::from(month) * 30);
        let raw = area.table(as_at);
        days.push(area.children.clone());
        let years = vec![
            current,
            year(current.start() - 1),
            year(current.start() - 2),
        ];
        for (at, audience) in audiences.iter().enumerate() {
            number += 1;
            let visible: Vec<&Release> = held
                .iter()
                .zip(&audiences)
                .filter(|(_, other)| {
                    matches!(other, Audience::Public | Audience::Authority(_)) || *other == audience
                })
                .flat_map(|(held, _)| &held.releases)
                .collect();
            let history = History::of(visible);
            let request = Request {
                number,
                audience: audience.clone(),
                years: years.clone(),
            };
            let release = make(&raw, &request, &history).expect("a release");
            assert!(
                release.evidence().passed(),
                "{audience} month {month}: {:?}",
                release.evidence()
            );
            assert!(
                audit_again(&release, &history).passed(),
                "{audience} month {month} again"
            );
            compare(&mut held[at], &release, &days);
            held[at].releases.push(release);
        }
    }
    number as usize
}

/// The second attacker: takes the difference of each figure with the one before.
fn compare(held: &mut Held, release: &Release, days: &[Vec<Child>]) {
    let today = days.len() - 1;
    for row in release.table().rows() {
        // An authority's pooled rows are sums of rows that are compared themselves.
        if row.category.is_some() && row.area.code == AUTHORITY && row.academic_years.len() > 1 {
            continue;
        }
        let mut key = key(row);
        if row.area.code == AUTHORITY {
            key.4 = row.years();
        }
        let then_years = format!("{};{}", key.4, row.years());
        let now = (row.numerator, row.denominator, today);
        if let Some(before) = held.last.get(&key) {
            if (before.0, before.1) == (row.numerator, row.denominator) {
                continue;
            }
            let years = held
                .releases
                .get(before.2)
                .and_then(|release| {
                    release.table().rows().iter().find(|r| {
                        key.1 == r.year_group.to_string()
                            && r.category == row.category
                            && r.area == row.area
                            && r.sex == row.sex
                            && (row.category.is_some() && row.area.code != AUTHORITY
                                || r.years() == row.years())
                    })
                })
                .map_or(then_years, Row::years);
            let behind = children_behind(row, &days[before.2], &days[today], &years);
            assert!(
                behind == 0 || behind >= 8,
                "{} {:?}: {behind} children behind a change",
                release.audience(),
                key
            );
        }
        held.last.insert(key, now);
    }
}

#[test]
fn five_schools_over_two_years_of_monthly_releases_expose_nobody() {
    for seed in 1..=3 {
        assert_eq!(run(seed, 5, 5, 25), 25 * 7);
    }
}

#[test]
fn sixty_schools_over_twelve_monthly_releases_expose_nobody() {
    assert_eq!(run(60, 60, 12, 12), 12 * 14);
}

#[test]
fn nine_in_ten_two_form_schools_have_a_useful_release() {
    let mut random = Random::seeded(55);
    let years = [year(2024), year(2025), year(2026)];
    let area = Authority::new(&mut random, 60, (55, 55), &years, &[]);
    let raw = area.table(day(2027, 7, 1));
    let useful = (0..60)
        .filter(|&school| {
            let request = Request {
                number: 1,
                audience: Audience::School(urn(school)),
                years: years.to_vec(),
            };
            let release = make(&raw, &request, &History::default()).expect("a release");
            release
                .table()
                .rows()
                .iter()
                .filter(|row| row.category.as_deref() != Some("underweight"))
                .all(|row| matches!(row.percent, Value::Percent(_)))
        })
        .count();
    assert!(useful >= 54, "{useful} of 60");
}
