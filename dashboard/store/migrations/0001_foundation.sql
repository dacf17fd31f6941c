-- The tables of docs/data.md, and the log of revisions that says how fresh the data is.

CREATE TABLE superiors (
    superior_id VARCHAR PRIMARY KEY,
    name VARCHAR NOT NULL,
    kind VARCHAR NOT NULL
);

CREATE TABLE branches (
    branch_id VARCHAR PRIMARY KEY,
    name VARCHAR NOT NULL,
    superior_id VARCHAR,
    sector VARCHAR NOT NULL,
    active BOOLEAN NOT NULL DEFAULT TRUE
);

CREATE TABLE members (
    member_id VARCHAR PRIMARY KEY,
    name VARCHAR NOT NULL,
    branch_id VARCHAR NOT NULL,
    status VARCHAR NOT NULL,
    in_subdistrict BOOLEAN NOT NULL
);

-- basis, stage, rules and recorded_at are filled by an evaluation; an imported result of an earlier year has none.
CREATE TABLE awards (
    branch_id VARCHAR NOT NULL,
    year INTEGER NOT NULL,
    level INTEGER NOT NULL,
    basis VARCHAR,
    stage VARCHAR,
    rules VARCHAR,
    recorded_at TIMESTAMP,
    PRIMARY KEY (branch_id, year)
);

CREATE TABLE marks (
    branch_id VARCHAR NOT NULL,
    year INTEGER NOT NULL,
    stage VARCHAR NOT NULL,
    criterion VARCHAR NOT NULL,
    value DOUBLE,
    note VARCHAR,
    evidence VARCHAR,
    PRIMARY KEY (branch_id, year, stage, criterion)
);

CREATE TABLE applications (
    branch_id VARCHAR NOT NULL,
    year INTEGER NOT NULL,
    level INTEGER NOT NULL,
    submitted_on DATE NOT NULL,
    review VARCHAR NOT NULL,
    priority INTEGER,
    exception VARCHAR,
    PRIMARY KEY (branch_id, year)
);

CREATE TABLE inspections (
    branch_id VARCHAR NOT NULL,
    year INTEGER NOT NULL,
    kind VARCHAR NOT NULL,
    outcome VARCHAR,
    level_met INTEGER,
    score DECIMAL(18, 6),
    inspected_on DATE,
    PRIMARY KEY (branch_id, year, kind)
);

CREATE TABLE incidents (
    incident_id VARCHAR PRIMARY KEY,
    branch_id VARCHAR NOT NULL,
    year INTEGER NOT NULL,
    subject VARCHAR NOT NULL,
    member_id VARCHAR,
    severe BOOLEAN NOT NULL,
    note VARCHAR
);

CREATE TABLE rectifications (
    branch_id VARCHAR NOT NULL,
    year INTEGER NOT NULL,
    due_on DATE NOT NULL,
    outcome VARCHAR NOT NULL,
    PRIMARY KEY (branch_id, year)
);

CREATE TABLE deferrals (
    branch_id VARCHAR NOT NULL,
    year INTEGER NOT NULL,
    reason VARCHAR NOT NULL,
    PRIMARY KEY (branch_id, year)
);

CREATE TABLE decisions (
    branch_id VARCHAR NOT NULL,
    year INTEGER NOT NULL,
    level INTEGER NOT NULL,
    outcome VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    PRIMARY KEY (branch_id, year, level)
);

CREATE TABLE nominees (
    nominee_id VARCHAR PRIMARY KEY,
    year INTEGER NOT NULL,
    member_id VARCHAR NOT NULL,
    statement VARCHAR
);

CREATE TABLE opinions (
    nominee_id VARCHAR NOT NULL,
    department VARCHAR NOT NULL,
    verdict VARCHAR NOT NULL,
    note VARCHAR,
    PRIMARY KEY (nominee_id, department)
);

-- A vote row is kept as it came: the tally judges it. row_key is the row's own id, else a hash of file and row.
CREATE TABLE votes (
    row_key VARCHAR NOT NULL,
    vote_id VARCHAR,
    channel VARCHAR,
    voter VARCHAR,
    nominee_id VARCHAR,
    cast_at VARCHAR
);

CREATE TABLE identities (
    voter VARCHAR PRIMARY KEY,
    person VARCHAR NOT NULL
);

CREATE TABLE vote_decisions (
    nominee_id VARCHAR PRIMARY KEY,
    outcome VARCHAR NOT NULL,
    reason VARCHAR NOT NULL
);

-- One row for each transaction that changed data: the version that caches and screens follow.
CREATE TABLE revisions (
    version BIGINT PRIMARY KEY,
    changed_at TIMESTAMP NOT NULL,
    action VARCHAR NOT NULL,
    detail VARCHAR NOT NULL
);

CREATE TABLE properties (
    name VARCHAR PRIMARY KEY,
    value VARCHAR NOT NULL
);
