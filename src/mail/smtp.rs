//! A conversation with a mail server, a step at a time, so that a failure says at which step it came.
//!
//! lettre's own `SmtpTransport` gives one error for the whole conversation. Each message has a connection of its own,
//! so that what happens to one cannot touch the next.

use std::net::Ipv6Addr;
use std::time::Duration;

use lettre::Address;
use lettre::address::Envelope;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{SmtpConnection, Tls, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::{SMTP_PORT, SUBMISSION_PORT, SUBMISSIONS_PORT};
use url::{Host, Url};

use super::error::MailError;
use super::failure::{Cause, Failure, Stage};

/// How long the end of a conversation is waited for: nothing depends on it.
const GOODBYE: Duration = Duration::from_secs(2);

/// A mail server, and how to talk to it.
#[derive(Clone)]
pub struct Server {
    /// The whole address, password included: what tells these settings from others.
    address: String,
    host: String,
    port: u16,
    hello: ClientId,
    tls: Tls,
    credentials: Option<Credentials>,
    timeout: Duration,
}

impl Server {
    /// The server of an address such as `smtps://USER:PASSWORD@HOST:PORT`; see docs/operations.md. `timeout` is how
    /// long each answer is waited for. Errors do not repeat the address, because it may hold a password.
    pub(super) fn new(address: &str, timeout: Duration) -> Result<Self, MailError> {
        let wrong = |what: &str| MailError::Settings(what.to_owned());
        let url = Url::parse(address)
            .map_err(|_| wrong("the address of the mail server cannot be read"))?;
        let host = match url.host() {
            Some(Host::Ipv6(address)) => address.to_string(),
            Some(Host::Ipv4(address)) => address.to_string(),
            // The scheme is not one of the web's, so that `[::1]` alone is told from a name.
            Some(Host::Domain(name)) => name
                .parse::<Ipv6Addr>()
                .map_or_else(|_| name.to_owned(), |address| address.to_string()),
            None => return Err(wrong("the address of the mail server names no host")),
        };
        let mode = url
            .query_pairs()
            .find(|(name, _)| name == "tls")
            .map(|(_, value)| value.into_owned());
        let parameters = || {
            TlsParameters::new(host.clone())
                .map_err(|_| wrong("this machine’s trusted certificates cannot be read"))
        };
        let (tls, port) = match (url.scheme(), mode.as_deref()) {
            ("smtps", None) => (Tls::Wrapper(parameters()?), SUBMISSIONS_PORT),
            ("smtp", None) => (Tls::None, SMTP_PORT),
            ("smtp", Some("required")) => (Tls::Required(parameters()?), SUBMISSION_PORT),
            ("smtp", Some("opportunistic")) => (Tls::Opportunistic(parameters()?), SUBMISSION_PORT),
            _ => {
                return Err(wrong(
                    "the address of the mail server must be smtps://…, smtp://… or smtp://…?tls=required",
                ));
            }
        };
        let name = url.path().trim_matches('/');
        Ok(Self {
            address: address.to_owned(),
            port: url.port().unwrap_or(port),
            hello: if name.is_empty() {
                ClientId::default()
            } else {
                ClientId::Domain(name.to_owned())
            },
            credentials: credentials(&url)?,
            host,
            tls,
            timeout,
        })
    }

    /// The whole address, password included.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// Hands over one message.
    pub(super) fn send(&self, envelope: &Envelope, message: &[u8]) -> Result<(), Failure> {
        let mut connection = self.open()?;
        let result = hand_over(&mut connection, envelope, message);
        end(connection, result.err());
        result
    }

    /// Opens a session as far as the sender's address, and ends it: nothing is sent.
    pub(super) fn check(&self, sender: &Address) -> Result<(), Failure> {
        let mut connection = self.open()?;
        let result = connection
            .command(Mail::new(Some(sender.clone()), Vec::new()))
            .map(drop)
            .map_err(|error| Failure::new(Stage::Sender, &error));
        end(connection, result.err());
        result
    }

    /// A connection that is ready for a message.
    fn open(&self) -> Result<SmtpConnection, Failure> {
        let at = |stage| move |error| Failure::new(stage, &error);
        let wrapped = match &self.tls {
            Tls::Wrapper(parameters) => Some(parameters),
            _ => None,
        };
        let mut connection = SmtpConnection::connect(
            (self.host.as_str(), self.port),
            Some(self.timeout),
            &self.hello,
            wrapped,
            None,
        )
        .map_err(at(Stage::Connection))?;
        match &self.tls {
            Tls::Required(parameters) => connection
                .starttls(parameters, &self.hello)
                .map_err(at(Stage::Encryption))?,
            Tls::Opportunistic(parameters) if connection.can_starttls() => connection
                .starttls(parameters, &self.hello)
                .map_err(at(Stage::Encryption))?,
            _ => {}
        }
        if let Some(credentials) = &self.credentials {
            connection
                .auth(DEFAULT_MECHANISMS, credentials)
                .map_err(at(Stage::SignIn))?;
        }
        Ok(connection)
    }
}

/// MAIL, RCPT, DATA and the message.
fn hand_over(
    connection: &mut SmtpConnection,
    envelope: &Envelope,
    message: &[u8],
) -> Result<(), Failure> {
    let at = |stage| move |error| Failure::new(stage, &error);
    let not_offered = Failure {
        stage: Stage::Recipient,
        cause: Cause::NotOffered,
    };
    let mut parameters = Vec::new();
    let offers = |extension| connection.server_info().supports_feature(extension);
    let is_ascii = |address: &Address| AsRef::<str>::as_ref(address).is_ascii();
    if !envelope.to().iter().chain(envelope.from()).all(is_ascii) {
        if !offers(Extension::SmtpUtfEight) {
            return Err(not_offered);
        }
        parameters.push(MailParameter::SmtpUtfEight);
    }
    if !message.is_ascii() {
        if !offers(Extension::EightBitMime) {
            return Err(not_offered);
        }
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    connection
        .command(Mail::new(envelope.from().cloned(), parameters))
        .map_err(at(Stage::Sender))?;
    for recipient in envelope.to() {
        connection
            .command(Rcpt::new(recipient.clone(), Vec::new()))
            .map_err(at(Stage::Recipient))?;
    }
    connection.command(Data).map_err(at(Stage::Data))?;
    connection.message(message).map_err(at(Stage::Message))?;
    Ok(())
}

/// Says goodbye to a server that still answers; a silent one is left at once.
fn end(mut connection: SmtpConnection, failure: Option<Failure>) {
    if failure.is_none_or(|failure| !failure.is_silent())
        && connection.set_timeout(Some(GOODBYE)).is_ok()
    {
        connection.abort();
    }
}

/// User name and password of an address, where it has a password.
fn credentials(url: &Url) -> Result<Option<Credentials>, MailError> {
    let Some(password) = url.password() else {
        return Ok(None);
    };
    let decode = |text: &str| {
        percent_encoding::percent_decode_str(text)
            .decode_utf8()
            .map(std::borrow::Cow::into_owned)
            .map_err(|_| {
                MailError::Settings(
                    "the user name or the password of the mail server is not UTF-8".to_owned(),
                )
            })
    };
    Ok(Some(Credentials::new(
        decode(url.username())?,
        decode(password)?,
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(address: &str) -> Result<Server, MailError> {
        Server::new(address, Duration::from_secs(1))
    }

    #[test]
    fn the_scheme_and_the_mode_say_how_the_connection_is_encrypted() {
        let plain = server("smtp://mail.example").unwrap();
        assert!(matches!(plain.tls, Tls::None) && plain.port == 25);
        let wrapped = server("smtps://me%40example.org:pa%3Fss@mail.example").unwrap();
        assert!(matches!(wrapped.tls, Tls::Wrapper(_)) && wrapped.port == 465);
        assert_eq!(
            wrapped.credentials,
            Some(Credentials::new(
                "me@example.org".to_owned(),
                "pa?ss".to_owned()
            ))
        );
        let required = server("smtp://mail.example/clinic.example?tls=required").unwrap();
        assert!(matches!(required.tls, Tls::Required(_)) && required.port == 587);
        assert!(matches!(required.hello, ClientId::Domain(name) if name == "clinic.example"));
        assert_eq!(server("smtp://[::1]:2525").unwrap().host, "::1");
    }

    #[test]
    fn an_address_that_cannot_be_used_is_refused_without_its_password() {
        for address in [
            "smtp://me:secret@mail.example?tls=perhaps",
            "smtps://me:secret@mail.example:port",
            "smtp:secret",
        ] {
            let error = server(address).err().unwrap().to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
