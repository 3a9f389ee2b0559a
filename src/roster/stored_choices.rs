//! Choices of columns as they are stored: under keyed hashes of the headings.
//!
//! A heading is text from somebody's file and may hold a name or a number,
//! while choices are remembered for years and lie in every backup.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::identity::{Identities, IdentityError, Key, Sealer, hex};
use roster_reader::columns::{Choices, Columns, fingerprint};

/// Hashes headings.
#[derive(Debug, Clone)]
pub struct HeadingKey(Sealer);

impl HeadingKey {
    /// The key of this installation.
    pub fn of(identities: &Identities) -> Result<Self, IdentityError> {
        Ok(Self::new(&identities.keyring().server()?))
    }

    /// A key for headings.
    pub fn new(key: &Key) -> Self {
        Self(Sealer::new(key))
    }

    fn hash(&self, what: &'static str, text: &str) -> String {
        hex(&self.0.keyed_hash(what, &[text.as_bytes()]))
    }

    /// The name of a file's layout: the same for every export of one system.
    pub fn layout(&self, columns: &Columns) -> String {
        self.hash("layout", &fingerprint(columns))
    }
}

/// Choices by the hash of a column's name, see [`Choices`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredChoices(BTreeMap<String, Option<String>>);

impl StoredChoices {
    /// The choices as they are stored.
    pub fn of(choices: &Choices, key: &HeadingKey) -> Self {
        let hashed = choices
            .0
            .iter()
            .map(|(name, field)| (key.hash("heading", name), field.clone()));
        Self(hashed.collect())
    }

    /// The choices for the columns of a file.
    pub fn resolve(&self, columns: &Columns, key: &HeadingKey) -> Choices {
        let chosen = columns.choice_names().into_iter().filter_map(|name| {
            let field = self.0.get(&key.hash("heading", &name))?;
            Some((name, field.clone()))
        });
        Choices(chosen.collect())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use zeroize::Zeroizing;

    use super::*;
    use roster_reader::columns::{find_columns, roster_headings};
    use tabular::{Limits, read_lists};

    #[test]
    fn a_heading_that_holds_a_name_and_a_number_is_not_stored() {
        let heading = "Amelia Birch 999 013 5614";
        let text = format!("Forename,Surname,DoB,{heading}\nAva,Hill,2016-01-01,x\n");
        let table = read_lists(text.as_bytes(), &Limits::UPLOAD, roster_headings).unwrap();
        let columns = find_columns(&table, &Choices::default(), 2026).unwrap();
        let key = HeadingKey::new(&Arc::new(Zeroizing::new([7; 32])));
        let names = columns.choice_names();
        let choices = Choices(BTreeMap::from([
            (names[0].clone(), Some("given_name".to_owned())),
            (names[3].clone(), None),
        ]));
        let stored = StoredChoices::of(&choices, &key);
        let json = serde_json::to_string(&stored).unwrap();
        for part in ["melia", "birch", "999", "forename"] {
            assert!(!json.contains(part), "{part}: {json}");
        }
        let back: StoredChoices = serde_json::from_str(&json).unwrap();
        assert_eq!(back.resolve(&columns, &key), choices);
        let other = HeadingKey::new(&Arc::new(Zeroizing::new([8; 32])));
        assert_eq!(back.resolve(&columns, &other), Choices::default());
        assert_ne!(other.layout(&columns), key.layout(&columns));
    }
}
