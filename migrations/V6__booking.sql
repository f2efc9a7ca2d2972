-- Booking: services, resources, hours, closures, appointments, the waiting list, and facts about the business. Local times are
-- `HH:MM`, local dates `YYYY-MM-DD`, both in the time zone of the business.

CREATE TABLE services (
    id                INTEGER PRIMARY KEY,
    business_id       INTEGER NOT NULL DEFAULT 1 REFERENCES businesses(id),
    name              TEXT NOT NULL,
    duration_min      INTEGER NOT NULL CHECK (duration_min > 0),
    -- How long the resource is occupied before and after the appointment.
    buffer_before_min INTEGER NOT NULL DEFAULT 0 CHECK (buffer_before_min >= 0),
    buffer_after_min  INTEGER NOT NULL DEFAULT 0 CHECK (buffer_after_min >= 0),
    -- In agorot.
    price_minor       INTEGER,
    description       TEXT NOT NULL DEFAULT '',
    position          INTEGER NOT NULL DEFAULT 0,
    archived_at       TEXT,
    created_at        TEXT NOT NULL,
    updated_at        TEXT NOT NULL
) STRICT;

-- What an appointment occupies: a member of the staff, or a room.
CREATE TABLE resources (
    id           INTEGER PRIMARY KEY,
    business_id  INTEGER NOT NULL DEFAULT 1 REFERENCES businesses(id),
    -- 'business' for the resource of a new database, which the page names in its own language until it has a name.
    key          TEXT,
    name         TEXT,
    kind         TEXT NOT NULL CHECK (kind IN ('staff', 'room')),
    user_id      INTEGER REFERENCES users(id),
    -- 1 if it provides every service; otherwise `resource_services` lists them.
    all_services INTEGER NOT NULL DEFAULT 1 CHECK (all_services IN (0, 1)),
    -- 1 if it has hours of its own in `opening_hours`; otherwise it follows those of the business.
    own_hours    INTEGER NOT NULL DEFAULT 0 CHECK (own_hours IN (0, 1)),
    position     INTEGER NOT NULL DEFAULT 0,
    archived_at  TEXT,
    created_at   TEXT NOT NULL,
    updated_at   TEXT NOT NULL,
    CHECK (name IS NOT NULL OR key IS NOT NULL),
    UNIQUE (business_id, key)
) STRICT;

CREATE TABLE resource_services (
    resource_id INTEGER NOT NULL REFERENCES resources(id),
    service_id  INTEGER NOT NULL REFERENCES services(id),
    PRIMARY KEY (resource_id, service_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX idx_resource_services_service ON resource_services(service_id);

-- The hours of the week: of the business, or of one resource, which is available within both.
CREATE TABLE opening_hours (
    id          INTEGER PRIMARY KEY,
    business_id INTEGER NOT NULL DEFAULT 1 REFERENCES businesses(id),
    resource_id INTEGER REFERENCES resources(id),
    -- 0 is Sunday.
    weekday     INTEGER NOT NULL CHECK (weekday BETWEEN 0 AND 6),
    from_time   TEXT NOT NULL,
    to_time     TEXT NOT NULL,
    CHECK (from_time < to_time)
) STRICT;
CREATE INDEX idx_opening_hours_of ON opening_hours(business_id, resource_id);

-- What holds beside the hours.
CREATE TABLE opening_rules (
    business_id INTEGER PRIMARY KEY REFERENCES businesses(id),
    holidays    TEXT NOT NULL DEFAULT 'closed' CHECK (holidays IN ('closed', 'open')),
    -- 'closed', 'open', or until when the business is open: '13:00'.
    eves        TEXT NOT NULL DEFAULT '13:00',
    -- How long before its start an appointment must be booked by a contact.
    notice_min  INTEGER NOT NULL DEFAULT 0 CHECK (notice_min >= 0),
    updated_at  TEXT NOT NULL
) STRICT;

-- A closure lasts from `from_time` on its first day to `to_time` on its last; without a time, the whole day.
CREATE TABLE closures (
    id          INTEGER PRIMARY KEY,
    business_id INTEGER NOT NULL DEFAULT 1 REFERENCES businesses(id),
    resource_id INTEGER REFERENCES resources(id),
    from_date   TEXT NOT NULL,
    to_date     TEXT NOT NULL,
    from_time   TEXT,
    to_time     TEXT,
    reason      TEXT NOT NULL DEFAULT '',
    created_by  TEXT NOT NULL,
    created_at  TEXT NOT NULL,
    updated_at  TEXT NOT NULL,
    CHECK (from_date <= to_date)
) STRICT;
CREATE INDEX idx_closures_to ON closures(business_id, to_date);

CREATE TABLE appointments (
    id            INTEGER PRIMARY KEY,
    business_id   INTEGER NOT NULL DEFAULT 1 REFERENCES businesses(id),
    contact_id    INTEGER NOT NULL REFERENCES contacts(id),
    service_id    INTEGER NOT NULL REFERENCES services(id),
    resource_id   INTEGER NOT NULL REFERENCES resources(id),
    starts_at     TEXT NOT NULL,
    ends_at       TEXT NOT NULL,
    -- For which time it occupies the resource: with the service's buffers when it was booked.
    blocked_from  TEXT NOT NULL,
    blocked_to    TEXT NOT NULL,
    -- The time zone of the business when it was booked.
    time_zone     TEXT NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('booked', 'cancelled') OR state IN ('done', 'no_show')),
    source        TEXT NOT NULL CHECK (source IN ('user', 'agent')),
    -- Identifies the request that booked it: a repeated request returns this appointment.
    source_key    TEXT,
    call_id       INTEGER REFERENCES calls(id),
    seen_at       TEXT,
    note          TEXT NOT NULL DEFAULT '',
    -- In agorot, when it was booked.
    price_minor   INTEGER,
    cancel_reason TEXT,
    created_by    TEXT NOT NULL,
    created_at    TEXT NOT NULL,
    updated_at    TEXT NOT NULL,
    cancelled_at  TEXT,
    CHECK (starts_at < ends_at AND blocked_from <= starts_at AND ends_at <= blocked_to),
    UNIQUE (business_id, source_key)
) STRICT;
-- What occupies a resource. Appointments are short, so those that overlap a time begin at most a day before its end.
CREATE INDEX idx_appointments_occupying ON appointments(resource_id, blocked_from) WHERE state IN ('booked', 'done');
CREATE INDEX idx_appointments_starts ON appointments(business_id, starts_at);
CREATE INDEX idx_appointments_contact ON appointments(contact_id, starts_at);

CREATE TABLE waiting_list (
    id          INTEGER PRIMARY KEY,
    business_id INTEGER NOT NULL DEFAULT 1 REFERENCES businesses(id),
    contact_id  INTEGER NOT NULL REFERENCES contacts(id),
    service_id  INTEGER NOT NULL REFERENCES services(id),
    resource_id INTEGER REFERENCES resources(id),
    from_date   TEXT NOT NULL,
    to_date     TEXT NOT NULL,
    note        TEXT NOT NULL DEFAULT '',
    created_by  TEXT NOT NULL,
    created_at  TEXT NOT NULL,
    CHECK (from_date <= to_date)
) STRICT;
CREATE INDEX idx_waiting_list_contact ON waiting_list(contact_id);

-- What the agent knows about the business.
CREATE TABLE facts (
    id          INTEGER PRIMARY KEY,
    business_id INTEGER NOT NULL DEFAULT 1 REFERENCES businesses(id),
    topic       TEXT NOT NULL,
    text        TEXT NOT NULL,
    source      TEXT NOT NULL CHECK (source IN ('user', 'agent') OR source = 'import'),
    created_by  TEXT NOT NULL,
    created_at  TEXT NOT NULL,
    updated_at  TEXT NOT NULL
) STRICT;

-- A business of one person can book at once: the usual week in Israel, and one resource.
INSERT INTO opening_rules(business_id, updated_at) SELECT id, created_at FROM businesses;
INSERT INTO opening_hours(business_id, weekday, from_time, to_time)
    SELECT businesses.id, value, '09:00', '18:00' FROM businesses, json_each('[0, 1, 2, 3, 4]');
INSERT INTO opening_hours(business_id, weekday, from_time, to_time) SELECT id, 5, '09:00', '13:00' FROM businesses;
INSERT INTO resources(business_id, key, kind, created_at, updated_at)
    SELECT id, 'business', 'staff', created_at, created_at FROM businesses;
