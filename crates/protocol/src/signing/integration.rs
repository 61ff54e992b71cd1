//! What an integration signs: four generations of Duo's HMAC scheme (`signing.md` §1).
//!
//! A request does not say which generation it uses, so each that fits is tried; all comparisons take constant time.

use data_encoding::{BASE64, HEXLOWER};
use ring::{digest, hmac};

use crate::params::Params;

/// A request as received.
#[derive(Clone, Copy, Debug)]
pub struct SignedRequest<'a> {
    /// Method.
    pub method: &'a str,
    /// Path without query.
    pub path: &'a str,
    /// Query as sent, without `?`; empty where there is none.
    pub query: &'a str,
    /// Body as sent.
    pub body: &'a [u8],
    /// The body is JSON.
    pub json: bool,
    /// Text of `X-Duo-Date`, else of `Date`.
    pub date: Option<&'a str>,
    /// All headers whose lower-case name begins `x-duo-`: lower-case name and value.
    pub x_duo_headers: &'a [(String, String)],
}

/// Generation of the scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Version {
    /// Undated: it can be replayed for ever, so it is refused unless an integration allows it.
    V1,
    /// Dated, parameters of query or form.
    V2,
    /// Dated, hash of a JSON body.
    V4,
    /// As V4, and a hash of further headers.
    V5,
}

/// The MAC's hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Digest {
    /// Only where an integration allows it.
    Sha1,
    /// The usual one.
    Sha512,
}

/// What an integration allows beyond the usual.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allowed {
    /// Undated signatures, on `/rest/v1/` only.
    pub v1: bool,
    /// HMAC-SHA-1.
    pub sha1: bool,
}

/// `ikey` and lower-case hex MAC from an `Authorization` header.
pub fn parse_authorization(header: &str) -> Option<(String, String)> {
    let (scheme, token) = header.trim().split_once(' ')?;
    let decoded = String::from_utf8(BASE64.decode(token.trim().as_bytes()).ok()?).ok()?;
    let (name, secret) = decoded.split_once(':')?;
    scheme
        .eq_ignore_ascii_case("basic")
        .then(|| (name.to_owned(), secret.to_owned()))
}

/// The `Authorization` header for a hex MAC.
pub fn authorization(ikey: &str, signature_hex: &str) -> String {
    format!(
        "Basic {}",
        BASE64.encode(format!("{ikey}:{signature_hex}").as_bytes())
    )
}

/// The MAC of a request, as lower-case hex.
pub fn sign(
    version: Version,
    digest: Digest,
    request: &SignedRequest<'_>,
    host: &str,
    skey: &[u8],
) -> String {
    mac(
        digest,
        &canonical(
            version,
            request,
            host,
            &parameters(version, request).canonical(),
            HeaderDate::Left,
        ),
        skey,
    )
}

/// Whether `signature_hex` is the integration's for this request to one of `hosts` (the `Host` header with and without
/// its port, and the public name). Gives the generation that fitted.
pub fn verify(
    request: &SignedRequest<'_>,
    hosts: &[&str],
    skey: &[u8],
    signature_hex: &str,
    allowed: Allowed,
) -> Option<(Version, Digest)> {
    let digest = match signature_hex.len() {
        128 => Digest::Sha512,
        40 if allowed.sha1 || allowed.v1 => Digest::Sha1,
        _ => return None,
    };
    let expected = HEXLOWER.decode(signature_hex.as_bytes()).ok()?;
    let key = hmac_key(digest, skey);
    let mut found = None;
    for version in candidates(request, digest, allowed) {
        for host in hosts {
            for text in spellings(version, request, host) {
                let equal = hmac::verify(&key, text.as_bytes(), &expected).is_ok();
                found = found.or(equal.then_some((version, digest)));
            }
        }
    }
    found
}

fn candidates(request: &SignedRequest<'_>, digest: Digest, allowed: Allowed) -> Vec<Version> {
    let mut versions = Vec::new();
    let dated = request.date.is_some();
    if dated && (digest == Digest::Sha512 || allowed.sha1) {
        if request.json {
            versions.extend([Version::V5, Version::V4]);
        } else {
            versions.push(Version::V2);
            if request.body.is_empty() && digest == Digest::Sha512 {
                versions.extend([Version::V5, Version::V4]);
            }
        }
    }
    if allowed.v1 && !dated && request.path.starts_with("/rest/v1/") {
        versions.push(Version::V1);
    }
    versions
}

/// Every canonical text that a known client would have signed.
fn spellings(version: Version, request: &SignedRequest<'_>, host: &str) -> Vec<String> {
    let params = parameters(version, request);
    let mut sorted = vec![params.canonical(), params.canonical_by_joined_text()];
    sorted.dedup();
    let mut hosts = vec![host.to_ascii_lowercase(), host.to_owned()];
    hosts.dedup();
    let dates: &[HeaderDate] = if version == Version::V5 {
        &[HeaderDate::Left, HeaderDate::Hashed]
    } else {
        &[HeaderDate::Left]
    };
    hosts
        .iter()
        .flat_map(|host| {
            sorted.iter().flat_map(|params| {
                dates
                    .iter()
                    .map(|date| lines(version, request, host, params, *date))
            })
        })
        .collect()
}

/// Whether `X-Duo-Date` takes part in the hash of further headers; clients differ.
#[derive(Clone, Copy)]
enum HeaderDate {
    Left,
    Hashed,
}

fn parameters(version: Version, request: &SignedRequest<'_>) -> Params {
    match version {
        Version::V4 | Version::V5 => Params::decode(request.query),
        Version::V1 | Version::V2 if request.body.is_empty() => Params::decode(request.query),
        Version::V1 | Version::V2 => Params::decode(&String::from_utf8_lossy(request.body)),
    }
}

fn canonical(
    version: Version,
    request: &SignedRequest<'_>,
    host: &str,
    params: &str,
    header_date: HeaderDate,
) -> String {
    lines(
        version,
        request,
        &host.to_ascii_lowercase(),
        params,
        header_date,
    )
}

fn lines(
    version: Version,
    request: &SignedRequest<'_>,
    host: &str,
    params: &str,
    header_date: HeaderDate,
) -> String {
    let method = request.method.to_ascii_uppercase();
    let mut lines = Vec::with_capacity(7);
    if version != Version::V1 {
        lines.push(request.date.unwrap_or_default());
    }
    lines.extend([method.as_str(), host, request.path, params]);
    let body = sha512(request.body);
    let headers = sha512(header_text(request.x_duo_headers, header_date).as_bytes());
    if matches!(version, Version::V4 | Version::V5) {
        lines.push(&body);
    }
    if version == Version::V5 {
        lines.push(&headers);
    }
    lines.join("\n")
}

/// `name NUL value NUL name NUL value …`, sorted by name.
fn header_text(headers: &[(String, String)], date: HeaderDate) -> String {
    let mut kept: Vec<&(String, String)> = headers
        .iter()
        .filter(|(name, _)| matches!(date, HeaderDate::Hashed) || name != "x-duo-date")
        .collect();
    kept.sort();
    kept.iter()
        .map(|(name, value)| format!("{name}\0{value}"))
        .collect::<Vec<_>>()
        .join("\0")
}

fn sha512(bytes: &[u8]) -> String {
    HEXLOWER.encode(digest::digest(&digest::SHA512, bytes).as_ref())
}

fn mac(digest: Digest, text: &str, skey: &[u8]) -> String {
    HEXLOWER.encode(hmac::sign(&hmac_key(digest, skey), text.as_bytes()).as_ref())
}

fn hmac_key(digest: Digest, skey: &[u8]) -> hmac::Key {
    let algorithm = match digest {
        Digest::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        Digest::Sha512 => hmac::HMAC_SHA512,
    };
    hmac::Key::new(algorithm, skey)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    const ALL: Allowed = Allowed {
        v1: true,
        sha1: true,
    };

    struct Vector {
        name: String,
        version: Version,
        digest: Digest,
        method: String,
        host: String,
        path: String,
        date: Option<String>,
        query: String,
        body: Vec<u8>,
        json: bool,
        headers: Vec<(String, String)>,
        canonical: String,
        signature: String,
        authorization: String,
    }

    impl Vector {
        fn request(&self) -> SignedRequest<'_> {
            SignedRequest {
                method: &self.method,
                path: &self.path,
                query: &self.query,
                body: &self.body,
                json: self.json,
                date: self.date.as_deref(),
                x_duo_headers: &self.headers,
            }
        }
    }

    fn params_of(value: &Value) -> Params {
        value.as_object().into_iter().flatten().fold(
            Params::new(),
            |all, (name, value)| match value {
                Value::Array(values) => values
                    .iter()
                    .fold(all, |all, value| all.with(name, value.as_str().unwrap())),
                value => all.with(name, value.as_str().unwrap()),
            },
        )
    }

    fn vectors() -> (String, Vec<Vector>) {
        let file: Value = serde_json::from_str(include_str!("../../duo-vectors.json")).unwrap();
        let list = file["hmac"].as_array().unwrap().iter().map(|v| {
            let text = |name: &str| v[name].as_str().unwrap_or_default().to_owned();
            let version = match v["sig_version"].as_u64().unwrap() {
                1 => Version::V1,
                2 => Version::V2,
                4 => Version::V4,
                5 => Version::V5,
                other => panic!("version {other}"),
            };
            let params = params_of(&v["params"]);
            let in_body = text("method") == "POST" && matches!(version, Version::V1 | Version::V2);
            Vector {
                name: text("name"),
                version,
                digest: if text("digest") == "sha1" {
                    Digest::Sha1
                } else {
                    Digest::Sha512
                },
                method: text("method"),
                host: text("host"),
                path: text("path"),
                date: v["date"].as_str().map(str::to_owned),
                query: if in_body {
                    String::new()
                } else {
                    params.in_order()
                },
                body: if in_body {
                    params.in_order().into_bytes()
                } else {
                    text("body").into_bytes()
                },
                json: !v["body"].is_null(),
                headers: v["x_duo_headers"]
                    .as_object()
                    .into_iter()
                    .flatten()
                    .map(|(n, v)| (n.to_lowercase(), v.as_str().unwrap().to_owned()))
                    .collect(),
                canonical: text("canonical"),
                signature: text("signature_hex"),
                authorization: text("authorization"),
            }
        });
        (file["skey"].as_str().unwrap().to_owned(), list.collect())
    }

    #[test]
    fn k2_every_published_request_is_signed_alike_and_verified() {
        let (skey, vectors) = vectors();
        assert!(vectors.len() >= 14);
        for v in vectors {
            let request = v.request();
            let params = parameters(v.version, &request).canonical();
            assert_eq!(
                canonical(v.version, &request, &v.host, &params, HeaderDate::Left),
                v.canonical,
                "{}",
                v.name
            );
            assert_eq!(
                sign(v.version, v.digest, &request, &v.host, skey.as_bytes()),
                v.signature,
                "{}",
                v.name
            );
            let (ikey, signature) = parse_authorization(&v.authorization).unwrap();
            assert_eq!(authorization(&ikey, &signature), v.authorization);
            assert_eq!(
                verify(&request, &[&v.host], skey.as_bytes(), &signature, ALL),
                Some((v.version, v.digest)),
                "{}",
                v.name
            );
        }
    }

    #[test]
    fn k2_a_changed_request_is_refused() {
        let (skey, vectors) = vectors();
        for v in vectors {
            let refused = |request: &SignedRequest<'_>, host: &str, key: &str| {
                assert_eq!(
                    verify(request, &[host], key.as_bytes(), &v.signature, ALL),
                    None,
                    "{}",
                    v.name
                );
            };
            let request = v.request();
            refused(
                &SignedRequest {
                    method: "PUT",
                    ..request
                },
                &v.host,
                &skey,
            );
            refused(
                &SignedRequest {
                    path: "/auth/v2/other",
                    ..request
                },
                &v.host,
                &skey,
            );
            refused(
                &SignedRequest {
                    query: "factor=auto",
                    body: b"factor=auto",
                    ..request
                },
                &v.host,
                &skey,
            );
            refused(&request, "other.test", &skey);
            refused(&request, &v.host, "another key");
            if v.version != Version::V1 {
                refused(
                    &SignedRequest {
                        date: Some("Tue, 21 Aug 2012 17:29:19 -0000"),
                        ..request
                    },
                    &v.host,
                    &skey,
                );
            }
        }
    }

    #[test]
    fn k2_undated_and_sha1_signatures_need_to_be_allowed() {
        let (skey, vectors) = vectors();
        for v in vectors {
            let allowed = verify(
                &v.request(),
                &[&v.host],
                skey.as_bytes(),
                &v.signature,
                Allowed::default(),
            );
            assert_eq!(
                allowed.is_some(),
                v.version != Version::V1 && v.digest == Digest::Sha512,
                "{}",
                v.name
            );
        }
    }

    #[test]
    fn requests_captured_from_real_clients_verify() {
        let file: Value = serde_json::from_str(include_str!("../../duo-vectors.json")).unwrap();
        let skey = file["skey"].as_str().unwrap();
        for captured in file["captured"].as_array().unwrap() {
            let text = |name: &str| captured[name].as_str().unwrap_or_default();
            let (path, query) = text("path")
                .split_once('?')
                .unwrap_or((text("path"), text("query")));
            let headers = captured["date"]
                .as_str()
                .map(|date| vec![("x-duo-date".to_owned(), date.to_owned())])
                .unwrap_or_default();
            let request = SignedRequest {
                method: text("method"),
                path,
                query,
                body: text("body").as_bytes(),
                json: false,
                date: captured["date"].as_str(),
                x_duo_headers: &headers,
            };
            let (_, signature) = parse_authorization(text("authorization")).unwrap();
            let host = text("host_header");
            let hosts = [host, host.split(':').next().unwrap()];
            assert!(
                verify(&request, &hosts, skey.as_bytes(), &signature, ALL).is_some(),
                "{} {}",
                text("client"),
                text("path")
            );
        }
    }
}
