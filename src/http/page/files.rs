//! The files of the web page, compiled into the binary by `build.rs`.

use super::hints::Route;
use flate2::read::GzDecoder;
use std::borrow::Cow;
use std::io::Read as _;

include!(concat!(env!("OUT_DIR"), "/page_files.rs"));

/// A file of the page, in the forms in which browsers take it.
pub(super) struct File {
    /// The path below `/app/`.
    pub(super) path: &'static str,
    pub(super) mime: &'static str,
    /// Changes with the content.
    pub(super) hash: &'static str,
    brotli: &'static [u8],
    gzip: &'static [u8],
}

/// How a body is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Brotli,
    Gzip,
    Identity,
}

impl Encoding {
    /// The value of `Content-Encoding`.
    pub(super) fn name(self) -> Option<&'static str> {
        match self {
            Self::Brotli => Some("br"),
            Self::Gzip => Some("gzip"),
            Self::Identity => None,
        }
    }

    /// The smallest that `Accept-Encoding` allows. Browsers leave out `br` over plain HTTP.
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

/// Returns true if a value of `Accept-Encoding` allows this encoding.
pub(in crate::http) fn accepts(accepted: &str, name: &str) -> bool {
    accepted.split(',').any(|item| {
        let mut parts = item.split(';');
        let is_named = parts.next().is_some_and(|found| found.trim().eq_ignore_ascii_case(name));
        let weight = parts.find_map(|part| part.trim().strip_prefix("q=")?.trim().parse::<f32>().ok());
        is_named && weight.unwrap_or(1.0) > 0.0
    })
}

impl File {
    /// The file at this path below `/app/`.
    pub(super) fn find(path: &str) -> Option<&'static Self> {
        FILES.iter().find(|file| file.path == path)
    }

    /// The bytes to send. The plain form is not stored: hardly any client asks for it.
    pub(super) fn content(&self, encoding: Encoding) -> Cow<'static, [u8]> {
        match encoding {
            Encoding::Brotli => Cow::Borrowed(self.brotli),
            Encoding::Gzip => Cow::Borrowed(self.gzip),
            Encoding::Identity => {
                let mut plain = Vec::new();
                // It was compressed by the build, so it can be decompressed.
                let _ = GzDecoder::new(self.gzip).read_to_end(&mut plain);
                Cow::Owned(plain)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Encoding;

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
