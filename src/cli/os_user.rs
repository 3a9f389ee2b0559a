//! The operating-system user who runs a command.

use std::fs;
use std::os::unix::fs::MetadataExt;

/// The user's name: of the person who logged in, also behind `sudo` or `su`, and of the user that the process runs as
/// where that is another one.
pub(super) fn name() -> String {
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let process = fs::metadata("/proc/self").map(|process| process.uid()).ok();
    let login = fs::read_to_string("/proc/self/loginuid")
        .ok()
        .and_then(|text| text.trim().parse().ok());
    in_words(&users, login, process)
}

/// What the kernel says where nobody logged in, as for a scheduled task.
const NOBODY_LOGGED_IN: u32 = u32::MAX;

fn in_words(users: &str, login: Option<u32>, process: Option<u32>) -> String {
    let login = login.filter(|uid| *uid != NOBODY_LOGGED_IN);
    match (login, process) {
        (Some(login), Some(process)) if login != process => {
            format!("{} as {}", user(users, login), user(users, process))
        }
        (_, Some(uid)) | (Some(uid), None) => user(users, uid),
        (None, None) => "an unknown user".to_owned(),
    }
}

/// A user's name; users of a directory service are not in the file and are told by their number.
fn user(users: &str, uid: u32) -> String {
    users
        .lines()
        .find_map(|line| {
            let mut fields = line.split(':');
            let name = fields.next()?;
            (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
        })
        .unwrap_or_else(|| format!("user {uid}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const USERS: &str = "root:x:0:0:root:/root:/bin/bash\nstature:x:998:998::/srv:/bin/false\n";

    #[test]
    fn the_user_is_told_by_name_and_behind_sudo_too() {
        assert_eq!(in_words(USERS, None, Some(998)), "stature");
        assert_eq!(in_words(USERS, Some(NOBODY_LOGGED_IN), Some(0)), "root");
        assert_eq!(in_words(USERS, Some(998), Some(0)), "stature as root");
        assert_eq!(in_words(USERS, Some(5000), Some(5000)), "user 5000");
        assert_eq!(in_words("", None, None), "an unknown user");
    }
}
