//! Google as a transcriber and as a synthesiser. Each has a gRPC connection of its own, which stays open during the
//! call.

mod synthesiser;
mod transcriber;

pub(super) use synthesiser::GoogleSynthesiser;
pub(super) use transcriber::GoogleTranscriber;

use crate::config::Config;
use crate::providers::google::{self, AccessTokens, Connection, Speech};
use crate::providers::grpc::Status;
use crate::providers::websocket::DialError;
use futures_util::future::BoxFuture;
use std::sync::Arc;
use std::time::Duration;

#[derive(Clone)]
pub(super) struct Access {
    pub(super) client: reqwest::Client,
    pub(super) config: Arc<Config>,
    pub(super) tokens: AccessTokens,
}

/// A connection to a service, open or connecting. It opens once, and is not reopened after a failure.
enum Service {
    Opening(BoxFuture<'static, Result<Connection, DialError>>),
    Open(Box<Connection>),
    /// The connection failed or was closed. Contains the reason until it is reported.
    Lost(Option<DialError>),
}

impl Service {
    fn open(access: &Access, service: Speech, delay: Duration) -> Self {
        let Access { client, config, tokens } = access.clone();
        Self::Opening(Box::pin(async move {
            tokio::time::sleep(delay).await;
            google::connect(&client, &config.google, &tokens, service).await
        }))
    }

    fn connection(&self) -> Option<&Connection> {
        match self {
            Self::Open(connection) => Some(connection),
            Self::Opening(_) | Self::Lost(_) => None,
        }
    }

    /// Waits for a change: returns `Ok` when the connection has opened, and the error when the connection has failed or
    /// is lost. Cancel safe.
    async fn changed(&mut self) -> Result<(), DialError> {
        match self {
            Self::Opening(opening) => match opening.await {
                Ok(connection) => {
                    *self = Self::Open(Box::new(connection));
                    return Ok(());
                }
                Err(error) => *self = Self::Lost(Some(error)),
            },
            Self::Open(connection) => {
                connection.channel.closed().await;
                *self = Self::Lost(Some(closed()));
            }
            Self::Lost(_) => {}
        }
        match self {
            Self::Lost(reason) => match reason.take() {
                Some(error) => Err(error),
                None => std::future::pending().await,
            },
            Self::Opening(_) | Self::Open(_) => std::future::pending().await,
        }
    }

    /// Drops the connection because of the error of a gRPC call. `changed` then returns the error.
    fn fail(&mut self, status: &Status) {
        if let Self::Open(connection) = self {
            let error = connection.error(status);
            *self = Self::Lost(Some(error));
        }
    }
}

fn closed() -> DialError {
    DialError { retry: true, reason: "closed".to_owned() }
}
