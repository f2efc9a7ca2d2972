//! Multipart forms (RFC 7578), the body of a transcription request.

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) name: String,
    pub(super) file_name: Option<String>,
    pub(super) content: Vec<u8>,
}

/// Returns the parts of a form; `None` if it is malformed.
pub(super) fn parts(content_type: &str, body: &[u8]) -> Option<Vec<Part>> {
    let boundary = content_type.split(';').find_map(|field| field.trim().strip_prefix("boundary="))?.trim_matches('"');
    let delimiter = format!("\r\n--{boundary}");
    // The first boundary has no line break before it; adding one lets the search find all boundaries.
    let body = [b"\r\n", body].concat();
    let places: Vec<_> = memchr::memmem::find_iter(&body, delimiter.as_bytes()).collect();
    let last = places.last()?;
    if !body[last + delimiter.len()..].starts_with(b"--") {
        return None;
    }
    let between = places.windows(2).map(|pair| &body[pair[0] + delimiter.len()..pair[1]]);
    between.map(|part| read_part(part.strip_prefix(b"\r\n")?)).collect()
}

fn read_part(part: &[u8]) -> Option<Part> {
    let end = memchr::memmem::find(part, b"\r\n\r\n")?;
    let headers = std::str::from_utf8(&part[..end]).ok()?;
    let disposition = headers.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-disposition").then_some(value)
    })?;
    let field = |wanted: &str| {
        let prefix = format!("{wanted}=\"");
        disposition
            .split(';')
            .find_map(|field| field.trim().strip_prefix(&prefix)?.strip_suffix('"').map(str::to_owned))
    };
    Some(Part { name: field("name")?, file_name: field("filename"), content: part[end + 4..].to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: &str = "multipart/form-data; boundary=XyZ";

    #[test]
    fn a_form_is_read_part_by_part() {
        let body = b"--XyZ\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\ngpt-transcribe\r\n--XyZ\r\n\
            content-disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\nContent-Type: audio/wav\r\n\r\n\
            RIFF\r\n--Xy\r\n\r\n--XyZ--\r\n";
        let read = parts(KIND, body).unwrap();
        assert_eq!(read[0], Part { name: "model".into(), file_name: None, content: b"gpt-transcribe".to_vec() });
        assert_eq!(read[1].file_name.as_deref(), Some("a.wav"));
        assert_eq!(read[1].content, b"RIFF\r\n--Xy\r\n");
    }

    #[test]
    fn a_broken_form_is_refused() {
        for (kind, body) in [
            ("application/json", &b"{}"[..]),
            (KIND, b""),
            (KIND, b"--XyZ\r\n\r\nno headers"),
            (KIND, b"--XyZ\r\nContent-Disposition: form-data\r\n\r\nno name\r\n--XyZ--"),
        ] {
            assert_eq!(parts(kind, body), None, "{kind}");
        }
    }
}
