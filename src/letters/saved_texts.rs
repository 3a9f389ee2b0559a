//! The texts that the programme has saved, read back.

use super::error::LetterError;
use super::texts::{self, Texts};
use crate::db::Conn;
use crate::settings;

/// The texts that letters are made with now.
pub(super) fn current_texts(tx: &mut Conn) -> Result<Texts, LetterError> {
    let setting = settings::get(tx, texts::SETTING)?;
    Ok(Texts::from_setting(setting.as_deref())?)
}

/// The texts that letters are made with now; `None` while the saved ones cannot be read, and no letter can be made.
pub fn readable_texts(tx: &mut Conn) -> Result<Option<Texts>, LetterError> {
    match current_texts(tx) {
        Ok(texts) => Ok(Some(texts)),
        Err(LetterError::Templates(_)) => Ok(None),
        Err(error) => Err(error),
    }
}
