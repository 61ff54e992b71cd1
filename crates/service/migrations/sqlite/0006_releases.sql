-- First devices that the help desk lets somebody add, and what people are told of its acts.

-- Until when the person may add a first device without a proof, once (row A4). The device that comes takes it back.
alter table users add column released_until integer not null default 0;

-- 1 beside `only_first`: by such a release, and of no use without it.
alter table activations add column released integer not null default 0 check (released in (0, 1));
