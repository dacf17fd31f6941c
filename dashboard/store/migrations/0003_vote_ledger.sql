-- Votes as a ledger: every row of every file is kept as it came, with the file that it came in. Voters are keyed
-- hashes (store.voters), as are both sides of identities; part is the last byte of the voter (of the person), by which
-- very many votes are taken in parts. row_key is the row's own id, else a hash of file and row;
-- vote_repeats names the keys that stand more than once, so that they can be told apart at the tally.

ALTER TABLE votes RENAME TO plain_votes;
ALTER TABLE identities RENAME TO plain_identities;

CREATE TABLE vote_files (
    file_id INTEGER PRIMARY KEY,
    name VARCHAR NOT NULL,
    sha256 VARCHAR NOT NULL,
    rows BIGINT NOT NULL,
    imported_at TIMESTAMP NOT NULL,
    imported_by VARCHAR NOT NULL,
    withdrawn_at TIMESTAMP,
    withdrawn_by VARCHAR,
    withdrawn_because VARCHAR
);

CREATE TABLE votes (
    file_id INTEGER NOT NULL,
    row_key VARCHAR NOT NULL,
    vote_id VARCHAR,
    channel VARCHAR,
    voter DECIMAL(38, 0),
    part SMALLINT,
    nominee_id VARCHAR,
    cast_at TIMESTAMP,
    cast_text VARCHAR
);

CREATE TABLE vote_repeats (
    row_key VARCHAR PRIMARY KEY
);

CREATE TABLE identities (
    voter DECIMAL(38, 0) PRIMARY KEY,
    person DECIMAL(38, 0) NOT NULL,
    part SMALLINT NOT NULL
);

-- How the files of a channel name their columns, by their header row: told once, used ever after. columns is JSON.
CREATE TABLE vote_headers (
    header VARCHAR PRIMARY KEY,
    channel VARCHAR,
    columns VARCHAR NOT NULL
);

CREATE TABLE tally_runs (
    run_id INTEGER PRIMARY KEY,
    year INTEGER NOT NULL,
    made_at TIMESTAMP NOT NULL,
    made_by VARCHAR NOT NULL,
    inputs VARCHAR NOT NULL,
    rules VARCHAR NOT NULL,
    result VARCHAR NOT NULL,
    document VARCHAR NOT NULL
);
