use super::*;
use proptest::prelude::*;

/// As the index finds it: every word as a substring, two letters at the beginning of a word.
fn finds(typed: &str, text: &str) -> bool {
    let Some(query) = Query::parse(typed) else { return false };
    let (folded, numbers) = (fold(text).text, numbers(text, "972"));
    let any = query.match_expression().replace(['(', ')'], "");
    any.split(" OR ").any(|all| {
        all.split(" AND ").all(|term| {
            let (column, phrase) = term.split_once(" : ").unwrap();
            let phrase = phrase.trim_matches('"');
            if column == "text" { folded.contains(phrase) } else { numbers.contains(phrase) }
        })
    })
}

#[test]
fn spellings_of_a_word_find_one_another() {
    for (typed, text) in [
        ("רופא", "תור לרופא"),
        ("רופא", "הרופאה אמרה"),
        ("שלום", "שָׁלוֹם לכם"),
        ("שָׁלוֹם", "שלום"),
        ("צהל", "שירתתי בצה״ל"),
        ("צה\"ל", "צהל"),
        ("צה״ל", "צה\"ל"),
        ("בעמ", "דנה בע\"מ"),
        ("דן", "דנה ודן"),
        ("ים", "בת ים"),
        ("ספר", "בית־ספר"),
        ("café", "Cafe Noir"),
        ("ÉCOLE", "école"),
        ("שלומ", "שלום"),
        ("תור מחר", "מחר יש תור"),
        ("abc", "\u{202e}abc"),
    ] {
        assert!(finds(typed, text), "{typed} in {text}: {:?}", fold(text).text);
    }
    for (typed, text) in [("רופא", "רופף"), ("ור", "תור"), ("תור מחר", "תור"), ("a", "a"), ("\"", "x"), ("", "x")]
    {
        assert!(!finds(typed, text), "{typed} in {text}");
    }
}

#[test]
fn forms_of_a_number_find_one_another() {
    let forms = ["0541234567", "972541234567", "+972 54-123-4567", "054-123-4567", "00972541234567", "(054) 123.4567"];
    for typed in forms {
        for text in forms {
            assert!(finds(typed, &format!("המספר {text} שלי")), "{typed} in {text}");
        }
    }
    for part in ["123-4567", "4567", "541234567", "\u{2066}054-123-4567\u{2069}"] {
        assert!(finds(part, "+972 54-123-4567"), "{part}");
    }
    assert!(!finds("0541234568", "+972541234567"));
}

#[test]
fn hits_are_where_the_original_has_them() {
    let marked = |typed: &str, text: &str| {
        let excerpt = Query::parse(typed).unwrap().excerpt(text, 300);
        let units: Vec<u16> = excerpt.text.encode_utf16().collect();
        excerpt.highlights.iter().map(|(a, b)| String::from_utf16(&units[*a..*b]).unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(marked("רופא", "👋 לרופא והרופאה"), ["רופא", "רופא"]);
    assert_eq!(marked("צהל", "בצה״ל"), ["צה״ל"]);
    assert_eq!(marked("0541234567", "טל׳ +972 54-123-4567!"), ["54-123-4567"]);
    assert_eq!(marked("דן", "דנה מדן ודן דן"), ["דנ", "דן"]);
    assert_eq!(marked("aa", "aaa"), ["aa"]);
    let long = format!("{} מילה {}", "א ".repeat(400), "ב ".repeat(400));
    let excerpt = Query::parse("מילה").unwrap().excerpt(&long, 120);
    assert!(excerpt.text.starts_with('…') && excerpt.text.ends_with('…'));
    assert_eq!((excerpt.text.chars().count(), excerpt.highlights.len()), (122, 1));
}

proptest! {
    #[test]
    fn a_text_finds_itself_and_its_hits_are_inside(text in "[ -~א-ת\u{5b0}-\u{5bd}״']{0,60}", cut in 1_usize..50) {
        if let Some(query) = Query::parse(&text) {
            let excerpt = query.excerpt(&text, cut);
            let length = excerpt.text.encode_utf16().count();
            prop_assert!(excerpt.highlights.iter().all(|(a, b)| a < b && *b <= length));
            prop_assert!(excerpt.highlights.windows(2).all(|pair| pair[0].1 <= pair[1].0));
        }
        let once = fold(&text).text;
        prop_assert_eq!(&fold(&once).text, &once);
    }
}
