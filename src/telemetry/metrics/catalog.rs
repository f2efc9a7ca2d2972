//! The metrics of the daemon and their descriptions, which appear as HELP in `/metrics` and in the table in
//! docs/admin/monitoring.md.

use crate::config::AiEngine;
use crate::domain::{AlertChannel, EndReason, Provider};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricKind {
    /// Only increases.
    Counter,
    /// Increases and decreases.
    Gauge,
    /// Distribution of durations.
    Histogram,
}

/// Name, type, description.
pub type MetricInfo = (&'static str, MetricKind, &'static str);

/// All metrics that `/metrics` exports.
pub const METRICS: &[MetricInfo] = &[
    ("agentlocator_http_requests_total", MetricKind::Counter, "HTTP requests, by method, route and status"),
    (
        "agentlocator_http_request_duration_seconds",
        MetricKind::Histogram,
        "Duration of HTTP requests in seconds, by route",
    ),
    ("agentlocator_calls_live", MetricKind::Gauge, "Calls that the daemon is handling now"),
    ("agentlocator_calls_open", MetricKind::Gauge, "Calls that have not ended according to the database"),
    ("agentlocator_calls_ended_total", MetricKind::Counter, "Calls that ended, by reason"),
    (
        "agentlocator_call_answer_seconds",
        MetricKind::Histogram,
        "Seconds from the end of the caller's turn to the first audio of the answer",
    ),
    (
        "agentlocator_call_answer_stage_seconds",
        MetricKind::Histogram,
        "Seconds from the end of the caller's turn to each stage of the answer, by stage",
    ),
    (
        "agentlocator_call_interruptions_total",
        MetricKind::Counter,
        "Sounds of callers that stopped the agent, by outcome: interrupted, or the reason why it continued",
    ),
    (
        "agentlocator_call_early_replies_discarded_total",
        MetricKind::Counter,
        "Replies that were requested early and discarded, because the caller continued to speak",
    ),
    (
        "agentlocator_call_claims_stopped_total",
        MetricKind::Counter,
        "False claims of the agent that were stopped before or while the caller heard them",
    ),
    (
        "agentlocator_call_listener_dropped_total",
        MetricKind::Counter,
        "Pieces of sound that employees who listen to a call missed, because they received too slowly",
    ),
    ("agentlocator_engine_failures_total", MetricKind::Counter, "Voice engines that failed during a call, by engine"),
    (
        "agentlocator_whatsapp_received_total",
        MetricKind::Counter,
        "WhatsApp messages received, by provider; duplicate=true counts repeated deliveries",
    ),
    (
        "agentlocator_whatsapp_sent_total",
        MetricKind::Counter,
        "Attempts to send a WhatsApp message, by provider and outcome",
    ),
    ("agentlocator_whatsapp_failed_total", MetricKind::Counter, "WhatsApp messages that failed permanently"),
    (
        "agentlocator_whatsapp_bridge_up",
        MetricKind::Gauge,
        "1 while the WhatsApp bridge is connected; only where it is in use",
    ),
    ("agentlocator_unread_messages", MetricKind::Gauge, "Unread messages"),
    ("agentlocator_outbox_messages", MetricKind::Gauge, "Messages in the outbox that have not been sent"),
    (
        "agentlocator_outbox_oldest_seconds",
        MetricKind::Gauge,
        "Age of the oldest unsent message in the outbox; 0 if there is none",
    ),
    ("agentlocator_jobs", MetricKind::Gauge, "Pending background jobs"),
    (
        "agentlocator_store_commit_seconds",
        MetricKind::Histogram,
        "Duration of database commits in seconds, until the data is on disk",
    ),
    ("agentlocator_store_commit_failures_total", MetricKind::Counter, "Database commits that failed"),
    ("agentlocator_store_writes_total", MetricKind::Counter, "Database writes, by the function that requested them"),
    // Not in seconds, Prometheus' base unit: counters are whole numbers, and most writes take less than a millisecond.
    (
        "agentlocator_store_write_microseconds_total",
        MetricKind::Counter,
        "Microseconds that writes spent inside their transaction, by function",
    ),
    (
        "agentlocator_store_writes_dropped_total",
        MetricKind::Counter,
        "Writes without a waiting caller that failed or were refused, and so were lost",
    ),
    (
        "agentlocator_store_reads_timed_out_total",
        MetricKind::Counter,
        "Database reads that were interrupted at their deadline",
    ),
    ("agentlocator_store_writes_waiting", MetricKind::Gauge, "Writes that wait for the disk"),
    ("agentlocator_store_writable", MetricKind::Gauge, "1 if the last write to the database succeeded"),
    ("agentlocator_store_bytes", MetricKind::Gauge, "Size of the database"),
    ("agentlocator_store_wal_bytes", MetricKind::Gauge, "Size of the database's write-ahead log"),
    ("agentlocator_store_free_bytes", MetricKind::Gauge, "Unused space inside the database file"),
    (
        "agentlocator_published_copy_current",
        MetricKind::Gauge,
        "1 while the published file agentlocator.db holds all acknowledged data",
    ),
    (
        "agentlocator_published_copy_late_seconds",
        MetricKind::Gauge,
        "Seconds since the published file fell behind; 0 if it is current",
    ),
    ("agentlocator_integrity_ok", MetricKind::Gauge, "0 if corruption has been found in the database"),
    ("agentlocator_disk_free_bytes", MetricKind::Gauge, "Free space on the disk that holds the data"),
    ("agentlocator_disk_total_bytes", MetricKind::Gauge, "Size of that disk"),
    ("agentlocator_disk_free_files", MetricKind::Gauge, "Free inodes on that disk; 0 where there is no limit"),
    (
        "agentlocator_disk_takes_media",
        MetricKind::Gauge,
        "0 while media files and recordings are not stored because the disk is low on space",
    ),
    ("agentlocator_alert", MetricKind::Gauge, "1 while an alert is active, by kind"),
    (
        "agentlocator_alert_deliveries_total",
        MetricKind::Counter,
        "Attempts to notify the owner of alerts, by channel and outcome",
    ),
    (
        "agentlocator_self_check_ok",
        MetricKind::Gauge,
        "1 if the last self-check found no problem; 0 before the first one",
    ),
    (
        "agentlocator_self_check_timestamp_seconds",
        MetricKind::Gauge,
        "Unix time of the last self-check; 0 before the first one",
    ),
    (
        "agentlocator_backup_last_success_timestamp_seconds",
        MetricKind::Gauge,
        "Unix time of the last good snapshot; 0 before the first one",
    ),
    ("agentlocator_backup_last_size_bytes", MetricKind::Gauge, "Size of the last good snapshot"),
    (
        "agentlocator_tls_certificate_expiry_timestamp_seconds",
        MetricKind::Gauge,
        "Unix time at which the served certificate expires; 0 if there is none",
    ),
    (
        "agentlocator_log_lines_dropped_total",
        MetricKind::Counter,
        "Log lines that were dropped because the journal did not read them in time",
    ),
    ("agentlocator_build_info", MetricKind::Gauge, "Always 1; the labels describe the build"),
    ("process_resident_memory_bytes", MetricKind::Gauge, "Resident memory of the daemon"),
    ("process_cpu_seconds_total", MetricKind::Counter, "CPU time of the daemon"),
    ("process_open_fds", MetricKind::Gauge, "Open file descriptors"),
    ("process_max_fds", MetricKind::Gauge, "Limit of open file descriptors"),
    ("process_threads", MetricKind::Gauge, "Threads of the daemon"),
    ("process_start_time_seconds", MetricKind::Gauge, "Unix time at which the daemon was started"),
];

/// Counters with known labels, and the gauges of snapshots, start at zero. Otherwise they would be missing until they
/// are first changed, as if nothing measured them.
pub(super) fn register() {
    for (name, kind, meaning) in METRICS {
        match kind {
            MetricKind::Counter => metrics::describe_counter!(*name, *meaning),
            MetricKind::Gauge => metrics::describe_gauge!(*name, *meaning),
            MetricKind::Histogram => metrics::describe_histogram!(*name, *meaning),
        }
    }
    let zero = |counter: metrics::Counter| counter.increment(0);
    for reason in EndReason::ALL {
        zero(metrics::counter!("agentlocator_calls_ended_total", "reason" => reason.as_str()));
    }
    for outcome in ["interrupted", "back_channel", "noise", "unknown"] {
        zero(metrics::counter!("agentlocator_call_interruptions_total", "outcome" => outcome));
    }
    zero(metrics::counter!("agentlocator_call_early_replies_discarded_total"));
    zero(metrics::counter!("agentlocator_call_claims_stopped_total"));
    zero(metrics::counter!("agentlocator_call_listener_dropped_total"));
    for engine in AiEngine::ALL.iter().map(|engine| engine.as_str()).chain(["voicemail"]) {
        zero(metrics::counter!("agentlocator_engine_failures_total", "engine" => engine));
    }
    for provider in Provider::ALL {
        for duplicate in ["false", "true"] {
            let labels = [("provider", provider.as_str()), ("duplicate", duplicate)];
            zero(metrics::counter!("agentlocator_whatsapp_received_total", &labels));
        }
        for outcome in ["sent", "down", "busy", "no_file", "refused", "unconfirmed"] {
            let labels = [("provider", provider.as_str()), ("outcome", outcome)];
            zero(metrics::counter!("agentlocator_whatsapp_sent_total", &labels));
        }
    }
    for channel in AlertChannel::ALL {
        for outcome in ["sent", "failed"] {
            let labels = [("channel", channel.as_str()), ("outcome", outcome)];
            zero(metrics::counter!("agentlocator_alert_deliveries_total", &labels));
        }
    }
    for gauge in ["agentlocator_backup_last_success_timestamp_seconds", "agentlocator_backup_last_size_bytes"] {
        metrics::gauge!(gauge).set(0.0);
    }
    zero(metrics::counter!("agentlocator_whatsapp_failed_total"));
    zero(metrics::counter!("agentlocator_log_lines_dropped_total"));
    zero(metrics::counter!("agentlocator_store_commit_failures_total"));
    zero(metrics::counter!("agentlocator_store_writes_dropped_total"));
    zero(metrics::counter!("agentlocator_store_reads_timed_out_total"));
}
