-- The appointment that a scheduled message is about: a later change of the appointment cancels the message.
ALTER TABLE scheduled_messages ADD COLUMN appointment_id INTEGER REFERENCES appointments(id) ON DELETE SET NULL;
CREATE INDEX idx_scheduled_messages_appointment ON scheduled_messages(appointment_id) WHERE appointment_id IS NOT NULL;
