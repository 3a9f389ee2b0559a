//! Files that were damaged on the way, and files made to do harm: always a
//! refusal or a reading, never a panic and never without bound.

use std::path::PathBuf;

use proptest::prelude::*;

use crate::columns::{Choices, find_columns};
use tabular::Limits;

const SAMPLES: [&str; 6] = [
    "canonical.csv",
    "sims_like.csv",
    "bromcom_like.csv",
    "traps.csv",
    "arbor_like.xlsx",
    "school_ctf.xml",
];

fn sample(name: &str) -> Vec<u8> {
    std::fs::read(
        PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("../../tests/data/rosters")
            .join(name),
    )
    .unwrap()
}

/// Reads, as an import does before it knows any school.
fn read(bytes: &[u8]) {
    if let Ok(table) = crate::read(bytes, &Limits::UPLOAD)
        && let Ok(columns) = find_columns(&table, &Choices::default(), 2026)
    {
        let schools = crate::schools::Schools::default();
        let context = crate::check::Context {
            start_year: 2026,
            schools: &schools,
            school: None,
            progress: &crate::progress::Progress::default(),
        };
        let checked = crate::check::check(&table, &columns, &context);
        assert!(checked.rows.len() <= table.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_damaged_sample_is_read_or_refused(
        which in 0..SAMPLES.len(),
        cut in 0.0f64..1.0,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..40),
    ) {
        let mut bytes = sample(SAMPLES[which]);
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        bytes.truncate((bytes.len() as f64 * cut.max(0.02)) as usize);
        read(&bytes);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "(?s).{0,400}") {
        read(text.as_bytes());
        read(format!("Forename,Surname,DoB,Sex\n{text}").as_bytes());
        read(format!("<?xml version=\"1.0\"?><CTfile><CTFpupilData><Pupil>{text}</Pupil></CTFpupilData></CTfile>").as_bytes());
    }
}

#[test]
fn a_file_over_the_limit_is_refused_by_its_size_alone() {
    assert!(Limits::COMMAND_LINE.check_size(2 << 30).is_err());
    assert!(Limits::UPLOAD.check_size(33 << 20).is_err());
}
