//! People of an organisation's directory: rows L1 to L4, L6 and PH10 against a real Active Directory (Samba's domain
//! controller), which this program starts once.
#![expect(clippy::unwrap_used, reason = "a test says by its panic what is wrong")]

mod domain;

mod accounts;
mod faults;
mod in_step;
mod listed_number;
mod names;
mod program;
mod tries;
