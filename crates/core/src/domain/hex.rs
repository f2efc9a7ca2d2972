//! Bytes as hexadecimal text.

/// Encodes bytes as lower-case hexadecimal text, two digits per byte.
pub fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from(DIGITS[usize::from(digit)]));
        }
    }
    text
}

/// Returns true if all bytes are lower-case hex digits.
pub fn is_hex(text: &[u8]) -> bool {
    text.iter().all(|byte| DIGITS.contains(byte))
}

const DIGITS: &[u8; 16] = b"0123456789abcdef";

#[cfg(test)]
mod tests {
    use super::hex;

    #[test]
    fn every_byte_has_two_digits() {
        assert_eq!(hex(&[0, 9, 10, 0xf0, 255]), "00090af0ff");
        assert_eq!(hex(&[]), "");
    }
}
