//! What stands for a child now.

use chrono::NaiveDateTime;
use growth::{Height, Weight};

use super::queries::{self, Measured, NotMeasured};
use crate::db::{self, Conn};
use crate::records::pupil::{OutcomeKind, Pupil};
use programme::ReasonNotMeasured;

/// What stands for a child now.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The version.
    pub version: i32,
    /// The measurement, when there is one.
    pub measured: Option<Measured>,
    /// The reason, when there is one.
    pub not_measured: Option<NotMeasured>,
}

impl Standing {
    /// Who recorded it; `None` when nothing stands.
    pub fn by(&self) -> Option<(&str, NaiveDateTime)> {
        match (&self.measured, &self.not_measured) {
            (Some(row), _) => Some((&row.recorded_by, row.recorded_at)),
            (None, Some(row)) => Some((&row.recorded_by, row.recorded_at)),
            (None, None) => None,
        }
    }

    /// What it is, in words: "110.4 cm and 18.2 kg", "absent", "nothing".
    pub fn in_words(&self) -> String {
        match (&self.measured, &self.not_measured) {
            (Some(row), _) => format!(
                "{} cm and {} kg",
                Height::from_millimetres(row.height_mm.max(0) as u32),
                Weight::from_grams(row.weight_g.max(0) as u32)
            ),
            (None, Some(row)) => ReasonNotMeasured::from_code(&row.reason)
                .map_or("not measured", ReasonNotMeasured::words)
                .to_owned(),
            (None, None) => "nothing".to_owned(),
        }
    }
}

/// What stands for a child.
pub fn standing(tx: &mut Conn, pupil: &Pupil) -> Result<Standing, db::Error> {
    let version = pupil.outcome_version;
    let (mut measured, mut not_measured) = (None, None);
    match pupil.outcome {
        OutcomeKind::None => {}
        OutcomeKind::Measured => measured = queries::measurement_at(tx, pupil.id, version)?,
        OutcomeKind::NotMeasured => not_measured = queries::reason_at(tx, pupil.id, version)?,
    }
    Ok(Standing {
        version,
        measured,
        not_measured,
    })
}
