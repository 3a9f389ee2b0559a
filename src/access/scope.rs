//! Which schools somebody may see.

use std::collections::BTreeSet;

use programme::Urn;

/// The schools that an actor's queries are limited to. Every scoped query takes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Every school.
    Everything,
    /// These URNs only; an authority's schools are resolved to URNs when the session is read.
    Schools(BTreeSet<Urn>),
}

impl Scope {
    /// Nothing at all.
    pub fn nothing() -> Self {
        Self::Schools(BTreeSet::new())
    }

    /// Whether the school of a row is in scope.
    pub fn covers(&self, urn: i32) -> bool {
        match self {
            Self::Everything => true,
            Self::Schools(urns) => Urn::try_from(urn).is_ok_and(|urn| urns.contains(&urn)),
        }
    }

    /// Whether the school is in scope.
    pub fn covers_urn(&self, urn: Urn) -> bool {
        match self {
            Self::Everything => true,
            Self::Schools(urns) => urns.contains(&urn),
        }
    }

    /// The schools that it is limited to; `None` means all.
    pub fn schools(&self) -> Option<&BTreeSet<Urn>> {
        match self {
            Self::Everything => None,
            Self::Schools(urns) => Some(urns),
        }
    }

    /// The URNs to filter by; `None` means all.
    pub fn urns(&self) -> Option<Vec<i32>> {
        match self {
            Self::Everything => None,
            Self::Schools(urns) => Some(urns.iter().copied().map(i32::from).collect()),
        }
    }
}
