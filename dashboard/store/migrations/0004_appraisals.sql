-- Rounds of appraisal (测评): ballots issued, returned and valid, and how many gave each answer. A round without a branch
-- is about the activity as a whole; one with void (the reason why) does not count.

CREATE TABLE appraisals (
    appraisal_id VARCHAR PRIMARY KEY,
    kind VARCHAR NOT NULL,
    year INTEGER NOT NULL,
    branch_id VARCHAR,
    stage VARCHAR,
    held_on DATE,
    issued INTEGER NOT NULL,
    returned INTEGER NOT NULL,
    valid INTEGER NOT NULL,
    answers MAP(VARCHAR, INTEGER) NOT NULL,
    note VARCHAR,
    void VARCHAR
);
