//! Exchanging the code: what the application learns of who confirmed.

use countersign_protocol::random;
use countersign_protocol::time::UnixMillis;
use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::assertion::Client;
use crate::audit::AuditEntry;
use crate::core::{Core, Fault};
use crate::jwt;
use crate::policy::JWT_LIFE_SECONDS;
use crate::self_service::session::{ProvenBy, SessionToken};
use crate::sign_in::actor;
use crate::store::gate::Grant;
use crate::store::prompts::{Redeemed, ShownCode, StoredPrompt};

/// What an application gets for a good code.
pub struct Tokens {
    /// Who confirmed, signed.
    pub id_token: String,
    /// Opens nothing; the interface asks for one.
    pub access_token: Zeroizing<String>,
}

impl Core {
    /// Exchanges a code, which is spent by this. `None` if it was good for nothing.
    pub async fn redeem_code(
        &self,
        client: &Client,
        code: &SessionToken,
        redirect_uri: &str,
        address: &str,
    ) -> Result<Option<Tokens>, Fault> {
        let now = self.now();
        let shown = ShownCode {
            code: code.hash(),
            integration: client.integration.id.clone(),
            redirect_uri: redirect_uri.to_owned(),
        };
        let entry = AuditEntry::new(
            now,
            actor(&client.integration),
            "prompt.redeem",
            client.integration.id.as_str(),
            "done",
        )
        .from_address(address);
        let redeemed = self.store.prompts().redeem_code(&shown, entry).await?;
        let Redeemed::Granted(prompt) = redeemed else {
            return Ok(None);
        };
        let grant = prompt.prompt.granted.as_ref();
        let grant = grant.ok_or(Fault::Broken("a code without a proof"))?;
        let secret = self.integration_secret(&client.integration)?;
        let claims = claims(&prompt, grant, &client.audience, now);
        let random = Zeroizing::new(random::bytes::<32>(self.random.as_ref())?);
        Ok(Some(Tokens {
            id_token: jwt::sign(&claims, &secret).ok_or(Fault::Broken("claims"))?,
            access_token: Zeroizing::new(HEXLOWER.encode(&*random)),
        }))
    }
}

fn claims(prompt: &StoredPrompt, grant: &Grant, issuer: &str, now: UnixMillis) -> Value {
    let begun = &prompt.prompt;
    let user = prompt.user.as_ref();
    let nowhere = json!({ "city": null, "state": null, "country": null });
    let (factor, reason) = match grant.by {
        ProvenBy::Push => ("duo_push", "user_approved"),
        ProvenBy::Passcode => ("duo_mobile_passcode", "valid_passcode"),
        ProvenBy::Bypass => ("bypass_code", "valid_passcode"),
        ProvenBy::Call => ("phone_call", "user_approved"),
        ProvenBy::NoFactor => ("not_available", "bypass_user"),
    };
    let mut claims = json!({
        "iss": issuer,
        "aud": begun.integration,
        "sub": begun.username,
        "preferred_username": begun.username,
        "iat": now.seconds(),
        "exp": now.seconds() + JWT_LIFE_SECONDS,
        "auth_time": grant.at.seconds(),
        "auth_result": {
            "result": "allow",
            "status": "allow",
            "status_msg": "Login Successful",
        },
        "auth_context": {
            "txid": begun.id.as_str(),
            "timestamp": grant.at.seconds(),
            "event_type": "authentication",
            "result": "success",
            "reason": reason,
            "factor": factor,
            "user": {
                "name": user.map_or(&begun.username, |user| &user.name),
                "key": begun.user,
                "groups": [],
            },
            "application": { "name": prompt.integration.name, "key": begun.integration },
            "access_device": { "ip": begun.address, "location": nowhere, "hostname": null },
            "auth_device": { "name": grant.name, "ip": grant.address, "location": nowhere },
        },
    });
    if let Some(nonce) = &begun.nonce {
        claims["nonce"] = json!(nonce);
    }
    claims
}
