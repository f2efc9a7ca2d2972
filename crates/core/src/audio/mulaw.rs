//! Mu-law (ITU-T G.711), the encoding of telephone audio.

/// The byte that encodes silence.
pub const SILENCE: u8 = 0xff;

const BIAS: i32 = 0x84;
const CLIP: i32 = 32_635;

/// Decodes a mu-law sample to a linear sample between -32124 and 32124.
pub const fn decode(byte: u8) -> i16 {
    let bits = !byte;
    let magnitude = ((((bits & 0x0f) as i32) << 3) + BIAS) << ((bits & 0x70) >> 4);
    let linear = magnitude - BIAS;
    #[expect(clippy::cast_possible_truncation, reason = "G.711 stays within 14 bits and a sign")]
    if bits & 0x80 == 0 { linear as i16 } else { -linear as i16 }
}

/// Encodes a linear sample as mu-law. Amplitudes above 32635 are clipped.
pub fn encode(linear: i16) -> u8 {
    let sign = if linear < 0 { 0x80 } else { 0 };
    let magnitude = i32::from(linear).abs().min(CLIP) + BIAS;
    let exponent = (0..8).rev().find(|e| magnitude & (0x80 << e) != 0).unwrap_or(0);
    let mantissa = (magnitude >> (exponent + 3)) & 0x0f;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "seven bits by construction")]
    let byte = (exponent << 4 | mantissa) as u8;
    !(sign | byte)
}

/// Returns the mean absolute level of the samples, from 0 to 32124.
pub fn level(samples: &[u8]) -> u32 {
    let sum: u64 = samples.iter().map(|byte| u64::from(LOUDNESS[usize::from(*byte)])).sum();
    u32::try_from(sum / (samples.len().max(1) as u64)).unwrap_or(0)
}

/// Returns the number of samples that are louder than `level`.
pub fn louder_than(level: u16, samples: &[u8]) -> usize {
    samples.iter().filter(|byte| LOUDNESS[usize::from(**byte)] > level).count()
}

const LOUDNESS: [u16; 256] = {
    let mut table = [0; 256];
    let mut byte = 0u8;
    loop {
        table[byte as usize] = decode(byte).unsigned_abs();
        if byte == 255 {
            break table;
        }
        byte += 1;
    }
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_survives_the_round_trip() {
        for byte in 0..=255u8 {
            // 0x7f is negative zero, which is encoded as positive zero.
            let expected = if byte == 0x7f { 0xff } else { byte };
            assert_eq!(encode(decode(byte)), expected, "{byte:#x}");
        }
    }

    #[test]
    fn the_encoding_agrees_with_the_table_of_g711() {
        for (byte, linear) in
            [(0x00, -32124), (0x80, 32124), (0xff, 0), (0x7f, 0), (0xf0, 120), (0x70, -120), (0x8f, 16764)]
        {
            assert_eq!(i32::from(decode(byte)), linear, "{byte:#x}");
        }
        assert_eq!(encode(i16::MIN), 0x00);
        assert_eq!(encode(i16::MAX), 0x80);
    }

    #[test]
    fn silence_is_silent() {
        assert_eq!(level(&[SILENCE; 160]), 0);
        assert_eq!(level(&[]), 0);
        assert_eq!(level(&[0x00; 160]), 32_124);
    }
}
