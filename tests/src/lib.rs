//! What the end-to-end tests are made of: the real service, the real window, the real client of the Auth API.
//!
//! - [`part`]: starts a program and ends it, with everything it started, when dropped
//! - [`desktop`]: a display, a session bus and a keystore of one's own
//! - [`hospital`]: a service that anyone may try, one person, and her devices with and without a window
//! - [`ward`]: a service with one user, and the app without a window beside it
//! - [`window`]: the app's real window, and [`browser`]: Chromium with the portal; [`page`] is how both are driven, by
//!   role, label and text
//! - [`between`]: a line to a server that can be slow or cut
//! - [`clipboard`]: what was copied on the virtual display
//! - [`keyboard`]: real keys on the virtual display
//! - [`kdc`]: a Kerberos realm, and the computers that people are signed in to
//! - [`memory`]: a running process's memory, searched for secrets
//! - [`service`]: `countersign-service`, started and administered by its command line
//! - [`duo`]: `duo_client` from PyPI in a virtual environment; [`duo_universal`]: an application with the other client
//! - [`headless`]: the app's engine in a process of its own, without a window
//! - [`impostor`]: something that answers HTTPS and is not the service
//! - [`notices`]: a notification service that writes down what it is told
//! - [`phone`]: simulated telephones, which are texted and called
//! - [`picture`]: pictures of QR codes
//! - [`poster`]: a QR code on the virtual display, behind every window
//! - [`person`]: a person's app with everything around it, and what she does in it
//! - [`name_server`]: a name server that knows the computers of a test
//! - [`portal`]: what a person does in the portal
//! - [`story`]: one person's story, from her password to a phone that was restored and works again
//! - [`telephone`]: a real telephone, at the other end of the service's trunk
//! - [`mod@bench`]: what things cost, beside their floors
//! - [`transcript`]: the numbered pictures and readable lines of the tour

pub mod bench;
pub mod between;
pub mod browser;
pub mod clipboard;
pub mod desktop;
pub mod directory;
pub mod duo;
pub mod duo_universal;
pub mod headless;
pub mod hospital;
pub mod impostor;
pub mod kdc;
pub mod keyboard;
pub mod memory;
pub mod name_server;
pub mod notices;
pub mod page;
pub mod part;
pub mod person;
pub mod phone;
pub mod picture;
pub mod portal;
pub mod poster;
pub mod service;
pub mod story;
pub mod telephone;
pub mod transcript;
pub mod ward;
pub mod window;
