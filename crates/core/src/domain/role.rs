//! Roles and their permissions.

use super::text_enum;

text_enum! {
    /// What a user or a token may do.
    Role {
        /// All permissions, including settings and users.
        Owner = "owner",
        /// The daily work: threads, messages, calls, contacts.
        Staff = "staff",
    }
}
