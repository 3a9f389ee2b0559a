//! The checks themselves.

use chrono::{Datelike, NaiveDate, Weekday};

use super::{Circumstances, Code, Findings, Limits, Observation};
use crate::{Age, Height, NotAssessed, Scheme, Weight, assess_values};

const DAYS_PER_YEAR: f64 = 365.25;

/// Finds everything there is to say about a measurement.
///
/// Where it is rejected, warnings about the values are left out (they would
/// only repeat it); those about dates and the year group stay.
pub fn check(observation: &Observation, around: &Circumstances<'_>, limits: &Limits) -> Findings {
    let mut findings = Findings::default();
    values_within_limits(observation, limits, &mut findings);
    let values_rejected = !findings.rejects.is_empty();
    dates(observation, around, &mut findings);
    if !values_rejected {
        extremes(observation, limits, &mut findings);
        against_earlier(observation, around, limits, &mut findings);
        if looks_swapped(observation, limits) {
            findings.add(
                Code::LooksSwapped,
                "Height and weight look swapped: check both.".to_owned(),
            );
        }
        if around.previous_in_class == Some((observation.height, observation.weight)) {
            findings.add(
                Code::RepeatedValues,
                "Height and weight are the same as those of the child before: check this."
                    .to_owned(),
            );
        }
    }
    findings
}

fn values_within_limits(observation: &Observation, limits: &Limits, findings: &mut Findings) {
    let (height, weight) = (observation.height, observation.weight);
    limits.reject(height.centimetres(), weight.kilograms(), findings);
    let Some(first) = findings.rejects.first_mut() else {
        return;
    };
    let hint = if looks_swapped(observation, limits) {
        Some("Height and weight look swapped.")
    } else if first.code == Code::HeightOutOfLimits {
        limits.height_unit_hint(height)
    } else if first.code == Code::WeightOutOfLimits
        && (limits.weight_min_kg..=limits.weight_max_kg).contains(&(weight.kilograms() / 1000.0))
    {
        Some("It looks like grams.")
    } else {
        None
    };
    if let Some(hint) = hint {
        first.message.push(' ');
        first.message.push_str(hint);
    }
}

fn dates(observation: &Observation, around: &Circumstances<'_>, findings: &mut Findings) {
    let day = observation.measured_on;
    let shown = in_words(day);
    if day < observation.birth_date {
        findings.add(
            Code::DateBeforeBirth,
            format!("The date of measurement, {shown}, is before the date of birth: check both."),
        );
    }
    let (first, last) = around.year;
    if !(first..=last).contains(&day) {
        findings.add(
            Code::DateOutsideYear,
            format!(
                "The date of measurement, {shown}, is outside the collection year, {} to {}: \
                 check this.",
                in_words(first),
                in_words(last)
            ),
        );
    } else if day > around.today {
        findings.add(
            Code::DateInFuture,
            format!("The date of measurement, {shown}, has not come yet: check this."),
        );
    }
    if matches!(day.weekday(), Weekday::Sat | Weekday::Sun) {
        findings.add(
            Code::Weekend,
            format!("{shown} is a {}: check this.", day.format("%A")),
        );
    }
    if day.month() == 8 {
        findings.add(
            Code::August,
            format!("{shown} is in the summer holidays: check this."),
        );
    }
    if let Some((first, last)) = around.usual_births
        && !(first..=last).contains(&observation.birth_date)
    {
        findings.add(
            Code::DobOutsideYearWindow,
            format!(
                "Children of this year group are usually born from {} to {}: check the date of \
                 birth and the year group.",
                in_words(first),
                in_words(last)
            ),
        );
    }
}

/// "4 May 2016".
fn in_words(date: NaiveDate) -> impl std::fmt::Display {
    date.format("%-d %B %Y")
}

fn extremes(observation: &Observation, limits: &Limits, findings: &mut Findings) {
    let Ok(age) = Age::between(observation.birth_date, observation.measured_on) else {
        return;
    };
    // Outside the reference's ages there is no z-score to call extreme; the
    // record says that it has no assessment.
    let Ok(found) = crate::assess(
        observation.sex,
        &age,
        observation.height,
        observation.weight,
        Scheme::default(),
    ) else {
        return;
    };
    let mut tell = |code, z: f64, what: String, low: &str, high: &str| {
        if limits.is_extreme(z) {
            let side = if z < 0.0 { low } else { high };
            findings.add(
                code,
                format!("{what} is unusually {side} for the child's age: check this."),
            );
        }
    };
    tell(
        Code::ExtremeHeight,
        found.height_z,
        format!("The height {} cm", observation.height),
        "small",
        "great",
    );
    tell(
        Code::ExtremeWeight,
        found.weight_z,
        format!("The weight {} kg", observation.weight),
        "low",
        "high",
    );
    tell(
        Code::ExtremeBmi,
        found.bmi_z,
        format!(
            "The weight {} kg for {} cm",
            observation.weight, observation.height
        ),
        "low",
        "high",
    );
}

fn against_earlier(
    observation: &Observation,
    around: &Circumstances<'_>,
    limits: &Limits,
    findings: &mut Findings,
) {
    let day = observation.measured_on;
    let earlier = || {
        around
            .earlier
            .iter()
            .filter(|other| other.measured_on < day)
    };
    if let Some(taller) = earlier().max_by_key(|other| other.height)
        && observation
            .height
            .millimetres()
            .saturating_add(limits.height_drop_mm)
            < taller.height.millimetres()
    {
        findings.add(
            Code::HeightLowerThanEarlier,
            format!(
                "The height {} cm is lower than {} cm on {}: check this.",
                observation.height,
                taller.height,
                in_words(taller.measured_on),
            ),
        );
    }
    if let Some(last) = earlier().max_by_key(|other| other.measured_on)
        && last.weight > Weight::from_grams(0)
    {
        let before = last.weight.kilograms();
        let change = (observation.weight.kilograms() - before) / before * 100.0;
        let years = (day - last.measured_on).num_days() as f64 / DAYS_PER_YEAR;
        let most = limits.weight_change_percent + limits.weight_gain_percent_per_year * years;
        if change > most || change < -limits.weight_change_percent {
            findings.add(
                Code::WeightChanged,
                format!(
                    "The weight {} kg differs much from {} kg on {}: check this.",
                    observation.weight,
                    last.weight,
                    in_words(last.measured_on),
                ),
            );
        }
    }
}

/// Whether the values are unusual as entered and usual the other way round.
fn looks_swapped(observation: &Observation, limits: &Limits) -> bool {
    let usual = |height: Height, weight: Weight| {
        let (cm, kg) = (height.centimetres(), weight.kilograms());
        let extreme = match assess_at(observation, cm, kg) {
            Ok(found) => [found.height_z, found.weight_z, found.bmi_z]
                .iter()
                .any(|z| limits.is_extreme(*z)),
            // Without a z-score the limits have to say it alone.
            Err(NotAssessed::TooYoung | NotAssessed::TooOld | NotAssessed::MeasuredBeforeBirth) => {
                false
            }
            Err(_) => true,
        };
        limits.accept(cm, kg) && !extreme
    };
    !usual(observation.height, observation.weight)
        && usual(
            Height::from_millimetres(observation.weight.grams() / 100),
            Weight::from_grams(observation.height.millimetres().saturating_mul(100)),
        )
}

fn assess_at(
    observation: &Observation,
    height_cm: f64,
    weight_kg: f64,
) -> Result<crate::Assessment, NotAssessed> {
    let age = Age::between(observation.birth_date, observation.measured_on)
        .map_err(|_| NotAssessed::MeasuredBeforeBirth)?;
    assess_values(
        observation.sex,
        age.decimal_years(),
        height_cm,
        weight_kg,
        Scheme::default(),
    )
}
