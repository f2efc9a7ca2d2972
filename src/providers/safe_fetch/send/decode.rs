//! Decodes the body of a response to text.

use super::super::{FetchError, FetchedFile, SafeFetcher};
use flate2::read::GzDecoder;
use std::io::Read;

impl SafeFetcher {
    /// Some servers compress although the request does not allow it. Returns an error if the text is longer than the
    /// maximum size of a file.
    pub(super) fn text(&self, file: FetchedFile) -> Result<String, FetchError> {
        let FetchedFile { mime, mut content } = file;
        if content.starts_with(&GZIP_MAGIC) {
            let mut plain = Vec::new();
            let read = GzDecoder::new(content.as_slice()).take(self.max_bytes + 1).read_to_end(&mut plain);
            read.map_err(|_| FetchError::Unreachable)?;
            if plain.len() as u64 > self.max_bytes {
                return Err(FetchError::TooLarge(self.max_bytes));
            }
            content = plain;
        }
        Ok(decoded(&content, mime.as_deref().unwrap_or_default()))
    }
}

/// Decodes UTF-8, and the Hebrew encodings if the MIME type names one. Removes a byte order mark, with which the text
/// would not be JSON.
fn decoded(content: &[u8], mime: &str) -> String {
    match std::str::from_utf8(content) {
        Ok(text) => text.trim_start_matches('\u{FEFF}').to_owned(),
        Err(_) if is_hebrew(mime) => content.iter().map(|byte| hebrew(*byte)).collect(),
        Err(_) => String::from_utf8_lossy(content).trim_start_matches('\u{FEFF}').to_owned(),
    }
}

fn is_hebrew(mime: &str) -> bool {
    let charset = mime
        .split(';')
        .filter_map(|part| part.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"));
    let charset = charset.map(|(_, name)| name.trim().trim_matches('"').to_ascii_lowercase());
    charset.is_some_and(|name| HEBREW_CHARSETS.contains(&name.as_str()))
}

/// Decodes a byte of Windows-1255, which contains the letters of ISO 8859-8.
fn hebrew(byte: u8) -> char {
    let offset =
        |first: u32, from: u8| char::from_u32(first + u32::from(byte - from)).unwrap_or(char::REPLACEMENT_CHARACTER);
    match byte {
        0x80..=0x9F => SIGNS[usize::from(byte - 0x80)],
        0xA4 => '₪',
        0xAA => '×',
        0xBA => '÷',
        0xC0..=0xD3 => offset(0x05B0, 0xC0),
        0xD4..=0xD8 => offset(0x05F0, 0xD4),
        0xE0..=0xFA => offset(0x05D0, 0xE0),
        0xFD => '\u{200E}',
        0xFE => '\u{200F}',
        0xD9..=0xDF | 0xFB | 0xFC | 0xFF => char::REPLACEMENT_CHARACTER,
        _ => char::from(byte),
    }
}

const GZIP_MAGIC: [u8; 2] = [0x1F, 0x8B];
const HEBREW_CHARSETS: [&str; 5] = ["windows-1255", "cp1255", "iso-8859-8", "iso-8859-8-i", "iso-8859-8-e"];
/// The characters 0x80 to 0x9F of Windows-1255.
const SIGNS: [char; 32] = [
    '€', '\u{FFFD}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', '\u{FFFD}', '‹', '\u{FFFD}', '\u{FFFD}', '\u{FFFD}',
    '\u{FFFD}', '\u{FFFD}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', '\u{FFFD}', '›', '\u{FFFD}', '\u{FFFD}',
    '\u{FFFD}', '\u{FFFD}',
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_named_hebrew_charset_is_decoded() {
        let hebrew = [0xE0, 0xE1, b' ', b'3', 0xA4, 0xFA];
        for mime in
            ["text/html; charset=windows-1255", "application/json;charset=\"ISO-8859-8-I\"", "a/b; x=y; Charset=cp1255"]
        {
            assert_eq!(decoded(&hebrew, mime), "אב 3₪ת", "{mime}");
        }
        for mime in ["", "text/plain; charset=utf-8", "text/plain; charset=koi8-r"] {
            assert!(decoded(&hebrew, mime).contains('\u{FFFD}'), "{mime}");
        }
        assert_eq!(decoded("אב".as_bytes(), "text/plain; charset=windows-1255"), "אב", "a wrong name of UTF-8");
        assert_eq!(decoded(b"\xEF\xBB\xBF{}", ""), "{}");
    }
}
