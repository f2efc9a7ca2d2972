//! The phone call or the HTTP request that a task handles. Log lines of the task name this subject, even if the code
//! that logs does not know it.

use tokio::task::futures::TaskLocalFuture;

tokio::task_local! {
    static SUBJECT: Subject;
}

/// What a task works on.
#[derive(Clone)]
pub struct Subject {
    /// The name for log lines, such as `call CA…`.
    name: String,
    /// A line that contains this part of the name already names the subject.
    id: String,
}

/// Runs `work`, and makes its log lines name the subject. `name` must contain `id`.
pub fn with_subject<F: Future>(name: String, id: String, work: F) -> TaskLocalFuture<Subject, F> {
    SUBJECT.scope(Subject { name, id }, work)
}

/// Starts a task whose log lines name the subject of the current one, if it has one.
pub fn spawn<F: Future<Output: Send> + Send + 'static>(work: F) {
    tokio::spawn(inherit_subject(work));
}

/// Makes the log lines of `work`, which a new task will run, name the subject of the current task, if it has one.
pub fn inherit_subject<F: Future>(work: F) -> impl Future<Output = F::Output> {
    let subject = SUBJECT.try_with(Subject::clone).ok();
    async move {
        match subject {
            Some(subject) => SUBJECT.scope(subject, work).await,
            None => work.await,
        }
    }
}

/// Appends the subject of the current task to a message that does not name it.
pub(super) fn append(message: &mut String) {
    // Fails outside of `with_subject`.
    let _ = SUBJECT.try_with(|subject| {
        if !message.is_empty() && !message.contains(&subject.id) {
            *message = format!("{message} ({})", subject.name);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_line_names_the_call_of_its_task_once() {
        let append = |text: &str| {
            let mut message = text.to_owned();
            append(&mut message);
            message
        };
        let lines = async { [append("The engine is late"), append("Call CA1 ended"), append("")] };
        let lines = with_subject("call CA1".into(), "CA1".into(), lines).await;
        assert_eq!(lines, ["The engine is late (call CA1)", "Call CA1 ended", ""]);
        assert_eq!(append("The daemon is ready"), "The daemon is ready");
    }

    #[tokio::test]
    async fn a_task_that_a_call_starts_names_the_call() {
        let started = async || {
            let line = inherit_subject(async {
                let mut message = "The tool failed".to_owned();
                append(&mut message);
                message
            });
            tokio::spawn(line).await.unwrap()
        };
        assert_eq!(with_subject("call CA1".into(), "CA1".into(), started()).await, "The tool failed (call CA1)");
        assert_eq!(started().await, "The tool failed");
    }
}
