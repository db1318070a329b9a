-- A store as version 1 of the schema left it. Never edited: it proves that such files still open.
PRAGMA application_id = 1801940785;
PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE counters (
        day TEXT NOT NULL, name TEXT NOT NULL, value INTEGER NOT NULL,
        PRIMARY KEY (day, name)) WITHOUT ROWID;
INSERT INTO "counters" VALUES('2025-03-01','checks',1);
CREATE TABLE deployments (
        id INTEGER PRIMARY KEY,
        state TEXT NOT NULL,
        unfinished INTEGER CHECK (unfinished = 1), -- 1 until the state is terminal, then NULL
        to_commit TEXT NOT NULL,
        started_at TEXT NOT NULL,
        ended_at TEXT,
        data TEXT NOT NULL);
INSERT INTO "deployments" VALUES(1,'succeeded',NULL,'0000000000000000000000000000000000000001','2025-03-01T12:01:00.000000Z','2025-03-01T12:02:00.000000Z','{"id":1,"trigger":"poll","by":"worker","from_commit":null,"to_commit":"0000000000000000000000000000000000000001","subject":"","baseline":null,"leaves":null,"holds":null,"tree_before":null,"state":"succeeded","entries":{},"images":{},"started_at":"2025-03-01T12:01:00Z","ended_at":"2025-03-01T12:02:00Z","duration_s":null,"downtime_ms":null,"retry_at":null,"wait_until":null,"irreversible":[],"failure":null}');
INSERT INTO "deployments" VALUES(2,'queued',1,'0000000000000000000000000000000000000002','2025-03-01T12:02:00.000000Z',NULL,'{"id":2,"trigger":"poll","by":"worker","from_commit":null,"to_commit":"0000000000000000000000000000000000000002","subject":"","baseline":null,"leaves":null,"holds":null,"tree_before":null,"state":"queued","entries":{},"images":{},"started_at":"2025-03-01T12:02:00Z","ended_at":null,"duration_s":null,"downtime_ms":null,"retry_at":null,"wait_until":null,"irreversible":[],"failure":null}');
CREATE TABLE events (
        cursor INTEGER PRIMARY KEY AUTOINCREMENT, -- never used twice, even after old ones are dropped
        at TEXT NOT NULL,
        kind TEXT NOT NULL,
        deployment INTEGER,
        data TEXT NOT NULL);
INSERT INTO "events" VALUES(1,'2025-03-01T12:00:00.000000Z','deployment_queued',1,'{"event":"deployment_queued","deployment":{"id":1,"trigger":"poll","by":"worker","from_commit":null,"to_commit":"0000000000000000000000000000000000000001","subject":"","baseline":null,"leaves":null,"holds":null,"tree_before":null,"state":"queued","entries":{},"images":{},"started_at":"2025-03-01T12:01:00Z","ended_at":null,"duration_s":null,"downtime_ms":null,"retry_at":null,"wait_until":null,"irreversible":[],"failure":null}}');
INSERT INTO "events" VALUES(2,'2025-03-01T12:00:00.000000Z','deployment_ended',1,'{"event":"deployment_ended","deployment":{"id":1,"trigger":"poll","by":"worker","from_commit":null,"to_commit":"0000000000000000000000000000000000000001","subject":"","baseline":null,"leaves":null,"holds":null,"tree_before":null,"state":"succeeded","entries":{},"images":{},"started_at":"2025-03-01T12:01:00Z","ended_at":"2025-03-01T12:02:00Z","duration_s":null,"downtime_ms":null,"retry_at":null,"wait_until":null,"irreversible":[],"failure":null},"deployed":{"id":1,"commit":"0000000000000000000000000000000000000001","at":"2025-03-01T12:01:00Z","images":{"web":{"ref":"web:latest","image_id":"sha256:web","digest":null}},"adopted":false},"deployments_today":0}');
INSERT INTO "events" VALUES(3,'2025-03-01T12:00:00.000000Z','deployment_queued',2,'{"event":"deployment_queued","deployment":{"id":2,"trigger":"poll","by":"worker","from_commit":null,"to_commit":"0000000000000000000000000000000000000002","subject":"","baseline":null,"leaves":null,"holds":null,"tree_before":null,"state":"queued","entries":{},"images":{},"started_at":"2025-03-01T12:02:00Z","ended_at":null,"duration_s":null,"downtime_ms":null,"retry_at":null,"wait_until":null,"irreversible":[],"failure":null}}');
CREATE TABLE evidence (
        id INTEGER PRIMARY KEY,
        deployment INTEGER NOT NULL REFERENCES deployments (id),
        at TEXT NOT NULL,
        title TEXT NOT NULL,
        text TEXT NOT NULL);
INSERT INTO "evidence" VALUES(1,1,'2025-03-01T12:00:00.000000Z','web','boom');
CREATE TABLE host (
        only INTEGER PRIMARY KEY CHECK (only = 1),
        deployed INTEGER REFERENCES releases (id),
        suspended TEXT);
INSERT INTO "host" VALUES(1,1,'{"reason":"holidays","by":"ana","since":"2025-03-01T12:00:00Z"}');
CREATE TABLE quarantine (sha TEXT PRIMARY KEY, at TEXT NOT NULL, data TEXT NOT NULL);
INSERT INTO "quarantine" VALUES('0000000000000000000000000000000000000009','2025-03-01T12:00:00.000000Z','{"commit":"0000000000000000000000000000000000000009","reason":"answers 500","at":"2025-03-01T12:00:00Z","deployment":1}');
CREATE TABLE releases (
        id INTEGER PRIMARY KEY, -- the deployment's, or the one an adoption took instead
        verified INTEGER NOT NULL, -- counts verifications: the highest is the last verified
        verified_at TEXT NOT NULL,
        data TEXT NOT NULL);
INSERT INTO "releases" VALUES(1,2,'2025-03-01T12:00:00.000000Z','{"id":1,"commit":"0000000000000000000000000000000000000001","at":"2025-03-01T12:01:00Z","images":{"web":{"ref":"web:latest","image_id":"sha256:web","digest":null}},"adopted":false}');
CREATE TABLE rollups (
        span_s INTEGER NOT NULL,
        at INTEGER NOT NULL, -- seconds since 1970
        count INTEGER NOT NULL,
        ok INTEGER NOT NULL,
        latencies INTEGER NOT NULL, -- how many of the samples had a latency
        latency_sum_us INTEGER,
        latency_max_us INTEGER,
        PRIMARY KEY (span_s, at)) WITHOUT ROWID;
INSERT INTO "rollups" VALUES(60,1740571200,2,1,1,2000,2000);
CREATE TABLE samples (
        id INTEGER PRIMARY KEY,
        at INTEGER NOT NULL, -- microseconds since 1970
        ok INTEGER NOT NULL,
        url INTEGER, -- texts.id
        status_code INTEGER,
        latency_us INTEGER,
        tls INTEGER, -- position in samples.TLS_CODES
        tls_days_left INTEGER,
        error INTEGER);
INSERT INTO "samples" VALUES(3,1740830400000000,1,2,NULL,1500,1,60,NULL);
CREATE TABLE steps (
        id INTEGER PRIMARY KEY, -- order of entry; the clock may jump, this does not
        deployment INTEGER NOT NULL REFERENCES deployments (id),
        state TEXT NOT NULL,
        entry INTEGER NOT NULL,
        started_at TEXT NOT NULL,
        data TEXT NOT NULL,
        UNIQUE (deployment, state, entry));
INSERT INTO "steps" VALUES(1,1,'pulling',1,'2025-03-01T12:00:00.000000Z','{"state":"pulling","entry":1,"started_at":"2025-03-01T12:00:00Z","ended_at":null,"outcome":null,"message":"pulled","commands":["docker compose pull"]}');
CREATE TABLE texts (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
INSERT INTO "texts" VALUES(2,'https://a.test/');
CREATE UNIQUE INDEX deployments_unfinished ON deployments (unfinished);
CREATE INDEX steps_started_at ON steps (started_at);
CREATE INDEX evidence_deployment ON evidence (deployment);
CREATE INDEX evidence_at ON evidence (at);
CREATE UNIQUE INDEX releases_verified ON releases (verified);
CREATE INDEX events_at ON events (at);
CREATE INDEX samples_at ON samples (at);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('events',3);
COMMIT;
