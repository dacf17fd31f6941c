-- Draws of spot checks and rechecks (附2·四·2): the list and the settings are frozen before the seed is known, and nothing
-- of it changes afterwards. list holds a line for each branch: superior, comma, branch. Replacements and abandonment
-- come with a reason.

CREATE TABLE draws (
    draw_id INTEGER PRIMARY KEY,
    year INTEGER NOT NULL,
    kind VARCHAR NOT NULL,
    frozen_at TIMESTAMP NOT NULL,
    frozen_by VARCHAR NOT NULL,
    list VARCHAR NOT NULL,
    fingerprint VARCHAR NOT NULL,
    rate VARCHAR NOT NULL,
    min_per_superior INTEGER NOT NULL,
    rules VARCHAR NOT NULL,
    seed VARCHAR,
    drawn_at TIMESTAMP,
    drawn_by VARCHAR,
    abandoned_because VARCHAR,
    abandoned_at TIMESTAMP
);

CREATE TABLE draw_replacements (
    draw_id INTEGER NOT NULL,
    branch_id VARCHAR NOT NULL,
    because VARCHAR NOT NULL,
    replaced_at TIMESTAMP NOT NULL,
    replaced_by VARCHAR NOT NULL,
    PRIMARY KEY (draw_id, branch_id)
);
