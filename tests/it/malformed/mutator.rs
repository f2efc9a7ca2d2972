//! Mutates valid bodies with a pseudorandom sequence that is equal in every run, so that a failure can be reproduced.

/// A pseudorandom sequence (xorshift64*).
pub(super) struct Mutator(u64);

impl Mutator {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(number).unwrap() % limit.max(1)
    }

    /// Returns an entry of the corpus, unchanged or mutated in a few places.
    pub(super) fn mutate(&mut self, corpus: &[Vec<u8>]) -> Vec<u8> {
        let mut body = corpus[self.below(corpus.len())].clone();
        for _ in 0..self.below(4) {
            let at = self.below(body.len() + 1);
            match self.below(6) {
                0 => body.insert(at, u8::try_from(self.below(256)).unwrap()),
                1 => body.truncate(at),
                2 => body.splice(at..at, vec![b'A'; self.below(3000)]).for_each(drop),
                3 => {
                    let other = corpus[self.below(corpus.len())].clone();
                    body.splice(at..at, other).for_each(drop);
                }
                4 if at < body.len() => body[at] ^= 1 << self.below(8),
                _ if at < body.len() => drop(body.remove(at)),
                _ => body.extend("שלום\u{202e}".bytes()),
            }
        }
        body
    }
}

/// Returns the lines of a file in `tests/fixtures/malformed`.
pub(super) fn corpus(name: &str) -> Vec<Vec<u8>> {
    let path = format!("{}/tests/fixtures/malformed/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap().lines().map(bytes).collect()
}

/// Decodes a line in which `\xHH` represents a single byte.
fn bytes(line: &str) -> Vec<u8> {
    let mut parts = line.split("\\x");
    let mut out = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (hex, rest) = part.split_at(2);
        out.push(u8::from_str_radix(hex, 16).unwrap());
        out.extend(rest.bytes());
    }
    out
}
