//! Background threads that leave the processor to calls and requests.

use tokio::sync::oneshot;

/// Returns `None` if the future panicked. If this function's future is dropped, `work` is dropped as well.
pub(super) async fn on_low_priority_thread<T: Send + 'static>(
    name: &str,
    work: impl Future<Output = T> + Send + 'static,
) -> std::io::Result<Option<T>> {
    let (mut sender, receiver) = oneshot::channel();
    let runtime = tokio::runtime::Handle::current();
    std::thread::Builder::new().name(name.into()).spawn(move || {
        // If the operating system does not permit lowering the priority, the thread runs at normal priority.
        let _ = rustix::process::nice(19);
        let outcome = runtime.block_on(async {
            tokio::select! {
                outcome = work => Some(outcome),
                () = sender.closed() => None,
            }
        });
        if let Some(outcome) = outcome {
            let _ = sender.send(outcome);
        }
    })?;
    Ok(receiver.await.ok())
}
