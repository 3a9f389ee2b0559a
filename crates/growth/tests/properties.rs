//! What must hold for every child, not only for those in the vectors.

use growth::batch::{Batch, DayTable};
use growth::{
    Lms, MAX_AGE_DAYS, MIN_AGE_DAYS, Measure, NotAssessed, Scheme, assess_values, lms, normal,
};
use programme::Sex;
use proptest::prelude::*;

fn sex() -> impl Strategy<Value = Sex> {
    prop_oneof![Just(Sex::Female), Just(Sex::Male)]
}

fn measure() -> impl Strategy<Value = Measure> {
    prop_oneof![
        Just(Measure::Height),
        Just(Measure::Weight),
        Just(Measure::Bmi)
    ]
}

fn years(days: u32) -> f64 {
    f64::from(days) / 365.25
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_heavier_child_never_has_a_lower_score_or_a_lighter_category(
        sex in sex(),
        days in MIN_AGE_DAYS..=MAX_AGE_DAYS,
        height in 60.0..220.0_f64,
        weight in 8.0..199.0_f64,
        more in 1e-6..1.0_f64,
    ) {
        for scheme in Scheme::ALL {
            let lighter = assess_values(sex, years(days), height, weight, scheme).unwrap();
            let heavier = assess_values(sex, years(days), height, weight + more, scheme).unwrap();
            prop_assert!(heavier.weight_z > lighter.weight_z);
            prop_assert!(heavier.bmi_z >= lighter.bmi_z);
            prop_assert!(heavier.bmi_centile >= lighter.bmi_centile);
            prop_assert!(heavier.clinical >= lighter.clinical);
            prop_assert!(heavier.population >= lighter.population);
        }
    }

    #[test]
    fn the_severe_are_part_of_the_heaviest_category(
        sex in sex(),
        days in MIN_AGE_DAYS..=MAX_AGE_DAYS,
        height in 60.0..220.0_f64,
        weight in 8.0..200.0_f64,
    ) {
        for scheme in Scheme::ALL {
            let found = assess_values(sex, years(days), height, weight, scheme).unwrap();
            prop_assert!(!found.clinical_severe || found.clinical.code() == "very_overweight");
            prop_assert!(!found.population_severe || found.population.code() == "obese");
        }
    }

    #[test]
    fn the_reference_does_not_jump_from_one_day_to_the_next(
        sex in sex(),
        measure in measure(),
        day in 1_461.0..7_304.0_f64,
    ) {
        let [today, tomorrow] = [day, day + 1.0].map(|day| lms(sex, measure, day / 365.25).unwrap());
        prop_assert!((tomorrow.m / today.m - 1.0).abs() < 2e-3);
        prop_assert!((tomorrow.l - today.l).abs() < 6e-3);
        prop_assert!((tomorrow.s - today.s).abs() < 2e-4);
    }

    #[test]
    fn the_reference_is_continuous_at_the_months(
        sex in sex(),
        measure in measure(),
        month in 49_u32..240,
    ) {
        let age = f64::from(month) / 12.0;
        let here = lms(sex, measure, age).unwrap();
        // Further away than the four decimals within which an age is a table age.
        for near in [age - 1.1e-4, age + 1.1e-4] {
            let there = lms(sex, measure, near).unwrap();
            prop_assert!((there.m / here.m - 1.0).abs() < 1e-4);
            prop_assert!((there.l - here.l).abs() < 1e-3);
            prop_assert!((there.s / here.s - 1.0).abs() < 1e-3);
        }
    }

    #[test]
    fn centile_and_z_score_tell_the_same(
        sex in sex(),
        days in MIN_AGE_DAYS..=MAX_AGE_DAYS,
        z in -5.0..4.0_f64,
    ) {
        let height = lms(sex, Measure::Height, years(days)).unwrap().m;
        let bmi = lms(sex, Measure::Bmi, years(days)).unwrap().value_at(z).unwrap();
        let weight = bmi * (height / 100.0).powi(2);
        let found = assess_values(sex, years(days), height, weight, Scheme::default()).unwrap();
        prop_assert!((found.bmi_z - z).abs() < 1e-10);
        let back = normal::quantile(found.bmi_centile / 100.0);
        prop_assert!((back - found.bmi_z).abs() < 1e-9);
    }

    #[test]
    fn phi_and_its_inverse_undo_each_other(z in -8.0..8.0_f64, p in 1e-300..1.0_f64) {
        prop_assert!((normal::cdf(normal::quantile(p)) / p - 1.0).abs() < 1e-12);
        // Above, the centile itself runs out of digits.
        if z < 5.0 {
            prop_assert!((normal::quantile(normal::cdf(z)) - z).abs() < 1e-9);
        }
        prop_assert!((normal::cdf(z) + normal::cdf(-z) - 1.0).abs() < 1e-15);
    }

    #[test]
    fn value_and_z_score_undo_each_other(
        l in -2.0..2.0_f64,
        m in 10.0..200.0_f64,
        s in 0.02..0.2_f64,
        z in -2.0..2.0_f64,
    ) {
        for lms in [Lms { l, m, s }, Lms { l: 0.0, m, s }] {
            let value = lms.value_at(z).unwrap();
            prop_assert!((lms.z_score(value) - z).abs() < 1e-9);
        }
    }

    #[test]
    fn the_batch_path_agrees_with_the_plain_one(
        sex in sex(),
        days in MIN_AGE_DAYS..=MAX_AGE_DAYS,
        height in 20.0..300.0_f64,
        weight in 1.0..500.0_f64,
    ) {
        let plain = assess_values(sex, years(days), height, weight, Scheme::default()).unwrap();
        let mut batch = Batch::default();
        batch.push(sex, days, height, weight);
        thread_local!(static TABLE: DayTable = DayTable::new());
        TABLE.with(|table| batch.assess(table));
        for (fast, slow) in [
            (batch.bmi()[0], plain.bmi),
            (batch.height_z()[0], plain.height_z),
            (batch.weight_z()[0], plain.weight_z),
            (batch.bmi_z()[0], plain.bmi_z),
        ] {
            prop_assert!((fast - slow).abs() <= 1e-11 * slow.abs().max(1.0), "{fast} {slow}");
        }
        prop_assert!((batch.bmi_centile()[0] - plain.bmi_centile).abs() <= 1e-10);
    }

    #[test]
    fn any_numbers_at_all_give_figures_or_a_reason(
        sex in sex(),
        age in prop::num::f64::ANY,
        height in prop::num::f64::ANY,
        weight in prop::num::f64::ANY,
    ) {
        for age in [age, 10.0] {
            match assess_values(sex, age, height, weight, Scheme::default()) {
                Ok(found) => prop_assert!(
                    found.bmi.is_finite()
                        && found.height_z.is_finite()
                        && found.weight_z.is_finite()
                        && found.bmi_z.is_finite()
                        && (0.0..=100.0).contains(&found.bmi_centile)
                ),
                Err(NotAssessed::HeightNotPositive) => prop_assert!(!(height > 0.0 && height.is_finite())),
                Err(NotAssessed::WeightNotPositive) => prop_assert!(!(weight > 0.0 && weight.is_finite())),
                Err(NotAssessed::BeyondComputation) => prop_assert!(height > 0.0 && weight > 0.0),
                Err(_) => prop_assert!(!(4.0..=20.0).contains(&age)),
            }
        }
    }

    #[test]
    fn reading_a_number_never_panics_and_never_rounds_up(text in "\\PC{0,12}", mm in 0_u32..3_000, rest in "[0-9]{0,6}") {
        let _ = growth::Height::parse_centimetres(&text);
        let _ = growth::Weight::parse_kilograms(&text);
        let written = format!("{}.{}{rest}", mm / 10, mm % 10);
        prop_assert_eq!(
            growth::Height::parse_centimetres(&written).map(growth::Height::millimetres),
            Ok(mm)
        );
    }
}
