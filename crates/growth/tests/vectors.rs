//! The golden vectors, at the tolerance their table demands.

#![expect(
    clippy::expect_used,
    reason = "a vector that cannot be read fails the test"
)]

use std::fs::File;
use std::path::Path;

use chrono::NaiveDate;
use growth::batch::{Batch, DayTable};
use growth::{Age, Assessment, ClinicalCategory, PopulationCategory, Scheme, assess_values};
use programme::Sex;

/// One row of a vector file, by column name.
struct Row {
    headers: csv::StringRecord,
    cells: csv::StringRecord,
}

impl Row {
    fn text(&self, column: &str) -> &str {
        let at = self
            .headers
            .iter()
            .position(|name| name == column)
            .expect(column);
        &self.cells[at]
    }

    fn number(&self, column: &str) -> f64 {
        self.text(column).parse().expect(column)
    }

    fn date(&self, column: &str) -> NaiveDate {
        self.text(column).parse().expect(column)
    }

    fn age(&self) -> Age {
        Age::between(self.date("birth_date"), self.date("measurement_date")).expect("born first")
    }

    fn sex(&self) -> Sex {
        Sex::parse(self.text("sex")).expect("a sex")
    }

    fn assessment(&self, scheme: Scheme) -> Assessment {
        assess_values(
            self.sex(),
            self.age().decimal_years(),
            self.number("height_cm"),
            self.number("weight_kg"),
            scheme,
        )
        .expect("an assessment")
    }
}

fn rows(file: &str) -> Vec<Row> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(file);
    let mut reader = csv::Reader::from_reader(File::open(path).expect(file));
    let headers = reader.headers().expect("headers").clone();
    let rows: Vec<Row> = reader
        .records()
        .map(|cells| Row {
            headers: headers.clone(),
            cells: cells.expect("a row"),
        })
        .collect();
    assert!(rows.len() >= 400, "{file} has {} rows", rows.len());
    rows
}

#[track_caller]
fn assert_z(actual: f64, expected: f64) {
    let tolerance = 1e-10 * expected.abs().max(1.0);
    assert!(
        (actual - expected).abs() <= tolerance,
        "z {actual} is not {expected}"
    );
}

#[track_caller]
fn assert_centile(actual: f64, expected: f64) {
    assert!(
        (actual - expected).abs() <= 1e-9,
        "centile {actual} is not {expected}"
    );
}

#[track_caller]
fn assert_same(actual: f64, expected: f64) {
    assert!(
        (actual - expected).abs() <= 1e-12 * expected.abs(),
        "{actual} is not {expected}"
    );
}

#[test]
fn every_golden_child_is_assessed_as_by_the_reference_program() {
    for row in rows("golden.csv") {
        let found = row.assessment(Scheme::default());
        assert_same(found.decimal_age, row.number("decimal_age"));
        assert_same(found.bmi, row.number("bmi"));
        assert_z(found.height_z, row.number("height_z"));
        assert_z(found.weight_z, row.number("weight_z"));
        assert_z(found.bmi_z, row.number("bmi_z"));
        assert_centile(found.bmi_centile, row.number("bmi_centile"));
    }
}

#[test]
fn the_batch_path_meets_the_same_tolerance() {
    let table = DayTable::new();
    for file in ["golden.csv", "boundary_centile.csv", "boundary_zscore.csv"] {
        let rows = rows(file);
        let mut batch = Batch::default();
        for row in &rows {
            batch.push(
                row.sex(),
                row.age().days(),
                row.number("height_cm"),
                row.number("weight_kg"),
            );
        }
        batch.assess(&table);
        for (child, row) in rows.iter().enumerate() {
            assert_same(batch.bmi()[child], row.number("bmi"));
            assert_z(batch.bmi_z()[child], row.number("bmi_z"));
            assert_centile(batch.bmi_centile()[child], row.number("bmi_centile"));
            if file == "golden.csv" {
                assert_z(batch.height_z()[child], row.number("height_z"));
                assert_z(batch.weight_z()[child], row.number("weight_z"));
            } else {
                assert_categories(row, |scheme| {
                    let z = batch.bmi_z()[child];
                    (PopulationCategory::classify(z), scheme.classify(z))
                });
            }
        }
    }
}

type Classified = ((PopulationCategory, bool), (ClinicalCategory, bool));

#[track_caller]
fn assert_categories(row: &Row, classify: impl Fn(Scheme) -> Classified) {
    for (scheme, column) in [
        (Scheme::Centile, "clinical_category_nominal"),
        (Scheme::ZScore, "clinical_category_zcut"),
    ] {
        let ((population, severe), (clinical, _)) = classify(scheme);
        assert_eq!(
            population.words_with_severe(severe),
            row.text("population_category")
        );
        assert_eq!(clinical.words(), row.text(column), "{scheme:?}");
    }
}

#[test]
fn children_a_hair_from_a_cut_fall_on_the_right_side() {
    for file in ["boundary_centile.csv", "boundary_zscore.csv"] {
        for row in rows(file) {
            assert_categories(&row, |scheme| {
                let found = row.assessment(scheme);
                assert_z(found.bmi_z, row.number("bmi_z"));
                assert_centile(found.bmi_centile, row.number("bmi_centile"));
                (
                    (found.population, found.population_severe),
                    (found.clinical, found.clinical_severe),
                )
            });
        }
    }
}

#[test]
fn the_severe_cut_of_the_letters_is_eight_thirds() {
    let mut severe = 0;
    for row in rows("boundary_zscore.csv")
        .iter()
        .filter(|row| row.text("threshold") == "z=8/3")
    {
        let above = row.text("side") == "above";
        assert_eq!(row.assessment(Scheme::ZScore).clinical_severe, above);
        severe += usize::from(above);
    }
    assert!(severe > 10);
}

#[test]
fn ages_are_told_in_words_as_in_the_calendar_vectors() {
    for row in rows("calendar_age.csv") {
        let age = row.age();
        assert_eq!(age.days().to_string(), row.text("age_days"));
        assert_same(age.decimal_years(), row.number("decimal_age"));
        assert_eq!(age.full_words(), row.text("calendar_age_text"));
    }
}
