//! Comparison with the test cases of an independent implementation, the Python package `hebrew-num2words`.

use super::super::hebrew::{Gender, before_noun, cardinal, ordinal};
use super::*;

const CASES: &str = include_str!("../../../../../tests/fixtures/hebrew/num2words.txt");

/// Returns the words for a case that is a number with its gender, such as "12/f".
fn number(kind: &str, input: &str) -> String {
    let (number, gender) = input.split_once('/').unwrap();
    let number = number.parse().unwrap();
    let gender = if gender == "f" { Gender::Feminine } else { Gender::Masculine };
    match kind {
        "card" => cardinal(number, gender),
        "cardc" => before_noun(number, gender, true),
        "ord" => ordinal(number, gender),
        // The sentence gives the number its article.
        "ordd" => said(&format!("הפעם ה-{number}")).replace("הפעם ", ""),
        _ => panic!("unknown kind: {kind}"),
    }
}

#[test]
fn the_facts_of_num2words_agree() {
    let (mut count, mut wrong) = (0, Vec::new());
    for line in lines(include_str!("cardinals.txt")) {
        let [kind, input, expected] = line.split(" | ").collect::<Vec<_>>()[..] else { panic!("{line}") };
        count += 1;
        let said = number(kind, input);
        if said != expected {
            wrong.push(format!("{kind} {input}\n  said:     {said}\n  expected: {expected}"));
        }
    }
    assert_eq!(count, 139);
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn all_cases_of_the_independent_set_agree() {
    let (mut sentences, mut numbers, mut wrong) = (0, 0, Vec::new());
    for line in lines(CASES) {
        let [kind, input, expected] = line.split(" | ").collect::<Vec<_>>()[..] else { panic!("{line}") };
        let (said, expected) = if kind == "norm" {
            sentences += usize::from(input.contains(|c: char| c.is_ascii_digit()));
            // The package leaves abbreviations as they are.
            (said(input), said(expected))
        } else {
            numbers += 1;
            (number(kind, input), expected.to_owned())
        };
        if said != expected {
            wrong.push(format!("{input}\n  said:     {said}\n  expected: {expected}"));
        }
    }
    assert_eq!((sentences, numbers), (60, 53));
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}
