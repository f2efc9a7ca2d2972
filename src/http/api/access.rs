//! The access level of an operation: which users and tokens may call it.

use utoipa::openapi::SecurityRequirement;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// Any client, without a login.
    Anyone,
    /// Users and tokens of any role.
    Member,
    /// Users of any role, but no tokens.
    LoggedIn,
    /// Users of any role, and tokens with the role of an owner.
    LoggedInOrOwner,
    /// Users and tokens with the role of an owner.
    Owner,
}

impl Access {
    /// Returns, for each kind of credential, the role that it needs.
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
