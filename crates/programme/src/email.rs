//! Email addresses of parents and carers.

use crate::text;

/// A cell read as an email address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EmailReading {
    /// Nothing there.
    None,
    /// One address.
    One {
        /// The address, its domain in lower case.
        address: String,
        /// Whether a full stop after it was dropped.
        trailing_dot: bool,
    },
    /// Several addresses: only the first may be used, because nobody knows
    /// whose the others are.
    Several {
        /// The first.
        first: String,
    },
    /// Something else.
    Unusable,
}

/// Reads the addresses of one cell.
pub fn read_email(value: &str) -> EmailReading {
    let value = text::clean(value);
    if text::says_nothing(&value) {
        return EmailReading::None;
    }
    if let Some(address) = address(&value) {
        return EmailReading::One {
            trailing_dot: value.ends_with('.'),
            address,
        };
    }
    // "Email: jo@example.org", "jo@example.org (mother)".
    let bare = value.split_once('(').map_or(&*value, |(before, _)| before);
    let bare = bare
        .rsplit_once(':')
        .map_or(bare, |(_, after)| after)
        .trim();
    if let Some(address) = address(bare) {
        return EmailReading::One {
            trailing_dot: false,
            address,
        };
    }
    let mut found = value
        .split([' ', ';', ',', '/', '|', '<', '>', '(', ')'])
        .filter(|part| part.contains('@'))
        .map(|part| address(part.strip_prefix("mailto:").unwrap_or(part)));
    match (found.next().flatten(), found.next()) {
        (Some(first), Some(_)) => EmailReading::Several { first },
        (Some(first), None) => {
            // "Jo <jo@example.org>" is one address; "jo@example.org please ring" is not meant as one alone.
            if value.ends_with('>') || value.starts_with("mailto:") {
                EmailReading::One {
                    address: first,
                    trailing_dot: false,
                }
            } else {
                EmailReading::Unusable
            }
        }
        _ => EmailReading::Unusable,
    }
}

/// One whole address, with a full stop after it dropped.
fn address(text: &str) -> Option<String> {
    let text = text.trim_end_matches(['.', ';', ',']);
    let (local, domain) = text.split_once('@')?;
    let local_fits = !local.is_empty()
        && local.len() <= 64
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && local
            .chars()
            .all(|c| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c));
    let label_fits = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    let domain_fits = domain.len() <= 253
        && domain.contains('.')
        && domain.split('.').all(label_fits)
        && domain
            .rsplit('.')
            .next()
            .is_some_and(|top| top.len() >= 2 && !top.bytes().all(|b| b.is_ascii_digit()));
    // "a@b.uk/c@d.uk" and "a/b@c.uk" alike hold a slash: only the first is two addresses.
    (local_fits && domain_fits).then(|| format!("{local}@{}", domain.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(address: &str) -> EmailReading {
        EmailReading::One {
            address: address.to_owned(),
            trailing_dot: false,
        }
    }

    #[test]
    fn one_address_is_read() {
        assert_eq!(
            read_email(" jo.o'neil+x@Example.ORG "),
            one("jo.o'neil+x@example.org")
        );
        assert_eq!(
            read_email("Jo Bloggs <jo@example.org>"),
            one("jo@example.org")
        );
        for text in [
            "mailto:jo@example.org",
            "Email: jo@example.org",
            "jo@example.org (mother)",
        ] {
            assert_eq!(read_email(text), one("jo@example.org"), "{text}");
        }
        assert_eq!(
            read_email("eliza.roberts668@example.org."),
            EmailReading::One {
                address: "eliza.roberts668@example.org".to_owned(),
                trailing_dot: true
            }
        );
    }

    #[test]
    fn of_several_addresses_the_first_is_named() {
        for text in [
            "a@example.org; b@example.org",
            "a@example.org / b@example.org",
            "a@example.org,b@example.org",
            "a@example.org b@example.org",
        ] {
            assert_eq!(
                read_email(text),
                EmailReading::Several {
                    first: "a@example.org".to_owned()
                },
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_address_is_unusable() {
        for text in [
            "mum at work example.org",
            "jo@",
            "@example.org",
            "jo@example",
            "07700 900123",
            "jo@exa mple.org",
            "a..b@example.org",
        ] {
            assert_eq!(read_email(text), EmailReading::Unusable, "{text}");
        }
        for text in ["", "n/a", "none", "-"] {
            assert_eq!(read_email(text), EmailReading::None, "{text}");
        }
    }
}
