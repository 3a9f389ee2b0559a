//! Text in any of the encodings that office programs write.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use crate::ReadError;

/// The encoding of a file: by its byte-order mark, by the noughts of UTF-16,
/// by being valid UTF-8, and Windows-1252 otherwise.
fn encoding_of(bytes: &[u8]) -> &'static Encoding {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return encoding;
    }
    // Western text in UTF-16 has a nought in every second byte.
    let start = &bytes[..bytes.len().min(400) & !1];
    let noughts = |offset: usize| {
        start
            .iter()
            .skip(offset)
            .step_by(2)
            .filter(|b| **b == 0)
            .count()
    };
    let half = start.len() / 2;
    if half >= 4 && noughts(1) * 10 > half * 7 && noughts(0) * 10 < half {
        return UTF_16LE;
    }
    if half >= 4 && noughts(0) * 10 > half * 7 && noughts(1) * 10 < half {
        return UTF_16BE;
    }
    if std::str::from_utf8(bytes).is_ok() {
        UTF_8
    } else {
        WINDOWS_1252
    }
}

/// The text of a file in any supported encoding, without a byte-order mark.
pub fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, ReadError> {
    let encoding = encoding_of(bytes);
    let (text, _, malformed) = encoding.decode(bytes);
    // A UTF-8 mark on bytes that are not UTF-8 throughout: some programs
    // append to such a file in Windows-1252.
    if malformed && encoding == UTF_8 {
        let (text, _, _) =
            WINDOWS_1252.decode(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes));
        return no_binary(text);
    }
    if malformed {
        return Err(ReadError::Encoding);
    }
    no_binary(text)
}

/// Refuses text with characters that no text has.
fn no_binary(text: Cow<'_, str>) -> Result<Cow<'_, str>, ReadError> {
    let start = &text.as_bytes()[..text.len().min(1 << 16)];
    let control = start
        .iter()
        .filter(|b| **b < 9 || (14..32).contains(*b))
        .count();
    if control * 50 > start.len() || (start.contains(&0) && control > 2) {
        Err(ReadError::Encoding)
    } else {
        Ok(text)
    }
}

/// The first characters of a file, to tell what it is.
pub(super) fn start_of_text(bytes: &[u8]) -> String {
    let start = &bytes[..bytes.len().min(1024)];
    encoding_of(start).decode(start).0.into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_office_encoding_is_read() {
        let text = "Surname,O\u{2019}Brien\n";
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let utf16_be: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(decode(text.as_bytes()).unwrap(), text);
        assert_eq!(
            decode(&[b"\xef\xbb\xbf", text.as_bytes()].concat()).unwrap(),
            text
        );
        assert_eq!(decode(&utf16).unwrap(), text);
        assert_eq!(decode(&[&[0xff, 0xfe], &utf16[..]].concat()).unwrap(), text);
        assert_eq!(decode(&utf16_be).unwrap(), text);
        assert_eq!(decode(b"Surname,O\x92Brien\n").unwrap(), text);
    }

    #[test]
    fn binary_bytes_are_refused() {
        let bytes: Vec<u8> = (0..2000u32).map(|n| (n * 7 % 31) as u8).collect();
        assert_eq!(decode(&bytes), Err(ReadError::Encoding));
    }
}
