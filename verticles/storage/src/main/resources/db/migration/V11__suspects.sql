-- Chunks that two nodes died over: claims of the usual kind leave them out, and so they do a worker that has one; every second somebody
-- looks for them. Nearly always there are none, and both indexes are empty.

create index chunk_suspect on chunk (run_at) where state = 'ready' and deaths >= 2;
create index chunk_alone on chunk (worker) where state = 'leased' and deaths >= 2;
