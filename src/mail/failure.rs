//! How far a message got before the mail server stopped it, and what follows from that.
//!
//! The server's words are never kept, because servers repeat addresses in them: a failure is a stage and a cause, and
//! [`Failure::verdict`] decides from these two alone. Only a break after the server asked for the message leaves a
//! doubt; before that, nothing can have been taken.

use std::error::Error as _;
use std::fmt;
use std::io;

use lettre::transport::smtp;

/// The step of the conversation at which the server stopped (RFC 5321, section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// The connection, the greeting and EHLO.
    Connection,
    /// STARTTLS.
    Encryption,
    /// AUTH.
    SignIn,
    /// MAIL FROM.
    Sender,
    /// RCPT TO.
    Recipient,
    /// DATA, before the server asks for the message.
    Data,
    /// The message and the answer to it.
    Message,
}

/// What stopped the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The server's answer: 4xx or 5xx, with its enhanced status code where it gave one (RFC 3463).
    Answer(u16, Option<(u8, u16, u16)>),
    /// No answer within the time allowed.
    Timeout,
    /// No connection, a connection that was closed, or an answer that is not SMTP.
    Broken,
    /// No encrypted connection: the certificate is not trusted, or the port does not speak TLS.
    Encryption,
    /// The server does not offer what the settings or the message need.
    NotOffered,
}

/// What a failure means for the message and for those behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// This message was not taken and may be tried again later.
    Later,
    /// This message was refused for good.
    Refused,
    /// This message may have been taken.
    InDoubt,
    /// No message can be sent at present. Nothing was taken.
    Unavailable,
    /// No message can be sent until the settings are corrected. Nothing was taken.
    Misconfigured,
}

/// Where and why a message stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The step.
    pub stage: Stage,
    /// The cause.
    pub cause: Cause,
}

impl Failure {
    /// A failure of lettre's at a stage.
    pub(super) fn new(stage: Stage, error: &smtp::Error) -> Self {
        Self {
            stage,
            cause: cause_of(error),
        }
    }

    /// What follows from the stage and the cause.
    pub fn verdict(self) -> Verdict {
        use Cause as C;
        match (self.stage, self.cause) {
            // The service is closing, whatever it was asked (RFC 5321, section 3.8); a message may still be repeated.
            (Stage::Message, C::Answer(421, _)) => Verdict::Later,
            (_, C::Answer(421, _)) => Verdict::Unavailable,
            // The server wants a user name and a password, or encryption, before anything else.
            (_, C::Answer(530 | 535 | 538, _)) if self.stage < Stage::Message => {
                Verdict::Misconfigured
            }
            (Stage::Recipient | Stage::Data | Stage::Message, C::Answer(code, _)) => {
                if code < 500 {
                    Verdict::Later
                } else {
                    Verdict::Refused
                }
            }
            (Stage::Recipient | Stage::Data | Stage::Message, C::NotOffered) => Verdict::Refused,
            (Stage::Recipient | Stage::Data, _) => Verdict::Later,
            (Stage::Message, C::Timeout | C::Broken | C::Encryption) => Verdict::InDoubt,
            // Up to here no recipient was named: it is the same for every message.
            (_, C::Answer(code, _)) if code < 500 => Verdict::Unavailable,
            (_, C::Answer(..) | C::Encryption | C::NotOffered) => Verdict::Misconfigured,
            (_, C::Timeout | C::Broken) => Verdict::Unavailable,
        }
    }

    /// Whether the server gave no answer at all.
    pub fn is_silent(self) -> bool {
        matches!(self.cause, Cause::Timeout | Cause::Broken)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match (self.stage, self.cause) {
            (Stage::Connection, Cause::Answer(..)) => "the mail server refused the connection",
            (Stage::Connection, Cause::Timeout) => "the mail server did not answer in time",
            (Stage::Connection, Cause::Broken) => "the mail server could not be reached",
            (_, Cause::Encryption) => {
                "no encrypted connection to the mail server could be made: its certificate is not trusted, or the port does not use TLS"
            }
            (Stage::Encryption, Cause::NotOffered) => {
                "the mail server does not offer the encryption that the settings require"
            }
            (Stage::Encryption, _) => "the mail server refused the encrypted connection",
            (Stage::SignIn, Cause::NotOffered) => {
                "the mail server does not offer a way to sign in with a user name and a password"
            }
            (Stage::SignIn, _) => "the mail server refused the user name or the password",
            (Stage::Sender, _) => "the mail server refused the address that mail comes from",
            (Stage::Recipient, Cause::Timeout | Cause::Broken) => {
                "the mail server closed the connection when it was given the recipient’s address"
            }
            (Stage::Recipient | Stage::Data | Stage::Message, Cause::NotOffered) => {
                "the mail server cannot take a message with these characters in its address"
            }
            (Stage::Recipient, _) => "the mail server refused the recipient’s address",
            (Stage::Message, Cause::Timeout | Cause::Broken) => {
                "the connection to the mail server broke after the message was handed over; it may have arrived"
            }
            (Stage::Data, Cause::Timeout | Cause::Broken) => {
                "the mail server closed the connection before it took the message"
            }
            (Stage::Connection | Stage::Data | Stage::Message, _) => {
                "the mail server refused the message"
            }
        };
        formatter.write_str(words)?;
        match self.cause {
            Cause::Answer(code, Some((class, subject, detail))) => {
                write!(formatter, " (answer {code} {class}.{subject}.{detail})")
            }
            Cause::Answer(code, None) => write!(formatter, " (answer {code})"),
            _ => Ok(()),
        }
    }
}

/// The cause of an error of lettre's, from its type and its code.
fn cause_of(error: &smtp::Error) -> Cause {
    if let Some(code) = error.status() {
        let answer = error.source().map(ToString::to_string);
        return Cause::Answer(u16::from(code), answer.as_deref().and_then(enhanced_status));
    }
    if error.is_tls() {
        return Cause::Encryption;
    }
    if error.is_client() {
        return Cause::NotOffered;
    }
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(io) = cause.downcast_ref::<io::Error>() {
            return match io.kind() {
                // A socket's own time limit reports the first of these on Linux, a connection's the second.
                io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Cause::Timeout,
                // rustls wraps its errors like this; a line that is not text has nothing inside.
                io::ErrorKind::InvalidData if io.get_ref().is_some() => Cause::Encryption,
                _ => Cause::Broken,
            };
        }
        source = cause.source();
    }
    Cause::Broken
}

/// The enhanced status code at the beginning of an answer, such as 5.1.1.
fn enhanced_status(answer: &str) -> Option<(u8, u16, u16)> {
    let mut parts = answer.split_whitespace().next()?.split('.');
    let code = (
        parts.next()?.parse().ok()?,
        parts.next()?.parse().ok()?,
        parts.next()?.parse().ok()?,
    );
    (parts.next().is_none() && matches!(code.0, 2 | 4 | 5)).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAGES: [Stage; 7] = [
        Stage::Connection,
        Stage::Encryption,
        Stage::SignIn,
        Stage::Sender,
        Stage::Recipient,
        Stage::Data,
        Stage::Message,
    ];

    fn verdict(stage: Stage, cause: Cause) -> Verdict {
        Failure { stage, cause }.verdict()
    }

    #[test]
    fn only_a_break_after_the_message_was_handed_over_is_a_doubt() {
        for stage in STAGES {
            for cause in [Cause::Timeout, Cause::Broken, Cause::Encryption] {
                assert_eq!(
                    verdict(stage, cause) == Verdict::InDoubt,
                    stage == Stage::Message,
                    "{stage:?} {cause:?}"
                );
            }
            for code in [421, 450, 451, 452, 530, 535, 550, 554] {
                assert_ne!(verdict(stage, Cause::Answer(code, None)), Verdict::InDoubt);
            }
        }
    }

    #[test]
    fn what_is_refused_before_a_recipient_is_named_is_no_fault_of_the_letter() {
        for stage in [
            Stage::Connection,
            Stage::Encryption,
            Stage::SignIn,
            Stage::Sender,
        ] {
            let permanent = verdict(stage, Cause::Answer(550, None));
            assert_eq!(permanent, Verdict::Misconfigured, "{stage:?}");
            let passing = verdict(stage, Cause::Answer(451, None));
            assert_eq!(passing, Verdict::Unavailable, "{stage:?}");
            assert_eq!(verdict(stage, Cause::Broken), Verdict::Unavailable);
        }
    }

    #[test]
    fn an_answer_about_the_recipient_or_the_message_concerns_this_letter_alone() {
        for stage in [Stage::Recipient, Stage::Data, Stage::Message] {
            assert_eq!(verdict(stage, Cause::Answer(550, None)), Verdict::Refused);
            assert_eq!(verdict(stage, Cause::Answer(451, None)), Verdict::Later);
        }
        let sign_in_first = Cause::Answer(530, None);
        assert_eq!(
            verdict(Stage::Recipient, sign_in_first),
            Verdict::Misconfigured
        );
    }

    #[test]
    fn an_enhanced_status_is_read_and_nothing_else_of_the_answer_is() {
        assert_eq!(
            enhanced_status("5.1.1 <a@example.org> unknown"),
            Some((5, 1, 1))
        );
        assert_eq!(enhanced_status("<a@example.org> unknown"), None);
        assert_eq!(enhanced_status("10.0.0.1 is blocked"), None);
        let failure = Failure {
            stage: Stage::Recipient,
            cause: Cause::Answer(550, Some((5, 1, 1))),
        };
        assert_eq!(
            failure.to_string(),
            "the mail server refused the recipient’s address (answer 550 5.1.1)"
        );
    }
}
