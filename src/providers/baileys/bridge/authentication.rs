//! Authentication to the bridge.
//!
//! Over plain HTTP, any program on this machine can listen on the bridge's port, and would receive the secret with the
//! first request. Therefore the bridge must first prove that it has the secret (`/health` with a nonce), and the daemon
//! signs its requests.
//!
//! The daemon sends the secret itself in three cases only:
//!
//! - The bridge has never sent a proof, and `whatsapp.bridge_challenge` is `auto`: other bridges do not support this
//!   challenge.
//! - The bridge is reached over a Unix socket or https, where another program cannot listen.
//! - `whatsapp.bridge_challenge` is `off`.

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

/// How the daemon authenticates itself to a bridge. Clones share the state of the challenge.
#[derive(Clone)]
pub(super) enum Authentication {
    /// No secret is set.
    None,
    /// Each request carries the secret.
    Secret(Secret),
    /// Requests are signed, once the bridge has proved that it has the secret.
    Challenge(Arc<Challenge>),
}

pub(super) struct Challenge {
    secret: Secret,
    origin: String,
    is_required: bool,
    /// Whether this bridge has sent a valid proof, in this process or before the last restart.
    is_known: AtomicBool,
    /// Whether an answer without a valid proof was rejected since the last valid proof. Limits the warning to the first
    /// such answer.
    is_unauthenticated: AtomicBool,
    /// The file that records that this bridge has sent a valid proof.
    known_file: PathBuf,
    peer: Mutex<Peer>,
}

/// The last result of the challenge at the bridge's address.
enum Peer {
    Unknown,
    /// The program has proved that it has the secret. Requests are signed with the nonce of its process.
    Authenticated {
        nonce: String,
        at: Instant,
    },
    /// The program does not support the challenge, as of `since`.
    Unsupporting {
        since: Instant,
    },
    /// The program did not answer, or its answer was rejected, at the time `at`.
    Failed {
        state: LinkState,
        at: Instant,
    },
}

/// The name and the value of a header.
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
        // If the file cannot be read, the daemon must not fall back to sending the secret.
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
            is_unauthenticated: AtomicBool::new(false),
            known_file,
            peer: Mutex::new(Peer::Unknown),
        }))
    }

    /// Returns `None` if no secret is set. `target` is the path with its query.
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

    /// Returns `Ok` without a check if the daemon uses no challenge.
    pub(super) async fn verify(&self, nonce: &str, headers: &HeaderMap) -> Result<(), LinkState> {
        match self {
            Self::Challenge(challenge) => challenge.verify(nonce, headers).await.map(drop),
            Self::None | Self::Secret(_) => Ok(()),
        }
    }

    /// Resets the state of the challenge after a signed request failed or was rejected: a restarted bridge has another
    /// nonce. Returns true if the request was signed, so that the caller can retry it with a new signature.
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
            Peer::Authenticated { at, .. } => clock::instant() - *at < RESULT_VALID_FOR,
            Peer::Unsupporting { since } => clock::instant() - *since < ASK_AGAIN_AFTER,
            // Requests that waited for the lock reuse this failure and do not repeat the challenge.
            Peer::Failed { state, at } if clock::instant() - *at < RESULT_VALID_FOR => return Err(*state),
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
            Peer::Authenticated { nonce, .. } => {
                let head = format!("agentlocator bridge request\n{nonce}\n{method}\n{target}\n");
                (AUTH, sign(&self.secret, &[head.as_bytes(), body].concat()))
            }
            _ => (SECRET, self.secret.expose().to_owned()),
        })
    }

    async fn ask(&self, client: &Client) -> Result<Peer, LinkState> {
        let (nonce, response) = ask_health(client, &self.origin, PROOF_TIMEOUT).await?;
        self.verify(&nonce, response.headers()).await
    }

    async fn verify(&self, nonce: &str, headers: &HeaderMap) -> Result<Peer, LinkState> {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let Some(proof) = header(PROOF) else {
            if !self.is_required && !self.is_known.load(Ordering::Relaxed) {
                return Ok(Peer::Unsupporting { since: clock::instant() });
            }
            if !self.is_unauthenticated.swap(true, Ordering::Relaxed) {
                let remedy = if self.is_known.load(Ordering::Relaxed) {
                    let file = self.known_file.display();
                    format!(
                        "If another bridge is in use there now, stop the service, delete {file}, and start it again"
                    )
                } else {
                    "If this bridge cannot prove its identity, set whatsapp.bridge_challenge to \"auto\"".to_owned()
                };
                tracing::warn!(
                    event = "BRIDGE_UNVERIFIED",
                    origin = self.origin,
                    file = %self.known_file.display(),
                    "The program at {} did not prove that it is the bridge, and gets no message and no secret. {remedy}",
                    self.origin
                );
            }
            return Err(LinkState::Unauthorized);
        };
        let its_nonce = header(NONCE).unwrap_or_default();
        let expected = sign(&self.secret, format!("agentlocator bridge proof\n{nonce}\n{its_nonce}").as_bytes());
        if !bool::from(expected.as_bytes().ct_eq(proof.as_bytes())) {
            if !self.is_unauthenticated.swap(true, Ordering::Relaxed) {
                tracing::warn!(
                    event = "BRIDGE_UNVERIFIED",
                    origin = self.origin,
                    "The program at {} did not prove that it has the daemon's secret, and gets no message and no secret. Set the \
                     same secret for daemon and bridge, or stop the other program at this address",
                    self.origin
                );
            }
            return Err(LinkState::Unauthorized);
        }
        self.is_unauthenticated.store(false, Ordering::Relaxed);
        if !self.is_known.swap(true, Ordering::Relaxed) {
            self.remember().await;
        }
        Ok(Peer::Authenticated { nonce: its_nonce.to_owned(), at: clock::instant() })
    }

    /// Records in the file that the bridge has sent a valid proof. Without the file, the daemon would accept a bridge
    /// without a proof after the next restart, unless the settings require one.
    async fn remember(&self) {
        // Commands that root runs must not create files in the service's folder.
        let is_own = |found: std::fs::Metadata| found.is_dir() && found.uid() == rustix::process::geteuid().as_raw();
        if !self.known_file.parent().is_some_and(|live| std::fs::symlink_metadata(live).is_ok_and(is_own)) {
            return;
        }
        let (file, content) = (self.known_file.clone(), digest(&self.origin));
        let written = tokio::task::spawn_blocking(move || private_file::replace(&file, content.as_bytes())).await;
        if let Err(error) = written.map_err(std::io::Error::other).flatten() {
            tracing::warn!(event = "BRIDGE_PROOF_NOT_STORED", file = %self.known_file.display(), %error, "Cannot store in {} that the WhatsApp bridge has proved its identity; unless whatsapp.bridge_challenge is \"required\", the daemon accepts a bridge without a proof after a restart until the bridge proves its identity again", self.known_file.display());
        }
    }
}

/// Requests the health of the program at `origin` with a new nonce. Returns the nonce and the response, which may
/// contain a proof.
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

/// The header with the sender's nonce, in hex digits.
pub const NONCE: &str = "x-baileys-nonce";
/// The header with the proof: a signature over the nonces.
pub const PROOF: &str = "x-baileys-proof";
/// The header with the signature of a request to the bridge.
const AUTH: &str = "x-baileys-auth";
const KNOWN_FILE: &str = "live/known-bridge";
/// How long a valid proof or a failure is reused. Afterwards, another program may be listening on the bridge's port.
const RESULT_VALID_FOR: Duration = Duration::from_secs(1);
const PROOF_TIMEOUT: Duration = Duration::from_secs(3);
/// The delay before the next challenge of a bridge that does not support it. An update may have added the support.
const ASK_AGAIN_AFTER: Duration = Duration::from_mins(1);
