//! Sex as offices write it.

use growth::Sex;

use super::text;

/// Reads M, F, Male, Female, Boy, Girl, B, G and the codes of the NHS data
/// dictionary (1 is male, 2 is female), in any case, with a full stop or
/// with more in brackets behind it. `None` for anything else.
pub fn read_sex(value: &str) -> Option<Sex> {
    if let Ok(sex) = Sex::parse(value) {
        return Some(sex);
    }
    let value = text::clean(value);
    let words = value.split(['(', '-']).next().unwrap_or(&value);
    let label = text::label(words);
    Some(match label.as_str() {
        "m" | "male" | "boy" | "b" | "boys" | "1" | "01" => Sex::Male,
        "f" | "female" | "girl" | "g" | "girls" | "2" | "02" => Sex::Female,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sex_is_read_in_the_forms_offices_use() {
        for written in ["M", "male", "Boy", "M.", "1", "B", "Male (M)", " boy "] {
            assert_eq!(read_sex(written), Some(Sex::Male), "{written}");
        }
        for written in ["F", "FEMALE", "girl", "F.", "2", "G"] {
            assert_eq!(read_sex(written), Some(Sex::Female), "{written}");
        }
        for written in ["", "U", "9", "0", "X", "Mixed", "3", "M/F", "mother"] {
            assert_eq!(read_sex(written), None, "{written}");
        }
    }
}
