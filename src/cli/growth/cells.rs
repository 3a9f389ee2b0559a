//! The cells an assessment needs, read from raw bytes.
//!
//! The forms other programs write are read at once; the ones people write cost
//! a little more.

use chrono::NaiveDate;
use programme::{Sex, read_date};

/// Reads M, F, Male or Female in any case.
pub(super) fn sex(cell: &[u8]) -> Option<Sex> {
    Sex::parse(std::str::from_utf8(cell).ok()?).ok()
}

/// Reads yyyy-mm-dd, or a date in one of the other ways offices write it.
pub(super) fn date(cell: &[u8]) -> Option<NaiveDate> {
    if let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = cell {
        let digits = |digits: &[u8]| {
            digits.iter().try_fold(0_u32, |value, digit| {
                digit
                    .is_ascii_digit()
                    .then(|| value * 10 + u32::from(digit - b'0'))
            })
        };
        let year = digits(&[*y1, *y2, *y3, *y4])?.cast_signed();
        return NaiveDate::from_ymd_opt(year, digits(&[*m1, *m2])?, digits(&[*d1, *d2])?);
    }
    Some(read_date(std::str::from_utf8(cell).ok()?).ok()?.date)
}

/// Reads a number with a point or a comma, its unit allowed after it.
pub(super) fn number(cell: &[u8], unit: &str) -> Option<f64> {
    let text = std::str::from_utf8(cell).ok()?;
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let text = text.trim();
    let end = text.len().saturating_sub(unit.len());
    let text = match text.split_at_checked(end) {
        Some((number, last)) if last.eq_ignore_ascii_case(unit) => number.trim_end(),
        _ => text,
    };
    if text.contains('.') {
        text.parse().ok()
    } else {
        text.replacen(',', ".", 1).parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_programs_and_as_people_write_them() {
        let expected = NaiveDate::from_ymd_opt(2016, 5, 4);
        for text in [
            "2016-05-04",
            "04/05/2016",
            "20160504",
            "2016-05-04 00:00:00",
            " 2016-05-04 ",
        ] {
            assert_eq!(date(text.as_bytes()), expected, "{text}");
        }
        for text in ["", "2016-13-04", "2015-02-29", "2016-0a-04", "soon"] {
            assert_eq!(date(text.as_bytes()), None, "{text}");
        }
        assert_eq!(date(b"2016-05-\xFF4"), None);
    }

    #[test]
    fn numbers_are_read_with_point_comma_and_unit() {
        for text in ["106.7", "106,7", " 106.7 cm", "106.7CM", "1067e-1"] {
            assert_eq!(number(text.as_bytes(), "cm"), Some(106.7), "{text}");
        }
        for text in ["", "1,067.0", "3st 4lb", "cm", "106.7 kg"] {
            assert_eq!(number(text.as_bytes(), "cm"), None, "{text}");
        }
    }
}
