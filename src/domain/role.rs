//! Who may do what.

use super::text_enum;

text_enum! {
    /// What a user or a token may do.
    Role {
        /// Everything, settings and users included.
        Owner = "owner",
        /// The daily work: threads, messages, calls, people.
        Staff = "staff",
    }
}
