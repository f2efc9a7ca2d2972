//! The kinds of changes that clients are notified of.

use super::text_enum;

text_enum! {
    /// The kind of a change. `ref_id` is the id of the changed row; for a turn it is the id of its call.
    ChangeKind {
        /// A new message; its thread has moved up in the list.
        MessageCreated = "message_created",
        /// A message has changed, or its author deleted it.
        MessageUpdated = "message_updated",
        /// A duplicate of a message was merged with the message; `ref_id` is the deleted duplicate.
        MessageDeleted = "message_deleted",
        /// A thread has changed, or its contact opted out.
        ThreadUpdated = "thread_updated",
        /// A contact is new or has changed. The titles of its threads change with its name.
        ContactUpdated = "contact_updated",
        /// A contact was deleted with all its data.
        ContactDeleted = "contact_deleted",
        /// The notes of a contact have changed; `ref_id` is the contact.
        NoteUpdated = "note_updated",
        /// A tag is new, has another name, or was deleted.
        TagUpdated = "tag_updated",
        /// A field of the business's contacts is new, was changed or archived.
        CustomFieldUpdated = "custom_field_updated",
        /// A task is new, was changed, done or deleted.
        TaskUpdated = "task_updated",
        /// A lead is new, was changed or deleted.
        LeadUpdated = "lead_updated",
        /// A stage of leads is new, was changed or deleted.
        LeadStageUpdated = "lead_stage_updated",
        /// A merge of two contacts was suggested, or a user accepted or dismissed the suggestion.
        MergeSuggestionUpdated = "merge_suggestion_updated",
        /// A new call; its thread has moved up in the list.
        CallStarted = "call_started",
        /// A call has changed.
        CallUpdated = "call_updated",
        CallEnded = "call_ended",
        /// A call that the agent was asked to make is new, was cancelled, or its state has changed.
        OutboundCallUpdated = "outbound_call_updated",
        /// A turn of a call is new, longer, or was deleted.
        TurnUpdated = "turn_updated",
        /// A user or an API client created, changed or finished a draft. Only that user or client is notified, with the
        /// draft's thread as `ref_id`.
        DraftUpdated = "draft_updated",
        /// A saved reply is new, was changed or deleted.
        SavedReplyUpdated = "saved_reply_updated",
        /// A scheduled message is new, was changed, sent, cancelled, or could not be sent.
        ScheduledMessageUpdated = "scheduled_message_updated",
        /// An alert was raised, muted, unmuted or reported, or has cleared. This change has no `ref_id`.
        AlertUpdated = "alert_updated",
        /// The state of the bridge's link to WhatsApp has changed. This change has no `ref_id`.
        BridgeUpdated = "bridge_updated",
        /// A self-check has ended. This change has no `ref_id`. Only owners are notified.
        SelfCheckUpdated = "self_check_updated",
        /// An appointment is new or was changed.
        AppointmentUpdated = "appointment_updated",
        /// A service is new, was changed, archived or deleted.
        ServiceUpdated = "service_updated",
        /// A resource is new, was changed, archived or deleted, or has other opening hours.
        ResourceUpdated = "resource_updated",
        /// The opening hours of the business or a closure has changed. This change has no `ref_id`.
        OpeningHoursUpdated = "opening_hours_updated",
        /// An entry of the waiting list is new, was changed or was removed.
        WaitingListUpdated = "waiting_list_updated",
        /// A fact about the business is new, was changed or deleted.
        FactUpdated = "fact_updated",
        /// A tool of the agent that the owner defined is new, was changed, deleted or restored. Only owners are
        /// notified.
        AgentToolUpdated = "agent_tool_updated",
        /// A question that the agent could not answer is new, was asked again, answered or dismissed.
        KnowledgeGapUpdated = "knowledge_gap_updated",
        /// A setting was changed, changed settings have become active, or another greeting was chosen. This change has
        /// no `ref_id`.
        SettingUpdated = "setting_updated",
        /// Who answers calls was switched. This change has no `ref_id`.
        AnsweringUpdated = "answering_updated",
        /// A step of the set-up was skipped or resumed, or the agent answered a trial call for the first time. This
        /// change has no `ref_id`. Only owners are notified.
        SetupUpdated = "setup_updated",
        /// A snapshot of the database was started, was created or has failed. This change has no `ref_id`. Only owners
        /// are notified.
        BackupUpdated = "backup_updated",
        /// A user was added or removed, or has another role. Only owners and this user are notified.
        UserUpdated = "user_updated",
        /// A token was created or revoked. Only owners are notified.
        TokenUpdated = "token_updated",
    }
}
