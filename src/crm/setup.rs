//! The initial set-up. A one-time code creates the first owner. Only the administrator of the machine can read the
//! code.

use super::{Error, RequestError, token, user};
use crate::domain::{ActorId, BusinessId, Role, SetupProgress, SetupStep, Timestamp, User};
use crate::entropy;
use crate::store::{self, ReadTx, WriteTx};
use std::time::Duration;

/// A one-time code of 128 bits, in groups that are easy to read aloud: `K7QM4-…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetupCode(String);

impl SetupCode {
    pub fn generate() -> Self {
        let bits = u128::from_be_bytes(entropy::random_bytes());
        let letters = (0..LETTERS).rev().map(|i| char::from(ALPHABET[(bits >> (5 * i)) as usize & 31]));
        Self(letters.collect())
    }

    /// Parses typed input. Ignores case, blanks and dashes, and accepts `O` for `0` and `I` or `L` for `1`.
    pub fn parse(text: &str) -> Self {
        let letters = text.chars().filter(char::is_ascii_alphanumeric).map(|c| match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            c => c,
        });
        Self(letters.collect())
    }

    pub fn hash(&self) -> String {
        token::hash(&self.0)
    }
}

impl SetupCode {
    /// Returns the URL of the set-up page, with the code in the fragment (`#`), which browsers do not send to a server.
    pub fn url(&self, page: &str) -> String {
        format!("{page}/setup#code={self}")
    }
}

impl std::fmt::Display for SetupCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let groups: Vec<_> = self.0.as_bytes().chunks(5).map(String::from_utf8_lossy).collect();
        f.write_str(&groups.join("-"))
    }
}

/// Makes a code valid for a day. Refused if an owner exists.
pub fn activate_code(tx: &WriteTx<'_>, code_hash: &str, now: Timestamp) -> Result<(), Error> {
    reject_if_done(tx)?;
    tx.insert_setup_code(code_hash, now, now.plus(CODE_LIFETIME))?;
    Ok(())
}

/// Facts about the set-up that come from the settings and from the running daemon.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Evidence {
    pub has_name: bool,
    /// Whether the public address begins with `https://`.
    pub has_https: bool,
    /// Whether a WhatsApp sender of Twilio is configured, or the bridge is linked.
    pub has_whatsapp: bool,
    /// Whether OpenAI's API key is configured, or the settings of the pipeline are complete.
    pub has_ai_key: bool,
    /// Whether callers hear another greeting than the included one.
    pub has_greeting: bool,
}

#[derive(Debug)]
pub struct Progress {
    pub stored: SetupProgress,
    /// Whether a user has saved opening hours: those of a new installation are a guess.
    pub has_opening_hours: bool,
    pub completed: Vec<SetupStep>,
}

/// Sends no request to a provider. Therefore, the phone number counts as set up after the webhooks of a number were
/// changed on the page, or after the first incoming call. The last step is complete once a call was answered.
pub fn progress(tx: &ReadTx<'_>, evidence: Evidence) -> store::Result<Progress> {
    let stored = tx.setup_progress()?;
    let has_opening_hours =
        tx.has_saved_opening_hours(BusinessId::FIRST)? && !tx.opening_hours(BusinessId::FIRST)?.is_empty();
    let has_catalog = has_opening_hours && !tx.services(BusinessId::FIRST, false)?.is_empty();
    let has_number = tx.has_incoming_call(BusinessId::FIRST)? || !tx.replaced_webhooks()?.is_empty();
    let is_answering = tx.has_answered_call(BusinessId::FIRST)?;
    let is_completed = |step: &SetupStep| match step {
        SetupStep::Name => evidence.has_name,
        SetupStep::Address => evidence.has_https,
        SetupStep::Phone => has_number,
        SetupStep::WhatsApp => evidence.has_whatsapp,
        SetupStep::Ai => evidence.has_ai_key,
        SetupStep::Greeting => evidence.has_greeting,
        SetupStep::Business => has_catalog,
        SetupStep::Agent => stored.agent_answered_at.is_some(),
        SetupStep::Call => is_answering,
    };
    let completed = SetupStep::ALL.iter().copied().filter(is_completed).collect();
    Ok(Progress { stored, has_opening_hours, completed })
}

pub fn skip(tx: &WriteTx<'_>, step: SetupStep, is_skipped: bool) -> Result<(), Error> {
    let mut skipped = tx.setup_progress()?.skipped;
    if skipped.contains(&step) == is_skipped {
        return Ok(());
    }
    if is_skipped {
        skipped.push(step);
    } else {
        skipped.retain(|one| *one != step);
    }
    Ok(tx.set_skipped_steps(&skipped)?)
}

/// Records that the agent answered in a test call, which completes a step of the set-up. Stores only the time of the
/// first such answer, and no data of the call.
pub fn agent_answered(tx: &WriteTx<'_>, now: Timestamp) -> store::Result<()> {
    match tx.setup_progress()?.agent_answered_at {
        Some(_) => Ok(()),
        None => tx.set_agent_answered(now),
    }
}

/// Rejects an invalid code. The check runs before the expensive hash of the password, because any client can send a
/// code.
pub fn check_code(tx: &ReadTx<'_>, code: &SetupCode, now: Timestamp) -> Result<(), Error> {
    reject_if_done(tx)?;
    if tx.is_setup_code(&code.hash(), now)? { Ok(()) } else { Err(invalid_code()) }
}

pub fn complete(
    tx: &WriteTx<'_>,
    code: &SetupCode,
    name: &str,
    password_hash: &str,
    now: Timestamp,
) -> Result<User, Error> {
    reject_if_done(tx)?;
    user::check_name(name)?;
    if !tx.use_setup_code(&code.hash(), now)? {
        return Err(invalid_code());
    }
    user::add(tx, ActorId::Unauthenticated, name, Role::Owner, password_hash, now)
}

fn invalid_code() -> Error {
    let message = "this code is invalid or has expired; `agentlocator setup` on the machine prints a new one";
    RequestError::Forbidden(message.into()).into()
}

fn reject_if_done(tx: &ReadTx<'_>) -> Result<(), Error> {
    if tx.count_owners()? > 0 {
        return Err(RequestError::Conflict("there is an owner already; log in instead".into()).into());
    }
    Ok(())
}

pub const CODE_LIFETIME: Duration = Duration::from_hours(24);

/// The alphabet of Crockford's Base32, which omits letters that resemble digits.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The number of characters of a code: 5 bits each, enough for 128 bits.
const LETTERS: u32 = 26;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let code = SetupCode::generate();
        let shown = code.to_string();
        assert_eq!(shown.len(), 26 + 5);
        assert_eq!(SetupCode::parse(&shown), code);
        assert_eq!(SetupCode::parse(&format!(" {} ", shown.to_lowercase().replace('-', " "))), code);
        assert_eq!(SetupCode::parse("oil"), SetupCode("011".into()));
        assert_ne!(SetupCode::generate(), code);
    }
}
