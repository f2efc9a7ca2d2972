-- The appointment that a scheduled message is about: a later change of the appointment cancels the message.
ALTER TABLE scheduled_messages ADD COLUMN appointment_id INTEGER REFERENCES appointments(id) ON DELETE SET NULL;
CREATE INDEX idx_scheduled_messages_appointment ON scheduled_messages(appointment_id) WHERE appointment_id IS NOT NULL;

-- Changes of contacts and of their appointments that are no longer visible in the rows that were changed, for the timeline.
CREATE TABLE contact_events (
    id              INTEGER PRIMARY KEY,
    contact_id      INTEGER NOT NULL REFERENCES contacts(id),
    kind            TEXT NOT NULL,
    -- Who made the change, as in audit_log; 'provider' for an opt-out that a provider reported.
    actor           TEXT NOT NULL,
    -- The contact's message that opted out.
    word            TEXT,
    -- For the kind 'appointment_moved'.
    appointment_id  INTEGER REFERENCES appointments(id) ON DELETE CASCADE,
    moved_from      TEXT,
    moved_to        TEXT,
    created_at      TEXT NOT NULL
) STRICT;
CREATE INDEX idx_contact_events_contact ON contact_events(contact_id, created_at);
CREATE INDEX idx_contact_events_appointment ON contact_events(appointment_id) WHERE appointment_id IS NOT NULL;
-- For the scheduled messages of merged threads.
CREATE INDEX idx_threads_merged ON threads(merged_into) WHERE merged_into IS NOT NULL;
