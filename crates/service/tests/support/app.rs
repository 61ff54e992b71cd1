//! An app without a key: it keeps the session that each answer gives.

use serde_json::{Value, json};

use super::service::Service;

/// Of everybody in these tests.
pub const PASSWORD: &str = "correct horse battery";

pub struct App<'a> {
    service: &'a Service,
    client: reqwest::Client,
    session: String,
}

impl<'a> App<'a> {
    /// Signed in as a new user; the answer tells how far they got.
    pub async fn of_new_user(service: &'a Service, name: &str) -> (Self, Value) {
        service.command(&["user", "add", name]);
        let (set, printed) = service.command_with_input(&["user", "password", name], PASSWORD);
        assert!(set, "{printed}");
        let mut app = Self {
            service,
            client: service.client(),
            session: "new".into(),
        };
        let typed = json!({ "username": name, "password": PASSWORD });
        let session = app.post("/session", typed).await;
        (app, session)
    }

    pub async fn post(&mut self, path: &str, body: Value) -> Value {
        let request = self.client.post(self.url(path)).json(&body);
        self.send(request).await
    }

    pub async fn get(&mut self, path: &str) -> Value {
        let request = self.client.get(self.url(path));
        self.send(request).await
    }

    fn url(&self, path: &str) -> String {
        self.service.url(&format!("/self-service/v1{path}"))
    }

    async fn send(&mut self, request: reqwest::RequestBuilder) -> Value {
        let reply = request
            .header("x-countersign-session", &self.session)
            .send()
            .await
            .unwrap();
        if let Some(session) = reply.headers().get("x-countersign-session") {
            session.to_str().unwrap().clone_into(&mut self.session);
        }
        let status = reply.status();
        let body: Value = reply.json().await.unwrap();
        assert!(status.is_success(), "{status} {body}");
        body
    }
}
