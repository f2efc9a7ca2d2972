//! The kinds of changes that clients are notified of.

use super::text_enum;

text_enum! {
    /// What has changed. `ref_id` is the id of the row that the kind names; of a turn it is the call's.
    ChangeKind {
        /// A new message; its thread has moved up in the list.
        MessageCreated = "message_created",
        /// The status, the text, the file, a reaction or the provider of a message.
        MessageUpdated = "message_updated",
        /// A message that was stored twice was merged; `ref_id` is the copy that was deleted.
        MessageDeleted = "message_deleted",
        /// A thread was read, moved, or has another AI mode or provider.
        ThreadUpdated = "thread_updated",
        /// A contact is new, has another name or address, or was merged or unmerged; the titles of its threads follow.
        ContactUpdated = "contact_updated",
        /// A contact was deleted with everything about it.
        ContactDeleted = "contact_deleted",
        /// The notes of a contact; `ref_id` is the contact.
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
        /// A merge of two contacts is suggested, or the suggestion was decided.
        MergeSuggestionUpdated = "merge_suggestion_updated",
        /// A new call; its thread has moved up in the list.
        CallStarted = "call_started",
        /// The state, the engine, the message, the cost or a recording of a call.
        CallUpdated = "call_updated",
        /// A call has ended.
        CallEnded = "call_ended",
        /// A turn of a call is new, longer, or was deleted.
        TurnUpdated = "turn_updated",
        /// A user began, changed or finished a draft; `ref_id` is its thread. For that user.
        DraftUpdated = "draft_updated",
        /// A saved reply is new, was changed or deleted.
        SavedReplyUpdated = "saved_reply_updated",
        /// A scheduled message is new, was changed, sent, cancelled, or could not be sent.
        ScheduledMessageUpdated = "scheduled_message_updated",
        /// An alert was raised, muted, sent or has cleared. It has no `ref_id`.
        AlertUpdated = "alert_updated",
        /// The bridge's link to WhatsApp is in another state. It has no `ref_id`.
        BridgeUpdated = "bridge_updated",
        /// A self-check has ended. It has no `ref_id`. For owners.
        SelfCheckUpdated = "self_check_updated",
        /// An appointment is new or was changed.
        AppointmentUpdated = "appointment_updated",
        /// A service is new, was changed, archived or deleted.
        ServiceUpdated = "service_updated",
        /// A resource is new, was changed, archived or deleted, or has other opening hours.
        ResourceUpdated = "resource_updated",
        /// The opening hours of the business, or a closure. It has no `ref_id`.
        OpeningHoursUpdated = "opening_hours_updated",
        /// An entry of the waiting list is new, was changed or was removed.
        WaitingListUpdated = "waiting_list_updated",
        /// A fact about the business is new, was changed or deleted.
        FactUpdated = "fact_updated",
        /// A question that the agent could not answer is new, was asked again, answered or dismissed.
        KnowledgeGapUpdated = "knowledge_gap_updated",
        /// Settings were changed on the page. It has no `ref_id`.
        SettingUpdated = "setting_updated",
        /// A step of the set-up was skipped or taken up again, or the agent answered in a trial call for the first time. It has no
        /// `ref_id`. For owners.
        SetupUpdated = "setup_updated",
        /// A snapshot of the database was begun or created, or could not be created. It has no `ref_id`. For owners.
        BackupUpdated = "backup_updated",
        /// A user was added or removed. For owners.
        UserUpdated = "user_updated",
        /// A token was created or revoked. For owners.
        TokenUpdated = "token_updated",
    }
}
