//! Plausibility, told as the cases a measuring team meets.

#![expect(
    clippy::unwrap_used,
    reason = "a case that cannot be built fails the test"
)]

use chrono::NaiveDate;
use growth::plausibility::{
    Circumstances, Code, Earlier, Findings, Limits, Observation, check, read_entry,
};
use growth::{Height, Weight};
use programme::Sex;

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// A Reception girl measured on a Monday in term.
fn observation(height: &str, weight: &str) -> Observation {
    let (height, weight) = read_entry(height, weight).unwrap();
    Observation {
        sex: Sex::Female,
        birth_date: date("2022-02-21"),
        measured_on: date("2026-09-28"),
        height,
        weight,
    }
}

fn circumstances() -> Circumstances<'static> {
    Circumstances {
        today: date("2026-11-30"),
        year: (date("2026-09-01"), date("2027-08-31")),
        usual_births: Some((date("2021-09-01"), date("2022-08-31"))),
        earlier: &[],
        previous_in_class: None,
    }
}

fn found(observation: &Observation, around: &Circumstances<'_>) -> Findings {
    check(observation, around, &Limits::default())
}

fn codes(findings: &Findings) -> Vec<&'static str> {
    findings.codes().map(Code::code).collect()
}

fn entered(height: &str, weight: &str) -> Findings {
    found(&observation(height, weight), &circumstances())
}

#[test]
fn an_ordinary_child_raises_nothing() {
    assert_eq!(entered("106.7", "18.0"), Findings::default());
}

#[test]
fn slips_of_the_unit_are_rejected_with_a_hint() {
    for (height, weight, code, hint) in [
        ("102.4", "17300", "weight_out_of_limits", "grams"),
        ("1.070", "17.0", "height_out_of_limits", "metres"),
        ("1070", "17.0", "height_out_of_limits", "millimetres"),
        ("41.0", "15.5", "height_out_of_limits", "inches"),
        ("23.1", "109.9", "height_out_of_limits", "swapped"),
    ] {
        let findings = entered(height, weight);
        assert_eq!(codes(&findings), [code], "{height} {weight}");
        let message = &findings.rejects[0].message;
        assert!(
            message.contains(hint) && message.contains("check this"),
            "{message}"
        );
        assert!(!findings.can_be_saved());
    }
}

#[test]
fn values_that_do_not_go_together_are_rejected_as_bmi() {
    assert_eq!(codes(&entered("100.0", "60.1")), ["bmi_out_of_limits"]);
    assert_eq!(codes(&entered("150.0", "16.8")), ["bmi_out_of_limits"]);
}

#[test]
fn the_limits_themselves_are_inside() {
    let limits = Limits::default();
    assert!(limits.accept(100.0, 60.0) && limits.accept(200.0, 30.0));
    assert!(!limits.accept(59.9, 8.0) && !limits.accept(220.1, 100.0));
}

#[test]
fn empty_and_unreadable_cells_are_named_together() {
    let findings = |height, weight| codes(&read_entry(height, weight).unwrap_err());
    assert_eq!(findings("106.7", ""), ["weight_missing"]);
    assert_eq!(findings("", "18.2"), ["height_missing"]);
    assert_eq!(findings("100.0", "3st 4lb"), ["weight_unreadable"]);
    assert_eq!(
        findings("tall", "heavy"),
        ["height_unreadable", "weight_unreadable"]
    );
}

#[test]
fn a_very_large_child_is_a_child() {
    let large = Observation {
        sex: Sex::Male,
        birth_date: date("2021-10-26"),
        ..observation("120.0", "34.7")
    };
    let findings = found(&large, &circumstances());
    assert_eq!(codes(&findings), ["extreme_weight", "extreme_bmi"]);
    assert!(findings.can_be_saved());
    assert!(
        findings
            .warnings
            .iter()
            .all(|finding| !finding.message.contains("error"))
    );
}

#[test]
fn a_weight_in_pounds_shows_in_the_z_scores_only() {
    assert_eq!(
        codes(&entered("101.1", "38.5")),
        ["extreme_weight", "extreme_bmi"]
    );
}

#[test]
fn dates_have_rules_and_reminders() {
    for (measured_on, expected) in [
        ("2026-08-28", vec!["date_outside_year", "august"]),
        ("2026-12-01", vec!["date_in_future"]),
        ("2026-10-10", vec!["weekend"]),
        ("2026-10-11", vec!["weekend"]),
        ("2026-11-30", vec![]),
        ("2062-11-30", vec!["date_outside_year"]),
    ] {
        let measured_on = date(measured_on);
        let findings = found(
            &Observation {
                measured_on,
                ..observation("106.7", "18.0")
            },
            &circumstances(),
        );
        assert_eq!(codes(&findings), expected, "{measured_on}");
    }
    let august = Circumstances {
        today: date("2027-08-31"),
        ..circumstances()
    };
    let late = Observation {
        measured_on: date("2027-08-02"),
        ..observation("112.7", "19.0")
    };
    assert_eq!(codes(&found(&late, &august)), ["august"]);
}

#[test]
fn a_birth_after_the_measurement_is_rejected() {
    let unborn = Observation {
        birth_date: date("2026-09-29"),
        ..observation("106.7", "18.0")
    };
    let around = Circumstances {
        usual_births: None,
        ..circumstances()
    };
    assert_eq!(codes(&found(&unborn, &around)), ["date_before_birth"]);
}

#[test]
fn a_child_out_of_its_year_group_is_a_reminder() {
    let older = Observation {
        birth_date: date("2021-08-31"),
        ..observation("106.7", "18.0")
    };
    assert_eq!(
        codes(&found(&older, &circumstances())),
        ["dob_outside_year_window"]
    );
}

#[test]
fn a_child_too_young_for_the_reference_has_no_extremes() {
    let young = Observation {
        birth_date: date("2022-09-29"),
        ..observation("99.0", "39.0")
    };
    let around = Circumstances {
        usual_births: None,
        ..circumstances()
    };
    assert_eq!(codes(&found(&young, &around)), Vec::<&str>::new());
}

#[test]
fn children_do_not_shrink() {
    let earlier = [
        Earlier {
            measured_on: date("2026-09-14"),
            height: Height::from_millimetres(1068),
            weight: Weight::from_grams(18_000),
        },
        // A later one says nothing about this one.
        Earlier {
            measured_on: date("2026-11-14"),
            height: Height::from_millimetres(1090),
            weight: Weight::from_grams(18_000),
        },
    ];
    let around = Circumstances {
        earlier: &earlier,
        ..circumstances()
    };
    assert_eq!(
        codes(&found(&observation("106.7", "18.0"), &around)),
        ["height_lower_than_earlier"]
    );
    assert_eq!(
        codes(&found(&observation("106.8", "18.0"), &around)),
        Vec::<&str>::new()
    );
    let lenient = Limits {
        height_drop_mm: 5,
        ..Limits::default()
    };
    assert_eq!(
        check(&observation("106.3", "18.0"), &around, &lenient),
        Findings::default()
    );
}

#[test]
fn a_weight_far_from_the_last_is_to_be_checked_and_time_allows_for_growth() {
    let last = |measured_on, grams| {
        [Earlier {
            measured_on: date(measured_on),
            height: Height::from_millimetres(900),
            weight: Weight::from_grams(grams),
        }]
    };
    let with = |earlier: &[Earlier]| {
        codes(&found(
            &observation("106.7", "18.0"),
            &Circumstances {
                earlier,
                ..circumstances()
            },
        ))
    };
    assert_eq!(with(&last("2026-09-21", 15_000)), ["weight_changed"]);
    assert_eq!(with(&last("2025-09-21", 15_000)), Vec::<&str>::new());
    assert_eq!(with(&last("2025-09-21", 22_000)), ["weight_changed"]);
}

#[test]
fn the_same_values_twice_running_in_a_class_are_to_be_checked() {
    let girl = observation("106.7", "18.0");
    let around = Circumstances {
        previous_in_class: Some((girl.height, girl.weight)),
        ..circumstances()
    };
    assert_eq!(codes(&found(&girl, &around)), ["repeated_values"]);
    let other = Observation {
        weight: Weight::from_grams(18_100),
        ..girl
    };
    assert_eq!(codes(&found(&other, &around)), Vec::<&str>::new());
}

#[test]
fn swapped_values_inside_wide_limits_are_a_warning() {
    let wide = Limits {
        height_min_cm: 10.0,
        bmi_max: 10_000.0,
        ..Limits::default()
    };
    let findings = check(&observation("18.0", "106.7"), &circumstances(), &wide);
    assert!(findings.can_be_saved());
    assert!(codes(&findings).contains(&"looks_swapped"));
}

#[test]
fn settings_that_leave_nothing_or_everything_plausible_are_refused() {
    assert!(Limits::default().validated().is_ok());
    assert!(
        Limits {
            height_min_cm: 220.0,
            ..Limits::default()
        }
        .validated()
        .is_err()
    );
    assert!(
        Limits {
            z_max: f64::NAN,
            ..Limits::default()
        }
        .validated()
        .is_err()
    );
    assert!(
        Limits {
            weight_min_kg: 0.0,
            ..Limits::default()
        }
        .validated()
        .is_err()
    );
}

#[test]
fn every_code_leads_back_to_itself_and_is_what_serde_writes() {
    for code in Code::ALL {
        assert_eq!(Code::from_code(code.code()), Ok(code));
        assert_eq!(serde_json::to_value(code).unwrap(), code.code());
    }
}
