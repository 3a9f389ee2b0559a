//! The choices above the class list, as they stand in its address.

use chrono::NaiveDate;
use programme::YearGroup;
use serde::{Deserialize, Serialize};

use crate::error::{AppError, bad_request};
use crate::identity::Opened;
use crate::records::pupil::Pupil;
use crate::web::chosen;

/// What the page shows, and how new measurements are dated.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Filter {
    /// One class only.
    #[serde(default)]
    pub(super) class: Option<String>,
    /// `R` or `6` only.
    #[serde(default)]
    group: Option<String>,
    /// The day of the measurements, `2026-11-30`; today when empty.
    #[serde(default)]
    pub(super) on: Option<String>,
    /// The device.
    #[serde(default)]
    pub(super) device: Option<String>,
    /// A child who is measured again: its row is empty, and its figures are no correction.
    #[serde(default, skip_serializing)]
    pub(super) again: Option<i64>,
}

impl Filter {
    /// The filter as the part of an address after the question mark, without the child who is measured again: once
    /// saved, that row is an ordinary one.
    pub(super) fn query(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in [
            ("group", &self.group),
            ("class", &self.class),
            ("on", &self.on),
            ("device", &self.device),
        ] {
            if let Some(value) = value.as_deref().filter(|value| !value.is_empty()) {
                query.append_pair(name, value);
            }
        }
        query.finish()
    }

    pub(super) fn shows_everybody(&self) -> bool {
        let empty = |filter: &Option<String>| filter.as_deref().is_none_or(str::is_empty);
        empty(&self.class) && empty(&self.group)
    }

    /// Whether a child is in the year group and the class asked for. Without its name the class is not known, and then
    /// only the year group counts.
    pub(super) fn shows(&self, pupil: &Pupil, names: Option<&Opened>) -> bool {
        let wanted = |filter: &Option<String>| filter.clone().filter(|text| !text.is_empty());
        wanted(&self.group).is_none_or(|group| group == pupil.year_group_code)
            && wanted(&self.class).is_none_or(|class| {
                names.is_none_or(|names| {
                    names
                        .people
                        .get(&pupil.id)
                        .is_some_and(|person| person.particulars.class == class)
                })
            })
    }

    /// The day of new measurements. One that cannot be read is refused: taken for today, it would date them wrongly.
    pub(super) fn day(&self, today: NaiveDate) -> Result<NaiveDate, AppError> {
        match self.on.as_deref().map(str::trim) {
            None | Some("") => Ok(today),
            Some(text) => text.parse().map_err(|_| {
                bad_request(
                    "The date measured in the address is none. Go back and enter a date such as 2026-11-30.",
                )
            }),
        }
    }

    /// Refuses a year group that there is not: a list without a child would look like a school without one.
    pub(super) fn check(&self) -> Result<(), AppError> {
        chosen(self.group.as_deref(), YearGroup::from_code).map(|_| ())
    }
}
