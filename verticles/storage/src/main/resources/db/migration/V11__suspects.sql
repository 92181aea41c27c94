-- Chunks that two nodes died over: claims of the usual kind leave them out, and every second somebody looks for them. Nearly always
-- there are none, and the index is empty.

create index chunk_suspect on chunk (run_at) where state = 'ready' and deaths >= 2;
