-- What `hourmill doctor` asks a database.

-- name: probe
SELECT current_setting('server_version') AS version,
       current_setting('server_version_num')::integer AS version_number,
       current_setting('server_encoding') AS encoding,
       clock_timestamp() AS now,
       coalesce(has_schema_privilege(current_schema(), 'CREATE'), false) AS may_create,
       (SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = to_regclass('page_views')) AS owns,
       current_setting('fsync')::boolean AND current_setting('full_page_writes')::boolean AS keeps_what_it_confirms,
       pg_is_in_recovery() AS is_replica,
       current_setting('default_transaction_read_only')::boolean AS is_read_only,
       current_setting('max_connections')::integer AS connections,
       (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS connections_used;
