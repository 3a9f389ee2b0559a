//! Names that no font of the letters can print: told when they come in, not
//! when a letter is to go.

use std::path::Path;

use crate::letters::press::Press;
use roster_reader::check::{Checked, Verdict};
use roster_reader::code::{Code, Finding};
use roster_reader::row::child::RosterChild;

/// The last letter of the Latin blocks, which the fonts that come with the
/// program have.
const LAST_LATIN: char = '\u{24f}';

/// The names of a child that stand in a letter: what each is, and the name.
fn names(child: &RosterChild) -> impl Iterator<Item = (&'static str, &str)> {
    let person = &child.person;
    let own = [
        ("given name", person.given_name.as_str()),
        ("family name", person.family_name.as_str()),
        ("preferred name", person.preferred_name.as_str()),
    ];
    let contacts = person
        .contacts
        .iter()
        .map(|contact| ("name of a parent or carer", contact.name.as_str()));
    own.into_iter()
        .chain(contacts)
        .filter(|(_, name)| name.chars().any(|c| c > LAST_LATIN))
}

/// Warns of names with a character that no font has.
pub(super) fn note_unprintable_names(
    checked: &mut Checked,
    fonts: Option<&Path>,
) -> anyhow::Result<()> {
    // The fonts are read only when a name calls for them.
    let mut press = None;
    for row in &mut checked.rows {
        let Verdict::Child(child) = &row.verdict else {
            continue;
        };
        for (what, name) in names(child) {
            let press = match &mut press {
                Some(press) => press,
                none => none.insert(Press::new(fonts)?),
            };
            let missing: Vec<String> = name
                .chars()
                .filter(|c| !press.prints(c.encode_utf8(&mut [0; 4])))
                .map(|c| format!("“{c}”"))
                .collect();
            if !missing.is_empty() {
                row.findings.push(Finding {
                    code: Code::NameUnprintable,
                    heading: None,
                    message: format!(
                        "The {what} “{name}” holds {}, which the letters’ fonts cannot print. A letter is held until a name that can be printed is entered, or a font that has it is added.",
                        missing.join(", ")
                    ),
                });
            }
        }
    }
    Ok(())
}
