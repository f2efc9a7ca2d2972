-- The search index. It follows the log of changes behind the commits, so that no webhook waits for it.

-- One row for each indexed row. The id is the document's position in results, newest first: see `store/search/document.rs`.
CREATE TABLE search_documents (
    id        INTEGER PRIMARY KEY,
    kind      TEXT NOT NULL CHECK (kind IN ('contact', 'message') OR kind IN ('turn', 'call') OR kind = 'note'),
    -- The row: its table follows from the kind.
    ref_id    INTEGER NOT NULL,
    -- Of a turn: its call, whose turns are indexed together.
    parent_id INTEGER,
    UNIQUE (kind, ref_id)
) STRICT;
CREATE INDEX idx_search_documents_parent ON search_documents(parent_id) WHERE parent_id IS NOT NULL;

-- The folded texts, by trigrams. The texts themselves are not stored a second time.
CREATE VIRTUAL TABLE search_index USING fts5(text, numbers, content = '', contentless_delete = 1, tokenize = 'trigram case_sensitive 1');

-- How far the index has followed the changes.
CREATE TABLE search_progress (
    id  INTEGER PRIMARY KEY CHECK (id = 1),
    seq INTEGER NOT NULL
) STRICT;

-- What is still to be indexed of the rows that are older than the index: all rows below `next_id`, newest first.
CREATE TABLE search_backlog (
    kind    TEXT PRIMARY KEY NOT NULL,
    next_id INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
