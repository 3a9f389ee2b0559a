//! A safe table as pages show it: a table of participation, and one of categories for each span of years.

use disclosure::{Measure, Row, SafeTable, Value};
use serde_json::{Value as Json, json};

use super::release::spoken_years;

/// The tables of a release, in the order of its rows; `hidden` are those of which every number is left out.
pub(super) fn figures(table: &SafeTable) -> Json {
    let mut tables: Vec<(String, Measure, bool, Vec<Json>)> = Vec::new();
    for row in table.rows() {
        let caption = caption(row);
        let line = line(row);
        let is_hidden = shows_nothing(row);
        match tables.last_mut() {
            Some((last, _, hidden, lines)) if *last == caption => {
                *hidden &= is_hidden;
                lines.push(line);
            }
            _ => tables.push((caption, row.measure, is_hidden, vec![line])),
        }
    }
    let tables: Vec<Json> = tables
        .into_iter()
        .map(|(caption, measure, hidden, lines)| {
            let participation = measure == Measure::Participation;
            json!({"caption": caption, "participation": participation, "hidden": hidden, "lines": lines})
        })
        .collect();
    Json::Array(tables)
}

/// Whether every number of a row is left out.
fn shows_nothing(row: &Row) -> bool {
    [row.numerator, row.denominator, row.percent]
        .iter()
        .all(|value| matches!(value, Value::NotAvailable))
}

fn caption(row: &Row) -> String {
    let group = match row.year_group {
        programme::YearGroup::Reception => "Reception",
        programme::YearGroup::Year6 => "Year 6",
    };
    let years: Vec<String> = row.academic_years.iter().map(ToString::to_string).collect();
    match row.measure {
        Measure::Participation => format!("{}: children measured, {group}", row.area.name),
        Measure::BmiCategory => {
            let pooled = if years.len() > 1 {
                format!(" ({} years together)", years.len())
            } else {
                String::new()
            };
            let sex = match row.sex {
                None => "",
                Some(programme::Sex::Female) => ", girls",
                Some(programme::Sex::Male) => ", boys",
            };
            format!(
                "{}: weight categories, {group}{sex}, {}{pooled}",
                row.area.name,
                spoken_years(&years)
            )
        }
    }
}

fn line(row: &Row) -> Json {
    let years: Vec<String> = row.academic_years.iter().map(ToString::to_string).collect();
    let bar = match row.percent {
        Value::Percent(percent) => Some(percent.round() as u32),
        _ => None,
    };
    let with_sign = |value: Value| match value {
        Value::Percent(_) => format!("{value}%"),
        _ => value.to_string(),
    };
    json!({
        "label": row.category.as_deref().map_or_else(|| spoken_years(&years), category_words),
        "numerator": row.numerator.to_string(),
        "denominator": row.denominator.to_string(),
        "percent": with_sign(row.percent),
        "interval": match (row.ci_lower, row.ci_upper) {
            (Value::Percent(_), Value::Percent(_)) => format!("{}% to {}%", row.ci_lower, row.ci_upper),
            (marker, _) => marker.to_string(),
        },
        "bar": bar,
        "as_at": row.as_at,
    })
}

/// A category as people say it.
fn category_words(code: &str) -> String {
    match code {
        "severely_obese" => "of these, severely obese".to_owned(),
        "overweight_or_very_overweight" => "Overweight or very overweight".to_owned(),
        code => {
            let mut words = code.replace('_', " ");
            if let Some(first) = words.get_mut(0..1) {
                first.make_ascii_uppercase();
            }
            words
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use disclosure::{History, PopulationCategory, RawTable, Request, make};
    use programme::{AcademicYear, Sex, YearGroup};

    use super::*;
    use crate::templates::{Templates, render};

    /// A school's release of 60 children, 55 of them measured.
    fn release() -> disclosure::Release {
        let day = NaiveDate::from_ymd_opt(2027, 7, 1).expect("a day");
        let year = AcademicYear::starting(2026).expect("a year");
        let mut counts = RawTable::as_at(day);
        counts
            .authority("999", "Exampleshire")
            .school("900101", "Hill School", "999");
        counts.participation("900101", year, YearGroup::Year6, 60, 55);
        for (sex, category, children) in [
            (Sex::Female, PopulationCategory::HealthyWeight, 40),
            (Sex::Male, PopulationCategory::Overweight, 15),
        ] {
            counts.count("900101", year, YearGroup::Year6, sex, category, children);
        }
        let request = Request {
            number: 1,
            audience: "school:900101".parse().expect("an audience"),
            years: vec![year],
        };
        let raw = counts.build().expect("counts that add up");
        make(&raw, &request, &History::default()).expect("a release")
    }

    /// What the page of a release is given.
    fn context(release: &disclosure::Release) -> Json {
        let row = json!({
            "id": 1, "title": "Hill School, 2026-27", "audience": "school:900101", "state": "audited", "as_at": "2027-07-01",
            "made_at": "2027-07-01T12:00:00", "made_by": "Ada", "published_at": null, "withdrawn_at": null,
            "audit_passed": true,
        });
        let layout = json!({
            "service_name": "Stature", "title": "Figures", "actor": null, "navigation": [], "csrf": "", "submission": "", "flash": null, "may_be_found": true,
            "request_path": "/", "idle_warning_seconds": 60, "demo": false,
        });
        json!({
            "layout": layout, "release": row, "evidence": release.evidence(), "figures": figures(release.table()),
            "notes": disclosure::notes(), "seal_is_checked": true, "cautions": [],
            "announcement": {"state": null, "can_be_sent": false},
        })
    }

    #[test]
    fn a_release_is_shown_as_tables_with_their_notes() {
        let release = release();
        let context = context(&release);
        let templates = Templates::new().expect("templates");
        let html = |figures: &Json| {
            let mut context = context.clone();
            context["figures"] = figures.clone();
            render(&templates, "pages/statistics/own_release.html", &context)
                .unwrap_or_else(|error| panic!("{error:#}"))
        };
        let mut tables = figures(release.table());
        assert!(!html(&tables).contains("Not shown"));
        // A table of nothing but [x] is named in a list instead.
        tables[0]["hidden"] = json!(true);
        let page = html(&tables);
        let caption = tables[0]["caption"].as_str().expect("a caption");
        assert!(page.contains("Not shown") && page.contains(&format!("<li>{caption}</li>")));
        for page in ["release", "own_release"] {
            let html = render(
                &templates,
                &format!("pages/statistics/{page}.html"),
                &context,
            )
            .unwrap_or_else(|error| panic!("{error:#}"));
            for words in [
                "weight categories, Year 6, 2026-27",
                "72.7%",
                "Very overweight",
                "[c]",
                "How to read",
            ] {
                assert!(html.contains(words), "{words} is not on {page}");
            }
        }
    }
}
