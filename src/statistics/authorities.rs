//! Authorities too small to be published by themselves: their figures are part of a neighbour's, as in the national
//! publication. By the codes of the school register and by those of the Office for National Statistics.

/// An authority, and the one whose figures hold its children.
const PUBLISHED_WITH: [(&str, &str); 4] = [
    // City of London with Hackney.
    ("201", "204"),
    ("E09000001", "E09000012"),
    // Isles of Scilly with Cornwall.
    ("420", "908"),
    ("E06000053", "E06000052"),
];

/// The authority whose figures hold those of `code`; `None` where it has figures of its own.
pub(super) fn published_with(code: &str) -> Option<&'static str> {
    PUBLISHED_WITH
        .into_iter()
        .find(|(small, _)| *small == code)
        .map(|(_, with)| with)
}

/// The codes of the authorities whose children the figures of `code` hold: its own, and a small neighbour's.
pub(super) fn held_by(code: &str) -> Vec<String> {
    let small = PUBLISHED_WITH
        .into_iter()
        .filter(|(_, with)| *with == code)
        .map(|(small, _)| small.to_owned());
    std::iter::once(code.to_owned()).chain(small).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_city_is_published_with_hackney_and_scilly_with_cornwall() {
        assert_eq!(published_with("201"), Some("204"));
        assert_eq!(published_with("204"), None);
        assert_eq!(held_by("908"), ["908", "420"]);
        assert_eq!(held_by("213"), ["213"]);
    }
}
