//! The rules on one release: what is shown, what is hidden, what is refused.

#![expect(
    clippy::expect_used,
    reason = "a helper that cannot build its input fails the test"
)]

#[expect(dead_code, reason = "others use the rest of it")]
mod support;

use disclosure::{
    BadTable, COLUMNS, History, Measure, NotOurs, PopulationCategory as P, RawTable,
    RawTableBuilder, Refused, Release, Request, Row, SafeTable, Value, make,
};
use programme::{AcademicYear, Audience, Sex, YearGroup};
use support::{day, year};

fn one_school(counts: [[i64; 5]; 2], eligible: i64) -> RawTableBuilder {
    let mut builder = RawTable::as_at(day(2027, 7, 1));
    builder
        .authority("213", "Northshire")
        .school("100000", "Hill School", "213");
    add(&mut builder, "100000", year(2026), counts, eligible);
    builder
}

fn add(
    builder: &mut RawTableBuilder,
    urn: &str,
    when: AcademicYear,
    counts: [[i64; 5]; 2],
    eligible: i64,
) {
    let group = YearGroup::Year6;
    let measured: i64 = counts.iter().flatten().sum();
    builder.participation(urn, when, group, eligible, measured);
    for (sex, row) in Sex::ALL.into_iter().zip(counts) {
        for (category, children) in P::ALL.into_iter().zip(row) {
            builder.count(urn, when, group, sex, category, children);
        }
    }
}

fn request(audience: Audience) -> Request {
    Request {
        number: 1,
        audience,
        years: vec![year(2026)],
    }
}

fn school_release(counts: [[i64; 5]; 2], eligible: i64) -> Release {
    let raw = one_school(counts, eligible)
        .build()
        .expect("counts that add up");
    make(
        &raw,
        &request(Audience::School("100000".parse().expect("a URN"))),
        &History::default(),
    )
    .expect("a release")
}

fn row<'a>(table: &'a SafeTable, category: &str) -> &'a Row {
    table
        .rows()
        .iter()
        .find(|row| row.category.as_deref() == Some(category))
        .expect("the row")
}

fn seal(bytes: &[u8]) -> Vec<u8> {
    // Stands in for a keyed code: any function of every byte will do here.
    bytes
        .iter()
        .fold(7_u64, |sum, byte| {
            sum.wrapping_mul(31).wrapping_add(u64::from(*byte))
        })
        .to_be_bytes()
        .to_vec()
}

#[test]
fn a_two_form_school_sees_rounded_counts_and_percentages_of_them() {
    let release = school_release([[0, 19, 4, 4, 1], [1, 17, 5, 5, 2]], 60);
    let table = release.table();
    let healthy = row(table, "healthy_weight");
    assert_eq!(
        (healthy.numerator, healthy.denominator),
        (Value::Count(35), Value::Count(60))
    );
    assert_eq!(healthy.percent.to_string(), "58.3");
    assert_eq!(
        (healthy.ci_lower.to_string(), healthy.ci_upper.to_string()),
        ("45.7".into(), "69.9".into())
    );
    assert_eq!(row(table, "overweight").numerator, Value::Count(10));
    assert_eq!(row(table, "very_overweight").numerator, Value::Count(10));
    assert_eq!(row(table, "underweight").numerator, Value::Confidential);
    assert_eq!(row(table, "underweight").percent, Value::Confidential);
    let participation = &table.rows()[0];
    assert_eq!(participation.measure, Measure::Participation);
    assert_eq!(
        (participation.numerator, participation.denominator),
        (Value::Count(60), Value::Count(65))
    );
    assert_eq!(participation.ci_lower, Value::NotApplicable);
    assert!(release.evidence().passed());
}

#[test]
fn a_row_of_fewer_than_eight_children_shows_nothing() {
    let release = school_release([[0, 2, 1, 0, 0], [0, 3, 0, 1, 0]], 9);
    for row in release.table().rows() {
        assert_eq!(
            (row.numerator, row.denominator, row.percent),
            (
                Value::Confidential,
                Value::Confidential,
                Value::Confidential
            )
        );
    }
}

#[test]
fn a_school_with_fewer_than_thirty_children_sees_participation_only() {
    let release = school_release([[0, 10, 2, 1, 0], [0, 11, 3, 2, 0]], 31);
    assert_eq!(release.table().rows()[0].numerator, Value::Count(30));
    for category in [
        "underweight",
        "healthy_weight",
        "overweight",
        "very_overweight",
    ] {
        assert_eq!(
            row(release.table(), category).numerator,
            Value::NotAvailable
        );
        assert_eq!(
            row(release.table(), category).denominator,
            Value::NotAvailable
        );
    }
}

#[test]
fn none_and_nearly_none_look_the_same() {
    let with = school_release([[0, 20, 5, 5, 0], [0, 21, 5, 5, 0]], 63);
    let without = school_release([[1, 20, 5, 5, 0], [0, 20, 5, 5, 0]], 63);
    assert_eq!(with.table(), without.table());
}

#[test]
fn the_records_follow_the_columns_of_the_tidy_file() {
    let release = school_release([[0, 19, 4, 4, 1], [1, 17, 5, 5, 2]], 60);
    let records: Vec<[String; 16]> = release.table().records().collect();
    assert_eq!(COLUMNS.len(), records[0].len());
    assert_eq!(
        records[2].join(","),
        "1,school:100000,2026-27,school,100000,Hill School,6,all,bmi_category,healthy_weight,35,60,58.3,45.7,69.9,2027-07-01"
    );
    let json = serde_json::to_value(release.table()).expect("a safe table serialises");
    assert_eq!(json[2]["category"], "healthy_weight");
    assert_eq!(json[1]["numerator"], "[c]");
}

#[test]
fn an_authority_sees_sexes_apart_where_every_part_is_above_seven() {
    let mut builder = RawTable::as_at(day(2027, 7, 1));
    builder.authority("213", "Northshire");
    for school in 0..4 {
        let urn = (100_000 + school).to_string();
        builder.school(&urn, "A school", "213");
        add(
            &mut builder,
            &urn,
            year(2026),
            [[1, 19, 4, 4, 3], [0, 17, 5, 5, 3]],
            65,
        );
    }
    let raw = builder.build().expect("counts that add up");
    let release = make(
        &raw,
        &request(Audience::Authority("213".into())),
        &History::default(),
    )
    .expect("a release");
    assert!(release.evidence().passed());
    let of = |sex: Option<Sex>, category: &str| {
        let table = release.table();
        table
            .rows()
            .iter()
            .find(|r| r.sex == sex && r.category.as_deref() == Some(category))
            .expect("row")
            .numerator
    };
    assert_eq!(of(Some(Sex::Female), "healthy_weight"), Value::Count(75));
    assert_eq!(of(None, "healthy_weight"), Value::Count(145));
    assert_eq!(of(None, "very_overweight"), Value::Count(60));
    // The sum of ten girls and ten boys as shown, though 24 would round to 25.
    assert_eq!(of(None, "severely_obese"), Value::Count(20));
    assert_eq!(of(None, "overweight_or_very_overweight"), Value::Count(95));
    assert_eq!(of(None, "underweight"), Value::Confidential);
}

#[test]
fn an_authoritys_number_measured_is_the_nearest_total_that_the_audit_allows_and_no_sum() {
    let mut builder = RawTable::as_at(day(2027, 7, 1));
    builder.authority("213", "Northshire");
    for (school, cells) in [
        // 233 children, 123 girls and 110 boys, of whom 18 are severely obese. The numbers shown add up to 225, because
        // nearly all were rounded down and seven are hidden. 235 would say that four or more are underweight.
        [[1, 29, 7, 4, 3], [1, 25, 7, 4, 3]],
        [[1, 26, 6, 4, 3], [1, 25, 6, 3, 3]],
        [[1, 25, 6, 4, 3], [2, 17, 6, 4, 3]],
    ]
    .into_iter()
    .enumerate()
    {
        let urn = (100_000 + school).to_string();
        builder.school(&urn, "A school", "213");
        add(&mut builder, &urn, year(2026), cells, 90);
    }
    let raw = builder.build().expect("counts that add up");
    let release = make(
        &raw,
        &request(Audience::Authority("213".into())),
        &History::default(),
    )
    .expect("a release");
    assert!(release.evidence().passed());
    let rows = release.table().rows();
    assert_eq!(rows[0].measure, Measure::Participation);
    assert_eq!(rows[0].numerator, Value::Count(230));
    let of = |sex: Option<Sex>, category: &str| {
        rows.iter()
            .find(|row| row.sex == sex && row.category.as_deref() == Some(category))
            .expect("row")
    };
    for category in ["healthy_weight", "severely_obese"] {
        assert_eq!(of(None, category).denominator, Value::Count(230));
        assert_eq!(
            of(Some(Sex::Female), category).denominator,
            Value::Count(120)
        );
        assert_eq!(of(Some(Sex::Male), category).denominator, Value::Count(110));
    }
    assert_eq!(of(None, "severely_obese").percent.to_string(), "8.7");
}

#[test]
fn a_stored_release_comes_back_and_a_changed_one_does_not() {
    let release = school_release([[0, 19, 4, 4, 1], [1, 17, 5, 5, 2]], 60).took(0.25);
    let text = release.store(seal).expect("stored");
    let back = Release::restore(&text, seal).expect("restored");
    assert!(back == release);
    let changed = text.replacen("\"Count\":35", "\"Count\":36", 1);
    assert_ne!(changed, text);
    assert_eq!(Release::restore(&changed, seal).err(), Some(NotOurs));
    assert_eq!(Release::restore(&text, |_| vec![1, 2]).err(), Some(NotOurs));
    assert_eq!(Release::restore("", seal).err(), Some(NotOurs));
    assert_eq!(
        Release::restore("\n{}", |_| Vec::new()).err(),
        Some(NotOurs)
    );
}

#[test]
fn counts_that_do_not_add_up_are_refused_all_at_once() {
    let mut builder = one_school([[0, 19, 4, 4, 1], [1, 17, 5, 5, 2]], 50);
    builder.count(
        "100000",
        year(2026),
        YearGroup::Year6,
        Sex::Male,
        P::Overweight,
        -3,
    );
    builder.count(
        "999999",
        year(2026),
        YearGroup::Year6,
        Sex::Male,
        P::Overweight,
        3,
    );
    builder.count(
        "100000",
        year(2025),
        YearGroup::Year6,
        Sex::Male,
        P::Overweight,
        3,
    );
    builder.school("100001", "Elsewhere", "900");
    builder
        .authority("301", "Southshire")
        .authority("301", "Southshire");
    builder.school("100000", "Hill School", "301");
    builder.school("100000", "Hill School", "213");
    for children in [i64::MIN, i64::MAX, 4_294_967_296] {
        builder.participation("100000", year(2026), YearGroup::Reception, children, 0);
    }
    let BadTable(problems) = builder.build().expect_err("refused");
    let all = problems.join("\n");
    for part in [
        "overlaps itself",
        "not -3",
        "999999, which is not in the table",
        "number eligible and measured is missing",
        "more children measured than eligible",
        "authority 900, which is not given",
        "authority 301 is given twice",
        "school 100000 is given in two authorities, 213 and 301",
        "school 100000 is given twice",
        "participation is given twice",
        "a count must be 0 to 20000, not 9223372036854775807",
        "not -9223372036854775808",
        "not 4294967296",
    ] {
        assert!(all.contains(part), "{part} in {all}");
    }
}

#[test]
fn categories_that_exceed_the_children_measured_are_refused() {
    let mut builder = RawTable::as_at(day(2027, 7, 1));
    builder
        .authority("213", "Northshire")
        .school("100000", "Hill School", "213");
    builder.participation("100000", year(2026), YearGroup::Reception, 20, 10);
    builder.count(
        "100000",
        year(2026),
        YearGroup::Reception,
        Sex::Female,
        P::HealthyWeight,
        11,
    );
    let BadTable(problems) = builder.build().expect_err("refused");
    assert!(problems[0].contains("add up to more children than were measured"));
}

#[test]
fn the_largest_table_that_is_taken_overflows_nowhere() {
    let mut builder = RawTable::as_at(day(2027, 7, 1));
    builder.authority("213", "Northshire");
    for school in 0..5_000 {
        let urn = (100_000 + school).to_string();
        builder.school(&urn, "A school", "213");
        add(&mut builder, &urn, year(2026), [[2_000; 5]; 2], 20_000);
    }
    let raw = builder.build().expect("counts that add up");
    let release = make(&raw, &request(Audience::Public), &History::default()).expect("a release");
    assert!(release.evidence().passed());
    assert_eq!(
        release.table().rows()[0].numerator,
        Value::Count(100_000_000)
    );
}

#[test]
fn ten_thousand_schools_are_refused_in_words() {
    let mut builder = RawTable::as_at(day(2027, 7, 1));
    builder.authority("213", "Northshire");
    for school in 0..10_000 {
        builder.school(&(100_000 + school).to_string(), "A school", "213");
    }
    let error = builder.build().expect_err("refused");
    assert!(
        error
            .to_string()
            .contains("10000 schools are more than any authority has")
    );
}

#[test]
fn requests_that_fit_no_counts_are_refused_in_words() {
    let raw = one_school([[0, 19, 4, 4, 1], [1, 17, 5, 5, 2]], 60)
        .build()
        .expect("counts");
    let asked = |audience: &str, years: &[i32]| {
        let request = Request {
            number: 1,
            audience: audience.parse().expect("an audience"),
            years: years.iter().map(|&start| year(start)).collect(),
        };
        make(&raw, &request, &History::default()).expect_err("refused")
    };
    assert!(matches!(
        asked("school:123456", &[2026]),
        Refused::UnknownAudience(_)
    ));
    assert!(matches!(
        asked("la:900", &[2026]),
        Refused::UnknownAudience(_)
    ));
    assert_eq!(asked("school:100000", &[]), Refused::NoYears);
    assert_eq!(
        asked("school:100000", &[2026, 2026]),
        Refused::YearTwice(year(2026))
    );
    assert!(matches!(
        asked("school:100000", &[2026, 2025, 2024, 2023]),
        Refused::TooManyYears { most: 3, .. }
    ));
    assert_eq!(asked("school:100000", &[2019]), Refused::Nothing);
    assert!("school:".parse::<Audience>().is_err());
    assert!("2026-28".parse::<AcademicYear>().is_err());
}

#[test]
fn a_number_is_used_once_and_dates_do_not_run_backwards() {
    let release = school_release([[0, 19, 4, 4, 1], [1, 17, 5, 5, 2]], 60);
    let raw = one_school([[0, 19, 4, 4, 1], [1, 17, 5, 5, 2]], 60)
        .build()
        .expect("counts");
    let again = make(&raw, &request(Audience::Public), &History::of([&release]));
    assert_eq!(again.expect_err("refused"), Refused::NumberTaken(1));
    let mut earlier = RawTable::as_at(day(2027, 6, 1));
    earlier
        .authority("213", "Northshire")
        .school("100000", "Hill School", "213");
    let request = Request {
        number: 2,
        ..request(Audience::Public)
    };
    let refused = make(
        &earlier.build().expect("counts"),
        &request,
        &History::of([&release]),
    )
    .expect_err("refused");
    assert!(matches!(refused, Refused::OutOfOrder { number: 1, .. }));
}

#[test]
fn while_fewer_than_three_schools_were_visited_the_authority_shows_none_of_their_figures() {
    let mut builder = RawTable::as_at(day(2027, 10, 1));
    builder.authority("213", "Northshire");
    let visited = [[1, 19, 5, 4, 3], [0, 17, 5, 5, 3]];
    for school in 0..5_u32 {
        let urn = (100_000 + school).to_string();
        builder.school(&urn, "A school", "213");
        add(&mut builder, &urn, year(2025), visited, 65);
        // This year two were visited, and a third began with seven children.
        let counts = match school {
            0 | 1 => visited,
            2 => [[0, 4, 0, 0, 0], [0, 3, 0, 0, 0]],
            _ => [[0; 5]; 2],
        };
        add(&mut builder, &urn, year(2026), counts, 65);
    }
    let raw = builder.build().expect("counts that add up");
    for audience in [Audience::Public, Audience::Authority("213".into())] {
        let request = Request {
            years: vec![year(2025), year(2026)],
            ..request(audience)
        };
        let release = make(&raw, &request, &History::default()).expect("a release");
        for row in release.table().rows() {
            if row.academic_years == [year(2026)] {
                let both = (row.numerator, row.denominator);
                assert_eq!(both, (Value::NotAvailable, Value::NotAvailable));
            } else if row.sex.is_none() {
                assert!(matches!(row.denominator, Value::Count(_)));
            }
        }
    }
}
