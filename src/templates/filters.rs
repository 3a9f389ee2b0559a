//! How dates, numbers and measures read on pages, and how form fields find
//! what was typed.
//!
//! What is stored is exact (UTC, millimetres, grams)
//! and only the last step before a reader's eye rounds or converts it, here.

use crate::clock::local;
use crate::wording::{clock_time, in_centimetres, in_kilograms, long_date, long_date_time};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};
use tera::{Kwargs, State, Tera, TeraResult, Value};

/// Puts every filter below into `tera`.
pub(super) fn register(tera: &mut Tera) {
    tera.register_filter("date", date);
    tera.register_filter("date_time", date_time);
    tera.register_filter("month", month);
    tera.register_filter("time", time);
    tera.register_filter("centimetres", centimetres);
    tera.register_filter("kilograms", kilograms);
    tera.register_filter("thousands", thousands);
    tera.register_filter("plural", plural);
    tera.register_filter("percent", percent);
    tera.register_filter("and_list", and_list);
    tera.register_filter("field_value", field_value);
    tera.register_filter("field_values", field_values);
    tera.register_filter("field_errors", field_errors);
}

/// A value of a template read as a moment in UTC, and whether it had a time of day.
fn moment(text: &str) -> TeraResult<(NaiveDateTime, bool)> {
    if let Ok(day) = text.parse::<NaiveDate>() {
        return Ok((day.and_time(NaiveTime::MIN), false));
    }
    if let Ok(moment) = text.parse::<NaiveDateTime>() {
        return Ok((moment, true));
    }
    DateTime::parse_from_rfc3339(text)
        .map(|moment| (moment.naive_utc(), true))
        .map_err(|_| tera::Error::message("a date filter was given something that is no date"))
}

/// `{{ day | date }}`.
fn date(text: &str, _: Kwargs, _: &State) -> TeraResult<String> {
    let (moment, has_time) = moment(text)?;
    let wall = if has_time { local(moment) } else { moment };
    Ok(long_date(wall.date()))
}

/// `{{ day | month }}`: where only the month is kept.
fn month(text: &str, _: Kwargs, _: &State) -> TeraResult<String> {
    Ok(moment(text)?.0.format("%B %Y").to_string())
}

/// `{{ moment | date_time }}`.
fn date_time(text: &str, _: Kwargs, _: &State) -> TeraResult<String> {
    Ok(long_date_time(moment(text)?.0))
}

/// `{{ moment | time }}`: the time of day alone.
fn time(text: &str, _: Kwargs, _: &State) -> TeraResult<String> {
    Ok(clock_time(local(moment(text)?.0).time()))
}

/// `{{ 1104 | centimetres }}`: "110.4"; the unit is the template's to write.
fn centimetres(millimetres: i64, _: Kwargs, _: &State) -> String {
    in_centimetres(millimetres)
}

/// `{{ 18340 | kilograms }}`: "18.3"; half a tenth is rounded up.
fn kilograms(grams: i64, _: Kwargs, _: &State) -> String {
    in_kilograms(grams)
}

/// `{{ 1200000 | thousands }}`: "1,200,000".
fn thousands(count: i64, _: Kwargs, _: &State) -> String {
    grouped(count)
}

/// A whole number with a comma before every three digits.
fn grouped(count: i64) -> String {
    let digits = count.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3 + 1);
    if count < 0 {
        text.push('-');
    }
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `{{ 312 | plural(one="child", many="children") }}`: "312 children".
fn plural(count: i64, arguments: Kwargs, _: &State) -> TeraResult<String> {
    let word: &str = arguments.must_get(if count == 1 { "one" } else { "many" })?;
    Ok(format!("{} {word}", grouped(count)))
}

/// `{{ 0.273 | percent }}`: "27.3%"; `decimals` is 1 unless given.
fn percent(share: f64, arguments: Kwargs, _: &State) -> TeraResult<String> {
    let decimals: usize = arguments.get("decimals")?.unwrap_or(1);
    Ok(format!("{:.decimals$}%", share * 100.0))
}

/// `{{ ["a", "b", "c"] | and_list }}`: "a, b and c".
fn and_list(items: Vec<String>, _: Kwargs, _: &State) -> String {
    match items.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// `{{ form | field_value(name="email", stored="x") }}`: what was typed into
/// the field, or what is stored when the form has not been sent yet.
fn field_value(form: &Value, arguments: Kwargs, _: &State) -> TeraResult<Value> {
    let name: &str = arguments.must_get("name")?;
    match typed(form, name) {
        Some(typed) => Ok(typed.into_iter().next().unwrap_or_else(|| Value::from(""))),
        None => Ok(arguments
            .get::<Value>("stored")?
            .unwrap_or_else(|| Value::from(""))),
    }
}

/// As `field_value` for a field that may be sent several times: an array.
fn field_values(form: &Value, arguments: Kwargs, _: &State) -> TeraResult<Value> {
    let name: &str = arguments.must_get("name")?;
    match typed(form, name) {
        Some(typed) => Ok(Value::from(typed)),
        None => Ok(arguments
            .get::<Value>("stored")?
            .unwrap_or_else(|| Value::from(Vec::<Value>::new()))),
    }
}

/// The messages about a field, in order.
fn field_errors(form: &Value, arguments: Kwargs, _: &State) -> TeraResult<Value> {
    let name: &str = arguments.must_get("name")?;
    let errors = entry(form, "errors").and_then(Value::as_array);
    let messages = errors
        .into_iter()
        .flatten()
        .filter(|error| entry(error, "field").and_then(Value::as_str) == Some(name));
    Ok(Value::from(
        messages
            .filter_map(|error| entry(error, "message").cloned())
            .collect::<Vec<_>>(),
    ))
}

/// What was sent under a name, or `None` when nothing at all was sent.
fn typed(form: &Value, name: &str) -> Option<Vec<Value>> {
    let values = entry(form, "values")?;
    if values.as_map()?.is_empty() {
        return None;
    }
    Some(match entry(values, name) {
        Some(value) => value
            .as_array()
            .map_or_else(|| vec![value.clone()], ToOwned::to_owned),
        None => Vec::new(),
    })
}

/// One entry of a map by its text key.
fn entry<'a>(map: &'a Value, key: &str) -> Option<&'a Value> {
    map.as_map()?
        .iter()
        .find_map(|(known, value)| (known.as_str() == Some(key)).then_some(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Renders a one-line template with all filters.
    fn rendered(template: &str) -> String {
        let mut tera = Tera::new();
        register(&mut tera);
        tera.add_raw_template("line", template).expect("parses");
        tera.render("line", &tera::Context::new()).expect("renders")
    }

    #[test]
    fn dates_are_written_in_full() {
        assert_eq!(rendered("{{ '2026-06-05' | date }}"), "5 June 2026");
        assert_eq!(
            rendered("{{ '2026-11-23T14:30:00.123456' | date_time }}"),
            "23 November 2026 at 2:30pm"
        );
        assert_eq!(rendered("{{ '2026-11-23T09:00:00Z' | time }}"), "9am");
        assert_eq!(rendered("{{ '2026-11-23T12:00:00Z' | time }}"), "midday");
    }

    #[test]
    fn moments_in_summer_are_shown_an_hour_later_than_utc() {
        for (utc, shown) in [
            ("2026-03-29T00:59:00", "29 March 2026 at 12:59am"),
            ("2026-03-29T01:00:00", "29 March 2026 at 2am"),
            ("2026-10-25T00:59:00", "25 October 2026 at 1:59am"),
            ("2026-10-25T01:00:00", "25 October 2026 at 1am"),
            ("2026-06-30T23:30:00", "1 July 2026 at 12:30am"),
            // 31 October 2027 is itself a Sunday.
            ("2027-10-31T00:30:00", "31 October 2027 at 1:30am"),
        ] {
            assert_eq!(rendered(&format!("{{{{ '{utc}' | date_time }}}}")), shown);
        }
    }

    #[test]
    fn measures_are_shown_to_one_decimal() {
        assert_eq!(rendered("{{ 1104 | centimetres }}"), "110.4");
        assert_eq!(rendered("{{ 1100 | centimetres }}"), "110.0");
        assert_eq!(rendered("{{ 18340 | kilograms }}"), "18.3");
        assert_eq!(rendered("{{ 18350 | kilograms }}"), "18.4");
    }

    #[test]
    fn counts_agree_with_their_nouns() {
        let children = |count: i64| {
            rendered(&format!(
                "{{{{ {count} | plural(one='child', many='children') }}}}"
            ))
        };
        assert_eq!(children(0), "0 children");
        assert_eq!(children(1), "1 child");
        assert_eq!(children(1_200_000), "1,200,000 children");
        assert_eq!(rendered("{{ 999 | thousands }}"), "999");
        assert_eq!(rendered("{{ -1000 | thousands }}"), "-1,000");
        assert_eq!(rendered("{{ 0.2734 | percent }}"), "27.3%");
        assert_eq!(rendered("{{ ['a', 'b', 'c'] | and_list }}"), "a, b and c");
    }
}
