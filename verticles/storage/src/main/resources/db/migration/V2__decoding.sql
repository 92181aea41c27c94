-- How a request wants to be decoded: protocol record Decoding; what it leaves out is the engine's default.
alter table job add column decoding jsonb not null default '{}';
