//! The kinds of events that are stored with a call.

use super::text_enum;

text_enum! {
    /// The kind of a stored event of a call.
    CallEventKind {
        /// The caller interrupted the agent.
        BargeIn = "barge_in",
        /// The agent paused for a sound that was no interruption, and then continued if any audio was left.
        BargeInUndone = "barge_in_undone",
        /// A reply that was requested early was discarded.
        EarlyReplyDiscarded = "early_reply_discarded",
        /// The caller pressed a key.
        Key = "key",
        /// The agent asked a silent caller whether they are still there.
        IdlePrompt = "idle_prompt",
        EngineLost = "engine_lost",
        EngineFailover = "engine_failover",
        /// The engine rejected a request or sent a malformed message, or a response failed or stopped early.
        EngineWarning = "engine_warning",
        /// The caller is a machine. The end reason of the call is derived from this event.
        Robot = "robot",
        /// The caller never said a word. The end reason of the call is derived from this event.
        SilentCaller = "silent_caller",
        /// The caller hung up and had heard nothing of the agent. The end reason of the call is derived from this event.
        Unanswered = "unanswered",
        /// The caller asked for a person, and the call rang in the open web pages.
        PageRingStarted = "page_ring_started",
        /// A user who saw the call ring cannot answer it.
        PageRingDeclined = "page_ring_declined",
        /// A user began to answer, so the call rang on.
        PageRingProlonged = "page_ring_prolonged",
        PageRingEnded = "page_ring_ended",
        TransferBegan = "transfer_began",
        TransferAccepted = "transfer_accepted",
        TransferFailed = "transfer_failed",
        /// An employee talked with the caller through the browser.
        TakenOver = "taken_over",
        /// The call went from an employee back to the agent.
        HandedBack = "handed_back",
        /// The media stream or the engine was not connected in time, or no engine could be opened.
        Watchdog = "watchdog",
        /// The caller began to leave a message.
        MessageStarted = "message_started",
        /// A user or an API client ended the call. The end reason of the call is derived from this event.
        HungUpByEmployee = "hung_up_by_employee",
        /// The conversation could not be stored while it happened. Its transcript is lost.
        StoredLate = "stored_late",
        /// The retention settings deleted turns of the call.
        TranscriptPruned = "transcript_pruned",
        LeadFound = "lead_found",
        /// The caller gave the contact its name. Such a name does not verify the caller's identity.
        ContactNamed = "contact_named",
        /// A machine answered the outbound call.
        AnsweredByMachine = "answered_by_machine",
        /// Twilio has requested the message for the machine that answered the outbound call.
        MachineGotMessage = "machine_got_message",
        /// A false claim of the agent was stopped before the caller heard it, or while the caller heard it.
        ClaimStopped = "claim_stopped",
        /// The agent broke a promise.
        PromiseBroken = "promise_broken",
        /// The confirmation of an appointment was queued.
        AppointmentConfirmed = "appointment_confirmed",
        AppointmentNotConfirmed = "appointment_not_confirmed",
        /// A message to a caller whose call ended before the agent could help was queued.
        MissedCallerTexted = "missed_caller_texted",
        MissedCallerNotTexted = "missed_caller_not_texted",
        /// A message that the agent wrote to the caller was queued.
        AgentTextedCaller = "agent_texted_caller",
        AgentTextNotSent = "agent_text_not_sent",
        OwnerNotifiedByMail = "owner_notified_by_mail",
        OwnerNotifiedByWhatsApp = "owner_notified_by_whatsapp",
    }
}
