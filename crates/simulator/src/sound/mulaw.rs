//! The mu-law encoding of ITU-T G.711, and the loudness of encoded audio.

/// Decodes a mu-law byte to a 16-bit linear sample.
pub fn decode_sample(byte: u8) -> i16 {
    let inverted = !byte;
    let exponent = i32::from(inverted >> 4 & 7);
    let mantissa = i32::from(inverted & 15);
    let magnitude = (((mantissa << 3) + BIAS) << exponent) - BIAS;
    let sample = if inverted & 0x80 == 0 { magnitude } else { -magnitude };
    // The largest magnitude is 32,124.
    i16::try_from(sample).unwrap_or_default()
}

/// Encodes a 16-bit linear sample as mu-law, with G.711's decision levels. Larger magnitudes than 32,635 are clipped.
pub fn encode_sample(sample: i16) -> u8 {
    let sign = if sample < 0 { 0x80 } else { 0 };
    let magnitude = i32::from(sample).abs().min(CLIP) + BIAS;
    let exponent = (7..=14).rev().find(|bit| magnitude >> bit != 0).map_or(0, |bit| bit - 7);
    let mantissa = magnitude >> (exponent + 3) & 15;
    !(sign | u8::try_from(exponent << 4 | mantissa).unwrap_or_default())
}

/// Returns the loudness of `sound`: the mean magnitude of its samples, 0 to 32,124.
pub fn loudness(sound: &[u8]) -> u32 {
    let sum: u64 = sound.iter().map(|&byte| u64::from(decode_sample(byte).unsigned_abs())).sum();
    u32::try_from(sum / (sound.len().max(1) as u64)).unwrap_or(u32::MAX)
}

const BIAS: i32 = 0x84;
const CLIP: i32 = 32_635;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_survives_a_round_trip() {
        for byte in 0..=255 {
            let again = encode_sample(decode_sample(byte));
            // Negative zero becomes positive zero.
            assert_eq!(again, if byte == 0x7F { 0xFF } else { byte });
        }
    }

    #[test]
    fn the_encoding_agrees_with_known_values_of_g711() {
        assert_eq!(decode_sample(0xFF), 0);
        assert_eq!(decode_sample(0x80), 32_124);
        assert_eq!(decode_sample(0x00), -32_124);
        assert_eq!(encode_sample(i16::MIN), 0x00);
        assert_eq!(encode_sample(i16::MAX), 0x80);
    }

    #[test]
    fn silence_is_not_loud_and_a_square_wave_is() {
        assert_eq!(loudness(&[0xFF; 160]), 0);
        assert_eq!(loudness(&[0x80, 0x00]), 32_124);
        assert_eq!(loudness(&[]), 0);
    }
}
