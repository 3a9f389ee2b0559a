//! One account for each role.

use crate::access::Role;
use crate::accounts::{self, AccountError, NewAccount, password};
use crate::app::App;
use synth::School;

/// An account that can sign in.
pub(super) struct DemoAccount {
    /// Its role.
    pub(super) role: Role,
    /// Its address.
    pub(super) email: String,
    /// Its password, in clear: it is printed.
    pub(super) password: String,
}

/// Words that passwords are made of.
const WORDS: [&str; 16] = [
    "amber", "badger", "cobalt", "dapple", "ember", "fennel", "gannet", "heron", "indigo",
    "juniper", "kestrel", "linnet", "marlin", "nimbus", "osprey", "pewter",
];

/// Adds the accounts. The passwords follow from the seed, so that the next demonstration has the same ones.
pub(super) fn add(app: &App, seed: u64, schools: &[School]) -> anyhow::Result<Vec<DemoAccount>> {
    let urns: Vec<i32> = schools.iter().map(|school| school.urn as i32).collect();
    let now = app.clock.now();
    let mut added = Vec::new();
    for (place, role) in Role::ALL.into_iter().enumerate() {
        let account = DemoAccount {
            role,
            email: format!("{}@example.org", role.code()),
            password: password_of(seed, place),
        };
        let owner = password::Owner {
            email: &account.email,
            name: name_of(role),
        };
        let hash = password::hash(&account.password, owner)?;
        let new = NewAccount {
            email: account.email.clone(),
            name: name_of(role).to_owned(),
            role,
            schools: match role {
                Role::Recorder => urns.iter().copied().take(3).collect(),
                Role::Nurse => urns.clone(),
                Role::School => urns.iter().copied().take(1).collect(),
                _ => Vec::new(),
            },
            authorities: match role {
                Role::Authority => vec!["999".to_owned()],
                _ => Vec::new(),
            },
        };
        app.db.write_now(|tx| -> Result<(), AccountError> {
            let id = accounts::add_account(tx, &new, now)?;
            accounts::set_password(tx, id, &hash, now)?;
            accounts::set_state(tx, id, "active", now)?;
            Ok(())
        })?;
        added.push(account);
    }
    Ok(added)
}

fn password_of(seed: u64, place: usize) -> String {
    let mixed =
        (seed ^ (place as u64).wrapping_mul(0x9E37_79B9)).wrapping_mul(0x2545_F491_4F6C_DD1D);
    let place = |shift: u32| (mixed >> shift) as usize % WORDS.len();
    let (first, mut second) = (place(20), place(34));
    if first == second {
        // The same word twice is easy to guess.
        second = (second + 1) % WORDS.len();
    }
    format!(
        "{}-{}-{}",
        WORDS[first],
        WORDS[second],
        1000 + (mixed >> 45) % 9000
    )
}

fn name_of(role: Role) -> &'static str {
    match role {
        Role::Recorder => "Jamila Akhtar",
        Role::Nurse => "Nia Okafor",
        Role::Administrator => "Martin Bell",
        Role::Governance => "Helen Fairclough",
        Role::School => "Alex Example",
        Role::Authority => "Priya Desai",
        Role::Monitor => "Tom Whitaker",
        Role::SystemAdministrator => "Sam Lindqvist",
    }
}
