//! Which headings stand for which field: a table of data, not code.

use std::collections::HashMap;

use programme::text;

/// Headings by the field they stand for.
///
/// Read from CSV text with the columns `field,heading,rank`. A heading matches
/// whatever its case, punctuation and spaces. Where a file has several columns
/// for one field the highest rank is taken and the others only fill its blanks;
/// equal ranks are a question for a person.
#[derive(Debug)]
pub struct Synonyms {
    by_label: HashMap<String, (String, u8)>,
}

impl Synonyms {
    /// Reads the table; lines that are blank or begin with `#` are passed over.
    pub fn parse(csv: &str) -> Self {
        let mut by_label = HashMap::new();
        for line in csv
            .lines()
            .skip(1)
            .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
        {
            let mut parts = line.splitn(3, ',');
            let (Some(field), Some(heading)) = (parts.next(), parts.next()) else {
                continue;
            };
            let rank = parts
                .next()
                .and_then(|rank| rank.trim().parse().ok())
                .unwrap_or(5);
            by_label.insert(text::label(heading), (field.trim().to_owned(), rank));
        }
        Self { by_label }
    }

    /// The field and rank of a heading.
    pub fn field(&self, heading: &str) -> Option<(&str, u8)> {
        self.field_of_label(&text::label(heading))
    }

    /// The field and rank of a heading already reduced by [`text::label`].
    pub fn field_of_label(&self, label: &str) -> Option<(&str, u8)> {
        self.by_label
            .get(label)
            .map(|(field, rank)| (field.as_str(), *rank))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heading_matches_whatever_its_case_and_punctuation() {
        let synonyms = Synonyms::parse(
            "field,heading,rank\nfamily_name,Surname,3\nfamily_name,Legal Surname,7\n\n# note\n",
        );
        assert_eq!(synonyms.field(" SURNAME:\u{a0}"), Some(("family_name", 3)));
        assert_eq!(synonyms.field("legal_surname"), Some(("family_name", 7)));
        assert_eq!(synonyms.field("Name"), None);
    }
}
