//! JSON lists as query parameters.

use serde_json::Value;

/// Returns numbers or texts as a JSON list for SQLite's `json_each`.
pub(in crate::store) fn json_list<'a, T: Clone + Into<Value> + 'a>(values: impl IntoIterator<Item = &'a T>) -> String {
    values.into_iter().cloned().collect::<Value>().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_json() {
        assert_eq!((json_list(&[1, 2]), json_list(&["a\"b"])), ("[1,2]".to_owned(), r#"["a\"b"]"#.to_owned()));
        assert_eq!(json_list::<i64>(&[]), "[]");
    }
}
