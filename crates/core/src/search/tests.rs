use super::*;
use proptest::prelude::*;

/// Returns true if the index finds the text: each word as a substring, words of two letters at the beginning of a word.
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
        ("ת.ז.", "ת.ז. 123"),
        ("תז", "מס' ת.ז. שלי"),
        ("ת\"ז", "ת.ז 123"),
        ("ת.ז.", "ת\"ז"),
        ("צ.ב.ע", "חברת צ.ב.ע בע\"מ"),
        ("א.ב.ג", "אבג"),
        ("א.ב.ג.", "א.ב.ג"),
        ("abc", "A.B.C."),
        ("התחלה", "סוף.התחלה"),
        ("example", "shop.example"),
        ("דן", "דנה ודן"),
        ("ים", "בת ים"),
        ("ספר", "בית־ספר"),
        ("café", "Cafe Noir"),
        ("ÉCOLE", "école"),
        ("שלומ", "שלום"),
        ("תור מחר", "מחר יש תור"),
        ("abc", "\u{202e}abc"),
        ("محمد", "مُحَمَّد عَلِيّ"),
        ("علي", "مُحَمَّد عَلِيّ"),
        ("مُحَمَّد", "محمد علي"),
        ("احمد", "أحمد إبراهيم"),
        ("ابراهيم", "أحمد إبراهيم"),
        ("إبراهيم", "احمد ابراهيم"),
        ("امال", "آمال"),
        ("آمال", "امال حسن"),
        ("الاسم", "ٱلاسم"),
        ("على", "محمد علي"),
        ("مصطفي", "مصطفى"),
        ("فاطمه", "فاطمة"),
        ("فاطمة", "فاطمه"),
        ("محمد", "محـــمد"),
        ("هذا", "هٰذا"),
        ("محمد", "ﻣﺤﻤﺪ"),
    ] {
        assert!(finds(typed, text), "{typed} in {text}: {:?}", fold(text).text);
    }
    for (typed, text) in [
        ("רופא", "רופף"),
        ("סופהתחלה", "סוף.התחלה"),
        ("תזהות", "ת.זהות"),
        ("a1", "a.1"),
        ("ור", "תור"),
        ("תור מחר", "תור"),
        ("a", "a"),
        ("\"", "x"),
        ("", "x"),
        ("احمد", "حمد"),
        ("علي", "عمل"),
        ("امال", "جمال"),
        ("فاطمة", "فاطر"),
        ("محمد", "محمود"),
        ("َُِ", "محمد"),
    ] {
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
    for (part, number) in
        [("0001", "054-123-0001"), ("0002", "0541230002"), ("000", "054-1230001"), ("001", "0541230001")]
    {
        assert!(finds(part, number), "{part} in {number}");
        assert!(Query::parse(part).unwrap().excerpt(number, 300).highlights.len() == 1, "{part} in {number}");
    }
    assert!(!finds("0001", "0541231001"));
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
    assert_eq!(marked("محمد", "السيد مُحَمَّد عَلِيّ"), ["مُحَمَّد"]);
    assert_eq!(marked("0541234567", "טל׳ +972 54-123-4567!"), ["54-123-4567"]);
    assert_eq!(marked("דן", "דנה מדן ודן דן"), ["דנ", "דן"]);
    assert_eq!(marked("aa", "aaa"), ["aa"]);
    let long = format!("{} מילה {}", "א ".repeat(400), "ב ".repeat(400));
    let excerpt = Query::parse("מילה").unwrap().excerpt(&long, 120);
    assert!(excerpt.text.starts_with('…') && excerpt.text.ends_with('…'));
    assert_eq!((excerpt.text.chars().count(), excerpt.highlights.len()), (122, 1));
}

#[test]
fn a_hit_is_found_at_the_end_of_the_longest_message() {
    let text = "מילה ".repeat(65_530 / 5) + "אוצר";
    let excerpt = Query::parse("אוצר").unwrap().excerpt(&text, 300);
    assert_eq!((excerpt.text.chars().count(), excerpt.highlights), (301, vec![(297, 301)]));
    let text = "א".repeat(200_000) + " אוצר";
    let excerpt = Query::parse("אוצר").unwrap().excerpt(&text, 300);
    assert_eq!((excerpt.text.chars().count(), excerpt.highlights), (301, Vec::new()), "too long to search all of it");
}

/// Returns the first hit in a text. The reference implementation: it folds the text completely.
fn first_hit(typed: &str, text: &str) -> Option<usize> {
    let folded = fold(text);
    let words = fold(typed).text;
    let words = words.split_whitespace().filter(|word| word.chars().count() >= 2);
    let at = |word: &str| {
        let mut found = folded.text.match_indices(word).map(|(at, _)| at);
        found.find(|at| word.chars().count() > 2 || folded.text[..*at].ends_with(' '))
    };
    let hits = words.filter_map(|word| Some(folded.source(at(word)?..at(word)? + word.len())?.start));
    hits.min()
}

proptest! {
    #[test]
    fn the_first_hit_of_a_long_text_is_shown_wherever_it_is(
        before in "[a-c .״״]{0,6000}", after in "[a-c .]{0,900}", typed in "[a-cxy]{2,6}( [a-cxy]{2,4})?",
        middle in "(xyx|cxyb|ab|)", longest in 1_usize..200,
    ) {
        let text = before + &middle + &after;
        let excerpt = Query::parse(&typed).unwrap().excerpt(&text, longest);
        let wanted = first_hit(&typed, &text);
        // A hit that is longer than the excerpt is not highlighted.
        if let Some(first) = wanted.filter(|_| longest > 60) {
            let shown = excerpt.text.trim_matches('…');
            let start = text.find(shown).unwrap();
            let marked: String = excerpt.text.chars().skip(excerpt.highlights[0].0).collect();
            prop_assert!(text[first..].starts_with(marked.trim_end_matches('…')), "{start}");
        }
        prop_assert!(wanted.is_some() || excerpt.highlights.is_empty());
    }

    #[test]
    fn a_text_finds_itself_and_its_hits_are_inside(text in "[ -~א-ת\u{5b0}-\u{5bd}״'\u{621}-\u{652}\u{670}\u{671}]{0,60}", cut in 1_usize..50) {
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
