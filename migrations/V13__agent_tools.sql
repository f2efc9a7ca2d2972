-- The tools of the agent that the owner defined: each is one request to a server of the owner.
CREATE TABLE agent_tools (
    id           INTEGER PRIMARY KEY,
    business_id  INTEGER NOT NULL REFERENCES businesses(id),
    -- The name by which the model calls the tool.
    name         TEXT NOT NULL,
    -- When the agent should use the tool.
    description  TEXT NOT NULL,
    method       TEXT NOT NULL CHECK (method IN ('GET', 'POST')),
    -- The address. '{parameter}' stands for the value of a parameter.
    url          TEXT NOT NULL,
    -- A JSON array of objects: name, type, description, required, choices.
    parameters   TEXT NOT NULL CHECK (json_valid(parameters)),
    -- A JSON array of objects: the name of a header, and the key of its value in the file of secrets. No values.
    headers      TEXT NOT NULL CHECK (json_valid(headers)),
    time_limit_s INTEGER NOT NULL,
    is_enabled   INTEGER NOT NULL CHECK (is_enabled IN (0, 1)),
    -- Since when the tool is deleted. It can be restored for a day.
    archived_at  TEXT,
    created_at   TEXT NOT NULL,
    updated_at   TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX idx_agent_tools_name ON agent_tools(business_id, name) WHERE archived_at IS NULL;
