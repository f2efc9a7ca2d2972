//! The services: objects that exist as long as the daemon. Each is built once, with the services that it depends on.

use super::lifecycle::Tasks;
use super::reload::{Reloader, Reloading};
use crate::alerting::Alerts;
use crate::backup::Snapshots;
use crate::config::{Config, Reloadable};
use crate::crm::message_clock::MessageClock;
use crate::domain::{JobKind, PageUrls};
use crate::engine::{ModelMemory, RejectedFields};
use crate::host::disk::DiskMonitor;
use crate::host::instance_challenge::InstanceKey;
use crate::http::{
    self, AppServices, AppState, BodyBudget, BridgeHealth, ChangeFeed, CheckLimit, Listeners, PageListeners,
    SettingsListCache,
};
use crate::maintenance::health_monitor::HealthMonitor;
use crate::maintenance::self_check::{SelfCheckServices, SelfChecker};
use crate::maintenance::systemd_status::StatusLine;
use crate::maintenance::{alert_delivery, backfills, housekeeping, nightly_backup, search_index, update_check};
use crate::providers::google::AccessTokens;
use crate::providers::http_client;
use crate::runtime::call_notices::CallNotices;
use crate::runtime::caller_texts::CallerTexts;
use crate::runtime::calls::{CallServices, Calls, EngineBreaker, KnownUsage, TrialUsage};
use crate::runtime::catch_up::{CatchUp, CatchUpTrigger};
use crate::runtime::input_log::{self, InputLogs};
use crate::runtime::jobs::JobWorker;
use crate::runtime::media_details::MediaExaminer;
use crate::runtime::media_fetcher::MediaFetcher;
use crate::runtime::outbound_calls::{self, OutboundCalls, OutboundChanged};
use crate::runtime::outbox::Outbox;
use crate::runtime::recorded_turns::RecordedTurns;
use crate::runtime::recording_peaks::RecordingPeaks;
use crate::runtime::reload::ReloadHandle;
use crate::runtime::restart::RestartHandle;
use crate::runtime::scheduled_messages::{ScheduleChanged, ScheduledMessages};
use crate::runtime::typing::Typing;
use crate::runtime::{
    ActiveSettings, call_review, call_summary, erasure, recording_compressor, recording_fetcher, recording_transcriber,
    run_call, stale_calls, unstored_calls,
};
use crate::store::{Priority, Store};
use crate::telemetry::metrics::Metrics;
use crate::tls::Tls;
use anyhow::Context;
use std::sync::Arc;
use std::time::Duration;

pub(super) struct Services {
    pub(super) calls: Calls,
    pub(super) snapshots: Snapshots,
    pub(super) status: StatusLine,
    /// The services that every call uses. The other services share its store, client, disk monitor and alerts.
    shared: CallServices,
    tls: Tls,
    outbox: Outbox,
    jobs: JobWorker,
    /// Runs the jobs that wait for an AI, which may take minutes, so that other jobs do not wait for it.
    ai_jobs: JobWorker,
    compressor: JobWorker,
    message_clock: MessageClock,
    catch_up: CatchUpTrigger,
    self_check: SelfChecker,
    schedule_changed: ScheduleChanged,
    outbound_changed: OutboundChanged,
    examiner: MediaExaminer,
}

impl Services {
    pub(super) async fn build(
        config: Config,
        store: Store,
        listeners: &Listeners,
        pages: &Reloadable<PageUrls>,
    ) -> anyhow::Result<Self> {
        let alerts = Alerts::load(store.clone(), alert_delivery::thresholds(&config)).await;
        let client = http_client::build().context("cannot create an HTTP client")?;
        let snapshots = Snapshots::new(&config, client.clone());
        let greeting = super::startup::stored_greeting(&store).await;
        let settings = Reloadable::new(ActiveSettings::build(Arc::new(config), greeting, &client)?);
        let current = settings.clone();
        let disk = DiskMonitor::new(move || current.config());
        let input_logs = InputLogs::start(settings.config().store.data_folder().join(input_log::FOLDER), disk.clone());
        let tls = Tls::open(settings.config(), listeners.tls_listeners());
        let compressor = JobWorker::new(store.clone()).one_at_a_time();
        let worker = JobWorker::new(store.with_priority(Priority::Job));
        let ai_worker = JobWorker::new(store.with_priority(Priority::Job));
        let message_clock = stored_message_clock(&store).await?;
        let outbox = Outbox::new(settings.clone(), store.clone(), alerts.clone());
        let texts = CallerTexts {
            store: store.clone(),
            settings: settings.clone(),
            outbox: outbox.clone(),
            clock: message_clock.clone(),
        };
        let shared = CallServices {
            settings: settings.clone(),
            texts: texts.clone(),
            client,
            google: AccessTokens::default(),
            model_memory: ModelMemory::default(),
            store,
            disk,
            compression: compressor.handle(),
            jobs: worker.handle().and(ai_worker.handle()),
            alerts,
            trial_usage: TrialUsage::default(),
            known_usage: KnownUsage::default(),
            engine_breaker: EngineBreaker::default(),
            rejected: RejectedFields::default(),
            input_logs,
            rehearsal: None,
        };
        let examiner = MediaExaminer::default();
        let calls = Calls::new(shared.clone(), run_call);
        let unreached = calls.clone();
        let status = StatusLine {
            settings: settings.clone(),
            calls: calls.clone(),
            outbox: outbox.clone(),
            pages: pages.clone(),
        };
        let self_check = SelfChecker::new(SelfCheckServices {
            settings,
            store: shared.store.clone(),
            disk: shared.disk.clone(),
            outbox: outbox.clone(),
            client: shared.client.clone(),
            alerts: shared.alerts.clone(),
            tls: tls.clone(),
            snapshots: snapshots.clone(),
            rejected: shared.rejected.clone(),
        })
        .await;
        let texts = CallerTexts { store: shared.store.with_priority(Priority::Job), ..texts };
        let notices = CallNotices {
            store: shared.store.with_priority(Priority::Job),
            settings: shared.settings.clone(),
            outbox: outbox.clone(),
            pages: pages.clone(),
        };
        Ok(Self {
            jobs: with_handlers(worker, &shared, examiner.clone(), texts)
                .on(JobKind::NotifyOwner, move |job| notices.clone().notify(job))
                .on(JobKind::ContactNotReached, move |job| outbound_calls::add_task(unreached.clone(), job)),
            ai_jobs: with_ai_handlers(ai_worker, &shared),
            examiner,
            catch_up: CatchUpTrigger::default(),
            calls,
            snapshots,
            status,
            shared,
            tls,
            outbox,
            compressor,
            message_clock,
            self_check,
            schedule_changed: ScheduleChanged::default(),
            outbound_changed: OutboundChanged::default(),
        })
    }

    pub(super) async fn flush_input_logs(&self) {
        self.shared.input_logs.flush(INPUT_LOGS_TIMEOUT).await;
    }

    pub(super) fn start(
        &self,
        tasks: &mut Tasks,
        listeners: Listeners,
        reloading: Reloading,
        restart: RestartHandle,
        (metrics, identity): (Metrics, InstanceKey),
    ) {
        self.start_workers(tasks);
        let reload_handle = reloading.reload_handle.clone();
        self.start_upkeep(tasks, reloading, PageListeners::of(&listeners));
        let state = self.http_state(metrics, identity, reload_handle, restart);
        tasks.listeners.spawn_draining("listeners", |stop| http::serve(listeners, state, stop));
    }

    fn start_workers(&self, tasks: &mut Tasks) {
        let store = &self.shared.store;
        let background = store.with_priority(Priority::Backfill);
        let catch_up = CatchUp {
            store: store.with_priority(Priority::Job),
            jobs: self.shared.jobs.clone(),
            services: self.shared.clone(),
            calls: self.calls.clone(),
            clock: self.message_clock.clone(),
            trigger: self.catch_up.clone(),
        };
        let scheduled = ScheduledMessages {
            store: store.clone(),
            settings: self.shared.settings.clone(),
            outbox: self.outbox.clone(),
            clock: self.message_clock.clone(),
            changed: self.schedule_changed.clone(),
        };
        let outbound_calls =
            OutboundCalls { calls: self.calls.clone(), store: store.clone(), changed: self.outbound_changed.clone() };
        let (outbox, jobs, ai_jobs) = (self.outbox.clone(), self.jobs.clone(), self.ai_jobs.clone());
        let (compressor, recordings) = (self.compressor.clone(), store.clone());
        unstored_calls::resume(store, &self.shared.jobs, self.shared.config().business.country);
        let workers = &mut tasks.workers;
        workers.spawn("catch-up", catch_up.run());
        workers.spawn("backfills", backfills::run(background.clone(), self.shared.compression.clone()));
        workers.spawn("search index", search_index::run(background, self.shared.settings.clone()));
        workers.spawn("scheduled messages", scheduled.run());
        workers.spawn("outbound calls", outbound_calls.run());
        workers.spawn("nightly backup", nightly_backup::run(self.snapshots.clone(), store.clone()));
        workers.spawn_draining("jobs", |stop| jobs.run(stop));
        workers.spawn_draining("AI jobs", |stop| ai_jobs.run(stop));
        workers.spawn_draining("compression", |stop| recording_compressor::run(compressor, recordings, stop));
        workers.spawn_draining("outbox", |stop| outbox.run(stop));
    }

    fn start_upkeep(&self, tasks: &mut Tasks, reloading: Reloading, page_listeners: PageListeners) {
        let CallServices { settings, store, disk, alerts, client, input_logs, .. } = &self.shared;
        let monitor = HealthMonitor {
            settings: settings.clone(),
            store: store.clone(),
            disk: disk.clone(),
            outbox: self.outbox.clone(),
            tls: self.tls.clone(),
            snapshots: self.snapshots.clone(),
            jobs: self.shared.jobs.clone(),
            calls: self.calls.clone(),
            alerts: alerts.clone(),
        };
        let reloader = Reloader {
            source: reloading.source,
            log: reloading.log,
            store: store.clone(),
            client: client.clone(),
            settings: settings.clone(),
            outbox: self.outbox.clone(),
            tls: self.tls.clone(),
            status: self.status.clone(),
            pages: self.status.pages.clone(),
            page_listeners,
            last_good: reloading.last_good,
        };
        let delivery = alert_delivery::run(
            alerts.clone(),
            settings.clone(),
            self.status.pages.clone(),
            self.outbox.clone(),
            store.clone(),
        );
        let background = store.with_priority(Priority::Backfill);
        let upkeep = &mut tasks.upkeep;
        upkeep.spawn("certificates", self.tls.clone().run());
        upkeep.spawn("stale calls", stale_calls::run(self.calls.clone()));
        let housekeeping =
            housekeeping::run(background, settings.clone(), disk.clone(), input_logs.clone(), alerts.clone());
        upkeep.spawn("housekeeping", housekeeping);
        upkeep.spawn("self-check", self.self_check.clone().run());
        upkeep.spawn("update check", update_check::run(store.clone(), settings.clone()));
        upkeep.spawn("alert delivery", delivery);
        upkeep.spawn("health monitor", monitor.run());
        upkeep.spawn("status line", self.status.clone().run());
        upkeep.spawn("reload", reloader.run(reloading.reload_requests));
    }

    fn http_state(
        &self,
        metrics: Metrics,
        identity: InstanceKey,
        reload_handle: ReloadHandle,
        restart: RestartHandle,
    ) -> AppState {
        AppState::from(AppServices {
            settings: self.shared.settings.clone(),
            reload_handle,
            restart,
            checks: CheckLimit::default(),
            store: self.shared.store.clone(),
            calls: self.calls.clone(),
            jobs: self.shared.jobs.clone(),
            message_clock: self.message_clock.clone(),
            catch_up: self.catch_up.clone(),
            outbox: self.outbox.clone(),
            replay_cache: Arc::default(),
            auth: Arc::default(),
            bodies: BodyBudget::default(),
            bridge_health: BridgeHealth::default(),
            disk: self.shared.disk.clone(),
            alerts: self.shared.alerts.clone(),
            snapshots: self.snapshots.clone(),
            self_check: self.self_check.clone(),
            metrics,
            identity,
            tls: self.tls.clone(),
            recorded_turns: RecordedTurns::new(self.shared.clone()),
            peaks: RecordingPeaks::new(&self.shared.store),
            input_logs: self.shared.input_logs.clone(),
            schedule_changed: self.schedule_changed.clone(),
            outbound_changed: self.outbound_changed.clone(),
            typing: Typing::default(),
            change_feed: ChangeFeed::default(),
            settings_list: SettingsListCache::default(),
            examiner: self.examiner.clone(),
        })
    }
}

/// How long the end of the daemon waits for the logs of the calls' inputs.
const INPUT_LOGS_TIMEOUT: Duration = Duration::from_secs(1);

async fn stored_message_clock(store: &Store) -> anyhow::Result<MessageClock> {
    let message_clock = MessageClock::default();
    let clock = message_clock.clone();
    store.read(move |tx| clock.resume(tx)).await.context("cannot read the times of messages")?;
    Ok(message_clock)
}

/// Registers the handlers of the jobs that send requests to an AI.
fn with_ai_handlers(worker: JobWorker, services: &CallServices) -> JobWorker {
    let (summarized, transcribed) = (services.clone(), services.clone());
    worker
        .on(JobKind::SummarizeCall, move |job| call_summary::summarize(summarized.clone(), job))
        .on(JobKind::TranscribeRecording, move |job| recording_transcriber::transcribe(transcribed.clone(), job))
}

/// Registers the handlers of most background jobs. [`with_ai_handlers`], [`Services::build`] and the compression of
/// recordings register the others.
fn with_handlers(worker: JobWorker, services: &CallServices, examiner: MediaExaminer, texts: CallerTexts) -> JobWorker {
    let missed = texts.clone();
    let store = services.store.with_priority(Priority::Job);
    let (recordings_of, reviewed) = (services.clone(), services.clone());
    let worker = worker
        .on(JobKind::FetchRecording, move |job| recording_fetcher::fetch(recordings_of.clone(), job))
        .on_failure(JobKind::FetchRecording, recording_fetcher::fail)
        .on_failure(JobKind::FetchMedia, MediaFetcher::fail);
    let fetcher = MediaFetcher::new(services.settings.clone(), store, services.disk.clone(), examiner);
    let erased_from = services.store.with_priority(Priority::Job);
    let (store_of_bridge, settings) = (erased_from.clone(), services.settings.clone());
    worker
        .on(JobKind::FetchMedia, move |job| fetcher.clone().fetch(job))
        .on(JobKind::ConfirmAppointment, move |job| texts.clone().confirm(job))
        .on(JobKind::TextMissedCaller, move |job| missed.clone().text_missed_caller(job))
        .on(JobKind::ReviewCall, move |job| call_review::review(reviewed.clone(), job))
        .on(JobKind::EraseContact, move |job| erasure::resume(erased_from.clone(), job))
        .on(JobKind::EraseInBridge, move |job| {
            erasure::resume_in_bridge(store_of_bridge.clone(), settings.clone(), job)
        })
}
