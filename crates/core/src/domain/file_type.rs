//! Detection of the media type of a file by its first bytes.

/// Returns the media type of a file by its content; none if the content has no signature of a known type. HTML and SVG
/// are not among the known types. The content decides, because the type that a client or a sender states may be wrong,
/// or chosen to make a browser execute the file.
pub fn sniff_mime(content: &[u8]) -> Option<&'static str> {
    let is = |at: usize, magic: &[u8]| content.get(at..at + magic.len()) == Some(magic);
    if is(4, b"ftyp") {
        return Some(iso_brand(content.get(8..12).unwrap_or_default()));
    }
    if is(0, b"RIFF") {
        return match content.get(8..12) {
            Some(b"WEBP") => Some("image/webp"),
            Some(b"WAVE") => Some("audio/wav"),
            _ => None,
        };
    }
    MAGIC.iter().find(|(magic, _)| is(0, magic)).map(|(_, mime)| *mime)
}

fn iso_brand(brand: &[u8]) -> &'static str {
    match brand {
        b"M4A " | b"M4B " => "audio/mp4",
        b"qt  " => "video/quicktime",
        b"heic" | b"heix" | b"mif1" => "image/heic",
        b"avif" => "image/avif",
        [b'3', b'g', ..] => "video/3gpp",
        _ => "video/mp4",
    }
}

/// Returns the usual extension of a file of a media type, such as `pdf`; none if the type is not known.
pub fn extension_of(mime: &str) -> Option<&'static str> {
    let plain = mime.split(';').next().unwrap_or_default().trim();
    EXTENSIONS.iter().find(|(known, _)| known.eq_ignore_ascii_case(plain)).map(|(_, extension)| *extension)
}

/// Returns true if a text is the name of a file of this media type: one line that ends with the extension of the type. If
/// the type is not known, any extension of a known type is accepted.
pub fn is_file_name(text: &str, mime: &str) -> bool {
    let is_plain = !text.contains(|c: char| c.is_control() || matches!(c, '/' | '\\')) && text.len() <= 255;
    let Some((stem, end)) = text.rsplit_once('.').filter(|_| is_plain) else { return false };
    let fits = |extension: &str| end.eq_ignore_ascii_case(extension);
    !stem.trim().is_empty()
        && extension_of(mime).map_or_else(|| EXTENSIONS.iter().any(|(_, extension)| fits(extension)), fits)
}

const EXTENSIONS: [(&str, &str); 34] = [
    ("application/json", "json"),
    ("application/msword", "doc"),
    ("application/pdf", "pdf"),
    ("application/rtf", "rtf"),
    ("application/vnd.ms-excel", "xls"),
    ("application/vnd.ms-powerpoint", "ppt"),
    ("application/vnd.oasis.opendocument.spreadsheet", "ods"),
    ("application/vnd.oasis.opendocument.text", "odt"),
    ("application/vnd.openxmlformats-officedocument.presentationml.presentation", "pptx"),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"),
    ("application/xml", "xml"),
    ("application/zip", "zip"),
    ("audio/aac", "aac"),
    ("audio/amr", "amr"),
    ("audio/mp4", "m4a"),
    ("audio/mpeg", "mp3"),
    ("audio/ogg", "ogg"),
    ("audio/wav", "wav"),
    ("image/gif", "gif"),
    ("image/heic", "heic"),
    ("image/jpeg", "jpg"),
    ("image/png", "png"),
    ("image/webp", "webp"),
    ("text/calendar", "ics"),
    ("text/csv", "csv"),
    ("text/plain", "txt"),
    ("text/rtf", "rtf"),
    ("text/vcard", "vcf"),
    ("text/x-vcard", "vcf"),
    ("video/3gpp", "3gp"),
    ("video/mp4", "mp4"),
    ("video/quicktime", "mov"),
    ("video/webm", "webm"),
];

const MAGIC: [(&[u8], &str); 14] = [
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"\xff\xf2", "audio/mpeg"),
    (b"#!AMR", "audio/amr"),
    (b"\x1aE\xdf\xa3", "video/webm"),
    (b"PK\x03\x04", "application/zip"),
    (b"BEGIN:VCARD", "text/vcard"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_determines_the_media_type() {
        for (content, mime) in [
            (&b"\xff\xd8\xff\xe0rest"[..], Some("image/jpeg")),
            (b"\x89PNG\r\n\x1a\nrest", Some("image/png")),
            (b"RIFF\0\0\0\0WEBPVP8 ", Some("image/webp")),
            (b"RIFF\0\0\0\0WAVEfmt ", Some("audio/wav")),
            (b"RIFF\0\0\0\0AVI LIST", None),
            (b"\0\0\0\x20ftypM4A \0\0", Some("audio/mp4")),
            (b"\0\0\0\x20ftypisom\0\0", Some("video/mp4")),
            (b"\0\0\0\x20ftyp3gp5\0\0", Some("video/3gpp")),
            (b"OggS\0", Some("audio/ogg")),
            (b"%PDF-1.7", Some("application/pdf")),
            (b"<svg onload=x>", None),
            (b"<!doctype html>", None),
            (b"\xff\xd8", None),
            (b"", None),
        ] {
            assert_eq!(sniff_mime(content), mime, "{content:?}");
        }
    }
}
