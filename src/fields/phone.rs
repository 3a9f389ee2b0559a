//! Telephone numbers of parents and carers.

use super::text;

/// A cell read as a telephone number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PhoneReading {
    /// Nothing there.
    None,
    /// A number, written as it came apart from repairs.
    Number {
        /// The number.
        number: String,
        /// Whether a leading 0 that a spreadsheet had dropped was put back.
        zero_restored: bool,
    },
    /// Text that holds no telephone number; kept as it is.
    Unusable,
}

/// Reads a telephone number.
pub fn read_phone(value: &str) -> PhoneReading {
    let value = text::clean(value);
    if text::says_nothing(&value) {
        return PhoneReading::None;
    }
    let Ok(whole) = text::whole_number(&value) else {
        return PhoneReading::Unusable;
    };
    let number = whole.unwrap_or_else(|| value.into_owned());
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    if digits < 6 {
        return PhoneReading::Unusable;
    }
    // National numbers without their 0 begin with 1, 2, 3, 7 or 8 and have
    // nine or ten digits; nothing else may stand in the cell.
    let bare = number.bytes().all(|b| b.is_ascii_digit() || b == b' ');
    if bare && (9..=10).contains(&digits) && number.starts_with(['1', '2', '3', '7', '8']) {
        return PhoneReading::Number {
            number: format!("0{number}"),
            zero_restored: true,
        };
    }
    PhoneReading::Number {
        number,
        zero_restored: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_leading_nought_is_put_back() {
        for text in ["7700900670", "7.70090067E+09", "7700900670.0"] {
            assert_eq!(
                read_phone(text),
                PhoneReading::Number {
                    number: "07700900670".to_owned(),
                    zero_restored: true
                },
                "{text}"
            );
        }
    }

    #[test]
    fn other_numbers_stay_as_they_are() {
        for text in [
            "07700 900670",
            "+44 7700 900670",
            "01632 960428 (evenings)",
            "0044 7700 900670",
        ] {
            assert_eq!(
                read_phone(text),
                PhoneReading::Number {
                    number: text.to_owned(),
                    zero_restored: false
                }
            );
        }
        assert_eq!(read_phone("ask grandma"), PhoneReading::Unusable);
        assert_eq!(read_phone("7.7E+09"), PhoneReading::Unusable);
        assert_eq!(read_phone(" n/a "), PhoneReading::None);
    }
}
