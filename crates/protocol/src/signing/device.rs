//! What a device signs: the canonical request (PROTOCOL.md §1 and §2, `device.md` §4).

use data_encoding::BASE64;

/// Stands for the `pkey` while an activation is asked for.
pub const ACTIVATION: &str = "activation";

/// The five lines. `params` is the query or body exactly as sent.
pub fn canonical_request(date: &str, method: &str, host: &str, path: &str, params: &str) -> String {
    [
        date,
        &method.to_ascii_uppercase(),
        &host.to_ascii_lowercase(),
        path,
        params,
    ]
    .join("\n")
}

/// The `Authorization` header of a device.
pub fn authorization(pkey: &str, signature: &[u8]) -> String {
    format!(
        "Basic {}",
        BASE64.encode(format!("{pkey}:{}", BASE64.encode(signature)).as_bytes())
    )
}

/// Who signed, and the signature, from an `Authorization` header.
pub fn parse_authorization(header: &str) -> Option<(String, Vec<u8>)> {
    let (who, signature) = super::integration::parse_authorization(header)?;
    Some((who, BASE64.decode(signature.as_bytes()).ok()?))
}

#[cfg(test)]
mod tests {
    use ring::rand::SystemRandom;
    use serde_json::Value;

    use super::*;
    use crate::signing::keys::{PublicKey, Scheme, SigningKey};

    fn vectors() -> Value {
        serde_json::from_str::<Value>(include_str!("../../duo-vectors.json")).unwrap()["device"]
            .take()
    }

    #[test]
    fn published_requests_verify_and_are_signed_alike() {
        let vectors = vectors();
        let public = PublicKey::from_pem(vectors["public_key_spki_pem"].as_str().unwrap()).unwrap();
        let pkcs8 = BASE64
            .decode(
                vectors["private_key_pkcs8_der_base64"]
                    .as_str()
                    .unwrap()
                    .as_bytes(),
            )
            .unwrap();
        let key = SigningKey::from_pkcs8(Scheme::RsaSha512, &pkcs8);
        let requests = vectors["requests"].as_array().unwrap();
        assert!(requests.len() >= 7);
        for request in requests {
            let text = |name: &str| request[name].as_str().unwrap();
            let canonical = canonical_request(
                text("x_duo_date"),
                text("method"),
                text("host"),
                text("path"),
                text("params_string"),
            );
            assert_eq!(canonical, text("canonical"));
            let (who, signature) = parse_authorization(text("authorization")).unwrap();
            assert_eq!(who, vectors["pkey"]);
            assert!(
                public.verify(canonical.as_bytes(), &signature),
                "{}",
                text("name")
            );
            let ours = key
                .sign(canonical.as_bytes(), &SystemRandom::new())
                .unwrap();
            assert_eq!(authorization(&who, &ours), text("authorization"));
            for change in [
                canonical.to_uppercase() + "x",
                canonical.replacen("GET", "PUT", 1) + "&",
                String::new(),
            ] {
                assert!(!public.verify(change.as_bytes(), &signature));
            }
        }
    }
}
