-- Chunks that two nodes died over: claims of the usual kind leave them out, and so they do a worker that has one; every second somebody
-- looks for them. Nearly always there are none, and both indexes are empty. A chunk has a deadline while it is leased: said so, the
-- second cannot be mistaken for those of leased chunks, whose dead entries pile up under a transaction that is held.

create index chunk_suspect on chunk (run_at) where state = 'ready' and deaths >= 2;
create index chunk_alone on chunk (worker) where deadline_at is not null and deaths >= 2;
