//! A mail server that answers each step of a conversation as a test tells it.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A step of the conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum At {
    /// The server's first words.
    Greeting,
    /// EHLO.
    Hello,
    /// AUTH.
    SignIn,
    /// MAIL FROM.
    Sender,
    /// RCPT TO.
    Recipient,
    /// DATA.
    Data,
    /// The dot at the end of the message.
    Message,
}

/// What the server does at a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Does {
    /// Answers with this line.
    Answers(&'static str),
    /// Closes the connection.
    Closes,
    /// Says nothing until the other side goes away.
    IsSilent,
    /// Waits for [`FakeMailServer::release`], then goes on as usual.
    Holds,
}

#[derive(Default)]
struct State {
    steps: HashMap<At, Does>,
    recipients: HashMap<String, Does>,
    accepted: Vec<String>,
    connections: usize,
    held: usize,
    is_released: bool,
}

/// A mail server on a free port of this machine; it takes every message unless told otherwise.
pub(crate) struct FakeMailServer {
    address: String,
    is_encrypted: bool,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

impl FakeMailServer {
    /// A server that talks in clear.
    pub(crate) fn start() -> Self {
        Self::listen(None)
    }

    /// A server that talks TLS from the first byte, with a certificate that nobody trusts.
    pub(crate) fn start_untrusted() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/untrusted");
        let certificate = CertificateDer::from_pem_file(folder.join("certificate.pem")).unwrap();
        let key = PrivateKeyDer::from_pem_file(folder.join("key.pem")).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        Self::listen(Some(Arc::new(config)))
    }

    fn listen(tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let is_encrypted = tls.is_some();
        let shared = Arc::<Shared>::default();
        let for_thread = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (shared, tls) = (Arc::clone(&for_thread), tls.clone());
                let stream = stream.unwrap();
                shared.lock().connections += 1;
                thread::spawn(move || serve(stream, tls, &shared));
            }
        });
        Self {
            address,
            is_encrypted,
            shared,
        }
    }

    /// Where it is, as the service's setting names it.
    pub(crate) fn url(&self) -> String {
        let scheme = if self.is_encrypted { "smtps" } else { "smtp" };
        format!("{scheme}://{}", self.address)
    }

    /// The same with a user name and a password.
    pub(crate) fn url_with_password(&self) -> String {
        self.url().replace("://", "://clinic:secret@")
    }

    /// What it does at a step from now on.
    pub(crate) fn at(&self, step: At, does: Does) {
        self.shared.lock().steps.insert(step, does);
    }

    /// What it does about one recipient from now on.
    pub(crate) fn recipient(&self, address: &str, does: Does) {
        self.shared
            .lock()
            .recipients
            .insert(address.to_owned(), does);
    }

    /// Takes every message again.
    pub(crate) fn recover(&self) {
        let mut state = self.shared.lock();
        state.steps.clear();
        state.recipients.clear();
    }

    /// The messages that it took.
    pub(crate) fn accepted(&self) -> Vec<String> {
        self.shared.lock().accepted.clone()
    }

    /// How often somebody connected.
    pub(crate) fn connections(&self) -> usize {
        self.shared.lock().connections
    }

    /// Waits until it holds a message.
    pub(crate) fn wait_until_it_holds(&self) {
        let state = self.shared.lock();
        let _held = self
            .shared
            .changed
            .wait_while(state, |state| state.held == 0)
            .unwrap();
    }

    /// Goes on with everything that it holds, and holds nothing more.
    pub(crate) fn release(&self) {
        self.shared.lock().is_released = true;
        self.shared.changed.notify_all();
    }
}

/// One conversation. Errors end it: the other side went away.
fn serve(stream: TcpStream, tls: Option<Arc<ServerConfig>>, shared: &Shared) {
    let ended = match tls {
        None => talk(stream, shared),
        Some(config) => talk(
            StreamOwned::new(ServerConnection::new(config).unwrap(), stream),
            shared,
        ),
    };
    drop(ended);
}

/// Whether the conversation goes on after a step; the step's usual answer is `usual`.
fn step(
    stream: &mut BufReader<impl Read + Write>,
    shared: &Shared,
    does: Option<Does>,
    usual: &str,
) -> std::io::Result<bool> {
    let answer = match does {
        None => usual,
        Some(Does::Answers(answer)) => answer,
        Some(Does::Closes) => return Ok(false),
        Some(Does::IsSilent) => {
            std::io::copy(stream, &mut std::io::sink())?;
            return Ok(false);
        }
        Some(Does::Holds) => {
            let mut state = shared.lock();
            state.held += 1;
            shared.changed.notify_all();
            drop(
                shared
                    .changed
                    .wait_while(state, |state| !state.is_released)
                    .unwrap(),
            );
            usual
        }
    };
    stream.get_mut().write_all(answer.as_bytes())?;
    stream.get_mut().write_all(b"\r\n")?;
    stream.get_mut().flush()?;
    Ok(true)
}

fn talk(stream: impl Read + Write, shared: &Shared) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let told = |at: At| shared.lock().steps.get(&at).copied();
    if !step(&mut stream, shared, told(At::Greeting), "220 fake")? {
        return Ok(());
    }
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let command = line.trim_end().to_owned();
        let verb = command.get(..4).unwrap_or_default().to_uppercase();
        let goes_on = match verb.as_str() {
            "EHLO" => {
                let usual = "250-fake\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN";
                step(&mut stream, shared, told(At::Hello), usual)?
            }
            "AUTH" => step(&mut stream, shared, told(At::SignIn), "235 welcome")?,
            "MAIL" => step(&mut stream, shared, told(At::Sender), "250 sender ok")?,
            "RCPT" => {
                let address = command
                    .split(['<', '>'])
                    .nth(1)
                    .unwrap_or_default()
                    .to_owned();
                let own = shared.lock().recipients.get(&address).copied();
                let does = own.or_else(|| told(At::Recipient));
                step(&mut stream, shared, does, "250 recipient ok")?
            }
            "DATA" => {
                step(&mut stream, shared, told(At::Data), "354 go on")?
                    && (told(At::Data).is_some() || take(&mut stream, shared)?)
            }
            "QUIT" => {
                step(&mut stream, shared, None, "221 bye")?;
                return Ok(());
            }
            _ => step(&mut stream, shared, None, "250 ok")?,
        };
        if !goes_on {
            return Ok(());
        }
    }
}

/// Reads a message as far as its dot, and answers.
fn take(stream: &mut BufReader<impl Read + Write>, shared: &Shared) -> std::io::Result<bool> {
    let mut message = String::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 {
            return Ok(false);
        }
        if line == ".\r\n" {
            break;
        }
        message.push_str(&line);
    }
    let does = shared.lock().steps.get(&At::Message).copied();
    // Before the answer: whoever reads it may look at once.
    if matches!(does, None | Some(Does::Holds)) {
        shared.lock().accepted.push(message);
    }
    step(stream, shared, does, "250 taken")
}
