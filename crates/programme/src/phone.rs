//! Telephone numbers of parents and carers.

use crate::text;

/// A cell read as a telephone number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PhoneReading {
    /// Nothing there.
    None,
    /// A number, written as it came apart from repairs.
    Number {
        /// The telephone number.
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
    let value = without_label(&value);
    let Ok(whole) = text::whole_number(value) else {
        return PhoneReading::Unusable;
    };
    let number = whole.unwrap_or_else(|| value.to_owned());
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

/// The text without a word in front that only says what kind of number it is:
/// "Mobile: 07700 900670", "H. 01632 960428".
fn without_label(value: &str) -> &str {
    const LABELS: [&str; 14] = [
        "mobile",
        "mob",
        "tel",
        "telephone",
        "phone",
        "home",
        "work",
        "cell",
        "m",
        "t",
        "h",
        "w",
        "no",
        "number",
    ];
    let mut rest = value;
    loop {
        let word = rest
            .find(|c: char| !c.is_ascii_alphabetic())
            .map_or("", |end| &rest[..end]);
        let known = LABELS.iter().any(|label| word.eq_ignore_ascii_case(label));
        let after = rest[word.len()..].trim_start_matches([' ', ':', '.', '-', '=']);
        if !known || after.len() == rest.len() - word.len() || after.is_empty() {
            return if rest.starts_with(|c: char| c.is_ascii_digit() || c == '+' || c == '(') {
                rest
            } else {
                value
            };
        }
        rest = after;
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
        for text in [
            "Mobile: 07700 900670",
            "Mob. 07700 900670",
            "Home Tel 07700 900670",
        ] {
            assert_eq!(
                read_phone(text),
                PhoneReading::Number {
                    number: "07700 900670".to_owned(),
                    zero_restored: false
                },
                "{text}"
            );
        }
        assert_eq!(read_phone("ask grandma"), PhoneReading::Unusable);
        assert_eq!(read_phone("7.7E+09"), PhoneReading::Unusable);
        assert_eq!(read_phone(" n/a "), PhoneReading::None);
    }
}
