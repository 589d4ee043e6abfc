DROP TABLE missed_runs, notification_paces, notification_deliveries, notifications, step_output, step_executions, job_executions, executors, events, webhook_deliveries,
    github_hooks, timers, subscriptions, favourite_jobs, job_revisions, jobs, oauth2_states, identities,
    encryption_keys, audit_log, login_failures, web_sessions, api_keys, accounts, project_notification_settings,
    project_settings, projects;

DROP SEQUENCE execution_leases;
