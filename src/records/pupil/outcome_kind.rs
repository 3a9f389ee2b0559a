//! What stands for a child.

/// What stands for a child, without its figures or its reason.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, strum::VariantArray, strum::IntoStaticStr, serde::Serialize,
)]
#[strum(serialize_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum OutcomeKind {
    /// Nothing.
    None,
    /// A measurement.
    Measured,
    /// A reason for no measurement.
    NotMeasured,
}

crate::db::stored_by_code!(OutcomeKind);
