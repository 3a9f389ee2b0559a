//! Who may come across a page: whether search engines list it, who keeps a copy, and who learns its address.
//!
//! The table of routes says it for each page, and nothing else decides: the headers of the answer and the `robots` of
//! the layout both ask [`Exposure::of`].

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::{HttpMessage, HttpRequest};

use crate::access::Session;

/// Who may come across a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Exposure {
    /// For the one who asks: no search engine lists it and nobody keeps it.
    #[default]
    Private,
    /// As private, and its address is a secret that no other page may learn.
    Secret,
    /// Written for everybody: search engines may list it.
    Findable,
}

impl Exposure {
    /// The exposure of an answer. What a signed-in visitor sees of a public page is theirs (their own figures, their
    /// name in the header), and an error is no page to be found.
    pub fn of(request: &HttpRequest, status: StatusCode) -> Self {
        let extensions = request.extensions();
        let of_route = extensions.get::<Self>().copied().unwrap_or_default();
        let is_signed_in = extensions
            .get::<Session>()
            .is_some_and(|session| session.role.is_some());
        match of_route {
            Self::Findable if is_signed_in || !status.is_success() => Self::Private,
            exposure => exposure,
        }
    }

    /// Whether search engines may list the page.
    pub fn is_findable(self) -> bool {
        self == Self::Findable
    }

    /// Writes the headers of an answer, where its handler has not written them.
    pub(super) fn write(self, headers: &mut HeaderMap) {
        let mut put = |name: HeaderName, value: &'static str| {
            if !headers.contains_key(&name) {
                headers.insert(name, HeaderValue::from_static(value));
            }
        };
        let (keeping, referrer) = match self {
            Self::Private => ("no-store", "same-origin"),
            Self::Secret => ("no-store", "no-referrer"),
            // May be kept and is asked for again each time: a release may be withdrawn.
            Self::Findable => ("no-cache", "strict-origin-when-cross-origin"),
        };
        put(header::CACHE_CONTROL, keeping);
        put(header::REFERRER_POLICY, referrer);
        if self == Self::Findable {
            // Somebody who is signed in sees another page at this address.
            headers.append(header::VARY, HeaderValue::from_static("cookie"));
        } else {
            put(HeaderName::from_static("x-robots-tag"), "noindex");
        }
    }
}
