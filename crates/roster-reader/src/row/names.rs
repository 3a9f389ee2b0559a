//! Names that arrive in one cell.
//!
//! The order of names is changed only where a comma, capitals, or a particle such as "de la" shows
//! which part is the family name. Without such a sign the cell is split at its last space, and the
//! row gets a warning.

use programme::text;

const TITLES: [&str; 20] = [
    "mr",
    "mrs",
    "ms",
    "miss",
    "mx",
    "dr",
    "prof",
    "professor",
    "rev",
    "revd",
    "reverend",
    "sir",
    "lady",
    "lord",
    "dame",
    "master",
    "mstr",
    "madam",
    "fr",
    "capt",
];

/// Words that begin a family name of several words.
const PARTICLES: [&str; 24] = [
    "de", "la", "le", "da", "do", "dos", "das", "du", "del", "della", "di", "van", "von", "der",
    "den", "ter", "ten", "bin", "ibn", "binti", "al", "el", "st", "san",
];

/// A full name taken apart.
#[derive(Default, PartialEq, Eq)]
pub(crate) struct FullName {
    /// Given names, or empty.
    pub(crate) given: String,
    /// Family name, or empty.
    pub(crate) family: String,
    /// What stood in brackets or quotation marks, or empty.
    pub(crate) preferred: String,
    /// Whether nothing told the two apart but a space.
    pub(crate) doubtful: bool,
}

/// Takes "SMITH, Jane (Janey)", "Jane SMITH" or "Jane Smith" apart.
/// `family_first` when the heading says so ("Surname Forename").
pub(crate) fn split_full_name(cell: &str, family_first: bool) -> FullName {
    let (plain, aside) = without_aside(cell);
    let mut name = FullName {
        preferred: if is_title(&aside) {
            String::new()
        } else {
            aside
        },
        ..FullName::default()
    };
    if let Some((family, given)) = plain.split_once(',') {
        let given = text::clean(&given.replace(',', " ")).into_owned();
        let (_, given) = split_title(&given).unwrap_or(("", &given));
        family.trim().clone_into(&mut name.family);
        given.clone_into(&mut name.given);
        return name;
    }
    let (_, plain) = split_title(&plain)
        .filter(|(_, rest)| rest.contains(' '))
        .unwrap_or(("", &plain));
    let words: Vec<&str> = plain.split(' ').filter(|word| !word.is_empty()).collect();
    let Some((last, before)) = words.split_last() else {
        return name;
    };
    if before.is_empty() {
        (*last).clone_into(&mut name.family);
        return name;
    }
    if let Some(cut) = capitals_at_end(&words) {
        name.given = words[..cut].join(" ");
        name.family = words[cut..].join(" ");
        return name;
    }
    if let Some(cut) = capitals_at_start(&words) {
        name.family = words[..cut].join(" ");
        name.given = words[cut..].join(" ");
        return name;
    }
    name.doubtful = true;
    if family_first {
        let mut cut = 1;
        while cut + 1 < words.len() && is_particle(words[cut - 1]) {
            cut += 1;
        }
        name.family = words[..cut].join(" ");
        name.given = words[cut..].join(" ");
        return name;
    }
    let mut cut = before.len();
    while cut > 1 && is_particle(words[cut - 1]) {
        cut -= 1;
    }
    name.given = words[..cut].join(" ");
    name.family = words[cut..].join(" ");
    name
}

/// Where the family name in capitals begins, when the words before it are not.
fn capitals_at_end(words: &[&str]) -> Option<usize> {
    let count = words
        .iter()
        .rev()
        .take_while(|word| is_capitals(word))
        .count();
    let cut = words.len() - count;
    (count > 0 && cut > 0 && words[..cut].iter().all(|word| !is_capitals(word))).then_some(cut)
}

/// Where the given name begins behind a family name in capitals.
fn capitals_at_start(words: &[&str]) -> Option<usize> {
    let count = words.iter().take_while(|word| is_capitals(word)).count();
    (count > 0 && count < words.len() && words[count..].iter().all(|word| !is_capitals(word)))
        .then_some(count)
}

/// At least two letters, and all of them capitals.
fn is_capitals(word: &str) -> bool {
    word.chars().filter(|c| c.is_uppercase()).count() >= 2 && !word.chars().any(char::is_lowercase)
}

fn is_particle(word: &str) -> bool {
    let bare = word.rsplit('-').next().unwrap_or(word);
    let bare = bare.trim_end_matches('.').to_lowercase();
    PARTICLES.contains(&bare.as_str())
}

/// A name without what stands in brackets or double quotation marks, and that.
fn without_aside(cell: &str) -> (String, String) {
    for (open, close) in [('(', ')'), ('[', ']'), ('“', '”'), ('"', '"')] {
        if let Some((before, rest)) = cell.split_once(open)
            && let Some((aside, after)) = rest.split_once(close)
            && before.chars().any(char::is_alphabetic)
        {
            let plain = text::clean(&format!("{before} {after}")).replace(" ,", ",");
            return (plain, text::clean(aside).into_owned());
        }
    }
    (cell.to_owned(), String::new())
}

/// Whether the text is nothing but titles.
pub(crate) fn is_title(text: &str) -> bool {
    !text.is_empty() && split_title(&format!("{text} x")).is_some_and(|(_, rest)| rest == "x")
}

/// Cuts the titles off the front: "Mrs Jane Smith", "Mr & Mrs Smith". `None`
/// when there is none, nothing behind it, or two people are named in full.
pub(crate) fn split_title(name: &str) -> Option<(&str, &str)> {
    let mut end = 0;
    let mut titles = 0;
    let mut rest = name;
    loop {
        let word = rest.split(' ').next().unwrap_or_default();
        let joiner = matches!(word, "&" | "and" | "+" | "/");
        let is_title = word.split(['/', '&']).all(|part| {
            let bare = part.trim_end_matches(['.', ',']).to_ascii_lowercase();
            TITLES.contains(&bare.as_str())
        });
        if !(is_title || joiner && titles > 0) {
            break;
        }
        titles += usize::from(is_title);
        let step = word.len() + rest[word.len()..].len() - rest[word.len()..].trim_start().len();
        end += step;
        rest = &name[end..];
        if rest.is_empty() {
            return None;
        }
    }
    let names_two = rest
        .split(' ')
        .any(|word| matches!(word, "&" | "and" | "+"));
    if titles == 0 || names_two {
        return None;
    }
    Some((name[..end].trim().trim_end_matches(['.', ',']), rest))
}

/// A parent's name with what was found beside it.
#[derive(Default)]
pub(crate) struct ContactName {
    /// Title, or empty.
    pub(crate) title: String,
    /// Name, given name first.
    pub(crate) name: String,
    /// What stood in brackets and is no title ("Mother"), or empty.
    pub(crate) aside: String,
}

/// Reads "Mrs Jane Smith", "Smith, Jane (Mrs)", "Jane Smith (Mother)".
pub(crate) fn read_contact_name(cell: String) -> ContactName {
    let (plain, aside) = without_aside(&cell);
    let (title, aside) = if is_title(&aside) {
        (aside, String::new())
    } else {
        (String::new(), aside)
    };
    let mut contact = ContactName {
        title,
        name: turned_round(plain),
        aside,
    };
    if let Some((title, rest)) = split_title(&contact.name) {
        let (title, rest) = (title.to_owned(), rest.to_owned());
        if contact.title.is_empty() {
            contact.title = title;
        }
        contact.name = rest;
    }
    contact
}

/// "Wright, Alfie" and "Wright, Mr Alfie" as "Alfie Wright" and "Mr Alfie Wright".
fn turned_round(name: String) -> String {
    match name.split_once(',') {
        Some((family, given))
            if !given.contains(',') && !family.trim().is_empty() && !given.trim().is_empty() =>
        {
            format!("{} {}", given.trim(), family.trim())
        }
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(cell: &str) -> (String, String, String, bool) {
        let name = split_full_name(cell, false);
        (name.given, name.family, name.preferred, name.doubtful)
    }

    fn name(
        given: &str,
        family: &str,
        preferred: &str,
        doubtful: bool,
    ) -> (String, String, String, bool) {
        (given.into(), family.into(), preferred.into(), doubtful)
    }

    #[test]
    fn full_names_are_taken_apart() {
        assert_eq!(
            parts("SMITH, Jane (Janey)"),
            name("Jane", "SMITH", "Janey", false)
        );
        assert_eq!(parts("Smith, Miss Jane"), name("Jane", "Smith", "", false));
        assert_eq!(parts("Jane SMITH"), name("Jane", "SMITH", "", false));
        assert_eq!(
            parts("OSEI-MENSAH Kwame Kofi"),
            name("Kwame Kofi", "OSEI-MENSAH", "", false)
        );
        assert_eq!(parts("Jane Smith"), name("Jane", "Smith", "", true));
        assert_eq!(parts("JANE SMITH"), name("JANE", "SMITH", "", true));
        assert_eq!(parts("Ana de la Cruz"), name("Ana", "de la Cruz", "", true));
        assert_eq!(
            parts("Jayden St. John"),
            name("Jayden", "St. John", "", true)
        );
        assert_eq!(parts("王"), name("", "王", "", false));
        assert_eq!(
            parts("William “Bill” Hill"),
            name("William", "Hill", "Bill", true)
        );
        assert_eq!(parts("Master Tom Hill"), name("Tom", "Hill", "", true));
    }

    #[test]
    fn a_heading_may_say_that_the_family_name_stands_first() {
        for (cell, given, family) in [
            ("Smith Jane Rose", "Jane Rose", "Smith"),
            ("de la Cruz Ana", "Ana", "de la Cruz"),
            ("Smith, Jane", "Jane", "Smith"),
        ] {
            let name = split_full_name(cell, true);
            assert_eq!((name.given.as_str(), name.family.as_str()), (given, family));
        }
    }

    #[test]
    fn contacts_keep_their_titles_apart_from_their_names() {
        for (cell, title, name, aside) in [
            ("Mrs Jane Smith", "Mrs", "Jane Smith", ""),
            ("Mr. & Mrs. Smith", "Mr. & Mrs", "Smith", ""),
            ("Mr and Mrs E O’Brien", "Mr and Mrs", "E O’Brien", ""),
            ("Mr/Mrs Hill", "Mr/Mrs", "Hill", ""),
            ("Smith, Jane (Mrs)", "Mrs", "Jane Smith", ""),
            ("Smith, Mrs Jane", "Mrs", "Jane Smith", ""),
            ("Jane Smith (Mother)", "", "Jane Smith", "Mother"),
            ("Mr A Hill & Mrs B Smith", "", "Mr A Hill & Mrs B Smith", ""),
            ("Jane Smith", "", "Jane Smith", ""),
            ("Mrs", "", "Mrs", ""),
        ] {
            let read = read_contact_name(cell.to_owned());
            assert_eq!(
                (read.title.as_str(), read.name.as_str(), read.aside.as_str()),
                (title, name, aside),
                "{cell}"
            );
        }
    }
}
