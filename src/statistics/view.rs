//! A safe table as pages show it: a table of participation, and one of categories for each span of years.

use disclosure::{Measure, Row, SafeTable, Value};
use serde_json::{Value as Json, json};

use super::release::spoken_years;

/// The tables of a release, in the order of its rows.
pub(super) fn figures(table: &SafeTable) -> Json {
    let mut tables: Vec<(String, Measure, Vec<Json>)> = Vec::new();
    for row in table.rows() {
        let caption = caption(row);
        let line = line(row);
        match tables.last_mut() {
            Some((last, _, lines)) if *last == caption => lines.push(line),
            _ => tables.push((caption, row.measure, vec![line])),
        }
    }
    let tables: Vec<Json> = tables
        .into_iter()
        .map(|(caption, measure, lines)| {
            json!({"caption": caption, "participation": measure == Measure::Participation, "lines": lines})
        })
        .collect();
    Json::Array(tables)
}

fn caption(row: &Row) -> String {
    let group = match row.year_group {
        disclosure::YearGroup::Reception => "Reception",
        disclosure::YearGroup::Year6 => "Year 6",
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
                Some(disclosure::Sex::Female) => ", girls",
                Some(disclosure::Sex::Male) => ", boys",
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
