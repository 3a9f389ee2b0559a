//! The pages of a list.

use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::view::redirect;

/// The last page of a list that is asked for: a number that was typed into an address may be any.
const LAST: i64 = 1_000_000;

/// One page of a list: which rows it shows, and of how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Pager {
    /// The page, from 1.
    pub page: i64,
    /// Pages in all, at least 1.
    pub pages: i64,
    /// Rows in all.
    pub total: i64,
    /// Number of the first row on the page, from 1.
    pub first: i64,
    /// Number of the last row on the page; 0 when the list is empty.
    pub last: i64,
}

/// A page that was asked for, before anybody knows how many there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    page: i64,
    size: i64,
}

impl Asked {
    /// Page `page` (from 1; absent or out of reason: the nearest that can be) of pages of `size` rows.
    pub fn new(page: Option<i64>, size: i64) -> Self {
        Self {
            page: page.unwrap_or(1).clamp(1, LAST),
            size: size.max(1),
        }
    }

    /// Rows on a page.
    pub fn size(self) -> i64 {
        self.size
    }

    /// Rows before the page.
    pub fn offset(self) -> i64 {
        (self.page - 1) * self.size
    }

    /// The page, of a list of `total` rows.
    pub fn of(self, total: i64) -> Pager {
        Pager {
            page: self.page,
            pages: ((total + self.size - 1) / self.size).max(1),
            total,
            first: self.offset() + 1,
            last: (self.offset() + self.size).min(total),
        }
    }
}

impl Pager {
    /// The answer that leads to the last page, when a page beyond it was asked for: by an old bookmark, or by a number
    /// that somebody made up.
    pub fn elsewhere(self, request: &HttpRequest) -> Option<HttpResponse> {
        (self.page > self.pages).then(|| {
            let kept = request
                .query_string()
                .split('&')
                .filter(|pair| !pair.is_empty() && !pair.starts_with("page="));
            let query: String = kept.flat_map(|pair| [pair, "&"]).collect();
            redirect(&format!("{}?{query}page={}", request.path(), self.pages))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_knows_its_rows() {
        let pager = Asked::new(Some(3), 50).of(120);
        assert_eq!((pager.pages, pager.first, pager.last), (3, 101, 120));
    }

    #[test]
    fn an_empty_list_has_one_page_without_rows() {
        let pager = Asked::new(None, 50).of(0);
        assert_eq!((pager.page, pager.pages, pager.last), (1, 1, 0));
    }

    #[test]
    fn a_page_out_of_reason_is_the_nearest_that_can_be() {
        assert_eq!(Asked::new(Some(-4), 50).offset(), 0);
        assert_eq!(Asked::new(Some(i64::MAX), 50).offset(), (LAST - 1) * 50);
    }
}
