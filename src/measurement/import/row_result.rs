//! What a row came to, in one word.

/// What a row came to, in one word.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, strum::VariantArray, strum::IntoStaticStr, serde::Serialize,
)]
#[strum(serialize_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum RowResult {
    /// It went in, or would.
    New,
    /// It was recorded already.
    Matched,
    /// An earlier row says the same.
    Duplicate,
    /// It cannot go in as it stands.
    Rejected,
    /// It holds nothing to record.
    Skipped,
}

impl std::fmt::Display for RowResult {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.into())
    }
}
