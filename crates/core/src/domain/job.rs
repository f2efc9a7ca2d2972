//! Background jobs.

use super::text_enum;
use std::fmt::Display;

text_enum! {
    /// The kind of a background job.
    JobKind {
        /// Fetch a file of a WhatsApp message.
        FetchMedia = "whatsapp.media",
        /// Download a recording from Twilio.
        FetchRecording = "fetch_recording",
        /// Transcribe the message that a caller left at Twilio's recorder.
        TranscribeRecording = "transcribe_recording",
        CompressRecording = "compress_recording",
        /// Compare what the agent promised in a call with what it did.
        ReviewCall = "review_call",
        SummarizeCall = "summarize_call",
        /// Send the owner the message about a call.
        NotifyOwner = "call_notice",
        /// Send a caller the confirmation of an appointment.
        ConfirmAppointment = "confirm_appointment",
        /// Write to a caller whose call ended before the agent could help.
        TextMissedCaller = "text_missed_caller",
        /// Make a task for a contact whom an outbound call did not reach.
        ContactNotReached = "contact_not_reached",
        /// Continue the deletion of a contact's data.
        EraseContact = "erase_contact",
        /// Ask the bridge to delete the data of a contact.
        EraseInBridge = "erase_in_bridge",
    }
}

impl JobKind {
    /// Returns the unique key of the job of this kind about `subject`, such as the id of a call. A second job with the
    /// same key is not stored.
    pub fn key(self, subject: impl Display) -> String {
        format!("{self}:{subject}")
    }
}
