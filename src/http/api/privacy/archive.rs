//! The ZIP archive with the exported data about a contact. The archive is streamed in pieces, so it is never in memory
//! as a whole.

use crate::domain::{Timestamp, extension_of};
use crate::store::{self, PersonalData, PersonalFile, ReadTx, Store};
use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;
use jiff::tz::TimeZone;
use std::io::{self, Write};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, DateTime, ZipWriter};

/// The body streams the archive, which a thread writes. The thread ends if the client disconnects.
/// Its times, which have no time zone, are those of `zone`.
pub(super) fn stream(store: Store, data: PersonalData, now: Timestamp, zone: &TimeZone) -> Body {
    let (sender, receiver) = mpsc::channel(PIECES_AHEAD);
    let handle = Handle::current();
    let modified = file_time(now, zone);
    let contact = data.contacts.first().copied().unwrap_or_default();
    drop(tokio::task::spawn_blocking(move || {
        let output = ChannelWriter { pieces: sender.clone(), piece: Vec::with_capacity(PIECE_BYTES) };
        let archive = Archive { zip: ZipWriter::new_stream(output), store, handle, data, modified };
        if let Err(error) = archive.write(now) {
            if sender.is_closed() {
                return tracing::info!(
                    event = "EXPORT_FAILED",
                    contact.id = contact,
                    "The export of contact {contact} was not downloaded completely: the client disconnected"
                );
            }
            tracing::warn!(event = "EXPORT_FAILED", contact.id = contact, %error, "The export of contact {contact} failed; the downloaded file is incomplete");
            // An error in the body aborts the response, so the client detects that the file is incomplete.
            let _ = sender.blocking_send(Err(error));
        }
    }));
    Body::from_stream(stream::unfold(receiver, |mut receiver| async { Some((receiver.recv().await?, receiver)) }))
}

struct Archive {
    zip: ZipWriter<StreamWriter<ChannelWriter>>,
    store: Store,
    handle: Handle,
    data: PersonalData,
    /// The time of the files in the archive.
    modified: DateTime,
}

impl Archive {
    fn write(mut self, now: Timestamp) -> io::Result<()> {
        self.zip.start_file("data.json", self.options(CompressionMethod::Deflated))?;
        self.write_rows(now)?;
        let data = self.data.clone();
        for file in self.read(move |tx| tx.personal_files(&data))? {
            self.zip.start_file(name(&file), self.options(CompressionMethod::Stored))?;
            self.write_file(&file)?;
        }
        let mut output = self.zip.finish()?.into_inner();
        output.flush()
    }

    /// Writes `data.json`: the rows of each table, under the table's name.
    fn write_rows(&mut self, now: Timestamp) -> io::Result<()> {
        write!(self.zip, "{{\"exported_at\": \"{now}\"")?;
        for table in PersonalData::exported_tables() {
            write!(self.zip, ",\n\"{table}\": [")?;
            let mut written = 0;
            loop {
                let data = self.data.clone();
                let rows = self.read(move |tx| tx.personal_rows(&data, table, written, ROWS_AT_ONCE))?;
                for (at, row) in rows.iter().enumerate() {
                    self.zip.write_all(if written + at == 0 { b"\n" } else { b",\n" })?;
                    serde_json::to_writer(&mut self.zip, row)?;
                }
                written += rows.len();
                if rows.len() < ROWS_AT_ONCE {
                    break;
                }
            }
            self.zip.write_all(b"]")?;
        }
        self.zip.write_all(b"}\n")
    }

    fn write_file(&mut self, file: &PersonalFile) -> io::Result<()> {
        let mut written = 0;
        loop {
            let file = file.clone();
            let piece = self.read(move |tx| match &file {
                PersonalFile::Media { sha256, .. } => tx.media_part(sha256, written, FILE_PIECE_BYTES),
                PersonalFile::Recording { id, mime, .. } => tx.recording_part(*id, mime, written, FILE_PIECE_BYTES),
            })?;
            if piece.is_empty() {
                return Ok(());
            }
            self.zip.write_all(&piece)?;
            written += piece.len() as u64;
        }
    }

    fn options(&self, method: CompressionMethod) -> SimpleFileOptions {
        SimpleFileOptions::default().compression_method(method).last_modified_time(self.modified)
    }

    /// Reads in a separate transaction for each piece, so that a slow client does not hold a database connection.
    fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&ReadTx<'_>) -> store::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        self.handle.block_on(self.store.read(work)).map_err(io::Error::other)
    }
}

/// Returns the start of 1980, the earliest time that an archive can state, if this time is out of range.
fn file_time(at: Timestamp, zone: &TimeZone) -> DateTime {
    let at = at.to_zoned(zone);
    let [month, day, hour, minute, second] =
        [at.month(), at.day(), at.hour(), at.minute(), at.second()].map(i8::cast_unsigned);
    DateTime::from_date_and_time(at.year().cast_unsigned(), month, day, hour, minute, second).unwrap_or_default()
}

fn name(file: &PersonalFile) -> String {
    let extension = |mime| extension_of(mime).unwrap_or("bin");
    match file {
        PersonalFile::Media { sha256, mime } => format!("media/{sha256}.{}", extension(mime)),
        PersonalFile::Recording { id, call, mime } => format!("recordings/call-{call}-{id}.{}", extension(mime)),
    }
}

/// A writer that sends its output to the response body, and blocks while the client reads too slowly.
struct ChannelWriter {
    pieces: mpsc::Sender<io::Result<Bytes>>,
    piece: Vec<u8>,
}

impl Write for ChannelWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.piece.extend_from_slice(bytes);
        if self.piece.len() >= PIECE_BYTES {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.piece.is_empty() {
            return Ok(());
        }
        let piece = std::mem::replace(&mut self.piece, Vec::with_capacity(PIECE_BYTES));
        self.pieces.blocking_send(Ok(piece.into())).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

const PIECE_BYTES: usize = 64 << 10;
const PIECES_AHEAD: usize = 4;
const ROWS_AT_ONCE: usize = 500;
const FILE_PIECE_BYTES: usize = 256 << 10;
