-- Rows with fixed times for tables that data.sql leaves empty.
INSERT INTO services(id, name, duration_min, created_at, updated_at) VALUES
    (1, 'תספורת', 30, '2026-11-01T08:00:00.000Z', '2026-11-01T08:00:00.000Z');
INSERT INTO appointments(id, contact_id, service_id, resource_id, starts_at, ends_at, blocked_from, blocked_to, time_zone, state, source,
                         created_by, created_at, updated_at) VALUES
    (1, 1, 1, 1, '2026-11-02T08:00:00.000Z', '2026-11-02T08:30:00.000Z', '2026-11-02T08:00:00.000Z', '2026-11-02T08:30:00.000Z',
     'Asia/Jerusalem', 'booked', 'agent', 'agent', '2026-11-01T08:00:00.000Z', '2026-11-01T08:00:00.000Z');
INSERT INTO knowledge_gaps(id, question, folded, state, contact_id, created_at, asked_at) VALUES
    (1, 'Parking?', 'parking', 'open', 1, '2026-11-01T08:00:00.000Z', '2026-11-01T08:00:00.000Z');
INSERT INTO closures(id, from_date, to_date, created_by, created_at, updated_at) VALUES
    (1, '2030-01-01', '2030-01-02', 'user:1', '2026-11-01T08:00:00.000Z', '2026-11-01T08:00:00.000Z');
INSERT INTO waiting_list(id, contact_id, service_id, from_date, to_date, created_by, created_at) VALUES
    (1, 1, 1, '2030-01-01', '2030-01-02', 'user:1', '2026-11-01T08:00:00.000Z');
INSERT INTO merge_suggestions(id, business_id, first_contact, second_contact, reason, address, created_at) VALUES
    (1, 1, 2, 3, 'number_moved', '+972501234567', '2026-11-01T08:00:00.000Z');
INSERT INTO scheduled_messages(id, thread_id, text, send_at, state, author, created_at, updated_at) VALUES
    (1, 1, 'see you tomorrow', '2030-01-01T00:00:00.000Z', 'waiting', 'user:1', '2026-11-01T08:00:00.000Z', '2026-11-01T08:00:00.000Z');
INSERT INTO outbound_calls(id, business_id, contact_id, number, own_number, purpose, missed_call_id, state, due_at, requested_by, created_at,
                           updated_at) VALUES
    (1, 1, 1, '+972501234567', '+97233333333', 'לתאם תור', 2, 'waiting', '2030-01-01T00:00:00.000Z', 'user:1', '2026-11-12T08:00:00.000Z',
     '2026-11-12T08:00:00.000Z');
INSERT INTO alert_events(id, at, kind, transition) VALUES (1, '2026-11-01T08:00:00.000Z', 'ai_refused', 'raised');
INSERT INTO alerts VALUES
    ('ai_refused', '{"kind":"ai_refused","state":"raised","detail":{"he":"x","en":"x"},"since":"2026-11-01T08:00:00.000Z",
      "cleared_at":null,"mute":null,"deliveries":[],"recurrences":0}', '2026-11-01T08:00:00.000Z');
