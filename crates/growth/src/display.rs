//! A centile as people are shown it.

/// The centile for a page or a letter: a whole number, one decimal below 1 and
/// above 99, and never beyond "<0.4" and ">99.6", where the outermost lines of
/// the chart lie. Display only: categories are decided on the unrounded value.
pub fn centile_text(centile: f64) -> String {
    if centile < 0.4 {
        "<0.4".to_owned()
    } else if centile > 99.6 {
        ">99.6".to_owned()
    } else if !(1.0..=99.0).contains(&centile) {
        format!("{centile:.1}")
    } else {
        format!("{centile:.0}")
    }
}

/// The same with its ordinal ending, for running text: "87th", "91st", "0.4th".
/// Beyond the outermost lines: "below the 0.4th", "above the 99.6th".
pub fn centile_ordinal(centile: f64) -> String {
    if centile < 0.4 {
        return "below the 0.4th".to_owned();
    }
    if centile > 99.6 {
        return "above the 99.6th".to_owned();
    }
    let text = centile_text(centile);
    let last_two = text.get(text.len().saturating_sub(2)..).unwrap_or_default();
    let ending = match (last_two, text.chars().last()) {
        ("11" | "12" | "13", _) => "th",
        (_, Some('1')) => "st",
        (_, Some('2')) => "nd",
        (_, Some('3')) => "rd",
        _ => "th",
    };
    text + ending
}

/// Where a result lies, for running text: "at the 87th centile", "below the 0.4th centile".
pub fn centile_position(centile: f64) -> String {
    let ordinal = centile_ordinal(centile);
    if ordinal.starts_with(|first: char| first.is_ascii_digit()) {
        format!("at the {ordinal} centile")
    } else {
        format!("{ordinal} centile")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn centiles_are_whole_numbers_except_at_the_ends() {
        for (centile, text) in [
            (0.0, "<0.4"),
            (0.399_9, "<0.4"),
            (0.4, "0.4"),
            (0.94, "0.9"),
            (1.0, "1"),
            (50.4, "50"),
            (90.878_9, "91"),
            (99.0, "99"),
            (99.04, "99.0"),
            (99.58, "99.6"),
            (99.600_1, ">99.6"),
            (100.0, ">99.6"),
        ] {
            assert_eq!(centile_text(centile), text, "{centile}");
        }
    }

    #[test]
    fn ordinals_end_as_they_are_spoken() {
        for (centile, text) in [
            (0.1, "below the 0.4th"),
            (0.4, "0.4th"),
            (2.0, "2nd"),
            (11.0, "11th"),
            (21.0, "21st"),
            (73.0, "73rd"),
            (99.6, "99.6th"),
            (99.9, "above the 99.6th"),
        ] {
            assert_eq!(centile_ordinal(centile), text, "{centile}");
        }
    }

    #[test]
    fn a_result_beyond_the_outermost_lines_lies_below_or_above_them_and_never_at_the_below() {
        for (centile, text) in [
            (0.1, "below the 0.4th centile"),
            (0.4, "at the 0.4th centile"),
            (87.2, "at the 87th centile"),
            (99.9, "above the 99.6th centile"),
        ] {
            assert_eq!(centile_position(centile), text, "{centile}");
        }
    }
}
