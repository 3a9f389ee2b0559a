//! What somebody must know before publishing a release: that it shows nothing, or figures of a part of a year.
//!
//! Worked out from the safe table alone, so that the words may stand on a page and on a terminal.

use disclosure::{Measure, Row, SafeTable, Value};
use programme::YearGroup;

/// The share of the eligible children, in per cent, from which a year's figures are reliable. The national body takes
/// 75 % of a full year as reliable, 50 to 75 % as publishable with caution, and less as not publishable.
const RELIABLE: f64 = 75.0;
/// The share below which they are not to be published.
const PUBLISHABLE: f64 = 50.0;
/// Places that are named one by one.
const MOST_NAMED: usize = 12;

/// What speaks against publishing a table, a sentence each; none where nothing does.
pub fn cautions(table: &SafeTable) -> Vec<String> {
    let shows = |row: &&Row| matches!(row.numerator, Value::Count(_));
    if !table.rows().iter().any(|row| shows(&row)) {
        return vec![
            "This release shows no figure: every number is hidden or left out. Wait until more children have been \
             measured, or choose other years."
                .to_owned(),
        ];
    }
    let mut cautions: Vec<String> = table
        .rows()
        .iter()
        .filter(|row| row.measure == Measure::Participation)
        .filter_map(caution)
        .collect();
    if cautions.len() > MOST_NAMED {
        let more = cautions.len() - MOST_NAMED;
        cautions.truncate(MOST_NAMED);
        cautions.push(format!("The same is true of {more} more."));
    }
    cautions
}

/// What speaks against one year of one place.
fn caution(row: &Row) -> Option<String> {
    let group = match row.year_group {
        YearGroup::Reception => "Reception",
        YearGroup::Year6 => "Year 6",
    };
    let place = format!("{}, {group}, {}", row.area.name, row.years());
    match row.percent {
        Value::Percent(percent) if percent >= RELIABLE => None,
        Value::Percent(percent) => {
            let advice = if percent < PUBLISHABLE {
                "Figures of less than half of a year’s children are not reliable and should not be published"
            } else {
                "Figures of less than three quarters of a year’s children need care"
            };
            Some(format!(
                "{place}: about {percent:.0}% of the eligible children have been measured. {advice}."
            ))
        }
        _ => Some(format!(
            "{place}: no figure is shown, because too few children or schools are behind it."
        )),
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use disclosure::{History, PopulationCategory, RawTable, Request, make};
    use programme::{AcademicYear, Sex};

    use super::*;

    fn of(eligible: i64, measured: i64) -> Vec<String> {
        let year = AcademicYear::starting(2026).expect("a year");
        let day = NaiveDate::from_ymd_opt(2027, 3, 1).expect("a day");
        let mut counts = RawTable::as_at(day);
        counts
            .authority("999", "Exampleshire")
            .school("900101", "Hill School", "999")
            .participation("900101", year, YearGroup::Year6, eligible, measured)
            .count(
                "900101",
                year,
                YearGroup::Year6,
                Sex::Female,
                PopulationCategory::HealthyWeight,
                measured,
            );
        let request = Request {
            number: 1,
            audience: "school:900101".parse().expect("an audience"),
            years: vec![year],
        };
        let raw = counts.build().expect("counts that add up");
        let release = make(&raw, &request, &History::default()).expect("a release");
        cautions(release.table())
    }

    #[test]
    fn a_year_measured_in_part_is_told_and_a_whole_one_is_not() {
        assert_eq!(of(60, 55), Vec::<String>::new());
        let some = of(100, 60);
        assert!(some.len() == 1 && some[0].contains("need care"), "{some:?}");
        let few = of(100, 30);
        assert!(few.len() == 1 && few[0].contains("not reliable"), "{few:?}");
    }

    #[test]
    fn a_release_that_shows_nothing_is_told_to() {
        let nothing = of(60, 5);
        assert!(
            nothing.len() == 1 && nothing[0].contains("shows no figure"),
            "{nothing:?}"
        );
    }
}
