-- Under which ids others know the request that a job comes from, for the log and the traces of whoever works on it: protocol record Trail.
alter table job add column request_id text;
alter table job add column traceparent text;
