-- The year in motion. A sheet is what a branch (stage self), its superior (review) or an inspector (inspection, recheck)
-- fills in: entries are what was typed and not yet handed in, and stand over the marks of the same stage until then.

CREATE TABLE sheet_entries (
    branch_id VARCHAR NOT NULL,
    year INTEGER NOT NULL,
    stage VARCHAR NOT NULL,
    criterion VARCHAR NOT NULL,
    value DOUBLE,
    note VARCHAR,
    evidence VARCHAR,
    changed_at TIMESTAMP NOT NULL,
    changed_by VARCHAR NOT NULL,
    PRIMARY KEY (branch_id, year, stage, criterion)
);

-- What a superior found where it reviewed a self-assessment item by item.
CREATE TABLE review_findings (
    branch_id VARCHAR NOT NULL,
    year INTEGER NOT NULL,
    criterion VARCHAR NOT NULL,
    value DOUBLE,
    note VARCHAR,
    PRIMARY KEY (branch_id, year, criterion)
);

-- Files of evidence; stage is that of the sheet, or rectification (then criterion is empty). Removed ones stay on record.
CREATE TABLE evidence_files (
    file_id VARCHAR PRIMARY KEY,
    branch_id VARCHAR NOT NULL,
    year INTEGER NOT NULL,
    stage VARCHAR NOT NULL,
    criterion VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    media_type VARCHAR NOT NULL,
    size INTEGER NOT NULL,
    sha256 VARCHAR NOT NULL,
    content BLOB NOT NULL,
    added_at TIMESTAMP NOT NULL,
    added_by VARCHAR NOT NULL,
    removed_at TIMESTAMP
);

-- What happened to a branch in a year, in order: applied, approved, returned and so on, with the reason. detail is JSON.
CREATE TABLE proceedings (
    number BIGINT PRIMARY KEY,
    branch_id VARCHAR NOT NULL,
    year INTEGER NOT NULL,
    happened_at TIMESTAMP NOT NULL,
    who VARCHAR NOT NULL,
    action VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    detail VARCHAR NOT NULL
);

-- The office lets a branch apply after the deadline.
CREATE TABLE exceptions (
    branch_id VARCHAR NOT NULL,
    year INTEGER NOT NULL,
    reason VARCHAR NOT NULL,
    PRIMARY KEY (branch_id, year)
);

-- 责令整改通知: what rectifications does not hold: why and what is demanded, the branch's reply, the finding. A
-- rectification that was imported has no day, reason or demands.
CREATE TABLE rectification_notices (
    branch_id VARCHAR NOT NULL,
    year INTEGER NOT NULL,
    issued_on DATE,
    because VARCHAR,
    demands VARCHAR,
    reply VARCHAR,
    replied_at TIMESTAMP,
    finding VARCHAR,
    closed_at TIMESTAMP,
    PRIMARY KEY (branch_id, year)
);

-- 整改方案 of branches without a star (附2·五·3).
CREATE TABLE improvement_plans (
    branch_id VARCHAR NOT NULL,
    year INTEGER NOT NULL,
    plan VARCHAR NOT NULL,
    due_on DATE,
    handed_in_at TIMESTAMP NOT NULL,
    PRIMARY KEY (branch_id, year)
);

-- Evaluations of a year that are kept: document is the result as JSON, rulebook the rules it was made by, evaluation the
-- full table (Arrow stream); inputs, rules and result are SHA-256. A run goes from made to announced (公示) to final; a
-- final run freezes its year until it is reopened with a reason.
CREATE TABLE award_runs (
    run_id INTEGER PRIMARY KEY,
    year INTEGER NOT NULL,
    stage VARCHAR NOT NULL,
    made_at TIMESTAMP NOT NULL,
    made_by VARCHAR NOT NULL,
    rules VARCHAR NOT NULL,
    rulebook VARCHAR NOT NULL,
    inputs VARCHAR NOT NULL,
    result VARCHAR NOT NULL,
    document VARCHAR NOT NULL,
    evaluation BLOB NOT NULL,
    announced_at TIMESTAMP,
    announced_by VARCHAR,
    notice_from DATE,
    notice_to DATE,
    notice_scope VARCHAR,
    notice_contact VARCHAR,
    withdrawn_at TIMESTAMP,
    withdrawn_because VARCHAR,
    final_at TIMESTAMP,
    final_by VARCHAR,
    reopened_at TIMESTAMP,
    reopened_because VARCHAR
);

CREATE TABLE objections (
    objection_id VARCHAR PRIMARY KEY,
    run_id INTEGER NOT NULL,
    branch_id VARCHAR,
    received_on DATE NOT NULL,
    raised_by VARCHAR NOT NULL,
    statement VARCHAR NOT NULL,
    outcome VARCHAR,
    finding VARCHAR,
    decided_at TIMESTAMP
);
