//! Older binary workbooks that were damaged on the way or made to do harm.

use proptest::prelude::*;

use crate::{Limits, ReadError, read_sheets};

fn sample() -> Vec<u8> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/data/rosters/libreoffice.xls"
    );
    std::fs::read(path).unwrap()
}

fn refused(bytes: &[u8]) -> ReadError {
    read_sheets(bytes, &Limits::UPLOAD).map(|_| ()).unwrap_err()
}

/// The place of a record of a kind, behind its head.
fn record(bytes: &[u8], kind: u16, at_least: usize) -> usize {
    let head = kind.to_le_bytes();
    (512..bytes.len() - 4)
        .find(|at| {
            bytes[*at..*at + 2] == head
                && usize::from(u16::from_le_bytes([bytes[at + 2], bytes[at + 3]])) >= at_least
                && bytes[at + 3] == 0
        })
        .unwrap()
        + 4
}

#[test]
fn a_sound_workbook_is_read() {
    let sheets = read_sheets(&sample(), &Limits::UPLOAD).unwrap();
    assert_eq!(sheets.len(), 1);
    assert_eq!(sheets[0].table.len(), 9);
}

#[test]
fn sectors_that_lead_in_circles_are_refused() {
    let mut bytes = sample();
    // The first table of sectors: every sector followed by itself.
    let table = u32::from_le_bytes(bytes[76..80].try_into().unwrap()) as usize;
    let start = 512 * (table + 1);
    for entry in 0..128u32 {
        let at = start + 4 * entry as usize;
        bytes[at..at + 4].copy_from_slice(&entry.to_le_bytes());
    }
    assert_eq!(refused(&bytes), ReadError::Damaged);
    // And the chain of further tables.
    let mut bytes = sample();
    bytes[68..72].copy_from_slice(&0u32.to_le_bytes());
    bytes[512..1024].fill(0);
    assert_eq!(refused(&bytes), ReadError::Damaged);
}

#[test]
fn dimensions_of_billions_of_cells_are_refused_before_memory_is_taken() {
    let mut bytes = sample();
    let at = record(&bytes, 0x0200, 14);
    bytes[at + 4..at + 8].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(refused(&bytes), ReadError::SheetTooLarge);
}

#[test]
fn a_cell_in_the_far_corner_is_refused_before_memory_is_taken() {
    let mut bytes = sample();
    let at = record(&bytes, 0x00fd, 10);
    bytes[at..at + 4].copy_from_slice(&[0xff, 0xff, 0xff, 0xff]);
    assert_eq!(refused(&bytes), ReadError::SheetTooLarge);
}

#[test]
fn a_workbook_cut_short_is_refused() {
    let bytes = sample();
    for cut in [8, 511, 512, 700, 4096, bytes.len() - 3000] {
        assert_eq!(refused(&bytes[..cut]), ReadError::Damaged, "{cut}");
    }
}

#[test]
fn another_document_of_the_same_time_is_named() {
    let mut bytes = sample();
    let name: Vec<u8> = "Workbook"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let at = bytes
        .windows(name.len())
        .position(|window| window == name)
        .unwrap();
    bytes[at] = b'X';
    assert!(matches!(refused(&bytes), ReadError::NotATable(_)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_damaged_workbook_is_read_or_refused(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..30),
    ) {
        let mut bytes = sample();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        let _ = read_sheets(&bytes, &Limits::UPLOAD);
    }
}
