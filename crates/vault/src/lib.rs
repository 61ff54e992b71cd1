//! The sealed SQLite file: slots, records, backup, import and export; no network.
