//! From rows to counts: what the disclosure crate is given.

use chrono::NaiveDate;
use disclosure::{BadTable, PopulationCategory, RawTable};
use programme::{AcademicYear, Sex, YearGroup};

use super::queries::Counted;
use crate::measurement::Place;

/// Puts the counts together; a row that means nothing to the statistics is refused, never dropped.
pub(super) fn raw_table(as_at: NaiveDate, counted: &Counted) -> Result<RawTable, BadTable> {
    let mut table = RawTable::as_at(as_at);
    let mut problems = Vec::new();
    for (code, name) in &counted.authorities {
        table.authority(code, name);
    }
    for school in &counted.schools {
        table.school(&school.urn.to_string(), &school.name, &school.la_code);
    }
    for (place, tally) in &counted.participation {
        let Place {
            urn,
            year,
            year_group: group,
        } = place;
        match (year.parse::<AcademicYear>(), YearGroup::from_code(group)) {
            (Ok(year), Some(group)) => {
                table.participation(
                    &urn.to_string(),
                    year,
                    group,
                    i64::from(tally.eligible),
                    i64::from(tally.measured),
                );
            }
            _ => problems.push(format!(
                "school {urn} has children in year {year}, year group {group}"
            )),
        }
    }
    for row in &counted.categories {
        // A child measured outside the ages of the reference has no category and counts as measured only.
        let Some(code) = &row.category else { continue };
        match (
            row.year.parse::<AcademicYear>(),
            YearGroup::from_code(&row.year_group),
            Sex::parse(&row.sex).ok(),
            category(code, row.severe),
        ) {
            (Ok(year), Some(group), Some(sex), Some(category)) => {
                table.count(
                    &row.urn.to_string(),
                    year,
                    group,
                    sex,
                    category,
                    row.children,
                );
            }
            _ => problems.push(format!(
                "school {} has children in the category {code}",
                row.urn
            )),
        }
    }
    if problems.is_empty() {
        table.build()
    } else {
        Err(BadTable(problems))
    }
}

fn category(code: &str, severe: bool) -> Option<PopulationCategory> {
    use growth::PopulationCategory as Stored;
    Some(match (Stored::from_code(code).ok()?, severe) {
        (Stored::Underweight, _) => PopulationCategory::Underweight,
        (Stored::HealthyWeight, _) => PopulationCategory::HealthyWeight,
        (Stored::Overweight, _) => PopulationCategory::Overweight,
        (Stored::Obese, false) => PopulationCategory::VeryOverweightNotSeverely,
        (Stored::Obese, true) => PopulationCategory::SeverelyObese,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_severe_child_is_counted_once() {
        assert_eq!(
            category("obese", true),
            Some(PopulationCategory::SeverelyObese)
        );
        assert_eq!(
            category("obese", false),
            Some(PopulationCategory::VeryOverweightNotSeverely)
        );
        assert_eq!(category("thin", false), None);
    }
}
