//! Fakes of both WhatsApp providers with scripted responses, and a daemon that uses them.

mod bridge;
mod shop;
mod twilio;

pub use bridge::{BridgeReply, FakeBridge, SHARED_SECRET, WEBHOOK_SECRET};
pub use shop::{OWN_SENDER, Shop, until};
pub use twilio::{ACCOUNT, FakeTwilio, List, SentMessage, TOKEN, TwilioReply};

use axum::Router;

/// Serves routes on a new port. Returns the origin and the server's task.
async fn serve(routes: Router) -> (String, tokio::task::JoinHandle<()>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let _ = axum::serve(listener, routes).await;
    });
    (origin, server)
}

/// Ends the connection without a response.
fn hang_up() -> ! {
    std::panic::resume_unwind(Box::new("the connection is dropped"))
}
