-- The check value: who scanned a code that a page shows, and the word of the page's person that it is the phone in hand
-- (row A2, PROTOCOL.md section 3).

-- The key of the phone that scanned it, PEM; the code is bound to it. Null before the scan, and for codes without a page.
alter table activations add column scanned_key text;
-- What that phone says it is.
alter table activations add column scanned_model text not null default '';
-- When the person said that the digits are alike. Before that the key is good for nothing.
alter table activations add column confirmed_at integer;
