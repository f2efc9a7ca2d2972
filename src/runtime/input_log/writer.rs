//! Writes the input logs, on a thread of its own.

use super::format::{Header, Record, write_line};
use super::path_of;
use crate::call::{CallPolicy, Input, Output};
use crate::clock;
use crate::domain::CallSid;
use crate::host::disk::DiskMonitor;
use crate::pipeline::PipelineStep;
use std::collections::HashMap;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// How many batches wait for a slow disk. Further batches are dropped, because the call has priority over its log.
const MAX_WAITING_BATCHES: usize = 640;
/// How many records a call passes on together: those of about 0.4 s. They keep their audio in memory until then.
const BATCH: usize = 20;
/// The maximum size of a log, in bytes.
const MAX_BYTES: u64 = 256 << 20;
/// How often the thread looks for files to close.
const CLOSE_INTERVAL: Duration = Duration::from_secs(1);
/// How many logs one call can have.
const MAX_PARTS: u32 = 20;

type Records = Vec<Record>;

/// Clones share the thread that writes the logs.
#[derive(Clone)]
pub struct InputLogs {
    folder: Arc<Path>,
    disk: DiskMonitor,
    queue: Option<SyncSender<Message>>,
    next: Arc<AtomicU64>,
}

pub struct InputLog {
    sid: CallSid,
    number: u64,
    began: Instant,
    queue: SyncSender<Message>,
    records: Records,
    /// The number of records that were dropped since the last batch that was passed on.
    dropped: u64,
    has_dropped: bool,
    /// The writer also closes the file when this value is dropped, because the queue may have had no space for the last
    /// record.
    _alive: Arc<()>,
}

enum Message {
    Begin(u64, Box<Header>, Weak<()>),
    Records(u64, Records),
    Written(oneshot::Sender<()>),
}

impl InputLogs {
    pub fn start(folder: PathBuf, disk: DiskMonitor) -> Self {
        let (sender, receiver) = sync_channel(MAX_WAITING_BATCHES);
        let folder: Arc<Path> = folder.into();
        let mut writer = Writer { folder: folder.clone(), disk: disk.clone(), files: HashMap::new() };
        let started = std::thread::Builder::new().name("call inputs".to_owned()).spawn(move || writer.run(&receiver));
        if let Err(error) = &started {
            tracing::warn!(event = "CALL_INPUTS_FAILED", %error, "Cannot start the thread that logs the inputs of calls; no inputs are logged until the daemon is restarted");
        }
        Self { folder, disk, queue: started.is_ok().then_some(sender), next: Arc::default() }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// `None` if the log cannot be written.
    pub fn begin(&self, sid: &CallSid, policy: &CallPolicy, now: Instant) -> Option<InputLog> {
        let queue = self.queue.clone().filter(|_| self.disk.takes_media())?;
        let header = Header::new(sid.clone(), clock::now(), policy.clone());
        InputLog::begin(queue, self.next.fetch_add(1, Ordering::Relaxed), header, now)
    }

    /// Waits until all records that calls have passed on so far are in the files, at most for `limit`. Does not wait if
    /// the queue is full.
    pub async fn flush(&self, limit: Duration) {
        let (sender, receiver) = oneshot::channel();
        if self.queue.as_ref().is_some_and(|queue| queue.try_send(Message::Written(sender)).is_ok()) {
            let _ = tokio::time::timeout(limit, receiver).await;
        }
    }
}

impl InputLog {
    fn begin(queue: SyncSender<Message>, number: u64, header: Header, now: Instant) -> Option<Self> {
        let (alive, sid) = (Arc::new(()), header.call_sid.clone());
        queue.try_send(Message::Begin(number, Box::new(header), Arc::downgrade(&alive))).ok()?;
        let records = Vec::with_capacity(BATCH);
        Some(Self { sid, number, began: now, queue, records, dropped: 0, has_dropped: false, _alive: alive })
    }

    pub fn input(&mut self, input: &Input, now: Instant) {
        self.add(Record::Input { at_ns: self.ns(now), input: input.clone() });
    }

    pub fn timeout(&mut self, now: Instant) {
        self.add(Record::Timeout { at_ns: self.ns(now) });
    }

    pub fn output(&mut self, output: &Output) {
        self.add(Record::Output(output.clone()));
    }

    pub fn pipeline(&mut self, step: PipelineStep, at: Instant) {
        let at_ns = self.ns(at);
        self.add(match step {
            PipelineStep::Start(start) => Record::PipelineStart { at_ns, start },
            PipelineStep::Input(input) => Record::PipelineInput { at_ns, input },
            PipelineStep::Output(output) => Record::PipelineOutput(output),
        });
    }

    fn ns(&self, now: Instant) -> u64 {
        u64::try_from(now.saturating_duration_since(self.began).as_nanos()).unwrap_or(u64::MAX)
    }

    fn add(&mut self, record: Record) {
        self.records.push(record);
        if self.records.len() >= BATCH {
            self.forward();
        }
    }

    /// Drops the records if the writer is too slow.
    fn forward(&mut self) {
        let mut records = std::mem::replace(&mut self.records, Vec::with_capacity(BATCH));
        let count = records.len() as u64;
        if self.dropped > 0 {
            records.insert(0, Record::Gap { records: self.dropped });
        }
        if self.queue.try_send(Message::Records(self.number, records)).is_ok() {
            self.dropped = 0;
            return;
        }
        self.dropped += count;
        if !std::mem::replace(&mut self.has_dropped, true) {
            let sid = &self.sid;
            tracing::warn!(event = "CALL_INPUTS_GAP", call.sid = %sid, "The input log of call {sid} is not written fast enough, usually because the disk is slow: a part of it was dropped");
        }
    }
}

impl Drop for InputLog {
    fn drop(&mut self) {
        self.records.push(Record::End);
        self.forward();
    }
}

struct Writer {
    folder: Arc<Path>,
    disk: DiskMonitor,
    files: HashMap<u64, LogFile<File>>,
}

impl Writer {
    fn run(&mut self, queue: &Receiver<Message>) {
        let mut close_due = clock::instant() + CLOSE_INTERVAL;
        loop {
            let received = if self.files.is_empty() {
                // No call is being logged, so there is no file to close.
                queue.recv().map_err(|_| RecvTimeoutError::Disconnected)
            } else {
                queue.recv_timeout(close_due.saturating_duration_since(clock::instant()))
            };
            let is_drained = match received {
                Ok(message) => {
                    self.handle(message);
                    false
                }
                Err(RecvTimeoutError::Timeout) => true,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            if clock::instant() >= close_due {
                self.close_ended(is_drained);
                close_due = clock::instant() + CLOSE_INTERVAL;
            }
        }
    }

    fn handle(&mut self, message: Message) {
        match message {
            Message::Begin(number, header, alive) => {
                let sid = header.call_sid.clone();
                let opened =
                    create(&self.folder, &sid).and_then(|file| LogFile::begin(file, sid.clone(), &header, alive));
                match opened {
                    Ok(file) => _ = self.files.insert(number, file),
                    Err(error) => warn_failed(&sid, &error),
                }
            }
            Message::Records(number, records) => self.with_file(number, |file| file.write(&records)),
            // The send fails if the requester no longer waits.
            Message::Written(reply) => _ = reply.send(()),
        }
    }

    /// Closes all files if the disk has too little space. If the queue was empty, closes the files whose call has ended
    /// but whose last record was dropped.
    fn close_ended(&mut self, is_drained: bool) {
        let has_space = self.disk.takes_media();
        self.files.retain(|_, file| has_space && !(is_drained && file.alive.strong_count() == 0));
    }

    /// The file is closed if `work` returns false or fails.
    fn with_file(&mut self, number: u64, work: impl FnOnce(&mut LogFile<File>) -> io::Result<bool>) {
        let Some(file) = self.files.get_mut(&number) else { return };
        match work(file) {
            Ok(true) => return,
            Ok(false) => {}
            Err(error) => warn_failed(&file.sid, &error),
        }
        self.files.remove(&number);
    }
}

struct LogFile<W: Write> {
    sid: CallSid,
    to: W,
    bytes: u64,
    alive: Weak<()>,
}

impl<W: Write> LogFile<W> {
    fn begin(file: W, sid: CallSid, header: &Header, alive: Weak<()>) -> io::Result<Self> {
        let mut line = Vec::new();
        write_line(&mut line, header)?;
        let mut log = Self { sid, to: file, bytes: 0, alive };
        log.to.write_all(&line)?;
        Ok(log)
    }

    /// Returns false if the log is finished.
    fn write(&mut self, records: &[Record]) -> io::Result<bool> {
        let mut lines = Vec::with_capacity(records.len() * 256);
        for record in records {
            write_line(&mut lines, record)?;
        }
        let is_full = self.bytes + lines.len() as u64 > MAX_BYTES;
        if is_full {
            lines.clear();
            write_line(&mut lines, &Record::<Output>::Full)?;
        }
        self.bytes += lines.len() as u64;
        self.to.write_all(&lines)?;
        Ok(!is_full && !matches!(records.last(), Some(Record::End)))
    }
}

fn create(folder: &Path, sid: &CallSid) -> io::Result<File> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    let mut part = 1;
    loop {
        match options.open(path_of(folder, sid, part)) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && part < MAX_PARTS => part += 1,
            opened => return opened,
        }
    }
}

fn warn_failed(sid: &CallSid, error: &io::Error) {
    tracing::warn!(event = "CALL_INPUTS_FAILED", call.sid = %sid, %error, "Cannot write the input log of call {sid}; the log is incomplete or missing");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::input_log::read;
    use std::sync::Mutex;

    fn header() -> Header {
        let settings = crate::call::Prompts {
            speak_first: String::new(),
            still_there: String::new(),
            wrap_up: String::new(),
            one_moment_clip: crate::audio::EncodedAudio::silence(20),
            more_time_clip: crate::audio::EncodedAudio::silence(0),
            goodbye_clip: crate::audio::EncodedAudio::silence(20),
            still_there_clip: crate::audio::EncodedAudio::silence(20),
            other_fillers: None,
        };
        let policy = CallPolicy {
            engines: vec![crate::call::EngineKind::Voicemail],
            greeting: Duration::from_millis(3500),
            watchdog: Duration::from_secs(6),
            lead: Duration::from_millis(800),
            turn_end: Duration::from_secs(2),
            pipeline_turn_end: None,
            pipeline_detects_late: false,
            hold_replies: None,
            idle: None,
            max_call: Duration::from_mins(30),
            speaks_first: false,
            ends_robots: false,
            ends_silent: false,
            claims: None,
            page_ring: None,
            prompts: settings,
        };
        Header::new(format!("CA{:032x}", 1).parse().unwrap(), clock::now(), policy)
    }

    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_blocked_writer_delays_no_call_and_leaves_a_mark() {
        // The queue is not read, as if the disk hung.
        let (sender, receiver) = sync_channel(2);
        let now = clock::instant();
        let mut log = InputLog::begin(sender, 1, header(), now).unwrap();
        for _ in 0..10 * BATCH {
            log.input(&Input::StreamStarted, now);
        }
        let Ok(Message::Begin(_, header, alive)) = receiver.try_recv() else { panic!("no header") };
        let mut file = LogFile::begin(Shared::default(), header.call_sid.clone(), &header, alive).unwrap();
        let Ok(Message::Records(_, first)) = receiver.try_recv() else { panic!("no records") };
        assert!(file.write(&first).unwrap());
        // Now the disk answers again.
        log.timeout(now + Duration::from_millis(20));
        drop(log);
        let Ok(Message::Records(_, rest)) = receiver.try_recv() else { panic!("no records") };
        assert!(!file.write(&rest).unwrap(), "the log is finished");
        let written = file.to.0.lock().unwrap().clone();
        let call = read(&*written).unwrap();
        assert!(call.is_complete);
        assert_eq!(call.records.len(), BATCH + 2);
        let Record::Gap { records: dropped } = call.records[BATCH] else { panic!("{:?}", call.records[BATCH]) };
        assert_eq!(dropped, 9 * BATCH as u64);
        assert!(matches!(call.records[BATCH + 1], Record::Timeout { at_ns: 20_000_000 }));
    }

    #[test]
    fn a_log_that_was_cut_off_is_read_as_far_as_it_goes() {
        let written = Shared::default();
        let sid = header().call_sid;
        let mut file = LogFile::begin(written.clone(), sid, &header(), Weak::new()).unwrap();
        assert!(file.write(&[Record::Timeout { at_ns: 1 }, Record::Timeout { at_ns: 2 }]).unwrap());
        let call = read(&*written.0.lock().unwrap().clone()).unwrap();
        assert!(!call.is_complete);
        assert_eq!(call.records.len(), 2);
    }
}
