//! Who may call an operation.

use utoipa::openapi::SecurityRequirement;

/// Who may call an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// Everyone, without a login.
    Anyone,
    /// Users and tokens of any role.
    Member,
    /// Users of any role, but no tokens.
    LoggedIn,
    /// Users of any role, and tokens of owners.
    LoggedInOrOwner,
    /// Users and tokens that are owners.
    Owner,
}

impl Access {
    /// How the document shows it: the role that each kind of credential needs.
    pub(super) fn security(self) -> Vec<SecurityRequirement> {
        let (cookie, token) = match self {
            Self::Anyone => return vec![SecurityRequirement::default()],
            Self::Member => ("staff", Some("staff")),
            Self::LoggedIn => ("staff", None),
            Self::LoggedInOrOwner => ("staff", Some("owner")),
            Self::Owner => ("owner", Some("owner")),
        };
        let token = token.map(|role| SecurityRequirement::new("token", [role]));
        [SecurityRequirement::new("cookie", [cookie])].into_iter().chain(token).collect()
    }
}
