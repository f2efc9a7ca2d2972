//! Authentication to the bridge.
//!
//! Over plain HTTP, any program of this machine can listen on the bridge's port, and would get the secret with the first request.
//! So the bridge first proves that it has the secret (`/health` with a nonce), and requests to it are signed. The secret itself
//! is sent only to a bridge that has never proved anything, because other bridges do not support this, and where another program
//! cannot listen: over a Unix socket and https.

use super::super::signature::{SECRET, sign};
use super::LinkState;
use crate::clock;
use crate::config::{BridgeChallenge, Config, Secret, private_file};
use crate::domain::hex;
use crate::entropy::random_hex;
use reqwest::header::HeaderMap;
use reqwest::{Client, Method, Response};
use sha2::{Digest, Sha256};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use subtle::ConstantTimeEq;
use tokio::sync::Mutex;

/// How the daemon authenticates itself to a bridge. Clones share what is known about it.
#[derive(Clone)]
pub(super) enum Authentication {
    /// No secret is set.
    None,
    /// Each request has the secret.
    Secret(Secret),
    /// Requests are signed, once the bridge has proved that it has the secret.
    Challenge(Arc<Challenge>),
}

pub(super) struct Challenge {
    secret: Secret,
    origin: String,
    is_required: bool,
    /// Whether this bridge has proved itself, now or before the last restart.
    is_known: AtomicBool,
    /// Whether its last answer had no valid proof although one was due.
    is_unproved: AtomicBool,
    /// The file that says that it has proved itself.
    known_file: PathBuf,
    peer: Mutex<Peer>,
}

/// What the program at the bridge's address has answered.
enum Peer {
    Unknown,
    /// It has proved that it has the secret. Requests are signed with the nonce of its process.
    Proved {
        nonce: String,
        at: Instant,
    },
    /// It does not support the challenge, as of a time.
    Unsupporting {
        since: Instant,
    },
    /// It has given no valid answer, as of a time.
    Failed {
        state: LinkState,
        at: Instant,
    },
}

/// A header: its name and its value.
pub type AuthenticationHeader = (&'static str, String);

impl Authentication {
    pub(super) fn new(config: &Config) -> Self {
        let whatsapp = &config.whatsapp;
        let Some(secret) = whatsapp.token_secret().cloned() else { return Self::None };
        let origin = whatsapp.baileys_origin();
        let is_open = whatsapp.bridge_socket().is_none() && origin.starts_with("http://");
        let is_required = match whatsapp.bridge_challenge {
            BridgeChallenge::Off => return Self::Secret(secret),
            BridgeChallenge::Auto => false,
            BridgeChallenge::Required => true,
        };
        if !is_open {
            return Self::Secret(secret);
        }
        let folder = config.store.data_folder();
        // A file that cannot be read must not lead to requests with the secret.
        let is_known = match private_file::read_inside(&folder, Path::new(KNOWN_FILE)) {
            Ok(known) => known == digest(&origin),
            Err(error) => error.kind() != std::io::ErrorKind::NotFound,
        };
        let known_file = folder.join(KNOWN_FILE);
        Self::Challenge(Arc::new(Challenge {
            secret,
            origin,
            is_required,
            is_known: AtomicBool::new(is_known),
            is_unproved: AtomicBool::new(false),
            known_file,
            peer: Mutex::new(Peer::Unknown),
        }))
    }

    /// The header that authenticates a request; none without a secret. `target` is the path with its query.
    pub(super) async fn header(
        &self,
        client: &Client,
        method: &Method,
        target: &str,
        body: &[u8],
    ) -> Result<Option<AuthenticationHeader>, LinkState> {
        match self {
            Self::None => Ok(None),
            Self::Secret(secret) => Ok(Some((SECRET, secret.expose().to_owned()))),
            Self::Challenge(challenge) => challenge.authenticate(client, method, target, body).await.map(Some),
        }
    }

    /// Verifies the proof in an answer to a question with this nonce, if one is due.
    pub(super) async fn verify(&self, nonce: &str, headers: &HeaderMap) -> Result<(), LinkState> {
        match self {
            Self::Challenge(challenge) => challenge.verify(nonce, headers).await.map(drop),
            Self::None | Self::Secret(_) => Ok(()),
        }
    }

    /// Forgets what the bridge has proved, after a request failed or was refused: a bridge that was restarted has another nonce.
    /// Returns true if the request was signed, so that it may be repeated with a new signature.
    pub(super) async fn forget_proof(&self, header: Option<&AuthenticationHeader>) -> bool {
        let (Self::Challenge(challenge), Some((AUTH, _))) = (self, header) else { return false };
        *challenge.peer.lock().await = Peer::Unknown;
        true
    }
}

impl Challenge {
    async fn authenticate(
        &self,
        client: &Client,
        method: &Method,
        target: &str,
        body: &[u8],
    ) -> Result<AuthenticationHeader, LinkState> {
        let mut peer = self.peer.lock().await;
        let is_answered = match &*peer {
            Peer::Proved { at, .. } => clock::instant() - *at < PROVED_FOR,
            Peer::Unsupporting { since } => clock::instant() - *since < ASK_AGAIN_AFTER,
            // The requests that have waited for this answer do not ask again.
            Peer::Failed { state, at } if clock::instant() - *at < PROVED_FOR => return Err(*state),
            Peer::Unknown | Peer::Failed { .. } => false,
        };
        if !is_answered {
            *peer = match self.ask(client).await {
                Ok(answered) => answered,
                Err(state) => {
                    *peer = Peer::Failed { state, at: clock::instant() };
                    return Err(state);
                }
            };
        }
        Ok(match &*peer {
            Peer::Proved { nonce, .. } => {
                let head = format!("agentlocator bridge request\n{nonce}\n{method}\n{target}\n");
                (AUTH, sign(&self.secret, &[head.as_bytes(), body].concat()))
            }
            _ => (SECRET, self.secret.expose().to_owned()),
        })
    }

    /// Asks the program at the bridge's address for its proof.
    async fn ask(&self, client: &Client) -> Result<Peer, LinkState> {
        let (nonce, response) = ask_health(client, &self.origin, PROOF_TIMEOUT).await?;
        self.verify(&nonce, response.headers()).await
    }

    /// Verifies the proof in an answer to a question with this nonce.
    async fn verify(&self, nonce: &str, headers: &HeaderMap) -> Result<Peer, LinkState> {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let Some(proof) = header(PROOF) else {
            if !self.is_required && !self.is_known.load(Ordering::Relaxed) {
                return Ok(Peer::Unsupporting { since: clock::instant() });
            }
            if !self.is_unproved.swap(true, Ordering::Relaxed) {
                tracing::warn!(
                    event = "BRIDGE_UNPROVED",
                    origin = self.origin,
                    file = %self.known_file.display(),
                    "The program at {} did not prove that it is the bridge, and gets no message and no secret. If another bridge is \
                     in use there now, stop the service, delete {}, and start it again",
                    self.origin,
                    self.known_file.display()
                );
            }
            return Err(LinkState::Unauthorized);
        };
        let its_nonce = header(NONCE).unwrap_or_default();
        let expected = sign(&self.secret, format!("agentlocator bridge proof\n{nonce}\n{its_nonce}").as_bytes());
        if !bool::from(expected.as_bytes().ct_eq(proof.as_bytes())) {
            if !self.is_unproved.swap(true, Ordering::Relaxed) {
                tracing::warn!(
                    event = "BRIDGE_UNPROVED",
                    origin = self.origin,
                    "The program at {} has another secret than the daemon, or is not the bridge",
                    self.origin
                );
            }
            return Err(LinkState::Unauthorized);
        }
        self.is_unproved.store(false, Ordering::Relaxed);
        if !self.is_known.swap(true, Ordering::Relaxed) {
            self.remember().await;
        }
        Ok(Peer::Proved { nonce: its_nonce.to_owned(), at: clock::instant() })
    }

    /// Without the file, the bridge must prove itself only until the next restart.
    async fn remember(&self) {
        // Commands that root runs do not write into the service's folder.
        let is_own = |found: std::fs::Metadata| found.is_dir() && found.uid() == rustix::process::geteuid().as_raw();
        if !self.known_file.parent().is_some_and(|live| std::fs::symlink_metadata(live).is_ok_and(is_own)) {
            return;
        }
        let (file, content) = (self.known_file.clone(), digest(&self.origin));
        let written = tokio::task::spawn_blocking(move || private_file::replace(&file, content.as_bytes())).await;
        if let Err(error) = written.map_err(std::io::Error::other).flatten() {
            tracing::warn!(event = "BRIDGE_PROOF_NOT_STORED", %error, "Cannot store that the WhatsApp bridge has proved itself: {error}");
        }
    }
}

/// Requests the health of the program at this origin, and its proof for a new nonce, which is returned.
pub(super) async fn ask_health(
    client: &Client,
    origin: &str,
    limit: Duration,
) -> Result<(String, Response), LinkState> {
    let nonce = random_hex::<16>();
    let request = client.get(format!("{origin}/health")).header(NONCE, &nonce).timeout(limit);
    let response = request.send().await.map_err(|error| LinkState::after(&error))?;
    Ok((nonce, response))
}

fn digest(origin: &str) -> String {
    hex(&Sha256::digest(origin))
}

/// The header with the sender's nonce: hex digits.
pub const NONCE: &str = "x-baileys-nonce";
/// The header with the proof: a signature of the nonce.
pub const PROOF: &str = "x-baileys-proof";
/// The header with the signature of a request to the bridge.
const AUTH: &str = "x-baileys-auth";
const KNOWN_FILE: &str = "live/known-bridge";
/// How long an answer is valid. After that, another program may have the bridge's port.
const PROVED_FOR: Duration = Duration::from_secs(1);
const PROOF_TIMEOUT: Duration = Duration::from_secs(3);
/// A bridge that does not support the challenge may be replaced by one that does.
const ASK_AGAIN_AFTER: Duration = Duration::from_mins(1);
