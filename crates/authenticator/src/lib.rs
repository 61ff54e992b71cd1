//! The app's engine without a window: accounts, activation, inbox of requests.

pub mod view;
