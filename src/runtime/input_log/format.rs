//! The format of an input log: JSON lines. The first line is the header. A copy may be compressed with gzip.

use crate::call::{CallPolicy, Input, Output};
use crate::config::VersionInfo;
use crate::domain::{CallSid, Timestamp};
use crate::pipeline::{PipelineInput, PipelineOutput, Start};
use flate2::read::MultiGzDecoder;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::io::{self, BufRead, BufReader, Read, Write};

/// The version of the format. It increases whenever older programs cannot read new logs. In version 1, there are no
/// records of a pipeline; in version 2, no event for the first clause that is sent to the synthesiser.
const FORMAT: u32 = 3;
/// The maximum size of a log in bytes after decompression. More is not read, because a file may come from elsewhere.
const MAX_BYTES: u64 = 1 << 30;

const GZIP: [u8; 2] = [0x1f, 0x8b];
/// The errors of a file that is neither text nor compressed text.
const NO_TEXT: [io::ErrorKind; 3] =
    [io::ErrorKind::InvalidInput, io::ErrorKind::InvalidData, io::ErrorKind::UnexpectedEof];

/// The first line of a log: what the session was created with.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Header {
    agentlocator_call_inputs: u32,
    pub release: String,
    pub commit: String,
    pub call_sid: CallSid,
    pub started_at: Timestamp,
    pub policy: CallPolicy,
}

/// A line of a log. `O` and `P` are the types of the outputs of the session and of a pipeline: their own types when a log
/// is written, and JSON when it is read.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Record<O = Output, P = PipelineOutput> {
    Input {
        /// Nanoseconds since the session was created.
        at_ns: u64,
        input: Input,
    },
    Timeout {
        /// Nanoseconds since the session was created.
        at_ns: u64,
    },
    Output(O),
    /// A pipeline was opened as the call's engine.
    PipelineStart {
        /// Nanoseconds since the session was created.
        at_ns: u64,
        start: Box<Start>,
    },
    /// What the newest pipeline has received.
    PipelineInput {
        /// Nanoseconds since the session was created.
        at_ns: u64,
        input: PipelineInput,
    },
    /// What the newest pipeline has decided.
    PipelineOutput(P),
    /// Records are missing here, because the disk was too slow.
    Gap {
        records: u64,
    },
    /// The log has reached its maximum size; the call continued.
    Full,
    End,
}

/// A record as it is read: with the outputs as JSON, because another version of the program may have written them.
pub type ReadRecord = Record<Value, Value>;

#[derive(Debug)]
pub struct LoggedCall {
    pub header: Header,
    /// The records, without the last `End`.
    pub records: Vec<ReadRecord>,
    /// Whether the log contains the end of the call's task.
    pub is_complete: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("cannot read the file")]
    Io(#[from] io::Error),
    #[error("this is no log of a call's inputs: {0}")]
    NoLog(String),
    #[error(
        "the log was written by AgentLocator {release} in format {found}; this program ({}) reads the formats 1 to {FORMAT}",
        env!("CARGO_PKG_VERSION")
    )]
    OtherFormat { found: u64, release: String },
    #[error("line {line} of the log, written by AgentLocator {release}, cannot be understood: {error}")]
    Line { line: usize, release: String, error: serde_json::Error },
}

impl Header {
    pub(super) fn new(call_sid: CallSid, started_at: Timestamp, policy: CallPolicy) -> Self {
        let release = env!("CARGO_PKG_VERSION").to_owned();
        let commit = VersionInfo::default().commit;
        Self { agentlocator_call_inputs: FORMAT, release, commit, call_sid, started_at, policy }
    }

    #[must_use]
    pub fn by_this_program(&self) -> Self {
        Self::new(self.call_sid.clone(), self.started_at, self.policy.clone())
    }

    /// Compares release and commit.
    pub fn is_of_this_program(&self) -> bool {
        self.release == env!("CARGO_PKG_VERSION") && self.commit == VersionInfo::default().commit
    }
}

impl LoggedCall {
    /// Uncompressed.
    pub fn write(&self, to: &mut impl Write) -> io::Result<()> {
        write_line(to, &self.header)?;
        self.records.iter().try_for_each(|record| write_line(to, record))?;
        if self.is_complete { write_line(to, &ReadRecord::End) } else { Ok(()) }
    }
}

pub(super) fn write_line(to: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *to, value)?;
    to.write_all(b"\n")
}

/// A log whose end is missing, because the program was killed, is read as far as it goes.
pub fn read(from: impl Read) -> Result<LoggedCall, ReadError> {
    let mut from = BufReader::new(from);
    let is_compressed = from.fill_buf()?.starts_with(&GZIP);
    let text: Box<dyn Read + '_> = if is_compressed { Box::new(MultiGzDecoder::new(from)) } else { Box::new(from) };
    let mut lines = BufReader::new(text.take(MAX_BYTES));
    let mut line = String::new();
    match lines.read_line(&mut line) {
        Ok(0) => return Err(ReadError::NoLog("it is empty".to_owned())),
        Ok(_) => {}
        Err(error) if NO_TEXT.contains(&error.kind()) => return Err(ReadError::NoLog("it is not text".to_owned())),
        Err(error) => return Err(error.into()),
    }
    let header = read_header(&line)?;
    let (mut records, mut number) = (Vec::new(), 1);
    loop {
        line.clear();
        let length = match lines.read_line(&mut line) {
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => 0,
            Err(error) => return Err(error.into()),
        };
        number += 1;
        if length == 0 || !line.ends_with('\n') {
            return Ok(LoggedCall { header, records, is_complete: false });
        }
        match serde_json::from_str(&line) {
            Ok(Record::End) => return Ok(LoggedCall { header, records, is_complete: true }),
            Ok(record) => records.push(record),
            Err(error) => return Err(ReadError::Line { line: number, release: header.release, error }),
        }
    }
}

fn read_header(line: &str) -> Result<Header, ReadError> {
    let value: Value = serde_json::from_str(line).map_err(|error| ReadError::NoLog(error.to_string()))?;
    let release = value["release"].as_str().unwrap_or("of an unknown version").to_owned();
    match value["agentlocator_call_inputs"].as_u64() {
        None => Err(ReadError::NoLog("its first line is no header".to_owned())),
        Some(found) if !(1..=u64::from(FORMAT)).contains(&found) => Err(ReadError::OtherFormat { found, release }),
        Some(_) => serde_json::from_value(value).map_err(|error| ReadError::Line { line: 1, release, error }),
    }
}
