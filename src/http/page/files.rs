//! The files of the web page, compiled into the binary by `build.rs`.

use bytes::Bytes;
use flate2::read::GzDecoder;
use std::io::Read as _;
use std::sync::OnceLock;

include!(concat!(env!("OUT_DIR"), "/page_files.rs"));

/// A route of the web page. The paths of its files are below `/app/`.
pub(super) struct Route {
    /// The path pattern: a segment `:name` matches any text, a segment `:name?` is optional, and `*` matches every
    /// other path.
    pub(super) path: &'static str,
    pub(super) files: &'static [&'static str],
    pub(super) hebrew: &'static [&'static str],
    pub(super) english: &'static [&'static str],
    /// The files that the page needs for its next step, such as the code of a conversation for the list of conversations.
    pub(super) later: &'static [&'static str],
    /// The API requests that the page makes first, if there is a session.
    pub(super) data: &'static [&'static str],
}

/// A file of the web page, in the encodings that browsers accept.
pub(super) struct File {
    /// The path below `/app/`.
    pub(super) path: &'static str,
    pub(super) mime: &'static str,
    pub(super) hash: &'static str,
    brotli: &'static [u8],
    gzip: &'static [u8],
    /// The uncompressed content, decompressed at the first request for it; all responses share it.
    plain: OnceLock<Bytes>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Brotli,
    Gzip,
    Identity,
}

impl Encoding {
    /// Returns the value of `Content-Encoding`; none for the uncompressed content.
    pub(super) fn name(self) -> Option<&'static str> {
        match self {
            Self::Brotli => Some("br"),
            Self::Gzip => Some("gzip"),
            Self::Identity => None,
        }
    }

    /// Returns the smallest encoding that `Accept-Encoding` names. Over plain HTTP, browsers do not offer `br`.
    pub(super) fn preferred(accepted: &str) -> Self {
        let allows = |name| accepts(accepted, name);
        if allows("br") {
            Self::Brotli
        } else if allows("gzip") {
            Self::Gzip
        } else {
            Self::Identity
        }
    }
}

/// Returns true if a value of `Accept-Encoding` names this encoding with a weight above 0.
pub(in crate::http) fn accepts(accepted: &str, name: &str) -> bool {
    accepted.split(',').any(|item| {
        let mut parts = item.split(';');
        let is_named = parts.next().is_some_and(|found| found.trim().eq_ignore_ascii_case(name));
        let weight = parts.find_map(|part| part.trim().strip_prefix("q=")?.trim().parse::<f32>().ok());
        is_named && weight.unwrap_or(1.0) > 0.0
    })
}

impl File {
    pub(super) fn find(path: &str) -> Option<&'static Self> {
        FILES.iter().find(|file| file.path == path)
    }

    const fn new(
        path: &'static str,
        mime: &'static str,
        hash: &'static str,
        brotli: &'static [u8],
        gzip: &'static [u8],
    ) -> Self {
        Self { path, mime, hash, brotli, gzip, plain: OnceLock::new() }
    }

    pub(super) fn length(&self, encoding: Encoding) -> u64 {
        match encoding {
            Encoding::Brotli => self.brotli.len() as u64,
            Encoding::Gzip => self.gzip.len() as u64,
            // A gzip file ends with the uncompressed length (RFC 1952, section 2.3.1).
            Encoding::Identity => self.gzip.last_chunk().map_or(0, |length| u32::from_le_bytes(*length).into()),
        }
    }

    /// All responses share the bytes, so a client that reads slowly occupies no additional memory.
    pub(super) async fn content(&'static self, encoding: Encoding) -> Bytes {
        match encoding {
            Encoding::Brotli => Bytes::from_static(self.brotli),
            Encoding::Gzip => Bytes::from_static(self.gzip),
            Encoding::Identity => match self.plain.get() {
                Some(plain) => plain.clone(),
                // Decompressing the longest file takes milliseconds, too long for the event loop. The decompression
                // cannot fail, because the build compressed the file.
                None => tokio::task::spawn_blocking(move || self.plain().clone()).await.unwrap_or_default(),
            },
        }
    }

    /// The binary does not contain the uncompressed content, because few clients request it.
    fn plain(&self) -> &Bytes {
        self.plain.get_or_init(|| {
            let mut plain = Vec::with_capacity(usize::try_from(self.length(Encoding::Identity)).unwrap_or(0));
            let _ = GzDecoder::new(self.gzip).read_to_end(&mut plain);
            plain.into()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Encoding, FILES};

    #[test]
    fn the_plain_form_has_the_length_that_is_announced() {
        for file in &FILES {
            assert_eq!(file.plain().len() as u64, file.length(Encoding::Identity), "{}", file.path);
        }
    }

    #[test]
    fn the_smallest_accepted_encoding_is_chosen() {
        for (accepted, wanted) in [
            ("gzip, deflate, br, zstd", Encoding::Brotli),
            ("gzip, deflate", Encoding::Gzip),
            ("br;q=0, gzip;q=0.5", Encoding::Gzip),
            ("GZIP", Encoding::Gzip),
            ("identity", Encoding::Identity),
            ("brotli", Encoding::Identity),
            ("", Encoding::Identity),
        ] {
            assert_eq!(Encoding::preferred(accepted), wanted, "{accepted}");
        }
    }
}
