//! Tests of the address of a tool's request, and of the check of the model's arguments.

use super::{
    AgentTool, AgentToolId, ParameterType, Timestamp, ToolMethod, ToolParameter, UrlTemplate, UrlTemplateError,
};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Returns a tool with parameters of every type; only `part` is required.
fn tool_at(url: &str) -> AgentTool {
    let parameter = |name: &str, kind| ToolParameter {
        name: name.to_owned(),
        kind,
        description: String::new(),
        required: name == "part",
        choices: if name == "size" { vec!["big".to_owned(), "small".to_owned()] } else { Vec::new() },
    };
    let at = Timestamp::from_millis(1_795_000_000_000);
    AgentTool {
        id: AgentToolId(1),
        name: "stock".to_owned(),
        description: String::new(),
        method: ToolMethod::Get,
        url: url.to_owned(),
        parameters: vec![
            parameter("part", ParameterType::String),
            parameter("count", ParameterType::Integer),
            parameter("price", ParameterType::Number),
            parameter("express", ParameterType::Boolean),
            parameter("size", ParameterType::String),
        ],
        headers: Vec::new(),
        time_limit_s: 8,
        is_enabled: true,
        archived_at: None,
        created_at: at,
        updated_at: at,
    }
}

fn arguments(value: Value) -> Map<String, Value> {
    let Value::Object(arguments) = value else { panic!("{value} is no object") };
    arguments
}

#[test]
fn a_template_has_its_placeholders_after_the_server() {
    use UrlTemplateError as E;
    for (text, outcome) in [
        ("https://shop.example", Ok("")),
        ("https://Shop.example:8443/a/{part}/b?c={branch}&d={part}", Ok("part branch part")),
        ("https://shop.example?q={q}", Ok("q")),
        ("http://shop.example/", Ok("")),
        ("HTTPS://shop.example/", Ok("")),
        ("https://{server}/", Err(E::ParameterInServer)),
        ("https://shop{n}.example/", Err(E::ParameterInServer)),
        ("https:///{a}", Err(E::NoServer)),
        ("https://?{a}", Err(E::NoServer)),
        ("https:/shop.example/", Err(E::NoServer)),
        ("ftp://shop.example/", Err(E::NoServer)),
        ("shop.example/{a}", Err(E::NoServer)),
        ("https://shop.example/{", Err(E::BadParameter)),
        ("https://shop.example/}", Err(E::BadParameter)),
        ("https://shop.example/{}", Err(E::BadParameter)),
        ("https://shop.example/{a b}", Err(E::BadCharacter)),
        ("https://shop.example/{a-b}", Err(E::BadParameter)),
        ("https://shop.example/{{a}}", Err(E::BadParameter)),
        ("https://shop.example/../{a}", Err(E::DotSegment)),
        ("https://shop.example/%2E%2e/{a}", Err(E::DotSegment)),
        ("https://shop.example/#{a}", Err(E::BadCharacter)),
        ("https://shop.example\\@other.example/", Err(E::BadCharacter)),
    ] {
        let parsed = UrlTemplate::parse(text);
        let names = parsed.as_ref().map(|template| template.parameters().collect::<Vec<_>>().join(" "));
        assert_eq!(names.map_err(|error| *error), outcome.map(str::to_owned), "{text}");
    }
}

#[test]
fn arguments_are_encoded_and_the_others_of_get_are_appended() {
    let url = "https://shop.example/stock/{part}?by=phone";
    let values = json!({"part": "a/b?c=ד &#", "count": 3, "express": true});
    let mut tool = tool_at(url);
    let expected = "https://shop.example/stock/a%2Fb%3Fc%3D%D7%93%20%26%23?by=phone";
    assert_eq!(tool.address(&arguments(values.clone())).unwrap(), format!("{expected}&count=3&express=true"));
    tool.method = ToolMethod::Post;
    assert_eq!(tool.address(&arguments(values)).unwrap(), expected);
    let plain = tool_at("https://shop.example");
    assert_eq!(plain.address(&arguments(json!({"part": "1"}))).unwrap(), "https://shop.example?part=1");
}

#[test]
fn values_that_would_remove_a_segment_are_rejected() {
    for (url, value, is_accepted) in [
        ("https://shop.example/a/{part}/b", "..", false),
        ("https://shop.example/a/{part}/b", ".", false),
        ("https://shop.example/a/{part}{part}/b", ".", false),
        ("https://shop.example/a/.{part}", ".", false),
        ("https://shop.example/a/{part}", "", false),
        ("https://shop.example/a/{part}", "...", true),
        ("https://shop.example/a/{part}", "1.5", true),
        ("https://shop.example/a?b={part}", "..", true),
    ] {
        let expanded = tool_at(url).address(&arguments(json!({"part": value})));
        assert_eq!(expanded.is_ok(), is_accepted, "{url} {value:?}: {expanded:?}");
    }
}

#[test]
fn arguments_are_checked_against_the_parameters() {
    let tool = tool_at("https://shop.example/{part}");
    for (arguments, outcome) in [
        (json!({"part": "a"}), Ok(json!({"part": "a"}))),
        (json!({"part": "a", "count": null}), Ok(json!({"part": "a"}))),
        (
            json!({"part": "a", "count": 3, "price": 1.5, "express": true, "size": "big"}),
            Ok(json!({"part": "a", "count": 3, "price": 1.5, "express": true, "size": "big"})),
        ),
        (json!({"part": "a", "price": 2}), Ok(json!({"part": "a", "price": 2}))),
        (json!({}), Err("part is missing")),
        (json!({"part": null}), Err("part is missing")),
        (json!({"part": 7}), Err("part must be a text of at most 2000 characters")),
        (json!({"part": "x".repeat(2001)}), Err("part must be a text of at most 2000 characters")),
        (json!({"part": "a", "count": 1.5}), Err("count must be a whole number")),
        (json!({"part": "a", "count": "3"}), Err("count must be a whole number")),
        (json!({"part": "a", "price": "3"}), Err("price must be a number")),
        (json!({"part": "a", "express": "yes"}), Err("express must be true or false")),
        (json!({"part": "a", "size": "huge"}), Err("size must be one of: big, small")),
        (
            json!({"part": "a", "colour": "red"}),
            Err("there is no parameter colour; the parameters are: part, count, price, express, size"),
        ),
        (json!([]), Err("the arguments must be a JSON object")),
        (json!("part"), Err("the arguments must be a JSON object")),
    ] {
        let checked = tool.check_arguments(arguments.clone()).map(Value::from);
        assert_eq!(checked.map_err(|error| error.to_string()), outcome.map_err(str::to_owned), "{arguments}");
    }
}

proptest! {
    #[test]
    fn no_value_changes_the_server_the_path_or_other_values(value in ".{1,40}", other in any::<i64>()) {
        let tool = tool_at("https://shop.example/a/{part}/b?c={part}");
        let Ok(address) = tool.address(&arguments(json!({"part": value, "count": other}))) else {
            prop_assert!(value.chars().all(|c| c == '.'), "{value:?} was rejected");
            return Ok(());
        };
        let rest = address.strip_prefix("https://shop.example/a/").unwrap();
        let (path, query) = rest.split_once("/b?c=").unwrap();
        let (in_query, count) = query.split_once("&count=").unwrap();
        prop_assert_eq!(path, in_query);
        prop_assert_eq!(count, other.to_string());
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_~.%".contains(&byte);
        prop_assert!(path.bytes().all(is_plain), "{}", path);
    }
}
