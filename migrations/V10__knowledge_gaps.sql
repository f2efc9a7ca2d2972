-- Questions that the agent could not answer. The answer of a user becomes a fact.

CREATE TABLE knowledge_gaps (
    id          INTEGER PRIMARY KEY,
    business_id INTEGER NOT NULL DEFAULT 1 REFERENCES businesses(id),
    question    TEXT NOT NULL,
    -- The question in one spelling: the same question is one row.
    folded      TEXT NOT NULL,
    -- In how many calls it was asked.
    times_asked INTEGER NOT NULL DEFAULT 1,
    state       TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'answered') OR state = 'dismissed'),
    -- Who asked it last, and in which call.
    contact_id  INTEGER REFERENCES contacts(id),
    call_id     INTEGER REFERENCES calls(id),
    created_at  TEXT NOT NULL,
    asked_at    TEXT NOT NULL,
    decided_by  TEXT,
    decided_at  TEXT,
    UNIQUE (business_id, folded)
) STRICT;
CREATE INDEX idx_knowledge_gaps_state ON knowledge_gaps(business_id, state, asked_at DESC);
CREATE INDEX idx_knowledge_gaps_contact ON knowledge_gaps(contact_id) WHERE contact_id IS NOT NULL;

-- The question that a fact answers. `facts.source` has fixed values, so the source of such a fact follows from this column.
ALTER TABLE facts ADD COLUMN gap_id INTEGER REFERENCES knowledge_gaps(id) ON DELETE SET NULL;
CREATE INDEX idx_facts_gap ON facts(gap_id) WHERE gap_id IS NOT NULL;
