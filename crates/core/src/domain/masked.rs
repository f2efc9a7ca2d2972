//! Masking of numbers and names in logs. A masked number can be recognised, but not dialled.

use std::fmt;

/// A text whose `Display` shows only the first five and the last two characters, as in `+9725•••••12`. For a text of
/// fewer than ten characters, it shows only the first quarter.
#[derive(Clone, Copy, Debug)]
pub struct Masked<'a>(pub &'a str);

impl fmt::Display for Masked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(text) = *self;
        let length = text.chars().count();
        let (head, tail) = if length >= 10 { (5, 2) } else { (length / 4, 0) };
        let at = |chars: usize| text.char_indices().nth(chars).map_or(text.len(), |(at, _)| at);
        f.write_str(&text[..at(head)])?;
        f.write_str("•••••")?;
        f.write_str(&text[at(length - tail)..])
    }
}

#[cfg(test)]
mod tests {
    use super::Masked;

    #[test]
    fn shows_little() {
        for (text, shown) in
            [("+972501234512", "+9725•••••12"), ("", "•••••"), ("12345", "1•••••"), ("שלום שלום שלום", "שלום •••••ום")]
        {
            assert_eq!(Masked(text).to_string(), shown);
        }
    }
}
