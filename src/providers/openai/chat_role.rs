//! The authors of the messages of a conversation with a language model.

use crate::domain::text_enum;

text_enum! {
    /// The author of a message, as the APIs name it.
    ChatRole {
        /// The instructions.
        System = "system",
        /// The caller.
        User = "user",
        /// The agent.
        Assistant = "assistant",
    }
}
