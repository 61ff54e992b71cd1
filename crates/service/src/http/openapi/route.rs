//! What the document says of one route.

use schemars::generate::SchemaGenerator;
use schemars::{JsonSchema, Schema};

/// One route.
pub(super) struct Route {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    /// What the caller has to have, in the contract's words; empty where nothing is needed.
    pub(super) needs: &'static str,
    pub(super) takes: Option<Shape>,
    pub(super) gives: Gives,
    /// The parameter in its query.
    pub(super) query: Option<&'static str>,
}

/// What a call that is done is answered.
#[derive(Clone, Copy)]
pub(super) enum Gives {
    /// 200, with a body.
    Body(Shape),
    /// 204.
    Nothing,
    /// The browser is sent on.
    AnotherPlace,
}

/// The schema of a type, by reference.
pub(super) type Shape = fn(&mut SchemaGenerator) -> Schema;

pub(super) fn shape<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

pub(super) const fn route(
    (method, path): (&'static str, &'static str),
    needs: &'static str,
    takes: Option<Shape>,
    gives: Option<Shape>,
) -> Route {
    let gives = match gives {
        Some(shape) => Gives::Body(shape),
        None => Gives::Nothing,
    };
    Route {
        method,
        path,
        needs,
        takes,
        gives,
        query: None,
    }
}

impl Route {
    pub(super) const fn query(self, name: &'static str) -> Self {
        Self {
            query: Some(name),
            ..self
        }
    }

    /// A route that answers with another place.
    pub(super) const fn leads_away(self) -> Self {
        Self {
            gives: Gives::AnotherPlace,
            ..self
        }
    }
}
