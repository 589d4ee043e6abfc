-- Ids are KSUIDs, compared bytewise. Times are aware. States are text with a CHECK.

CREATE TABLE projects (
    id text COLLATE "C" PRIMARY KEY,
    name text COLLATE "C" NOT NULL,
    creation_time timestamptz NOT NULL,
    update_time timestamptz NOT NULL,
    CONSTRAINT uq_projects_name UNIQUE (name),
    CONSTRAINT ck_projects_name CHECK (name ~ '^[a-z0-9][a-z0-9_-]*$' AND char_length(name) <= 100)
);

CREATE TABLE project_settings (
    id text COLLATE "C" PRIMARY KEY REFERENCES projects (id) ON DELETE CASCADE,
    code_header text NOT NULL
);

CREATE TABLE project_notification_settings (
    id text COLLATE "C" PRIMARY KEY REFERENCES projects (id) ON DELETE CASCADE,
    on_successful_job boolean NOT NULL DEFAULT false,
    on_first_successful_job boolean NOT NULL DEFAULT false,
    on_failed_job boolean NOT NULL DEFAULT true,
    on_aborted_job boolean NOT NULL DEFAULT true,
    on_identity_refresh_error boolean NOT NULL DEFAULT true,
    on_missed_run boolean NOT NULL DEFAULT true,
    email_addresses text[] NOT NULL DEFAULT '{}',
    webhook_uri text,
    webhook_secret bytea,
    slack_identity text COLLATE "C",
    slack_channel text,
    slack_webhook_uri bytea,
    -- Without anybody to tell, nothing is told: the ledger looks at this alone.
    has_channel boolean NOT NULL GENERATED ALWAYS AS (
        cardinality(email_addresses) > 0 OR webhook_uri IS NOT NULL OR slack_identity IS NOT NULL
        OR slack_webhook_uri IS NOT NULL) STORED,
    CONSTRAINT ck_project_notification_settings_webhook CHECK ((webhook_uri IS NULL) = (webhook_secret IS NULL)),
    CONSTRAINT ck_project_notification_settings_slack CHECK (slack_identity IS NULL OR slack_webhook_uri IS NULL)
);

CREATE TABLE accounts (
    id text COLLATE "C" PRIMARY KEY,
    creation_time timestamptz NOT NULL,
    username text COLLATE "C" NOT NULL,
    password_hash text NOT NULL,
    role text NOT NULL,
    last_login_time timestamptz,
    last_project_id text COLLATE "C" REFERENCES projects (id) ON DELETE SET NULL,
    settings jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT uq_accounts_username UNIQUE (username),
    CONSTRAINT ck_accounts_role CHECK (role IN ('user', 'admin')),
    CONSTRAINT ck_accounts_username CHECK (char_length(username) BETWEEN 3 AND 100)
);

CREATE INDEX ix_accounts_last_project_id ON accounts (last_project_id);

CREATE TABLE api_keys (
    id text COLLATE "C" PRIMARY KEY,
    account_id text COLLATE "C" NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    name text COLLATE "C" NOT NULL,
    creation_time timestamptz NOT NULL,
    last_use_time timestamptz,
    expiration_time timestamptz,
    read_only boolean NOT NULL DEFAULT false,
    key_hash bytea NOT NULL,
    CONSTRAINT uq_api_keys_account_id_name UNIQUE (account_id, name),
    CONSTRAINT uq_api_keys_key_hash UNIQUE (key_hash),
    CONSTRAINT ck_api_keys_key_hash CHECK (octet_length(key_hash) = 32)
);

CREATE TABLE web_sessions (
    id text COLLATE "C" PRIMARY KEY,
    account_id text COLLATE "C" NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    project_id text COLLATE "C" REFERENCES projects (id) ON DELETE SET NULL,
    token_hash bytea NOT NULL,
    creation_time timestamptz NOT NULL,
    last_use_time timestamptz NOT NULL,
    address text NOT NULL DEFAULT '',
    user_agent text NOT NULL DEFAULT '',
    CONSTRAINT uq_web_sessions_token_hash UNIQUE (token_hash),
    CONSTRAINT ck_web_sessions_token_hash CHECK (octet_length(token_hash) = 32)
);

CREATE INDEX ix_web_sessions_account_id ON web_sessions (account_id);

CREATE INDEX ix_web_sessions_project_id ON web_sessions (project_id);

CREATE INDEX ix_web_sessions_creation_time ON web_sessions (creation_time);

CREATE TABLE login_failures (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    time timestamptz NOT NULL,
    username text NOT NULL,
    address text NOT NULL
);

CREATE INDEX ix_login_failures_username_time ON login_failures (username, time);

CREATE INDEX ix_login_failures_address_time ON login_failures (address, time);

CREATE INDEX ix_login_failures_time ON login_failures (time);

CREATE TABLE audit_log (
    id text COLLATE "C" PRIMARY KEY,
    time timestamptz NOT NULL,
    account_id text COLLATE "C",
    username text NOT NULL,
    project_id text COLLATE "C",
    action text NOT NULL,
    object_type text NOT NULL,
    object_id text NOT NULL DEFAULT '',
    object_name text NOT NULL DEFAULT '',
    address text NOT NULL DEFAULT '',
    details jsonb NOT NULL DEFAULT '{}'
);

CREATE INDEX ix_audit_log_time ON audit_log (time, id);

-- Who changed this object.
CREATE INDEX ix_audit_log_object_id_time ON audit_log (object_id, time, id);

CREATE TABLE encryption_keys (
    id text PRIMARY KEY,
    check_value bytea NOT NULL,
    creation_time timestamptz NOT NULL
);

CREATE TABLE identities (
    id text COLLATE "C" PRIMARY KEY,
    project_id text COLLATE "C" REFERENCES projects (id) ON DELETE SET NULL,
    name text COLLATE "C" NOT NULL,
    status text NOT NULL,
    error_message text,
    creation_time timestamptz NOT NULL,
    update_time timestamptz NOT NULL,
    last_use_time timestamptz,
    refresh_time timestamptz,
    last_refresh_time timestamptz,
    refresh_failures integer NOT NULL DEFAULT 0,
    refresh_error text,
    connector text NOT NULL,
    type text NOT NULL,
    data bytea NOT NULL,
    CONSTRAINT uq_identities_project_id_name UNIQUE (project_id, name),
    CONSTRAINT ck_identities_status CHECK (status IN ('pending', 'ready', 'error')),
    CONSTRAINT ck_identities_error CHECK (status = 'error' OR error_message IS NULL),
    CONSTRAINT ck_identities_refresh_time CHECK (status = 'ready' OR refresh_time IS NULL),
    CONSTRAINT ck_identities_refresh_failures CHECK ((refresh_failures > 0) = (refresh_error IS NOT NULL)),
    CONSTRAINT ck_identities_name CHECK (name ~ '^[a-z0-9][a-z0-9_-]*$' AND char_length(name) <= 100)
);

CREATE INDEX ix_identities_refresh_time ON identities (refresh_time) WHERE refresh_time IS NOT NULL;

CREATE TABLE oauth2_states (
    state_hash bytea PRIMARY KEY,
    identity_id text COLLATE "C" NOT NULL REFERENCES identities (id) ON DELETE CASCADE,
    account_id text COLLATE "C" NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    code_verifier text,
    redirect_uri text NOT NULL,
    creation_time timestamptz NOT NULL,
    expiration_time timestamptz NOT NULL
);

CREATE INDEX ix_oauth2_states_identity_id ON oauth2_states (identity_id);

CREATE INDEX ix_oauth2_states_account_id ON oauth2_states (account_id);

CREATE INDEX ix_oauth2_states_expiration_time ON oauth2_states (expiration_time);

CREATE TABLE jobs (
    id text COLLATE "C" PRIMARY KEY,
    project_id text COLLATE "C" NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    name text COLLATE "C" NOT NULL,
    creation_time timestamptz NOT NULL,
    update_time timestamptz NOT NULL,
    disabled boolean NOT NULL DEFAULT false,
    current_revision_id text COLLATE "C" NOT NULL,
    CONSTRAINT uq_jobs_project_id_name UNIQUE (project_id, name) DEFERRABLE INITIALLY IMMEDIATE,
    CONSTRAINT ck_jobs_name CHECK (name ~ '^[a-z0-9][a-z0-9_-]*$' AND char_length(name) <= 100)
);

CREATE INDEX ix_jobs_project_id_id ON jobs (project_id, id);

CREATE TABLE job_revisions (
    id text COLLATE "C" PRIMARY KEY,
    job_id text COLLATE "C" NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    number integer NOT NULL,
    creation_time timestamptz NOT NULL,
    account_id text COLLATE "C" REFERENCES accounts (id) ON DELETE SET NULL,
    spec jsonb NOT NULL,
    concurrent boolean NOT NULL,
    runner text NOT NULL,
    step_count integer NOT NULL,
    retention integer,
    CONSTRAINT uq_job_revisions_job_id_number UNIQUE (job_id, number),
    CONSTRAINT ck_job_revisions_number CHECK (number >= 1),
    CONSTRAINT ck_job_revisions_step_count CHECK (step_count >= 0),
    CONSTRAINT ck_job_revisions_retention CHECK (retention >= 1),
    CONSTRAINT ck_job_revisions_spec CHECK (jsonb_typeof(spec) = 'object')
);

CREATE INDEX ix_job_revisions_account_id ON job_revisions (account_id);

ALTER TABLE jobs ADD CONSTRAINT fk_jobs_current_revision_id
    FOREIGN KEY (current_revision_id) REFERENCES job_revisions (id) DEFERRABLE INITIALLY DEFERRED;

CREATE INDEX ix_jobs_current_revision_id ON jobs (current_revision_id);

CREATE TABLE favourite_jobs (
    account_id text COLLATE "C" NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    job_id text COLLATE "C" NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    PRIMARY KEY (account_id, job_id)
);

CREATE INDEX ix_favourite_jobs_job_id ON favourite_jobs (job_id);

CREATE TABLE subscriptions (
    id text COLLATE "C" PRIMARY KEY,
    project_id text COLLATE "C" REFERENCES projects (id) ON DELETE SET NULL,
    job_id text COLLATE "C" REFERENCES jobs (id) ON DELETE SET NULL,
    identity_id text COLLATE "C" REFERENCES identities (id) ON DELETE SET NULL,
    identity_name text,
    connector text NOT NULL,
    event text NOT NULL,
    parameters jsonb NOT NULL,
    creation_time timestamptz NOT NULL,
    status text NOT NULL DEFAULT 'inactive',
    update_delay integer NOT NULL DEFAULT 0,
    last_update_time timestamptz,
    next_update_time timestamptz,
    error_message text,
    CONSTRAINT ck_subscriptions_status CHECK (status IN ('inactive', 'active', 'terminating'))
);

CREATE UNIQUE INDEX uq_subscriptions_job_id ON subscriptions (job_id) WHERE status <> 'terminating';

CREATE INDEX ix_subscriptions_project_id ON subscriptions (project_id);

CREATE INDEX ix_subscriptions_identity_id ON subscriptions (identity_id);

CREATE INDEX ix_subscriptions_job_id ON subscriptions (job_id);

CREATE INDEX ix_subscriptions_pending ON subscriptions (next_update_time NULLS FIRST) WHERE status <> 'active';

CREATE TABLE timers (
    subscription_id text COLLATE "C" PRIMARY KEY REFERENCES subscriptions (id) ON DELETE CASCADE,
    last_tick timestamptz,
    next_tick timestamptz
);

CREATE INDEX ix_timers_next_tick ON timers (next_tick) WHERE next_tick IS NOT NULL;

-- The subscriptions that a delivery of GitHub can be for, found by the organization that it tells of.
CREATE INDEX ix_subscriptions_github_organization ON subscriptions (lower(parameters ->> 'organization'))
    WHERE connector = 'github';

-- Who follows the executions of a project: looked at whenever one ends.
CREATE INDEX ix_subscriptions_followers ON subscriptions (project_id) WHERE connector = 'eventline' AND status = 'active';

-- The target is in lower case. Whoever deals with GitHub about a hook has claimed it until a moment.
CREATE TABLE github_hooks (
    target text PRIMARY KEY,
    organization text NOT NULL,
    repository text NOT NULL DEFAULT '',
    hook_id bigint,
    configuration_hash text NOT NULL DEFAULT '',
    identity_id text COLLATE "C" REFERENCES identities (id) ON DELETE SET NULL,
    creation_time timestamptz NOT NULL,
    claimed_until timestamptz,
    last_check_time timestamptz,
    last_delivery_time timestamptz,
    error_message text,
    CONSTRAINT ck_github_hooks_target CHECK (target = lower(target))
);

CREATE INDEX ix_github_hooks_identity_id ON github_hooks (identity_id);

-- Where senders reach a job: it outlives changes of the trigger, and nobody can guess it.
CREATE TABLE webhook_targets (
    job_id text COLLATE "C" PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
    target text NOT NULL,
    creation_time timestamptz NOT NULL,
    CONSTRAINT uq_webhook_targets_target UNIQUE (target),
    CONSTRAINT ck_webhook_targets_target CHECK (char_length(target) >= 32)
);

CREATE TABLE webhook_deliveries (
    connector text NOT NULL,
    target text NOT NULL,
    delivery_id text NOT NULL,
    body_hash bytea NOT NULL,
    reception_time timestamptz NOT NULL,
    processed boolean NOT NULL DEFAULT false,
    event_type text NOT NULL DEFAULT '',
    headers jsonb NOT NULL DEFAULT '{}',
    body bytea,
    PRIMARY KEY (connector, target, delivery_id)
);

-- The delivery id of GitHub is not signed: the same body is the same delivery, whatever its id. Other senders may well
-- say the same thing twice.
CREATE UNIQUE INDEX uq_webhook_deliveries_body_hash ON webhook_deliveries (body_hash, target) WHERE connector = 'github';

CREATE INDEX ix_webhook_deliveries_waiting ON webhook_deliveries (reception_time) WHERE NOT processed;

CREATE INDEX ix_webhook_deliveries_reception_time ON webhook_deliveries (reception_time);

CREATE TABLE events (
    id text COLLATE "C" PRIMARY KEY,
    project_id text COLLATE "C" NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    job_id text COLLATE "C" NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    subscription_id text COLLATE "C" REFERENCES subscriptions (id) ON DELETE SET NULL,
    occurrence text,
    creation_time timestamptz NOT NULL,
    event_time timestamptz NOT NULL,
    connector text NOT NULL,
    name text NOT NULL,
    data jsonb NOT NULL,
    processed boolean NOT NULL DEFAULT false,
    process_time timestamptz,
    original_event_id text COLLATE "C" REFERENCES events (id) ON DELETE SET NULL,
    CONSTRAINT ck_events_processed CHECK (processed = (process_time IS NOT NULL)),
    CONSTRAINT ck_events_data CHECK (jsonb_typeof(data) = 'object')
);

-- One external occurrence is one event of its subscription, however often it is reported.
CREATE UNIQUE INDEX uq_events_subscription_id_occurrence ON events (subscription_id, occurrence);

CREATE INDEX ix_events_waiting ON events (event_time, id) WHERE NOT processed;

CREATE INDEX ix_events_project_id_event_time ON events (project_id, event_time, id);

CREATE INDEX ix_events_project_id_id ON events (project_id, id);

CREATE INDEX ix_events_job_id_event_time ON events (job_id, event_time, id);

CREATE INDEX ix_events_original_event_id ON events (original_event_id) WHERE original_event_id IS NOT NULL;

CREATE INDEX ix_events_process_time ON events (process_time) WHERE processed;

CREATE TABLE executors (
    id text COLLATE "C" PRIMARY KEY,
    host text NOT NULL,
    pid integer NOT NULL,
    runners text[] NOT NULL,
    start_time timestamptz NOT NULL,
    heartbeat_time timestamptz NOT NULL
);

CREATE SEQUENCE execution_leases;

CREATE TABLE job_executions (
    id text COLLATE "C" PRIMARY KEY,
    project_id text COLLATE "C" NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    job_id text COLLATE "C" NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    revision_id text COLLATE "C" NOT NULL REFERENCES job_revisions (id) ON DELETE CASCADE,
    event_id text COLLATE "C" REFERENCES events (id) ON DELETE SET NULL,
    parameters jsonb,
    secret_parameters bytea,
    trace_parent text,
    creation_time timestamptz NOT NULL,
    update_time timestamptz NOT NULL,
    scheduled_time timestamptz NOT NULL,
    status text NOT NULL DEFAULT 'created',
    concurrent boolean NOT NULL,
    runner text NOT NULL,
    attempt integer NOT NULL DEFAULT 1,
    executor_id text COLLATE "C",
    holder text COLLATE "C",
    lease bigint,
    start_time timestamptz,
    end_time timestamptz,
    refresh_time timestamptz,
    expiration_time timestamptz,
    failure_message text,
    CONSTRAINT ck_job_executions_status CHECK (status IN ('created', 'started', 'aborted', 'successful', 'failed')),
    CONSTRAINT ck_job_executions_attempt CHECK (attempt >= 1),
    CONSTRAINT ck_job_executions_created CHECK (
        status <> 'created' OR (start_time IS NULL AND end_time IS NULL AND expiration_time IS NULL)),
    CONSTRAINT ck_job_executions_started CHECK (
        status <> 'started' OR (start_time IS NOT NULL AND end_time IS NULL AND lease IS NOT NULL
            AND executor_id IS NOT NULL AND holder IS NOT NULL AND expiration_time IS NULL)),
    CONSTRAINT ck_job_executions_ended CHECK (
        status NOT IN ('successful', 'failed') OR (start_time IS NOT NULL AND end_time IS NOT NULL)),
    CONSTRAINT ck_job_executions_refresh_time CHECK ((status = 'started') = (refresh_time IS NOT NULL)),
    CONSTRAINT ck_job_executions_failure_message CHECK (
        CASE status WHEN 'failed' THEN failure_message IS NOT NULL WHEN 'aborted' THEN true ELSE failure_message IS NULL END)
);

-- An event makes one execution, whoever processes it and however often.
CREATE UNIQUE INDEX uq_job_executions_event_id ON job_executions (event_id) WHERE event_id IS NOT NULL;

-- Two executions of a job that is not concurrent can never hold programs at once. The holder is the executor whose programs may still run.
CREATE UNIQUE INDEX uq_job_executions_job_id_held ON job_executions (job_id) WHERE holder IS NOT NULL AND NOT concurrent;

CREATE INDEX ix_job_executions_waiting ON job_executions (runner, scheduled_time, id) WHERE status = 'created';

CREATE INDEX ix_job_executions_job_id_waiting ON job_executions (job_id, scheduled_time, id) WHERE status = 'created';

CREATE INDEX ix_job_executions_holder ON job_executions (holder) WHERE holder IS NOT NULL;

CREATE INDEX ix_job_executions_started ON job_executions (refresh_time) WHERE status = 'started';

-- Lists merge one walk per status, so that a rare status is found as fast as a common one.
CREATE INDEX ix_job_executions_project_id_status_scheduled_time ON job_executions (project_id, status, scheduled_time, id);

CREATE INDEX ix_job_executions_project_id_status_id ON job_executions (project_id, status, id);

CREATE INDEX ix_job_executions_job_id_status_scheduled_time ON job_executions (job_id, status, scheduled_time, id);

CREATE INDEX ix_job_executions_job_id_status_id ON job_executions (job_id, status, id);

CREATE INDEX ix_job_executions_job_id_id ON job_executions (job_id, id);

CREATE INDEX ix_job_executions_job_id_end_time ON job_executions (job_id, end_time) WHERE end_time IS NOT NULL;

CREATE INDEX ix_job_executions_revision_id ON job_executions (revision_id);

CREATE INDEX ix_job_executions_expiration_time ON job_executions (expiration_time) WHERE expiration_time IS NOT NULL;

-- Ends of executions that somebody may follow, until the connectors have made events of them. No foreign keys: ending an
-- execution must not wait for whoever deletes a job or a project.
CREATE TABLE finished_executions (
    job_execution_id text COLLATE "C" NOT NULL,
    attempt integer NOT NULL,
    project_id text COLLATE "C" NOT NULL,
    job_id text COLLATE "C" NOT NULL,
    status text NOT NULL,
    start_time timestamptz,
    end_time timestamptz NOT NULL,
    failure_message text,
    PRIMARY KEY (job_execution_id, attempt),
    CONSTRAINT ck_finished_executions_status CHECK (status IN ('aborted', 'successful', 'failed'))
);

CREATE INDEX ix_finished_executions_end_time ON finished_executions (end_time);

CREATE TABLE step_executions (
    id text COLLATE "C" PRIMARY KEY,
    job_execution_id text COLLATE "C" NOT NULL REFERENCES job_executions (id) ON DELETE CASCADE,
    position integer NOT NULL,
    status text NOT NULL DEFAULT 'created',
    start_time timestamptz,
    end_time timestamptz,
    failure_message text,
    CONSTRAINT uq_step_executions_job_execution_id_position UNIQUE (job_execution_id, position),
    CONSTRAINT ck_step_executions_position CHECK (position >= 1),
    CONSTRAINT ck_step_executions_status CHECK (status IN ('created', 'started', 'aborted', 'successful', 'failed')),
    CONSTRAINT ck_step_executions_created CHECK (status <> 'created' OR (start_time IS NULL AND end_time IS NULL)),
    CONSTRAINT ck_step_executions_started CHECK (status <> 'started' OR (start_time IS NOT NULL AND end_time IS NULL)),
    CONSTRAINT ck_step_executions_ended CHECK (
        status NOT IN ('successful', 'failed') OR (start_time IS NOT NULL AND end_time IS NOT NULL)),
    CONSTRAINT ck_step_executions_failure_message CHECK ((status = 'failed') = (failure_message IS NOT NULL))
);

-- Position is the offset of the first byte of the chunk in the output of its step.
CREATE TABLE step_output (
    step_execution_id text COLLATE "C" NOT NULL REFERENCES step_executions (id) ON DELETE CASCADE,
    position bigint NOT NULL,
    data bytea NOT NULL,
    PRIMARY KEY (step_execution_id, position),
    CONSTRAINT ck_step_output_position CHECK (position >= 0),
    CONSTRAINT ck_step_output_data CHECK (octet_length(data) > 0)
);

ALTER TABLE step_output ALTER COLUMN data SET STORAGE EXTERNAL;

-- What somebody is told, once. A message is one notification alone, or many of them as a digest.
CREATE TABLE notifications (
    id text COLLATE "C" PRIMARY KEY,
    project_id text COLLATE "C" NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    kind text NOT NULL,
    job_execution_id text COLLATE "C" REFERENCES job_executions (id) ON DELETE CASCADE,
    attempt integer,
    identity_id text COLLATE "C" REFERENCES identities (id) ON DELETE CASCADE,
    job_id text COLLATE "C" REFERENCES jobs (id) ON DELETE CASCADE,
    details jsonb NOT NULL DEFAULT '{}',
    status text NOT NULL DEFAULT 'pending',
    creation_time timestamptz NOT NULL,
    next_delivery_time timestamptz NOT NULL,
    message_id text COLLATE "C",
    error_message text,
    CONSTRAINT ck_notifications_kind CHECK (kind IN (
        'job_successful', 'job_failed', 'job_aborted', 'identity_refresh_error', 'missed_run', 'test')),
    CONSTRAINT ck_notifications_status CHECK (status IN ('pending', 'delivered', 'abandoned'))
);

-- Never two mails for one end of one attempt.
CREATE UNIQUE INDEX uq_notifications_job_execution_id_attempt ON notifications (job_execution_id, attempt)
    WHERE job_execution_id IS NOT NULL;

CREATE INDEX ix_notifications_waiting ON notifications (next_delivery_time)
    WHERE status = 'pending' AND message_id IS NULL;

CREATE INDEX ix_notifications_message_id ON notifications (message_id) WHERE message_id IS NOT NULL;

CREATE INDEX ix_notifications_project_id ON notifications (project_id, id);

CREATE INDEX ix_notifications_project_id_status ON notifications (project_id, status, id);

CREATE INDEX ix_notifications_creation_time ON notifications (creation_time);

CREATE INDEX ix_notifications_identity_id ON notifications (identity_id) WHERE identity_id IS NOT NULL;

CREATE INDEX ix_notifications_job_id ON notifications (job_id) WHERE job_id IS NOT NULL;

-- A message on its way by one channel.
CREATE TABLE notification_deliveries (
    message_id text COLLATE "C" NOT NULL,
    channel text NOT NULL,
    project_id text COLLATE "C" NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    status text NOT NULL DEFAULT 'pending',
    creation_time timestamptz NOT NULL,
    next_delivery_time timestamptz NOT NULL,
    give_up_time timestamptz NOT NULL,
    delivery_attempts integer NOT NULL DEFAULT 0,
    delivery_time timestamptz,
    error_message text,
    PRIMARY KEY (message_id, channel),
    CONSTRAINT ck_notification_deliveries_channel CHECK (channel IN ('mail', 'webhook', 'slack')),
    CONSTRAINT ck_notification_deliveries_status CHECK (status IN ('pending', 'delivered', 'abandoned')),
    CONSTRAINT ck_notification_deliveries_delivered CHECK ((status = 'delivered') = (delivery_time IS NOT NULL))
);

CREATE INDEX ix_notification_deliveries_pending ON notification_deliveries (channel, next_delivery_time)
    WHERE status = 'pending';

CREATE INDEX ix_notification_deliveries_project_id ON notification_deliveries (project_id);

CREATE INDEX ix_notification_deliveries_creation_time ON notification_deliveries (creation_time);

-- How many messages a project has had lately: past a threshold they are combined.
CREATE TABLE notification_paces (
    project_id text COLLATE "C" PRIMARY KEY REFERENCES projects (id) ON DELETE CASCADE,
    window_start timestamptz NOT NULL,
    messages integer NOT NULL DEFAULT 0
);

-- Ticks that made no run in time, each once. Those of a disabled job are excused.
CREATE TABLE missed_runs (
    job_id text COLLATE "C" NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    tick_time timestamptz NOT NULL,
    discovery_time timestamptz NOT NULL,
    reason text NOT NULL,
    excused boolean NOT NULL,
    PRIMARY KEY (job_id, tick_time)
);

CREATE INDEX ix_missed_runs_discovery_time ON missed_runs (discovery_time);
