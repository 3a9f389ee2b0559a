//! Letters a second, one core: the result letter as it is sent.
//!
//! `cargo bench -p pdf`

use chrono::NaiveDate;
use divan::Bencher;
use pdf::{Document, Template, Typesetter};
use serde_json::Value;

fn main() {
    divan::main();
}

/// A different child for each letter, so that nothing can be reused.
fn letter(number: usize) -> Value {
    let data = include_str!("../tests/data/result.json");
    let data = data.replace("Zara", &format!("Zara{number}"));
    serde_json::from_str(&data).unwrap_or_default()
}

#[divan::bench]
fn result_letter(bencher: Bencher) {
    let letterhead = include_str!("../../../templates/letters/letterhead.typ");
    let result = include_str!("../../../templates/letters/result.typ");
    let (Ok(typesetter), Ok(template)) = (
        Typesetter::new([]),
        Template::new(result, &[("letterhead.typ", letterhead)]),
    ) else {
        return;
    };
    let document = Document {
        title: "Height and weight result",
        author: "Northbridge School Nursing Service",
        language: "en-GB",
        date: NaiveDate::default(),
    };
    let mut number = 0;
    bencher
        .counter(1_usize)
        .with_inputs(|| {
            number += 1;
            letter(number)
        })
        .bench_local_values(|data| typesetter.render(&template, &data, &document));
}
