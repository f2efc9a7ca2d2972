//! Roles and their permissions.

use super::text_enum;

text_enum! {
    /// The permissions of a user or a token.
    Role {
        /// All permissions, including settings and users.
        Owner = "owner",
        /// Permissions for daily work: threads, messages, calls and contacts.
        Staff = "staff",
    }
}
