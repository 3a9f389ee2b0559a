//! Whole authorities over months and years: everything passes its audit, when it is made and again before it is
//! shown, and what is shown is still worth reading. What a reader makes of the files is in `letter.rs`.

#[expect(dead_code, reason = "others use the rest of it")]
mod support;

use disclosure::{History, Request, Value, audit_again, make};
use programme::Audience;
use support::months::{Plan, run};
use support::{Authority, Random, day, urn, year};

/// Runs the months and returns how many releases passed, twice each.
fn passed(plan: &Plan) -> usize {
    let mut releases = 0;
    run(plan, |made| {
        let (audience, month) = (made.release.audience(), made.month);
        let evidence = made.release.evidence();
        assert!(evidence.passed(), "{audience} month {month}: {evidence:?}");
        let again = audit_again(made.release, made.history);
        assert!(again.passed(), "{audience} month {month} again: {again:?}");
        releases += 1;
    });
    releases
}

#[test]
fn five_schools_over_two_years_of_monthly_releases_expose_nobody() {
    for seed in 1..=3 {
        let plan = Plan {
            seed,
            months: 25,
            unrest: 0.01,
            ..Plan::of(5)
        };
        assert_eq!(passed(&plan), 25 * 7);
    }
}

#[test]
fn sixty_schools_over_twelve_monthly_releases_expose_nobody() {
    let plan = Plan {
        watched: 12,
        ..Plan::of(60)
    };
    assert_eq!(passed(&plan), 12 * 14);
}

#[test]
fn a_hundred_and_twenty_schools_over_twelve_monthly_releases_expose_nobody() {
    assert_eq!(passed(&Plan::of(120)), 12 * 122);
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
