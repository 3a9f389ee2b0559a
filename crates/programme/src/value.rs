//! What values share that are read from text: their errors, and the traits they implement.

/// The error of a text that is none of the words a value allows, naming what is expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{text}” is not {expected}")]
pub struct NotAWord {
    /// The text given.
    pub text: String,
    /// What is expected, as a phrase.
    pub expected: &'static str,
}

/// Why a text is not a value of the expected type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FieldError {
    /// Not shaped like the value at all.
    #[error("not in the expected form")]
    Form,
    /// Shaped like it, but the check digit or check letter is wrong.
    #[error("the check character is wrong")]
    Check,
    /// Digits were lost, as when a spreadsheet writes a long number as 9.99E+09.
    #[error("digits were lost to scientific notation")]
    DigitsLost,
    /// Well formed, but on no list of codes.
    #[error("not a known code")]
    Unknown,
}

/// Implements `FromStr`, `Serialize` and `Deserialize` for a value that has
/// `parse(&str) -> Result<Self, FieldError>` and implements `Display`.
macro_rules! text_value {
    ($name:ident) => {
        impl std::str::FromStr for $name {
            type Err = $crate::value::FieldError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use text_value;
