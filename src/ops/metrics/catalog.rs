//! Every number that there is, with its meaning: `/metrics` shows it as HELP, and docs/admin/monitoring.md lists it.

use crate::domain::{AlertWay, EndReason, Provider};

/// What sort of number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It only grows.
    Counter,
    /// It goes up and down.
    Gauge,
    /// How long things took.
    Histogram,
}

/// A number: its name, its sort, what it means.
pub type Number = (&'static str, Kind, &'static str);

/// Every number that there is.
pub const NUMBERS: &[Number] = &[
    ("agentlocator_http_requests_total", Kind::Counter, "Requests by method, route and status"),
    ("agentlocator_http_request_seconds", Kind::Histogram, "How long requests took, by route"),
    ("agentlocator_calls_live", Kind::Gauge, "Calls with a task of their own at the moment"),
    ("agentlocator_calls_open", Kind::Gauge, "Calls that have not ended, as the database has it"),
    ("agentlocator_calls_ended_total", Kind::Counter, "Calls that ended, by reason"),
    (
        "agentlocator_call_answer_seconds",
        Kind::Histogram,
        "From the end of the caller's words to the first sound of the answer",
    ),
    ("agentlocator_engine_failures_total", Kind::Counter, "Voice engines that were lost in a call, by engine"),
    (
        "agentlocator_whatsapp_received_total",
        Kind::Counter,
        "Messages that came in, by provider; known says that it was told again",
    ),
    ("agentlocator_whatsapp_sent_total", Kind::Counter, "Attempts to send, by provider and outcome"),
    ("agentlocator_whatsapp_given_up_total", Kind::Counter, "Messages that were given up"),
    (
        "agentlocator_whatsapp_bridge_up",
        Kind::Gauge,
        "1 while the WhatsApp bridge is connected; only where it is in use",
    ),
    ("agentlocator_unread_messages", Kind::Gauge, "Messages that nobody has read"),
    ("agentlocator_outbox_messages", Kind::Gauge, "Messages on their way out"),
    ("agentlocator_outbox_oldest_seconds", Kind::Gauge, "Age of the oldest message on its way out; 0 if there is none"),
    ("agentlocator_jobs", Kind::Gauge, "Jobs that are still to be done"),
    ("agentlocator_store_commit_seconds", Kind::Histogram, "How long a commit took until it was on disk"),
    ("agentlocator_store_commit_failures_total", Kind::Counter, "Commits that failed"),
    ("agentlocator_store_writes_total", Kind::Counter, "Writes, by the function that asked for them"),
    (
        "agentlocator_store_write_microseconds_total",
        Kind::Counter,
        "Time that writes took inside their transaction, by function",
    ),
    ("agentlocator_store_writes_dropped_total", Kind::Counter, "Writes without a caller that were refused and so lost"),
    ("agentlocator_store_reads_timed_out_total", Kind::Counter, "Reads that were interrupted at their deadline"),
    ("agentlocator_store_writes_waiting", Kind::Gauge, "Writes that wait for the disk"),
    ("agentlocator_store_writable", Kind::Gauge, "1 if the last write to the database went well"),
    ("agentlocator_store_bytes", Kind::Gauge, "Size of the database"),
    ("agentlocator_store_log_bytes", Kind::Gauge, "Size of the database's write-ahead log"),
    ("agentlocator_store_free_bytes", Kind::Gauge, "Room inside the database that holds nothing"),
    (
        "agentlocator_published_copy_current",
        Kind::Gauge,
        "1 while the file that people copy holds all that was acknowledged",
    ),
    ("agentlocator_published_copy_late_seconds", Kind::Gauge, "For how long that file has been behind; 0 if it is not"),
    ("agentlocator_integrity_ok", Kind::Gauge, "0 if damage has been found in the database"),
    ("agentlocator_disk_free_bytes", Kind::Gauge, "Free room on the disk that holds the data"),
    ("agentlocator_disk_total_bytes", Kind::Gauge, "Size of that disk"),
    ("agentlocator_disk_free_files", Kind::Gauge, "Files that may still be made on it; 0 where there is no limit"),
    ("agentlocator_disk_takes_media", Kind::Gauge, "0 while files and recordings are not taken for want of room"),
    ("agentlocator_alert", Kind::Gauge, "1 while an alert is raised, by kind"),
    ("agentlocator_alerts_told_total", Kind::Counter, "Attempts to tell the owner, by way and outcome"),
    (
        "agentlocator_self_check_ok",
        Kind::Gauge,
        "1 if the last self-check found nothing that needs a person; 0 before the first",
    ),
    (
        "agentlocator_self_check_timestamp_seconds",
        Kind::Gauge,
        "When the last self-check was done, Unix time; 0 before the first",
    ),
    (
        "agentlocator_backup_last_success_timestamp_seconds",
        Kind::Gauge,
        "When the last good snapshot was made, Unix time; 0 before the first",
    ),
    ("agentlocator_backup_last_size_bytes", Kind::Gauge, "Size of the last good snapshot"),
    (
        "agentlocator_tls_certificate_expiry_timestamp_seconds",
        Kind::Gauge,
        "When the certificate ends that is served, Unix time; 0 where there is none",
    ),
    (
        "agentlocator_log_lines_dropped_total",
        Kind::Counter,
        "Log lines that were dropped because the journal did not read them in time",
    ),
    ("agentlocator_build_info", Kind::Gauge, "1; the labels say what this is"),
    ("process_resident_memory_bytes", Kind::Gauge, "Memory of the daemon"),
    ("process_cpu_seconds_total", Kind::Counter, "Processor time of the daemon"),
    ("process_open_fds", Kind::Gauge, "Open files and sockets"),
    ("process_max_fds", Kind::Gauge, "The most of them that are allowed"),
    ("process_threads", Kind::Gauge, "Threads"),
    ("process_start_time_seconds", Kind::Gauge, "When the daemon was started, Unix time"),
];

/// Describes all of them, and begins those at zero of which the labels are known: what has not happened yet must not look as
/// if nobody counted it.
pub(super) fn register() {
    for (name, kind, meaning) in NUMBERS {
        match kind {
            Kind::Counter => metrics::describe_counter!(*name, *meaning),
            Kind::Gauge => metrics::describe_gauge!(*name, *meaning),
            Kind::Histogram => metrics::describe_histogram!(*name, *meaning),
        }
    }
    let zero = |counter: metrics::Counter| counter.increment(0);
    for reason in EndReason::ALL {
        zero(metrics::counter!("agentlocator_calls_ended_total", "reason" => reason.as_str()));
    }
    for engine in ["realtime", "voicemail"] {
        zero(metrics::counter!("agentlocator_engine_failures_total", "engine" => engine));
    }
    for provider in Provider::ALL {
        for known in ["false", "true"] {
            let labels = [("provider", provider.as_str()), ("known", known)];
            zero(metrics::counter!("agentlocator_whatsapp_received_total", &labels));
        }
        for outcome in ["sent", "down", "busy", "refused", "doubtful"] {
            let labels = [("provider", provider.as_str()), ("outcome", outcome)];
            zero(metrics::counter!("agentlocator_whatsapp_sent_total", &labels));
        }
    }
    for way in AlertWay::ALL {
        for outcome in ["told", "failed"] {
            let labels = [("way", way.as_str()), ("outcome", outcome)];
            zero(metrics::counter!("agentlocator_alerts_told_total", &labels));
        }
    }
    for gauge in ["agentlocator_backup_last_success_timestamp_seconds", "agentlocator_backup_last_size_bytes"] {
        metrics::gauge!(gauge).set(0.0);
    }
    zero(metrics::counter!("agentlocator_whatsapp_given_up_total"));
    zero(metrics::counter!("agentlocator_log_lines_dropped_total"));
    zero(metrics::counter!("agentlocator_store_commit_failures_total"));
    zero(metrics::counter!("agentlocator_store_writes_dropped_total"));
    zero(metrics::counter!("agentlocator_store_reads_timed_out_total"));
}
