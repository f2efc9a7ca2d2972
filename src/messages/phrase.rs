//! Phrases: parts of emails, messages, tasks, announcements and web pages. Only their rendered text may be stored.

use crate::domain::localized_enum;

localized_enum! {
    /// A text that is rendered immediately.
    Phrase {
        // Mails and WhatsApp messages about alerts.
        AlertAndMore { headline: String, count: u64 } = "alerts-and-more",
        AlertLasts { headline: String } = "alerts-lasts",
        AlertCleared { headline: String } = "alerts-cleared",
        AlertSince { since: String } = "alerts-since",
        AlertLasted { since: String } = "alerts-lasted",
        AlertPage { page: String } = "alerts-page",
        AlertTestSubject = "alerts-test-subject",
        AlertTestBody = "alerts-test-body",

        // Tasks from promises of the agent that were not kept.
        PromiseBooked { said: String } = "promise-booked",
        PromiseMoved { said: String } = "promise-moved",
        PromiseCancelled { said: String } = "promise-cancelled",
        PromiseWaiting { said: String } = "promise-waiting",
        PromisePassedOn { said: String } = "promise-passed-on",
        PromiseSent { said: String } = "promise-sent",
        PromiseOffered { said: String } = "promise-offered",
        PromiseTransferred { said: String } = "promise-transferred",
        PromiseOptedOut { said: String } = "promise-opted-out",
        PromiseOtherTime { said: String } = "promise-other-time",

        // Tasks for contacts whom the agent could not reach.
        TaskNotReached { who: String, purpose: String } = "task-not-reached",

        // WhatsApp messages to a caller after a call.
        TextBooked { what: String } = "text-booked",
        TextMoved { what: String } = "text-moved",
        TextCancelled { what: String } = "text-cancelled",
        TextAppointment { service: String, weekday: String, date: String, time: String } = "text-appointment",
        TextMissedCall = "text-missed-call",

        // Messages to the owner about a call.
        NoticeOutcome { outcome: String, who: String } = "notice-outcome",
        NoticeWhen { at: String, length: String } = "notice-when",
        NoticeBooked { what: String } = "notice-booked",
        NoticeMoved { what: String } = "notice-moved",
        NoticeCancelled { what: String } = "notice-cancelled",
        NoticeTask { title: String } = "notice-task",
        NoticeLead { title: String } = "notice-lead",
        NoticePage { page: String } = "notice-page",

        // Answers to the owner's commands by WhatsApp.
        AnsweringAgent = "answering-agent",
        AnsweringAgentUntil { time: String } = "answering-agent-until",
        AnsweringRing = "answering-ring",
        AnsweringRingUntil { time: String } = "answering-ring-until",
        AnsweringSettings { ring: String } = "answering-settings",
        AnsweringNoPhone = "answering-no-phone",
        AnsweringNeverOpens = "answering-never-opens",
        AnsweringWords = "answering-words",

        // The confirmation that a contact gets no further messages.
        OptOutConfirmed = "opt-out-confirmed",

        // What a caller hears.
        SayError = "say-error",
        SayLeaveMessage = "say-leave-message",
        SayOneMoment = "say-one-moment",
        SayGoodbye = "say-goodbye",
        SayThanks = "say-thanks",
        SayNotDone = "say-not-done",
        SayNotRead = "say-not-read",

        // What an answering machine records.
        SayCalledBack { business: String } = "say-called-back",
        SayCalledBackUnnamed = "say-called-back-unnamed",
        SayCalledBackBecause { business: String, purpose: String } = "say-called-back-because",
        SayCalledBackBecauseUnnamed { purpose: String } = "say-called-back-because-unnamed",

        // What the person to whom a call is transferred hears.
        SayTransfer { caller: String } = "say-transfer",
        SayTransferBecause { caller: String, reason: String } = "say-transfer-because",
        SayWithheldNumber = "say-withheld-number",

        // Pages without encryption.
        HttpsUntrusted { url: String } = "https-untrusted",
        HttpsMissing = "https-missing",
        HttpsElsewhere = "https-elsewhere",

        // The calendar.
        HebrewDate { day: String, month: String, year: String } = "hebrew-date",
    }
}
