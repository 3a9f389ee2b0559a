//! A form with a file. The bytes stay in memory: a roster must not lie in a temporary folder in the clear.

use std::future::Future;
use std::pin::Pin;

use actix_multipart::Multipart;
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use futures_util::StreamExt;
use zeroize::Zeroizing;

use super::forms::{self, FormData, check_token};
use crate::error::{AppError, bad_request};

/// The largest file taken through a browser; larger ones go through the command line.
pub(super) const MOST_BYTES: usize = 64 * 1024 * 1024;

const MOST_FIELD_BYTES: usize = 64 * 1024;

/// A form sent as `multipart/form-data` with a valid token and at most one file.
#[derive(Debug)]
pub struct Upload {
    /// The fields that are no file.
    pub form: FormData,
    /// The file's name on the sender's machine; it may name a child and is never logged.
    pub file_name: String,
    /// The file; empty when none was chosen.
    pub bytes: Zeroizing<Vec<u8>>,
}

impl FromRequest for Upload {
    type Error = AppError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, AppError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let parts = Multipart::from_request(request, payload);
        let request = request.clone();
        Box::pin(async move {
            let unreadable =
                || bad_request("The upload broke off. Nothing was changed. Try again.");
            let mut parts = parts.await.map_err(|_| unreadable())?;
            let mut pairs = Vec::new();
            let mut fields = 0;
            let mut file_name = String::new();
            let mut bytes = Zeroizing::new(Vec::new());
            while let Some(part) = parts.next().await {
                let mut part = part.map_err(|_| unreadable())?;
                let name = part.name().unwrap_or_default().to_owned();
                let given_name = part
                    .content_disposition()
                    .and_then(|disposition| disposition.get_filename())
                    .map(str::to_owned);
                let is_file = given_name.is_some();
                let most = if is_file {
                    MOST_BYTES
                } else {
                    MOST_FIELD_BYTES
                };
                let mut content = Zeroizing::new(Vec::new());
                while let Some(chunk) = part.next().await {
                    let chunk = chunk.map_err(|_| unreadable())?;
                    if content.len() + chunk.len() > most {
                        return Err(bad_request(
                            "The file is larger than 64 MB. Nothing was changed. Split it, or ask your administrator to import it from the command line.",
                        ));
                    }
                    content.extend_from_slice(&chunk);
                }
                match given_name {
                    Some(given_name) if bytes.is_empty() => {
                        file_name = given_name;
                        bytes = content;
                    }
                    Some(_) => {
                        return Err(bad_request(
                            "Choose one file at a time. Nothing was changed.",
                        ));
                    }
                    None => {
                        fields += name.len() + content.len();
                        if fields > forms::MOST_BYTES {
                            return Err(forms::too_large());
                        }
                        let text = String::from_utf8(content.to_vec()).map_err(|_| unreadable())?;
                        pairs.push((name, text));
                    }
                }
            }
            let mut form = FormData::of_pairs(pairs)?;
            check_token(&request, form.text("csrf"))?;
            form.sent_to(request.path(), &bytes);
            Ok(Self {
                form,
                file_name,
                bytes,
            })
        })
    }
}
