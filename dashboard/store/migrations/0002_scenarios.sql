-- Scenarios that people keep: an overlay on the rules, never a result. changes is a JSON object of path and value.

CREATE TABLE scenarios (
    scenario_id VARCHAR PRIMARY KEY,
    name VARCHAR NOT NULL,
    note VARCHAR NOT NULL,
    author VARCHAR NOT NULL,
    base VARCHAR NOT NULL,
    changes VARCHAR NOT NULL,
    saved_at TIMESTAMP NOT NULL
);
