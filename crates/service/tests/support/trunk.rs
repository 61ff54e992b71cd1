//! A trunk of a test's own, without a service around it.

use std::sync::Arc;

use countersign_service::calls::prompts::Prompts;
use countersign_service::calls::settings::Sip;
use countersign_service::calls::trunk::Trunk;
use countersign_service::carrier::language::Language;
use ring::rand::SystemRandom;

/// One that takes calls to that address, with more lines of `[calls.sip]`.
pub async fn trunk(address: &str, more: &str) -> Arc<Trunk> {
    let text = format!(
        "trunk = \"sip:{address}\"\nfrom = \"+442079460000\"\naddress = \"127.0.0.1\"\nlisten = \"127.0.0.1:0\"\n{more}"
    );
    let sip: Sip = toml::from_str(&text).unwrap();
    let prompts = Arc::new(Prompts::load(Language::German, None).unwrap());
    let random = Arc::new(SystemRandom::new());
    Trunk::open(sip.settings().unwrap(), prompts, random)
        .await
        .unwrap()
}
