//! Whether a database and a keyring belong together: plain values in, a decision out.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;

use crate::identity::Mark;

/// What the database says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Database {
    /// Its identity.
    pub(super) id: Option<String>,
    /// Since when it is in production.
    pub(super) production_since: Option<NaiveDateTime>,
    /// Years whose names are sealed in it, with the fingerprints of their keys.
    pub(super) years: Vec<(String, Option<String>)>,
    /// Whether it holds releases or notices, which the server key seals.
    pub(super) server_sealed: bool,
    /// The fingerprint of the server key.
    pub(super) server_key: Option<String>,
}

impl Database {
    /// Whether anything in it was sealed with a key.
    pub(super) fn is_used(&self) -> bool {
        !self.years.is_empty() || self.server_sealed
    }
}

/// What a keyring's folder holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Folder {
    /// The installation it belongs to.
    pub(super) mark: Mark,
    /// The fingerprints of its keys by name; `server` is one of them. A damaged file has an empty fingerprint.
    pub(super) keys: BTreeMap<String, String>,
}

/// What is to be done before the two are used together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// They belong together.
    Use(String),
    /// They belong together, and neither is marked yet or only one is: mark both. `None` asks for a new mark.
    Mark(Option<String>),
    /// Nothing was ever sealed here: make the keyring, with this mark or a new one.
    SetUp(Option<String>),
}

/// Why they are not used together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The database has keys, and the folder does not exist or holds none.
    KeyringMissing,
    /// The keyring belongs to another database.
    OtherInstallation,
    /// The database is new, and the keyring belongs to another one.
    KeyringTaken,
    /// The keyring is unmarked, and its keys are not those of this database.
    OtherKeys,
}

/// Decides.
pub(super) fn decide(database: &Database, folder: &Folder) -> Result<Decision, Refusal> {
    match (&database.id, &folder.mark) {
        (Some(ours), Mark::Of(theirs)) if ours == theirs => Ok(Decision::Use(ours.clone())),
        (Some(ours), Mark::Begun(theirs)) if ours == theirs => {
            Ok(Decision::Mark(Some(ours.clone())))
        }
        (Some(_), Mark::Of(_) | Mark::Begun(_)) => Err(Refusal::OtherInstallation),
        (Some(ours), Mark::None) => {
            if folder.keys.is_empty() {
                Err(Refusal::KeyringMissing)
            } else if fits(database, folder) {
                Ok(Decision::Mark(Some(ours.clone())))
            } else {
                Err(Refusal::OtherKeys)
            }
        }
        (None, _) if database.is_used() => match folder.mark {
            Mark::None if folder.keys.is_empty() => Err(Refusal::KeyringMissing),
            Mark::None if fits(database, folder) => Ok(Decision::Mark(None)),
            Mark::None => Err(Refusal::OtherKeys),
            Mark::Of(_) | Mark::Begun(_) => Err(Refusal::OtherInstallation),
        },
        (None, Mark::Begun(id)) => Ok(Decision::SetUp(Some(id.clone()))),
        (None, Mark::Of(_)) => Err(Refusal::KeyringTaken),
        (None, Mark::None) => {
            if folder.keys.keys().all(|name| name == "server") {
                Ok(Decision::SetUp(None))
            } else {
                Err(Refusal::KeyringTaken)
            }
        }
    }
}

/// Whether the keys in a folder are those that sealed what the database holds: none is another one, and at least one
/// is the right one. A database that holds no sealed name has the server key alone.
fn fits(database: &Database, folder: &Folder) -> bool {
    let mut right = 0;
    for (year, fingerprint) in &database.years {
        match (folder.keys.get(year), fingerprint) {
            (Some(found), Some(known)) if found != known => return false,
            (Some(_), _) => right += 1,
            (None, _) => {}
        }
    }
    right > 0 || (database.years.is_empty() && folder.keys.contains_key("server"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database(id: Option<&str>, years: &[(&str, &str)]) -> Database {
        Database {
            id: id.map(str::to_owned),
            years: years
                .iter()
                .map(|(year, print)| ((*year).to_owned(), Some((*print).to_owned())))
                .collect(),
            ..Database::default()
        }
    }

    fn folder(mark: Mark, keys: &[(&str, &str)]) -> Folder {
        Folder {
            mark,
            keys: keys
                .iter()
                .map(|(name, print)| ((*name).to_owned(), (*print).to_owned()))
                .collect(),
        }
    }

    fn of(id: &str) -> Mark {
        Mark::Of(id.to_owned())
    }

    #[test]
    fn a_database_and_its_keyring_are_used() {
        let decision = decide(&database(Some("a"), &[]), &folder(of("a"), &[]));
        assert_eq!(decision, Ok(Decision::Use("a".to_owned())));
    }

    #[test]
    fn a_keyring_of_another_installation_is_refused() {
        for years in [&[][..], &[("2026-27", "1")][..]] {
            let keys = folder(of("b"), &[("2026-27", "1")]);
            assert_eq!(
                decide(&database(Some("a"), years), &keys),
                Err(Refusal::OtherInstallation)
            );
        }
        assert_eq!(
            decide(&database(None, &[]), &folder(of("b"), &[])),
            Err(Refusal::KeyringTaken)
        );
        // A database file copied from a backup by hand holds names and no mark.
        assert_eq!(
            decide(
                &database(None, &[("2026-27", "1")]),
                &folder(of("b"), &[("2026-27", "1")])
            ),
            Err(Refusal::OtherInstallation)
        );
    }

    #[test]
    fn a_missing_keyring_is_never_made_again_for_a_database_that_had_one() {
        let missing = Folder::default();
        assert_eq!(
            decide(&database(Some("a"), &[]), &missing),
            Err(Refusal::KeyringMissing)
        );
        assert_eq!(
            decide(&database(None, &[("2026-27", "1")]), &missing),
            Err(Refusal::KeyringMissing)
        );
        assert_eq!(
            decide(&database(None, &[]), &missing),
            Ok(Decision::SetUp(None))
        );
    }

    #[test]
    fn a_database_of_an_earlier_version_is_marked_with_the_keys_that_sealed_it_and_no_others() {
        let held = database(None, &[("2025-26", "1"), ("2026-27", "2")]);
        let right = folder(Mark::None, &[("2026-27", "2"), ("server", "9")]);
        assert_eq!(decide(&held, &right), Ok(Decision::Mark(None)));
        let wrong = folder(Mark::None, &[("2025-26", "1"), ("2026-27", "3")]);
        assert_eq!(decide(&held, &wrong), Err(Refusal::OtherKeys));
        let none_of_them = folder(Mark::None, &[("server", "9")]);
        assert_eq!(decide(&held, &none_of_them), Err(Refusal::OtherKeys));
    }

    #[test]
    fn a_set_up_that_was_cut_off_goes_on_with_the_same_mark() {
        let begun = folder(Mark::Begun("a".to_owned()), &[]);
        assert_eq!(
            decide(&database(None, &[]), &begun),
            Ok(Decision::SetUp(Some("a".to_owned())))
        );
        assert_eq!(
            decide(&database(Some("a"), &[]), &begun),
            Ok(Decision::Mark(Some("a".to_owned())))
        );
    }
}
