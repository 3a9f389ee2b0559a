//! From rows to counts: what the disclosure crate is given.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use disclosure::{AcademicYear, BadTable, PopulationCategory, RawTable, Sex, YearGroup};

use super::queries::{CategoryCount, Headcount, OutcomeCount, SchoolRow};

/// Everything counted for some schools and years.
#[derive(Debug, Default)]
pub(super) struct Counted {
    pub(super) authorities: Vec<(String, String)>,
    pub(super) schools: Vec<SchoolRow>,
    pub(super) categories: Vec<CategoryCount>,
    pub(super) outcomes: Vec<OutcomeCount>,
    pub(super) headcounts: Vec<Headcount>,
}

/// Eligible and measured children of one school, year and year group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Participation {
    pub(super) eligible: i64,
    pub(super) measured: i64,
}

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
    for ((urn, year, group), children) in participation(counted) {
        match (year.parse::<AcademicYear>(), year_group(&group)) {
            (Ok(year), Some(group)) => {
                table.participation(
                    &urn.to_string(),
                    year,
                    group,
                    children.eligible,
                    children.measured,
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
            year_group(&row.year_group),
            sex(&row.sex),
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

/// Eligible children: the head-count set by hand where there is one, or else everybody on the roll or measured, less
/// those whose reason takes them out of the count.
fn participation(counted: &Counted) -> BTreeMap<(i32, String, String), Participation> {
    let mut places: BTreeMap<(i32, String, String), Participation> = BTreeMap::new();
    for row in &counted.outcomes {
        let place = places
            .entry((row.urn, row.year.clone(), row.year_group.clone()))
            .or_default();
        let measured = row.outcome == "measured";
        if measured {
            place.measured += row.children;
        }
        if measured || (row.on_roll && !row.excluded) {
            place.eligible += row.children;
        }
    }
    for row in &counted.headcounts {
        let place = places
            .entry((row.urn, row.year.clone(), row.year_group.clone()))
            .or_default();
        place.eligible = i64::from(row.eligible);
    }
    places
}

fn year_group(code: &str) -> Option<YearGroup> {
    YearGroup::ALL
        .into_iter()
        .find(|group| group.to_string() == code)
}

fn sex(code: &str) -> Option<Sex> {
    Sex::ALL.into_iter().find(|sex| sex.to_string() == code)
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

    fn outcome(outcome: &str, on_roll: bool, excluded: bool, children: i64) -> OutcomeCount {
        OutcomeCount {
            urn: 900_101,
            year: "2026-27".into(),
            year_group: "6".into(),
            outcome: outcome.into(),
            on_roll,
            excluded,
            children,
        }
    }

    #[test]
    fn reasons_that_exclude_take_children_out_of_the_eligible() {
        let counted = Counted {
            outcomes: vec![
                outcome("measured", true, false, 40),
                outcome("measured", false, false, 2),
                outcome("none", true, false, 5),
                outcome("none", false, false, 3),
                outcome("not_measured", true, false, 4),
                outcome("not_measured", true, true, 1),
            ],
            ..Counted::default()
        };
        let places: Vec<Participation> = participation(&counted).into_values().collect();
        assert_eq!(
            places,
            [Participation {
                eligible: 51,
                measured: 42
            }]
        );
    }

    #[test]
    fn a_headcount_set_by_hand_goes_before_the_roster() {
        let counted = Counted {
            outcomes: vec![outcome("measured", true, false, 40)],
            headcounts: vec![Headcount {
                urn: 900_101,
                year: "2026-27".into(),
                year_group: "6".into(),
                eligible: 60,
            }],
            ..Counted::default()
        };
        let places: Vec<Participation> = participation(&counted).into_values().collect();
        assert_eq!(
            places,
            [Participation {
                eligible: 60,
                measured: 40
            }]
        );
    }

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
