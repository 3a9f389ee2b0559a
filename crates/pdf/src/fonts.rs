//! The fonts that letters are set in, and which characters they have.
//!
//! A character that no font has would print as an empty box, and a box where a
//! child's name should be is worse than no letter: so the question is asked
//! before anything is set.

use serde_json::Value;
use typst::foundations::Bytes;
use typst::text::Font;

use crate::error::Unknown;

/// The built-in fonts (SIL Open Font License 1.1), the preferred one first.
const BUILT_IN: [&[u8]; 3] = [
    include_bytes!(concat!(env!("OUT_DIR"), "/NotoSans_400Regular.ttf")),
    include_bytes!(concat!(env!("OUT_DIR"), "/NotoSans_700Bold.ttf")),
    include_bytes!(concat!(env!("OUT_DIR"), "/NotoNaskhArabic_400Regular.ttf")),
];

/// Reads the built-in fonts.
pub(crate) fn built_in() -> Vec<Font> {
    BUILT_IN
        .into_iter()
        .filter_map(|bytes| Font::new(Bytes::new(bytes), 0))
        .collect()
}

/// The names of the families, each once, in order of preference.
pub(crate) fn families(fonts: &[Font]) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for font in fonts {
        let name = font.info().family.as_str();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// The characters that at least one font has.
pub(crate) struct Coverage {
    /// Inclusive ranges of code points, ascending and apart from each other.
    ranges: Vec<(u32, u32)>,
}

impl Coverage {
    pub(crate) fn of(fonts: &[Font]) -> Self {
        let mut points: Vec<u32> = fonts
            .iter()
            .flat_map(|font| font.info().coverage.iter())
            .collect();
        points.sort_unstable();
        points.dedup();
        let mut ranges: Vec<(u32, u32)> = Vec::new();
        for point in points {
            match ranges.last_mut() {
                Some(last) if last.1 + 1 == point => last.1 = point,
                _ => ranges.push((point, point)),
            }
        }
        Self { ranges }
    }

    /// The characters of `text` that cannot be printed, each once, in order.
    pub(crate) fn missing(&self, text: &str) -> Vec<char> {
        let mut missing = Vec::new();
        for character in text.chars() {
            if !self.prints(character) && !missing.contains(&character) {
                missing.push(character);
            }
        }
        missing
    }

    /// Adds the characters that the strings of `value` hold and no font has to
    /// `found`, with the places where they stand. `path` is the place of
    /// `value`, and is left as it was.
    pub(crate) fn search(&self, value: &Value, path: &mut String, found: &mut Unknown) {
        let length = path.len();
        match value {
            Value::String(text) => {
                let missing = self.missing(text);
                if !missing.is_empty() {
                    found.places.push(path.clone());
                    for character in missing {
                        if !found.characters.contains(&character) {
                            found.characters.push(character);
                        }
                    }
                }
            }
            Value::Array(values) => {
                for (index, value) in values.iter().enumerate() {
                    path.push('[');
                    path.push_str(&index.to_string());
                    path.push(']');
                    self.search(value, path, found);
                    path.truncate(length);
                }
            }
            Value::Object(fields) => {
                for (key, value) in fields {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(key);
                    self.search(value, path, found);
                    path.truncate(length);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// Whether a character can stand in a letter.
    fn prints(&self, character: char) -> bool {
        if is_layout(character) {
            return true;
        }
        // Private-use characters have no meaning outside one font; PDF/A
        // forbids them.
        if matches!(u32::from(character), 0xE000..=0xF8FF | 0xF_0000..=0x10_FFFF) {
            return false;
        }
        let point = u32::from(character);
        let after = self.ranges.partition_point(|&(first, _)| first <= point);
        after > 0 && self.ranges[after - 1].1 >= point
    }
}

/// Characters that shape or break the text and have no picture of their own
/// (Unicode's `White_Space` and `Default_Ignorable_Code_Point`, as far as they
/// occur in names and addresses).
fn is_layout(character: char) -> bool {
    matches!(
        u32::from(character),
        0x09 | 0x0A | 0x0D | 0x20 | 0x00AD | 0x034F | 0x061C
            | 0x200B..=0x200F | 0x2028..=0x202E | 0x2060..=0x2064 | 0x2066..=0x2069
            | 0xFE00..=0xFE0F
    )
}
