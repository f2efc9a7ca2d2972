//! Which texts of digits are E.164 beyond doubt, so that libphonenumber's tables need not be asked.

/// Calling codes of two digits; `1` and `7` stand alone, the rest are [`THREE_DIGITS`].
const TWO_DIGITS: &[u16] = &[
    20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52, 53, 54, 55, 56, 57, 58, 60, 61, 62,
    63, 64, 65, 66, 81, 82, 84, 86, 90, 91, 92, 93, 94, 95, 98,
];

const THREE_DIGITS: &[u16] = &[
    211, 212, 213, 216, 218, 220, 221, 222, 223, 224, 225, 226, 227, 228, 229, 230, 231, 232, 233, 234, 235, 236, 237,
    238, 239, 240, 241, 242, 243, 244, 245, 246, 247, 248, 249, 250, 251, 252, 253, 254, 255, 256, 257, 258, 260, 261,
    262, 263, 264, 265, 266, 267, 268, 269, 290, 291, 297, 298, 299, 350, 351, 352, 353, 354, 355, 356, 357, 358, 359,
    370, 371, 372, 373, 374, 375, 376, 377, 378, 380, 381, 382, 383, 385, 386, 387, 389, 420, 421, 423, 500, 501, 502,
    503, 504, 505, 506, 507, 508, 509, 590, 591, 592, 593, 594, 595, 596, 597, 598, 599, 670, 672, 673, 674, 675, 676,
    677, 678, 679, 680, 681, 682, 683, 685, 686, 687, 688, 689, 690, 691, 692, 800, 808, 850, 852, 853, 855, 856, 870,
    878, 880, 881, 882, 883, 886, 888, 960, 961, 962, 963, 964, 965, 966, 967, 968, 970, 971, 972, 973, 974, 975, 976,
    977, 979, 992, 993, 994, 995, 996, 998,
];

/// Whether `digits`, read as international, are in E.164 form already: a calling code that exists, and behind it nothing
/// that a numbering plan could take for a trunk or carrier prefix. False only means that the tables must be asked.
pub(super) fn is_plainly_international(digits: &str) -> bool {
    if !(10..=15).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let Some(code) = calling_code(digits.as_bytes()) else { return false };
    let national = &digits.as_bytes()[if code < 10 {
        1
    } else if code < 100 {
        2
    } else {
        3
    }..];
    !may_begin_with_a_prefix(code, national)
}

fn calling_code(digits: &[u8]) -> Option<u16> {
    let digit = |at: usize| digits.get(at).map(|byte| u16::from(byte - b'0'));
    let first = digit(0)?;
    if first == 1 || first == 7 {
        return Some(first);
    }
    let two = first * 10 + digit(1)?;
    if TWO_DIGITS.binary_search(&two).is_ok() {
        return Some(two);
    }
    let three = two * 10 + digit(2)?;
    THREE_DIGITS.binary_search(&three).ok().map(|_| three)
}

/// Trunk and carrier prefixes of the numbering plans, as libphonenumber's `nationalPrefixForParsing` has them. Nearly
/// everywhere it is a `0`, which Italy and a few others keep: the tables tell those apart.
fn may_begin_with_a_prefix(code: u16, national: &[u8]) -> bool {
    match national {
        [b'0', ..] => true,
        [b'1', ..] if matches!(code, 298 | 352 | 506 | 692) => true,
        [b'1', b'1' | b'2' | b'7', ..] if code == 86 => true,
        // Mexico's mobile numbers had a `1` here until 2019, and WhatsApp's ids still have it.
        [b'1', ..] if code == 52 => true,
        [b'8', ..] if matches!(code, 7 | 370 | 375 | 993) => true,
        [b'9', b'0', ..] if code == 55 => true,
        // Seven digits are local in Madagascar, and a `20` is put before them.
        local => code == 261 && local.len() <= 7,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn code() -> impl Strategy<Value = u16> {
        let mut all = vec![1, 7];
        all.extend(TWO_DIGITS);
        all.extend(THREE_DIGITS);
        proptest::sample::select(all)
    }

    #[test]
    fn the_codes_are_those_of_libphonenumber() {
        let known = |code: u16| phonenumber::metadata::DATABASE.by_code(&code).is_some();
        for code in 1..1000 {
            let text = format!("{code}0000000000");
            let ours = calling_code(text.as_bytes()) == Some(code);
            assert_eq!(ours, known(code), "{code}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn what_is_taken_as_it_is_is_what_the_tables_say(code in code(), national in "[0-9]{7,14}") {
            let digits = format!("{code}{national}");
            if is_plainly_international(&digits) {
                let read = phonenumber::parse(None, format!("+{digits}")).unwrap();
                prop_assert_eq!(read.format().mode(phonenumber::Mode::E164).to_string(), format!("+{digits}"));
            }
        }
    }
}
