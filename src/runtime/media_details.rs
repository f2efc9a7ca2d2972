//! Reads size and duration of files, and makes thumbnails, one at a time on a low-priority thread and with bounded
//! memory.

use super::low_priority::on_low_priority_thread;
use crate::audio::mp3;
use crate::audio::wav::WavFormat;
use crate::store::MediaDetails;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, GenericImageView, ImageDecoder, ImageReader, Limits, metadata::Orientation};
use std::io::Cursor;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Clones share the limit of one file at a time.
#[derive(Clone)]
pub struct MediaExaminer(Arc<Semaphore>);

impl Default for MediaExaminer {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(1)))
    }
}

impl MediaExaminer {
    /// Details that cannot be determined are missing.
    pub async fn examine(&self, mime: &str, content: Bytes) -> MediaDetails {
        // The semaphore is never closed, so acquiring it cannot fail.
        let _turn = self.0.acquire().await;
        let mime = mime.to_owned();
        let examined = on_low_priority_thread("media", async move { examine(&mime, &content) }).await;
        examined.ok().flatten().unwrap_or_default()
    }
}

fn examine(mime: &str, content: &[u8]) -> MediaDetails {
    match mime.split('/').next() {
        Some("image") => image_details(content).unwrap_or_default(),
        Some("audio" | "video") => MediaDetails { duration_ms: duration_ms(mime, content), ..MediaDetails::default() },
        _ => MediaDetails::default(),
    }
}

fn image_details(content: &[u8]) -> Option<MediaDetails> {
    let mut reader = ImageReader::new(Cursor::new(content)).with_guessed_format().ok()?;
    let mut limits = Limits::default();
    (limits.max_image_width, limits.max_image_height) = (Some(MAX_SIDE), Some(MAX_SIDE));
    limits.max_alloc = Some(MAX_DECODED_BYTES);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().ok()?;
    let (width, height) = decoder.dimensions();
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let is_turned = matches!(
        orientation,
        Orientation::Rotate90 | Orientation::Rotate270 | Orientation::Rotate90FlipH | Orientation::Rotate270FlipH
    );
    let (width, height) = if is_turned { (height, width) } else { (width, height) };
    let size = MediaDetails { width: Some(width.into()), height: Some(height.into()), ..MediaDetails::default() };
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Some(size);
    }
    let Ok(mut image) = DynamicImage::from_decoder(decoder) else { return Some(size) };
    image = image.thumbnail(THUMBNAIL_SIDE, THUMBNAIL_SIDE);
    image.apply_orientation(orientation);
    let thumbhash = STANDARD.encode(thumbhash_of(&image));
    Some(MediaDetails { thumbhash: Some(thumbhash), thumbnail: jpeg(&image), ..size })
}

fn thumbhash_of(image: &DynamicImage) -> Vec<u8> {
    let small = image.thumbnail(HASHED_SIDE, HASHED_SIDE).to_rgba8();
    let side = |length: u32| usize::try_from(length).unwrap_or(0);
    thumbhash::rgba_to_thumb_hash(side(small.width()), side(small.height()), &small)
}

/// Transparent parts become white.
fn jpeg(image: &DynamicImage) -> Option<Vec<u8>> {
    let (width, height) = image.dimensions();
    let mut page = image::RgbaImage::from_pixel(width, height, image::Rgba([u8::MAX; 4]));
    image::imageops::overlay(&mut page, &image.to_rgba8(), 0, 0);
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut bytes, QUALITY);
    DynamicImage::ImageRgba8(page).to_rgb8().write_with_encoder(encoder).ok()?;
    Some(bytes)
}

/// Does not decode the content. `None` if the file contains no duration or its format is unknown.
fn duration_ms(mime: &str, content: &[u8]) -> Option<i64> {
    let ms = match mime {
        "audio/mpeg" => u64::try_from(mp3::duration(content).ok()?.as_millis()).ok()?,
        "audio/wav" => {
            let format = WavFormat::parse(&content[..content.len().min(MAX_HEADER_BYTES)], content.len() as u64)?;
            format.frames() * 1000 / u64::from(format.rate.max(1))
        }
        "audio/ogg" => ogg_ms(content)?,
        "audio/mp4" | "video/mp4" | "video/3gpp" | "video/quicktime" => movie_ms(content)?,
        _ => return None,
    };
    i64::try_from(ms).ok()
}

/// Returns the duration from the position of the last page of an Ogg file. WhatsApp's voice messages are Opus, whose
/// positions count 48,000 per second.
fn ogg_ms(content: &[u8]) -> Option<u64> {
    let last = content.windows(4).rposition(|bytes| bytes == b"OggS")?;
    let position = u64::from_le_bytes(content.get(last + 6..last + 14)?.try_into().ok()?);
    // A position of 2^64-1 means that no packet ends on the page.
    Some(position.checked_mul(1000)? / 48_000)
}

/// From the `mvhd` movie header; `None` if there is no header or it does not contain the duration.
fn movie_ms(content: &[u8]) -> Option<u64> {
    let header = &content[content.windows(4).position(|bytes| bytes == b"mvhd")? + 4..];
    let number = |at: usize| Some(u64::from(u32::from_be_bytes(header.get(at..at + 4)?.try_into().ok()?)));
    let (scale, duration, unknown) = if header.first() == Some(&1) {
        (number(20)?, number(24)? << 32 | number(28)?, u64::MAX)
    } else {
        (number(12)?, number(16)?, u64::from(u32::MAX))
    };
    // The header of a file in fragments has the duration zero.
    if duration == unknown || duration == 0 {
        return None;
    }
    duration.checked_mul(1000)?.checked_div(scale)
}

/// Images with more pixels are not decoded, because an image of 50 megapixels needs 200 MB of memory.
const MAX_PIXELS: u64 = 50_000_000;
const MAX_SIDE: u32 = 20_000;
const MAX_DECODED_BYTES: u64 = 256 << 20;
const MAX_HEADER_BYTES: usize = 64 << 10;
const THUMBNAIL_SIDE: u32 = 360;
/// The maximum side in pixels that the thumbhash library accepts.
const HASHED_SIDE: u32 = 100;
const QUALITY: u8 = 75;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_has_its_size_and_a_thumbnail() {
        let image = DynamicImage::ImageRgb8(image::RgbImage::from_pixel(1200, 600, image::Rgb([200, 30, 30])));
        for format in [image::ImageFormat::Png, image::ImageFormat::Jpeg] {
            let mut file = Cursor::new(Vec::new());
            image.write_to(&mut file, format).unwrap();
            let details = image_details(file.get_ref()).unwrap();
            assert_eq!((details.width, details.height), (Some(1200), Some(600)));
            let thumbnail = image::load_from_memory(&details.thumbnail.unwrap()).unwrap();
            assert_eq!(thumbnail.dimensions(), (360, 180));
            assert!(STANDARD.decode(details.thumbhash.unwrap()).unwrap().len() < 30);
        }
        assert_eq!(image_details(b"\x89PNG\r\n\x1a\nbroken"), None);
    }

    #[test]
    fn sound_has_a_duration() {
        let mut wav = crate::audio::wav::header(1, 16_000).to_vec();
        wav.resize(wav.len() + 16_000, 0);
        assert_eq!(duration_ms("audio/wav", &wav), Some(2000));
        let mut ogg = b"OggS\0\x04".to_vec();
        ogg.extend(96_000_u64.to_le_bytes());
        assert_eq!(duration_ms("audio/ogg", &ogg), Some(2000));
        let mut endless = b"OggS\0\x04".to_vec();
        endless.extend(u64::MAX.to_le_bytes());
        assert_eq!(duration_ms("audio/ogg", &endless), None);
        let mut movie = b"\0\0\0\x6cmvhd\0\0\0\0".to_vec();
        movie.extend([0; 8]);
        movie.extend(600_u32.to_be_bytes());
        movie.extend(1500_u32.to_be_bytes());
        assert_eq!(duration_ms("video/mp4", &movie), Some(2500));
        for unknown in [u32::MAX, 0] {
            movie.truncate(movie.len() - 4);
            movie.extend(unknown.to_be_bytes());
            assert_eq!(duration_ms("video/mp4", &movie), None, "{unknown}");
        }
        for mime in ["audio/mpeg", "audio/wav", "audio/ogg", "video/mp4", "audio/amr"] {
            assert_eq!(duration_ms(mime, b"nothing of it"), None, "{mime}");
        }
    }
}
