//! Who sees which releases.

use programme::Audience;

use crate::access::{Role, Session};

/// The audiences that somebody belongs to; everybody belongs to the public. An authority sees its own figures, not
/// those of its schools.
pub fn audiences_of(session: &Session) -> Vec<String> {
    let mut audiences = vec![Audience::Public.to_string()];
    match session.role {
        Some(Role::School) => {
            let schools = session.scope.schools().into_iter().flatten();
            audiences.extend(schools.map(|urn| Audience::School(*urn).to_string()));
        }
        Some(Role::Authority) => {
            let codes = session.authorities.iter().cloned();
            audiences.extend(codes.map(|code| Audience::Authority(code).to_string()));
        }
        _ => {}
    }
    audiences
}
