//! An in-memory S3 bucket that follows Amazon's documentation (REST API, Signature Version 4, multipart uploads).
//!
//! The bucket verifies every signature independently, returns lists in short pages, and rejects small parts. On
//! request, some or all requests fail, ETags are opaque, or simple uploads are corrupted.

mod signature;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::{Router, extract::DefaultBodyLimit};
use md5::{Digest, Md5};
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;
use std::sync::{Arc, Mutex};

pub const KEY_ID: &str = "AKIAEXAMPLE";
pub const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
pub const REGION: &str = "eu-central-1";
pub const BUCKET: &str = "shop-backup";

/// The bucket and its server.
pub struct S3 {
    pub origin: String,
    state: Shared,
    _server: tokio::task::JoinHandle<()>,
}

type Shared = Arc<Mutex<Inner>>;

#[derive(Default)]
struct Inner {
    /// The content and the ETag of each object.
    objects: BTreeMap<String, (Bytes, String)>,
    uploads: HashMap<String, (String, BTreeMap<u16, Bytes>)>,
    requests: Vec<String>,
    /// If set, one in this many requests fails.
    fail_every: usize,
    /// Whether ETags differ from the MD5 of the content, as with some kinds of encryption.
    own_etags: bool,
    /// Whether the content of a simple upload is stored as zeros.
    spoils: bool,
    next_upload: usize,
    /// The time of each object, which Litestream stores in the object's metadata.
    times: HashMap<String, HeaderValue>,
    /// Whether every request fails.
    is_down: bool,
}

impl S3 {
    pub async fn start() -> Self {
        let state = Shared::default();
        let routes = Router::new().fallback(answer).layer(DefaultBodyLimit::disable()).with_state(state.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(async move {
            let _ = axum::serve(listener, routes).await;
        });
        Self { origin, state, _server: server }
    }

    pub fn fail_every(&self, requests: usize) {
        self.state.lock().unwrap().fail_every = requests;
    }

    pub fn use_opaque_etags(&self) {
        self.state.lock().unwrap().own_etags = true;
    }

    pub fn corrupt_uploads(&self, spoils: bool) {
        self.state.lock().unwrap().spoils = spoils;
    }

    /// Sets whether every request fails.
    pub fn be_down(&self, is_down: bool) {
        self.state.lock().unwrap().is_down = is_down;
    }

    /// Returns the names of the objects.
    pub fn keys(&self) -> Vec<String> {
        self.state.lock().unwrap().objects.keys().cloned().collect()
    }

    pub fn object(&self, key: &str) -> Bytes {
        self.state.lock().unwrap().objects[key].0.clone()
    }

    pub fn put(&self, key: &str, content: &'static [u8]) {
        self.state.lock().unwrap().objects.insert(key.to_owned(), (Bytes::from_static(content), String::new()));
    }

    /// Returns the number of multipart uploads that were started and not finished.
    pub fn unfinished(&self) -> usize {
        self.state.lock().unwrap().uploads.len()
    }

    /// Starts a multipart upload without finishing it.
    pub fn begin_upload(&self, key: &str) -> String {
        let mut inner = self.state.lock().unwrap();
        inner.begin(key)
    }

    /// Returns the requests with a valid signature: the method, the path, and the names of the query's parameters,
    /// without those of the signature.
    pub fn requests(&self) -> Vec<String> {
        self.state.lock().unwrap().requests.clone()
    }
}

impl Inner {
    fn begin(&mut self, key: &str) -> String {
        self.next_upload += 1;
        let id = format!("upload/{}+={}", self.next_upload, "x".repeat(20));
        self.uploads.insert(id.clone(), (key.to_owned(), BTreeMap::new()));
        id
    }

    fn etag(&self, content: &[u8]) -> String {
        if self.own_etags { format!("\"opaque-{}\"", content.len()) } else { quoted(&Md5::digest(content)) }
    }
}

async fn answer(State(state): State<Shared>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let query = signature::query(&uri);
    if let Err(refused) = signature::check(&method, &uri, &query, &headers, &body) {
        return error(StatusCode::FORBIDDEN, refused, "The request signature we calculated does not match");
    }
    let mut inner = state.lock().unwrap();
    let asked: Vec<_> =
        query.iter().filter(|(name, _)| !name.starts_with("X-Amz-")).map(|(name, _)| name.as_str()).collect();
    inner.requests.push(format!("{method} {} {}", uri.path(), asked.join(" ")));
    let fails = inner.fail_every > 0 && inner.requests.len().is_multiple_of(inner.fail_every);
    if fails || inner.is_down {
        return error(StatusCode::SERVICE_UNAVAILABLE, "SlowDown", "Please reduce your request rate.");
    }
    let Some(path) = uri.path().strip_prefix(&format!("/{BUCKET}")) else {
        return error(StatusCode::NOT_FOUND, "NoSuchBucket", "The specified bucket does not exist");
    };
    let key = percent_encoding::percent_decode_str(path.trim_start_matches('/')).decode_utf8().unwrap().into_owned();
    let value = |name: &str| query.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    match (method.as_str(), value("uploadId"), key.is_empty()) {
        ("GET", None, true) => list(&inner, &value),
        ("GET" | "HEAD", None, false) => match inner.objects.get(&key) {
            Some(_) => object(&inner, &key, &headers),
            None => error(StatusCode::NOT_FOUND, "NoSuchKey", "The specified key does not exist."),
        },
        ("PUT", None, false) => {
            let etag = inner.etag(&body);
            let content = if inner.spoils { Bytes::from(vec![0; body.len()]) } else { body };
            if let Some(time) = headers.get(LITESTREAM_TIME) {
                inner.times.insert(key.clone(), time.clone());
            }
            inner.objects.insert(key, (content, etag.clone()));
            ([("etag", etag)], "").into_response()
        }
        ("DELETE", None, false) => {
            inner.objects.remove(&key);
            StatusCode::NO_CONTENT.into_response()
        }
        ("POST", None, true) if value("delete").is_some() => {
            let body = String::from_utf8_lossy(&body).into_owned();
            for key in body.split("<Key>").skip(1).filter_map(|rest| rest.split("</Key>").next()) {
                inner.objects.remove(key);
            }
            xml("DeleteResult", "")
        }
        ("POST", None, false) if value("uploads").is_some() => {
            let id = inner.begin(&key);
            let inside = format!("<Bucket>{BUCKET}</Bucket><Key>{key}</Key><UploadId>{id}</UploadId>");
            xml("InitiateMultipartUploadResult", &inside)
        }
        ("PUT", Some(id), false) => {
            let etag = inner.etag(&body);
            let number = value("partNumber").unwrap().parse().unwrap();
            match inner.uploads.get_mut(&id) {
                Some((of, parts)) if *of == key => {
                    parts.insert(number, body);
                    ([("etag", etag)], "").into_response()
                }
                _ => error(StatusCode::NOT_FOUND, "NoSuchUpload", "The specified upload does not exist."),
            }
        }
        ("POST", Some(id), false) => complete(&mut inner, &key, &id, &String::from_utf8_lossy(&body)),
        ("DELETE", Some(id), false) => match inner.uploads.remove(&id) {
            Some(_) => StatusCode::NO_CONTENT.into_response(),
            None => error(StatusCode::NOT_FOUND, "NoSuchUpload", "The specified upload does not exist."),
        },
        _ => error(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", "Not allowed."),
    }
}

/// Returns an object, or the requested part of it (`Range: bytes=FIRST-LAST`, where LAST may be missing).
fn object(inner: &Inner, key: &str, headers: &HeaderMap) -> Response {
    let (content, etag) = &inner.objects[key];
    let range = headers.get("range").and_then(|range| range.to_str().ok()?.strip_prefix("bytes=")?.split_once('-'));
    let mut response = match range {
        None => ([("etag", etag.clone())], content.clone()).into_response(),
        Some((first, last)) => {
            let (first, whole) = (first.parse::<usize>().unwrap(), content.len());
            let end = last.parse::<usize>().map_or(whole, |last| whole.min(last + 1));
            let shown = format!("bytes {first}-{}/{whole}", end.saturating_sub(1));
            let headers = [("etag", etag.clone()), ("content-range", shown)];
            (StatusCode::PARTIAL_CONTENT, headers, content.slice(first..end)).into_response()
        }
    };
    if let Some(time) = inner.times.get(key) {
        response.headers_mut().insert(LITESTREAM_TIME, time.clone());
    }
    response
}

fn list(inner: &Inner, value: &impl Fn(&str) -> Option<String>) -> Response {
    let (prefix, after) = (value("prefix").unwrap_or_default(), value("continuation-token"));
    let all: Vec<_> = inner
        .objects
        .iter()
        .filter(|(key, _)| key.starts_with(&prefix) && after.as_ref().is_none_or(|after| *key > after))
        .collect();
    let page = &all[..all.len().min(PAGE)];
    let mut inside = format!("<Name>{BUCKET}</Name><Prefix>{prefix}</Prefix><KeyCount>{}</KeyCount>", page.len());
    write!(inside, "<MaxKeys>{PAGE}</MaxKeys><IsTruncated>{}</IsTruncated>", page.len() < all.len()).unwrap();
    for (key, (content, etag)) in page {
        let etag = etag.replace('"', "&quot;");
        write!(
            inside,
            "<Contents><Key>{key}</Key><LastModified>2026-11-20T03:00:00.000Z</LastModified><ETag>{etag}</ETag>\
             <Size>{}</Size><StorageClass>STANDARD</StorageClass></Contents>",
            content.len()
        )
        .unwrap();
    }
    if let Some((last, _)) = page.last().filter(|_| page.len() < all.len()) {
        write!(inside, "<NextContinuationToken>{last}</NextContinuationToken>").unwrap();
    }
    xml("ListBucketResult", &inside)
}

fn complete(inner: &mut Inner, key: &str, id: &str, body: &str) -> Response {
    let Some((_, parts)) = inner.uploads.get(id) else {
        return error(StatusCode::NOT_FOUND, "NoSuchUpload", "The specified upload does not exist.");
    };
    let between = |part: &str, name: &str| -> String {
        let (_, rest) = part.split_once(&format!("<{name}>")).unwrap();
        rest.split_once(&format!("</{name}>")).unwrap().0.replace("&quot;", "\"")
    };
    let named: Vec<(u16, String)> = body
        .split("<Part>")
        .skip(1)
        .map(|part| (between(part, "PartNumber").parse().unwrap(), between(part, "ETag")))
        .collect();
    let (mut content, mut sums) = (Vec::new(), Md5::new());
    for (at, (number, etag)) in named.iter().enumerate() {
        let Some(part) = parts.get(number).filter(|part| inner.etag(part) == *etag) else {
            return error(StatusCode::BAD_REQUEST, "InvalidPart", "A part could not be found.");
        };
        if at + 1 < named.len() && part.len() < 5 << 20 {
            return error(StatusCode::BAD_REQUEST, "EntityTooSmall", "A part is smaller than allowed.");
        }
        content.extend_from_slice(part);
        sums.update(Md5::digest(part));
    }
    let etag = quoted(&sums.finalize()).trim_end_matches('"').to_owned() + &format!("-{}\"", named.len());
    inner.uploads.remove(id);
    let etag = if inner.own_etags { inner.etag(&content) } else { etag };
    let escaped = etag.replace('"', "&quot;");
    inner.objects.insert(key.to_owned(), (content.into(), etag));
    xml("CompleteMultipartUploadResult", &format!("<Key>{key}</Key><ETag>{escaped}</ETag>"))
}

fn quoted(sum: &[u8]) -> String {
    format!("\"{}\"", agentlocator::domain::hex(sum))
}

fn xml(name: &str, inside: &str) -> Response {
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{name} xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{inside}</{name}>"
    );
    ([("content-type", "application/xml")], text).into_response()
}

fn error(status: StatusCode, code: &str, message: &str) -> Response {
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    );
    (status, [("content-type", "application/xml")], Body::from(text)).into_response()
}

const PAGE: usize = 2;
const LITESTREAM_TIME: &str = "x-amz-meta-litestream-timestamp";
