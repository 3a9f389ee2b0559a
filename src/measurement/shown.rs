//! What is shown of a measurement: one function for letters, pages and files, so that no two of them differ.
//!
//! What is stored is coarser on purpose (ADR 0006). It is shown only when the date of birth is no longer held.

use chrono::NaiveDate;
use growth::{Age, Assessment, Height, Scheme, Weight};
use programme::Sex;

use super::entry::tenths;
use crate::records::outcome::Measured;

/// A measurement as it is assessed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figures {
    /// The day of the measurement.
    pub on: NaiveDate,
    /// The height.
    pub height: Height,
    /// The weight.
    pub weight: Weight,
    /// The clinical scheme.
    pub scheme: Scheme,
}

/// The assessment that is shown, worked out from the date of birth. `None` when the child is outside the reference's
/// ages.
pub fn assessment(sex: Sex, born: NaiveDate, figures: &Figures) -> Option<Assessment> {
    let age = Age::between(born, figures.on).ok()?;
    growth::assess(sex, &age, figures.height, figures.weight, figures.scheme).ok()
}

/// The assessment that is shown of a stored measurement. `None` when there is none, when only the month of the
/// measurement is kept, or when date of birth or sex were corrected after this version was assessed: what is stored
/// with it is then its own.
pub fn assessment_of(sex: Sex, born: NaiveDate, held: &Measured) -> Option<Assessment> {
    if held.month_only {
        return None;
    }
    let figures = Figures {
        on: held.measured_on,
        height: Height::from_millimetres(held.height_mm.unsigned_abs()),
        weight: Weight::from_grams(held.weight_g.unsigned_abs()),
        scheme: Scheme::from_code(&held.scheme).ok()?,
    };
    assessment(sex, born, &figures).filter(|found| held.bmi_z_tenths == Some(tenths(found.bmi_z)))
}

/// The BMI centile of a stored measurement for a page. Without an assessment it is the one of the stored z-score, a
/// rounded figure, and says so.
pub fn centile(assessment: Option<&Assessment>, held: &Measured) -> Option<String> {
    if let Some(found) = assessment {
        return Some(growth::centile_text(found.bmi_centile));
    }
    let z = f64::from(held.bmi_z_tenths?) / 10.0;
    let text = growth::centile_text(100.0 * growth::normal::cdf(z));
    let is_open = text.starts_with(['<', '>']);
    Some(if is_open {
        text
    } else {
        format!("about {text}")
    })
}
