//! Cleaning of text as it arrives in a cell.
//!
//! [`clean`] changes only what nobody types on purpose: odd spaces, zero-width characters and
//! control characters. Accents, hyphens and curly apostrophes are part of a name and stay.

use std::borrow::Cow;

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark, is_nfc};

/// A character that shows nothing and separates nothing.
///
/// The joiners U+200C and U+200D stay where they stand between letters or
/// emoji, because Persian names and some emoji are spelled with them.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}' | '\u{2800}' | '\u{3164}' | '\u{ffa0}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
    )
}

/// The text with its first letter in upper case.
pub fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// The text with runs of any white space as one space, no white space at the
/// ends, no invisible or control characters, and composed (NFC).
///
/// Line breaks become a space; `clean_lines` keeps them. Borrowed when there
/// was nothing to do, which is the usual case.
pub fn clean(text: &str) -> Cow<'_, str> {
    if is_clean_ascii(text) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut gap = false;
    for c in text.chars() {
        if c.is_whitespace() {
            gap = true;
        } else if !(is_invisible(c) || c.is_control()) {
            if gap && !out.is_empty() {
                out.push(' ');
            }
            gap = false;
            out.push(c);
        }
    }
    let joiner = |c: char| matches!(c, '\u{200c}' | '\u{200d}');
    let trimmed = out.trim_matches(|c: char| joiner(c) || c == ' ');
    if trimmed.len() != out.len() {
        let kept = trimmed.to_owned();
        out = kept;
    }
    if !is_nfc(&out) {
        out = out.nfc().collect();
    }
    if out == text {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(out)
    }
}

/// What somebody typed to search with: as [`clean`], and with full-width and other compatible forms of letters and
/// digits as the usual ones. Not for what is kept: a name stays as it is spelled.
pub fn typed(text: &str) -> String {
    let usual: String = text.nfkc().collect();
    clean(&usual).into_owned()
}

/// Whether plain ASCII text has nothing for `clean` to do.
fn is_clean_ascii(text: &str) -> bool {
    let mut space_before = true;
    for byte in text.bytes() {
        match byte {
            b' ' if space_before => return false,
            b' ' => space_before = true,
            0x21..=0x7e => space_before = false,
            _ => return false,
        }
    }
    text.is_empty() || !space_before
}

/// The non-empty lines of a cell, each cleaned.
pub fn clean_lines(text: &str) -> impl Iterator<Item = Cow<'_, str>> {
    text.split(['\n', '\r', '\u{2028}', '\u{2029}'])
        .map(clean)
        .filter(|line| !line.is_empty())
}

/// A key under which two spellings of one name meet: lower case, without
/// accents, and with apostrophes, hyphens and spaces taken out.
///
/// Only for comparing; never stored and never shown.
pub fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    if text.is_ascii() {
        out.extend(
            text.bytes()
                .filter(u8::is_ascii_alphanumeric)
                .map(|b| char::from(b.to_ascii_lowercase())),
        );
        if !out.is_empty() {
            return out;
        }
    }
    for c in text.nfkd() {
        if is_combining_mark(c) {
            continue;
        }
        for lower in c.to_lowercase() {
            match lower {
                'ł' => out.push('l'),
                'ø' => out.push('o'),
                'đ' | 'ð' => out.push('d'),
                'ß' => out.push_str("ss"),
                'æ' => out.push_str("ae"),
                'œ' => out.push_str("oe"),
                'ı' => out.push('i'),
                other if other.is_alphanumeric() => out.push(other),
                _ => {}
            }
        }
    }
    if out.is_empty() { text.to_owned() } else { out }
}

/// The first word of a given name, folded: "Florence Rose" and "Florence"
/// share it.
pub fn first_word_folded(text: &str) -> String {
    folded(text.split([' ', '-']).next().unwrap_or(text))
}

/// A heading or label reduced to lower-case words with single spaces, so that
/// `Post Code `, `POST-CODE` and `post_code` are the same.
pub fn label(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut previous_lower = false;
    let mut chars = text.nfkc().peekable();
    while let Some(c) = chars.next() {
        if c.is_alphanumeric() {
            // "DateOfBirth" is three words; "UPN" and "DoB" are one.
            if c.is_uppercase()
                && previous_lower
                && chars.peek().is_some_and(|next| next.is_lowercase())
            {
                out.push(' ');
            }
            previous_lower = c.is_lowercase() || c.is_numeric();
            out.extend(c.to_lowercase());
        } else if !matches!(c, '\'' | '\u{2019}' | '\u{2018}')
            && !is_invisible(c)
            && !is_combining_mark(c)
        {
            previous_lower = false;
            if !out.is_empty() && !out.ends_with(' ') {
                out.push(' ');
            }
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// Whether an optional cell says in words that there is no value.
pub fn says_nothing(text: &str) -> bool {
    text.is_empty()
        || matches!(
            text.to_ascii_lowercase().as_str(),
            "-" | "--"
                | "–"
                | "—"
                | "n/a"
                | "n.a."
                | "na"
                | "none"
                | "nil"
                | "null"
                | "not known"
                | "unknown"
                | "tbc"
                | "?"
                | "."
        )
}

/// Whether a cell holds the failure of a formula instead of its result, or the
/// word with which a database writes that there is no value.
pub fn is_no_value(text: &str) -> bool {
    matches!(
        text,
        "NULL"
            | "#N/A"
            | "#REF!"
            | "#VALUE!"
            | "#NAME?"
            | "#DIV/0!"
            | "#NULL!"
            | "#NUM!"
            | "#SPILL!"
    )
}

/// Whether a spreadsheet would take the text for a formula. Some take the
/// full-width forms of the signs for the signs themselves.
pub fn looks_like_formula(text: &str) -> bool {
    text.starts_with([
        '=', '+', '-', '@', '\t', '\r', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
    ])
}

/// A number in scientific notation whose digits are not all there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DigitsLost;

/// The number that a spreadsheet wrote as text, when every digit is there:
/// `9.990136408E+09` → `9990136408`, `4567.0` → `4567`.
///
/// `Ok(None)` when the text is not such a number; an error when it is one
/// whose digits were lost (`9.99E+09`).
pub fn whole_number(text: &str) -> Result<Option<String>, DigitsLost> {
    if !text.as_bytes().first().is_some_and(u8::is_ascii_digit) {
        return Ok(None);
    }
    let (mantissa, exponent) = match text.split_once(['E', 'e']) {
        Some((mantissa, exponent)) => match exponent.trim_start_matches('+').parse::<usize>() {
            Ok(exponent) if exponent <= 20 => (mantissa, Some(exponent)),
            _ => return Ok(None),
        },
        None => (text, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || whole.is_empty() {
        return Ok(None);
    }
    let Some(exponent) = exponent else {
        return Ok(
            (!fraction.is_empty() && fraction.bytes().all(|b| b == b'0')).then(|| whole.to_owned()),
        );
    };
    if fraction.len() > exponent {
        return Err(DigitsLost);
    }
    // A number that really ends in noughts is also written short; a tenth of
    // numbers end in one nought, one in ten thousand in four.
    if exponent - fraction.len() > 3 {
        return Err(DigitsLost);
    }
    Ok(Some(format!(
        "{whole}{fraction}{}",
        "0".repeat(exponent - fraction.len())
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_spaces_and_zero_width_characters_go_and_names_stay() {
        assert_eq!(clean("Edw\u{200b}ards"), "Edwards");
        assert_eq!(clean("\u{a0}Mia \u{a0} Grace  "), "Mia Grace");
        assert_eq!(clean("O\u{2019}Brien-Łucja"), "O\u{2019}Brien-Łucja");
        assert_eq!(clean("Zoe\u{308}"), "Zoë");
        assert_eq!(clean("a\0b\tc"), "ab c");
        assert_eq!(clean("Poppy 🌸"), "Poppy 🌸");
    }

    #[test]
    fn spellings_of_one_name_meet() {
        assert_eq!(folded("O\u{2019}Brien"), folded("O'BRIEN"));
        assert_eq!(folded("Szczęsna"), "szczesna");
        assert_eq!(folded("Carr-Gomm"), folded("Carr Gomm"));
        assert_ne!(folded("王"), folded("李"));
        assert_eq!(first_word_folded("Florence Rose"), "florence");
    }

    #[test]
    fn headings_are_reduced_to_words() {
        assert_eq!(label("Post Code\u{a0}"), "post code");
        assert_eq!(label("Contact 1 E-mail"), "contact 1 e mail");
        assert_eq!(label("DateOfBirth"), "date of birth");
        assert_eq!(label("DoB"), label("DOB"));
        assert_eq!(label("\u{feff}URN"), "urn");
        assert_eq!(label("House No/Name"), "house no name");
    }

    #[test]
    fn scientific_notation_is_read_only_when_every_digit_is_there() {
        assert_eq!(
            whole_number("9.990136408E+09"),
            Ok(Some("9990136408".to_owned()))
        );
        assert_eq!(whole_number("9.99E+09"), Err(DigitsLost));
        assert_eq!(whole_number("4567.0"), Ok(Some("4567".to_owned())));
        assert_eq!(whole_number("105.2"), Ok(None));
        assert_eq!(whole_number("abc"), Ok(None));
    }
}
