-- Three contacts: Dana wrote on WhatsApp and called, Noa wrote, a third one hid the number.
INSERT INTO contacts(id, business_id, display_name, created_at, updated_at) VALUES
    (1, 1, 'דנה לוי', '2026-11-01T08:00:00.000Z', '2026-11-01T08:00:00.000Z'),
    (2, 1, 'Noa', '2026-11-02T08:00:00.000Z', '2026-11-02T08:00:00.000Z'),
    (3, 1, '', '2026-11-03T08:00:00.000Z', '2026-11-03T08:00:00.000Z');
INSERT INTO addresses(business_id, contact_id, kind, value, created_at) VALUES
    (1, 1, 'phone', '+972501234567', '2026-11-01T08:00:00.000Z'),
    (1, 2, 'phone', '+972541111111', '2026-11-02T08:00:00.000Z'),
    (1, 3, 'lid', '99887766', '2026-11-03T08:00:00.000Z');
INSERT INTO threads(id, type, contact_id, provider, peer_number, title, unread_count, last_message_at, created_at) VALUES
    (1, 'whatsapp', 1, 'baileys', '+972501234567', 'דנה לוי', 2, '2026-11-10T10:00:00.000Z', '2026-11-01T08:00:00.000Z'),
    (2, 'call', 1, NULL, '+972501234567', 'דנה לוי', 0, '2026-11-12T10:00:00.000Z', '2026-11-01T08:00:00.000Z'),
    (3, 'whatsapp', 2, 'twilio', '+972541111111', 'Noa', 0, '2026-11-10T10:00:00.000Z', '2026-11-02T08:00:00.000Z'),
    (4, 'whatsapp', 3, 'baileys', '99887766@lid', '99887766@lid', 0, '2026-11-03T08:00:00.000Z', '2026-11-03T08:00:00.000Z');
INSERT INTO messages(id, thread_id, direction, message_type, content_text, provider, provider_msg_id, status, created_at) VALUES
    (1, 1, 'in', 'text', 'שלום, מתי פתוח?', 'baileys', 'A1', 'received', '2026-11-10T09:58:00.000Z'),
    (2, 1, 'out', 'text', 'עד שש', 'baileys', 'A2', 'read', '2026-11-10T09:59:00.000Z'),
    (3, 1, 'in', 'text', 'תודה 100%', 'baileys', 'A3', 'received', '2026-11-10T10:00:00.000Z'),
    (4, 1, 'in', 'text', 'ביי', 'baileys', 'A4', 'received', '2026-11-10T10:00:00.000Z'),
    (5, 3, 'in', 'text', 'Delivery on Monday?', 'twilio', 'SM1', 'received', '2026-11-10T10:00:00.000Z');
INSERT INTO calls(id, call_sid, thread_id, contact_id, direction, peer_number, own_number, state, engine, started_at,
                  answered_at, ended_at, end_reason, duration_ms, updated_at) VALUES
    (1, 'CA1', 2, 1, 'in', '+972501234567', '+97233333333', 'ended', 'realtime', '2026-11-12T10:00:00.000Z',
     '2026-11-12T10:00:03.000Z', '2026-11-12T10:01:00.000Z', 'caller_hung_up', 60000, '2026-11-12T10:01:00.000Z'),
    (2, 'CA2', 2, 1, 'in', '+972501234567', '+97233333333', 'ended', NULL, '2026-11-11T10:00:00.000Z',
     NULL, '2026-11-11T10:00:09.000Z', 'not_connected', 9000, '2026-11-11T10:00:09.000Z');
INSERT INTO call_turns(call_id, seq, item_id, speaker, text, heard_text, interrupted, started_ms, created_at) VALUES
    (1, 1, 'i1', 'caller', 'אפשר לקבוע תור?', 'אפשר לקבוע תור?', 0, 900, '2026-11-12T10:00:04.000Z'),
    (1, 2, 'i2', 'agent', 'בוודאי, מתי נוח לך?', 'בוודאי,', 1, 2500, '2026-11-12T10:00:06.000Z');
INSERT INTO recordings(id, call_id, source, channels, duration_ms, bytes, state, created_at) VALUES
    (1, 1, 'stream', 2, 60000, 26, 'complete', '2026-11-12T10:00:03.000Z');
INSERT INTO recording_chunks VALUES (1, 0, CAST('abcdefghij' AS BLOB)), (1, 1, CAST('klmnopqrstuvwxyz' AS BLOB));
