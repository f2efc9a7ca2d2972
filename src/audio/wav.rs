//! WAV around mu-law (RIFF, format tag 7), so that a recording is a file that any player opens.

/// The bytes before the samples.
pub const HEADER_BYTES: usize = 58;

/// The header of a mu-law file, 8 kHz, with so many bytes of samples; `u32::MAX` and more mean "still growing".
pub fn header(channels: u16, data_bytes: u64) -> [u8; HEADER_BYTES] {
    const RATE: u32 = 8000;
    let data = u32::try_from(data_bytes).unwrap_or(u32::MAX);
    let frames = data / u32::from(channels.max(1));
    let mut out = [0; HEADER_BYTES];
    let fields: [&[u8]; 15] = [
        b"RIFF",
        &data.saturating_add(50).to_le_bytes(),
        b"WAVEfmt ",
        &18u32.to_le_bytes(),
        &7u16.to_le_bytes(),
        &channels.to_le_bytes(),
        &RATE.to_le_bytes(),
        &(RATE * u32::from(channels)).to_le_bytes(),
        &channels.to_le_bytes(),
        &8u16.to_le_bytes(),
        &0u16.to_le_bytes(),
        b"fact",
        &4u32.to_le_bytes(),
        &frames.to_le_bytes(),
        b"data",
    ];
    let mut at = 0;
    for field in fields.into_iter().chain([&data.to_le_bytes()[..]]) {
        out[at..at + field.len()].copy_from_slice(field);
        at += field.len();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sizes_add_up() {
        let head = header(2, 1600);
        assert_eq!(&head[..4], b"RIFF");
        assert_eq!(u32::from_le_bytes(head[4..8].try_into().unwrap()) as usize + 8, HEADER_BYTES + 1600);
        assert_eq!(&head[HEADER_BYTES - 8..HEADER_BYTES - 4], b"data");
        assert_eq!(u32::from_le_bytes(head[HEADER_BYTES - 4..].try_into().unwrap()), 1600);
        assert_eq!(u32::from_le_bytes(head[46..50].try_into().unwrap()), 800);
    }
}
