//! Measures the shared texts of an Excel workbook.

use std::io::{BufReader, Read};

use quick_xml::Reader;
use quick_xml::events::Event;
use quick_xml::events::attributes::Attribute;

use crate::{Limits, ReadError};

/// How far into the shared texts their number must stand, in bytes.
const HEAD_BYTES: u64 = 64 << 10;

/// Refuses shared texts that claim to be more than the limits allow. The library makes room for as
/// many as it is told, and a process that asks for more room than any machine has is ended.
pub(super) fn check_shared_texts(part: impl Read, limits: &Limits) -> Result<(), ReadError> {
    let mut reader = Reader::from_reader(BufReader::new(part.take(HEAD_BYTES)));
    reader.config_mut().check_end_names = false;
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer) {
            Ok(Event::Start(element) | Event::Empty(element))
                if element.local_name().as_ref() == "sst" =>
            {
                let most = element
                    .attributes()
                    .with_checks(false)
                    .filter_map(Result::ok)
                    .filter(|attribute| attribute.key.as_ref() == "uniqueCount")
                    .map(|attribute| claimed(&attribute))
                    .max();
                return match most {
                    Some(most) if most > limits.workbook_cells() => Err(ReadError::SheetTooLarge),
                    _ => Ok(()),
                };
            }
            Ok(Event::Eof) | Err(_) => return Err(ReadError::Damaged),
            Ok(_) => {}
        }
    }
}

/// The number in an attribute; of more than 18 digits, the first 18, which is too many in any case.
fn claimed(attribute: &Attribute<'_>) -> u64 {
    let digits = attribute.value.bytes().filter(u8::is_ascii_digit);
    digits
        .take(18)
        .fold(0, |number, digit| number * 10 + u64::from(digit - b'0'))
}
