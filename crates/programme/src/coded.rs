//! Closed sets whose values have codes.

/// A closed set whose values have stable codes: the text in the database, in forms, in files and on
/// the command line.
///
/// Derive `strum::VariantArray` and `strum::IntoStaticStr`; the trait follows.
///
/// ```
/// use programme::Coded;
///
/// #[derive(Clone, Copy, Debug, PartialEq, strum::VariantArray, strum::IntoStaticStr)]
/// #[strum(serialize_all = "snake_case")]
/// enum State {
///     Ready,
///     NoContact,
/// }
///
/// assert_eq!(State::NoContact.code(), "no_contact");
/// assert_eq!(State::from_code("ready"), Some(State::Ready));
/// assert_eq!(State::from_code("gone"), None);
/// ```
pub trait Coded: Copy + Sized + 'static {
    /// Every value, in the order of declaration.
    const ALL: &'static [Self];

    /// The code.
    fn code(self) -> &'static str;

    /// The value with this code.
    fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|value| value.code() == code)
    }
}

impl<T> Coded for T
where
    T: strum::VariantArray + Copy + Into<&'static str> + 'static,
{
    const ALL: &'static [Self] = T::VARIANTS;

    fn code(self) -> &'static str {
        self.into()
    }
}
