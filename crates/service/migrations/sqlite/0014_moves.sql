-- A code that a device made for the phone that is to take its place (PROTOCOL.md section 13).
alter table activations add column moves_from text references devices (id);
-- The move ends when that device gets other keys.
alter table activations add column moves_from_generation integer;
-- The latest request that the new phone has to approve. Requests are forgotten on their own.
alter table activations add column move_test text;
alter table activations add column moved_at integer;
create index activations_by_mover on activations (moves_from) where moves_from is not null;
create index activations_by_move_test on activations (move_test) where move_test is not null;
